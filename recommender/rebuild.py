"""A rebuild from corpora to a promoted generation: what `recommender build` does."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recommender.build import Built, build
from recommender.corpus import open_corpus
from recommender.embedding import Embedder, open_embedder
from recommender.errors import CorpusError
from recommender.generation import IndexFolder, Manifest
from recommender.progress import Progress, Silent
from recommender.settings import Settings

ENCODERS = "encoders"
CACHE = "embeddings.sqlite"


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild made: its manifest, whether it is live now, and the generations that were pruned."""

    manifest: Manifest
    promoted: bool
    pruned: Sequence[str]


def embedder_for(settings: Settings, progress: Progress | None = None) -> Embedder:
    """The embedder of a build: its exported graphs and its cache live in the index folder."""
    return open_embedder(
        settings.model,
        encoders=settings.index / ENCODERS,
        cache=settings.index / CACHE,
        threads=settings.threads or None,
        notice=progress.note if progress else None,
    )


def rebuild(
    settings: Settings,
    corpora: Sequence[str | Path],
    *,
    strict: bool = False,
    promote: bool = True,
    progress: Progress | None = None,
) -> Rebuilt:
    """Build a generation from corpora, verify it and make it the live one.

    Raises:
        CorpusError: no corpus, or nothing in it.
        IndexFault: the index folder cannot be used, or another process is changing it.
        ModelError: the model cannot be loaded.
    """
    progress = progress or Silent()
    if not corpora:
        raise CorpusError("name a corpus: a file or folder of stories")
    readers = [open_corpus(path) for path in corpora]
    index = IndexFolder(settings.index)
    with index.lock():
        progress.step(f"Loading the model {settings.model}", None)
        embedder = embedder_for(settings, progress)
        try:
            built: Built = build(readers, index, embedder, strict=strict, progress=progress)
        finally:
            embedder.close()
        if promote:
            index.promote(built.manifest.name)
        return Rebuilt(built.manifest, promote, index.prune(settings.keep_generations))
