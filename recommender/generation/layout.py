"""The on-disk format of a generation as data: every file's name and type. `index/README.md` describes it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recommender.stories import ARTICLE, HEADLINE, KINDS

FORMAT = 1
"""Version of the format: raised when an older reader could misread a newer generation."""

COLUMNS: dict[str, np.dtype] = {
    "second": np.dtype("<i8"),
    "is_day": np.dtype("bool"),
    "section": np.dtype("<i4"),
    "language": np.dtype("<i4"),
    "source": np.dtype("<i4"),
    "kind": np.dtype("<i1"),
    "digest": np.dtype("bool"),
    "status": np.dtype("<i1"),
    "embargoed": np.dtype("<i8"),
    "truncated": np.dtype("bool"),
    "id_key": np.dtype("<u8"),
    "url_key": np.dtype("<u8"),
    "headline_key": np.dtype("<u8"),
}
"""One value a row; `section`, `language`, `source` are places in `facets.json`, -1 = none."""

FACETS = ("section", "language", "source")

KIND_ARTICLE, KIND_HEADLINE = KINDS.index(ARTICLE), KINDS.index(HEADLINE)
"""What the column `kind` holds of an article, and of a headline without one."""


@dataclass(frozen=True)
class Layout:
    """The paths of one generation."""

    folder: Path

    @property
    def manifest(self) -> Path:
        """What the generation is, and every other file's size and SHA-256."""
        return self.folder / "manifest.json"

    @property
    def stories(self) -> Path:
        """The stories' records, one line of JSON each, in row order."""
        return self.folder / "stories.jsonl"

    @property
    def story_start(self) -> Path:
        """Where each record begins in `stories`, and where the last one ends ((n + 1,) int64)."""
        return self.folder / "story_start.npy"

    @property
    def facets(self) -> Path:
        """The values of the columns `section`, `language` and `source`."""
        return self.folder / "facets.json"

    @property
    def vectors(self) -> Path:
        """The embeddings, as a flat half-precision FAISS index."""
        return self.folder / "vectors.faiss"

    @property
    def compact(self) -> Path:
        """Short codes of the embeddings, where `dense.choice` chose them for searching."""
        return self.folder / "compact.faiss"

    @property
    def lexical(self) -> Path:
        """The folder of the lexical index."""
        return self.folder / "lexical"

    @property
    def graph(self) -> Path:
        """The folder of the read-more graph."""
        return self.folder / "graph"

    @property
    def ranker(self) -> Path:
        """The ranking model."""
        return self.folder / "ranker.json"

    @property
    def quality(self) -> Path:
        """nDCG@10 of each measured query, by story id."""
        return self.folder / "quality.json"

    def column(self, name: str) -> Path:
        """A column of `COLUMNS`."""
        return self.folder / "columns" / f"{name}.npy"

    def lookup(self, name: str) -> tuple[Path, Path]:
        """A lookup by `id_key`, `url_key`, `headline_key` or `pointer_key`: the keys ascending, and each one's row."""
        return self.folder / "columns" / f"{name}_sorted.npy", self.folder / "columns" / f"{name}_rows.npy"
