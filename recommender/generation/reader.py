"""Opens a generation: memory-mapped, immutable, shared by many processes; and removes one that none has open."""

import contextlib
import fcntl
import json
import os
import shutil
import weakref
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.dense import open_dense
from recommender.errors import IndexCorrupt, IndexMissing
from recommender.generation.layout import COLUMNS, FACETS, Layout
from recommender.generation.manifest import Manifest, read_manifest, verify_files
from recommender.graph import Graph
from recommender.lexical import LexicalIndex
from recommender.ranking.model import DEFAULT, Ranker, ranker_from_json
from recommender.readmore import canonical_url
from recommender.records import story_from_record
from recommender.storage import key64, map_array, read_json
from recommender.stories import Story
from recommender.vectors import Int64


class Columns:
    """The columns of `layout.COLUMNS` as arrays (n,), and the values behind the coded ones."""

    second: NDArray[np.int64]
    is_day: NDArray[np.bool_]
    section: NDArray[np.int32]
    language: NDArray[np.int32]
    source: NDArray[np.int32]
    kind: NDArray[np.int8]
    digest: NDArray[np.bool_]
    status: NDArray[np.int8]
    embargoed: NDArray[np.int64]
    truncated: NDArray[np.bool_]
    id_key: NDArray[np.uint64]
    url_key: NDArray[np.uint64]
    headline_key: NDArray[np.uint64]

    def __init__(self, layout: Layout) -> None:
        for name, dtype in COLUMNS.items():
            setattr(self, name, map_array(layout.column(name), dtype))
        self.facets: dict[str, list[str]] = read_json(layout.facets)
        self._codes = {name: {value: code for code, value in enumerate(self.facets[name])} for name in FACETS}

    def code(self, facet: str, value: str) -> int:
        """The code of a facet's value; -2 (which no row has) where no story has it."""
        return self._codes[facet].get(value, -2)


class Generation:
    """One opened generation. Reading it needs no lock; it is pruned only when no process has it open.

    Raises:
        IndexMissing, IndexFormat, IndexCorrupt: it cannot be used (see `errors`).
    """

    def __init__(self, folder: Path, checksums: bool = True) -> None:
        self.folder = folder
        self.layout = Layout(folder)
        self.manifest: Manifest = read_manifest(folder)
        self.ordered: int = self.manifest.rows
        """Rows before this one are in order of publication; those behind it (live changes) as they came."""
        try:
            self._handle = os.open(self.layout.manifest, os.O_RDONLY)
        except OSError as error:  # pruned since its manifest was read, a moment ago
            raise IndexMissing(f"{folder}: cannot be opened ({error.strerror})") from None
        fcntl.flock(self._handle, fcntl.LOCK_SH)
        try:
            verify_files(folder, self.manifest, checksums)
            self._open()
        except BaseException:
            os.close(self._handle)
            raise

    def _open(self) -> None:
        try:
            self.columns = Columns(self.layout)
            self.dense = open_dense(self.layout.vectors, self.layout.compact, self.manifest.dense)
            self.lexical = LexicalIndex(self.layout.lexical)
            self.graph = Graph(self.layout.graph)
            self._story_start = map_array(self.layout.story_start, np.int64)
            self._lookups = {
                name: (map_array(keys, np.uint64), map_array(rows, np.int32))
                for name in ("id_key", "url_key", "headline_key", "pointer_key")
                for keys, rows in [self.layout.lookup(name)]
            }
            # Read at its offset, not mapped: few records of many are ever looked at by one process.
            self._stories = os.open(self.layout.stories, os.O_RDONLY)
            weakref.finalize(self, os.close, self._stories)
        except (OSError, KeyError, TypeError) as error:
            raise IndexCorrupt(f"{self.folder}: cannot be opened ({error})") from None
        parts = (self.columns.second, self.dense, self.lexical, self._story_start[1:])
        counts = {self.manifest.rows, *(len(part) for part in parts)}
        if len(counts) != 1:
            raise IndexCorrupt(f"{self.folder}: its files disagree on the number of stories: {sorted(counts)}")

    def close(self) -> None:
        """Let the generation be pruned; its arrays stay valid while something holds them."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __len__(self) -> int:
        return self.manifest.rows

    @cached_property
    def ranker(self) -> Ranker:
        """The ranking model; the defaults where none was written."""
        path = self.layout.ranker
        return ranker_from_json(read_json(path)) if path.exists() else DEFAULT

    @cached_property
    def trust(self) -> NDArray[np.float32]:
        """How far the model is trusted with each language, by code; the last entry is that of no language."""
        known = self.manifest.embedder.get("languages", {})
        return np.array([*(known.get(language, 1.0) for language in self.columns.facets["language"]), 1.0], np.float32)

    @cached_property
    def main_language(self) -> str | None:
        """The language of most stories."""
        codes = self.columns.language[self.columns.language >= 0]
        return self.columns.facets["language"][int(np.bincount(codes).argmax())] if len(codes) else None

    @cached_property
    def main_source(self) -> int:
        """The code of the source of most stories, the site's own; -1 where most name none."""
        return int(np.bincount(self.columns.source + 1, minlength=1).argmax()) - 1

    @property
    def name(self) -> str:
        """The generation's name."""
        return self.manifest.name

    def record(self, row: int) -> dict[str, Any]:
        """The story of a row as a record."""
        begin = int(self._story_start[row])
        line = os.pread(self._stories, int(self._story_start[row + 1]) - begin, begin)
        record: dict[str, Any] = json.loads(line)
        return record

    def story(self, row: int) -> Story:
        """The story of a row."""
        return story_from_record(self.record(row))

    def row_of(self, story_id: str) -> int | None:
        """The row of an id."""
        rows = self.rows_of_key("id_key", key64(story_id))
        return next((int(row) for row in rows if self.record(int(row))["id"] == story_id), None)

    def rows_of_url(self, url: str) -> list[int]:
        """The rows that have this URL, in canonical form."""
        wanted = canonical_url(url)
        rows = self.rows_of_key("url_key", key64(wanted))
        return [int(row) for row in rows if canonical_url(self.record(int(row)).get("url") or "") == wanted]

    def rows_of_key(self, name: str, key: int) -> Int64:
        """The rows with this `id_key`, `url_key` or `headline_key`, or that point to it (`pointer_key`), ascending."""
        keys, rows = self._lookups[name]
        wanted = np.uint64(key)
        begin = keys.searchsorted(wanted)
        if begin == len(keys) or keys[begin] != wanted:  # of nearly every key that a change asks for
            return np.empty(0, np.int64)
        return rows[begin : keys.searchsorted(wanted, "right")].astype(np.int64)


def remove_unless_open(folder: Path) -> bool:
    """Remove a generation, also a damaged one; False where a process has it open."""
    with contextlib.suppress(OSError):
        handle = os.open(Layout(folder).manifest, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            doomed = folder.with_name(f".{folder.name}.tmp")
            folder.rename(doomed)  # in one step: a reader finds all of it or nothing
        except BlockingIOError:
            return False
        finally:
            os.close(handle)
        shutil.rmtree(doomed, ignore_errors=True)
        return True
    shutil.rmtree(folder, ignore_errors=True)
    return True
