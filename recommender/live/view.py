"""What is served: a generation with live changes laid over it, as one generation that never changes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recommender.generation import Generation
from recommender.live.columns import LiveColumns, is_gone
from recommender.live.dense import LiveDense
from recommender.live.graph import LiveGraph
from recommender.live.lexical import LiveLexical
from recommender.vectors import Int64

Patch = Mapping[str, str | None]
"""Fields of a record that a live change has set (None: removed)."""


@dataclass(frozen=True)
class Parts:
    """What a view is made of. Lists and dictionaries may grow behind it: what they hold for its rows stays."""

    columns: LiveColumns
    dense: LiveDense
    lexical: LiveLexical
    graph: LiveGraph
    records: Sequence[bytes]
    patches: Mapping[int, Patch]
    keys: Mapping[str, Mapping[int, Sequence[int]]]


class View(Generation):
    """A generation (`base`) at one position of the journal; `Generation` says what each method does.

    Rows of the generation keep their numbers; added rows stand behind them, in the order in which they came.
    """

    def __init__(self, base: Generation, parts: Parts) -> None:
        self.base = base
        self.folder, self.layout, self.manifest = base.folder, base.layout, base.manifest
        self.columns, self.lexical, self.graph = parts.columns, parts.lexical, parts.graph
        self.dense = parts.dense  # type: ignore[assignment]
        self.main_language, self.main_source, self.ranker = base.main_language, base.main_source, base.ranker
        self.ordered = len(base)
        self._parts = parts
        self._rows = len(parts.columns.second)

    def close(self) -> None:
        """Let the generation be pruned."""
        self.base.close()

    def __len__(self) -> int:
        return self._rows

    def record(self, row: int) -> dict[str, Any]:
        """The story of a row as a record."""
        return record_of(self.base, self._parts.records, self._parts.patches, row)

    def rows_of_key(self, name: str, key: int) -> Int64:
        """The rows with this `id_key`, `url_key` or `headline_key`, or that point to it (`pointer_key`), ascending."""
        rows = self.base.rows_of_key(name, key)
        if more := self._parts.keys[name].get(key):
            rows = np.concatenate([rows, np.array([row for row in more if row < self._rows], np.int64)])
        return np.asarray(rows[~is_gone(self.columns.status, rows)])


def record_of(base: Generation, records: Sequence[bytes], patches: Mapping[int, Patch], row: int) -> dict[str, Any]:
    """The record of a row of the generation, or behind it, with what was changed of it."""
    record: dict[str, Any] = base.record(row) if row < len(base) else json.loads(records[row - len(base)])
    for name, value in patches.get(row, {}).items():
        if value is None:
            record.pop(name, None)
        else:
            record[name] = value
    return record
