"""Writes a generation row by row; memory holds keys and columns of numbers, not the stories."""

import json
from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from recommender.dates import UNDATED
from recommender.dense import FlatWriter, choose_index
from recommender.generation.layout import COLUMNS, FACETS, Layout
from recommender.graph import write_graph
from recommender.lexical import LexicalWriter
from recommender.readmore import headline_key, url_key
from recommender.records import story_from_own_record
from recommender.storage import NpyWriter, key64, map_array, save_array, write_json
from recommender.stories import KINDS, STATUSES, Link, ReadMore, Story
from recommender.vectors import Float32


@dataclass(frozen=True)  # without slots: its pickle is read in a third of the time
class StoredStory:
    """What a generation stores of a story, but its vector: plain values, which any process may make.

    `values` has its value in each column but `truncated`, of a facet the text itself; `pointers` the keys that its
    read-more pointers lead to; `title_terms` and `body_terms` what is searched. Its body has `length` characters.
    """

    record: bytes
    length: int
    values: Mapping[str, Any]
    pointers: frozenset[int]
    title_terms: list[str]
    body_terms: list[str]

    @classmethod
    def of(
        cls,
        story: Story,
        record: bytes,
        title_terms: list[str],
        body_terms: list[str],
        keys: tuple[int, int] | None = None,
    ) -> "StoredStory":
        """What is stored of a story; `keys` are those of its URL and of its headline, where they were made before."""
        values = column_values(story, lambda facet, value: value, keys)
        return cls(record, len(story.text), values, frozenset(pointer_keys(story.read_more)), title_terms, body_terms)

    @property
    def story(self) -> Story:
        """The story, read again."""
        return story_from_own_record(json.loads(self.record))


class GenerationWriter:
    """Add every story in row order (undated first, then by date, then by id descending), then `finish`."""

    def __init__(self, folder: Path, dim: int) -> None:
        self.layout = Layout(folder)
        (folder / "columns").mkdir(parents=True)
        self.rows = 0
        self._stories: BinaryIO = self.layout.stories.open("wb")
        self._story_start = NpyWriter(self.layout.story_start, np.int64)
        self._story_start.append([0])
        self._columns = {name: NpyWriter(self.layout.column(name), dtype) for name, dtype in COLUMNS.items()}
        self._facets: dict[str, dict[str, int]] = {name: {} for name in FACETS}
        self._pointer_keys, self._pointer_rows = array("Q"), array("i")
        self._vectors = FlatWriter(dim)
        self._lexical = LexicalWriter(self.layout.lexical)

    def add(self, stored: StoredStory) -> None:
        """Add the next row."""
        self._stories.write(stored.record + b"\n")
        self._story_start.put(self._stories.tell())
        for name, value in stored.values.items():
            self._columns[name].put(self._facet(name, value) if name in self._facets else value)
        for key in stored.pointers:
            self._pointer_keys.append(key)
            self._pointer_rows.append(self.rows)
        self._lexical.add(stored.title_terms, stored.body_terms)
        self.rows += 1

    def add_vectors(self, vectors: Float32, truncated: Iterable[bool]) -> None:
        """Add the unit vectors (m, dim) of the next rows that have none yet."""
        self._vectors.add(vectors)
        self._columns["truncated"].append(np.fromiter(truncated, np.bool_))

    def _facet(self, name: str, value: str | None) -> int:
        known = self._facets[name]
        return -1 if value is None else known.setdefault(value, len(known))

    def finish(self, links: Iterable[Link]) -> dict[str, Any]:
        """Write what needs every row; returns which dense index was chosen, and why. The manifest comes after it."""
        self._stories.close()
        self._story_start.close()
        for column in self._columns.values():
            column.close()
        write_json(self.layout.facets, {name: list(values) for name, values in self._facets.items()})
        for name in ("id_key", "url_key", "headline_key"):
            self._write_column_lookup(name)
        self._write_lookup("pointer_key", np.array(self._pointer_keys, np.uint64), np.array(self._pointer_rows))
        del self._pointer_keys, self._pointer_rows
        self._vectors.finish(self.layout.vectors)
        del self._vectors  # a copy of all vectors is enough
        dense = choose_index(self.layout.vectors, self.layout.compact)
        self._lexical.finish()
        write_graph(self.layout.graph, self.rows, links)
        return dense

    def _write_column_lookup(self, name: str) -> None:
        keys = map_array(self.layout.column(name), np.uint64)
        rows = np.flatnonzero(keys)
        self._write_lookup(name, keys[rows], rows)

    def _write_lookup(self, name: str, keys: NDArray[np.uint64], rows: NDArray[np.integer]) -> None:
        order = np.argsort(keys, kind="stable")
        sorted_path, rows_path = self.layout.lookup(name)
        save_array(sorted_path, keys[order])
        save_array(rows_path, rows[order].astype(np.int32, copy=False))


def column_values(
    story: Story, code: Callable[[str, str | None], Any], keys: tuple[int, int] | None = None
) -> dict[str, Any]:
    """A story's value in each column but `truncated`.

    Args:
        story: the story.
        code: gives what stands for a facet's value, such as its code.
        keys: of its URL and of its headline (`Resolver.keys_of`), where they were made before.
    """
    of_url, of_headline = keys or (
        url_key(story.url) if story.url else 0,
        headline_key(story.title) if story.title else 0,
    )
    return {
        "second": story.published.second if story.published else UNDATED,
        "is_day": bool(story.published and story.published.is_day),
        "section": code("section", story.section),
        "language": code("language", story.language),
        "source": code("source", story.source),
        "kind": KINDS.index(story.kind),
        "digest": story.is_digest,
        "status": STATUSES.index(story.status),
        "embargoed": story.embargoed.second if story.embargoed else UNDATED,
        "id_key": key64(story.id),
        "url_key": of_url,
        "headline_key": of_headline,
    }


def pointer_keys(pointers: Iterable[ReadMore]) -> set[int]:
    """The keys that read-more pointers lead to: of ids, URLs and headlines."""
    keys = set()
    for pointer in pointers:
        if pointer.id:
            keys.add(key64(pointer.id))
        if pointer.url:
            keys.add(url_key(pointer.url))
        if pointer.title:
            keys.add(headline_key(pointer.title))
    return keys
