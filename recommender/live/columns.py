"""The columns of a generation with added rows, and with rows whose status or embargo has changed."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.generation import FACETS, Columns, column_values
from recommender.generation.layout import COLUMNS
from recommender.live.arrays import TOGETHER, Growing
from recommender.stories import STATUSES, Story

GONE = len(STATUSES)
"""Status of a row that is no story any more: deleted, or superseded by another row."""


class ColumnChanges:
    """Columns to which rows are added; `view` is what readers get."""

    def __init__(self, base: Columns) -> None:
        self._columns = {name: Growing(getattr(base, name)) for name in COLUMNS}
        self._facets = {name: list(base.facets[name]) for name in FACETS}
        self._codes = {name: {value: code for code, value in enumerate(self._facets[name])} for name in FACETS}
        self._changed: dict[str, dict[int, int]] = {"status": {}, "embargoed": {}}
        self._rows = len(base.status)
        self._waiting: list[dict[str, Any]] = []
        """The last rows: of many together each is added in a fraction of the time."""

    def __len__(self) -> int:
        return self._rows + len(self._waiting)

    def add(self, story: Story, truncated: bool) -> None:
        """Add the next row."""
        self._waiting.append(column_values(story, self._code) | {"truncated": truncated})
        if len(self._waiting) >= TOGETHER:
            self._add_waiting()

    def value(self, name: str, row: int) -> Any:
        """What a column says of a row now."""
        changed = self._changed.get(name, {}).get(row)
        if changed is not None:
            return changed
        if row >= self._rows:
            return self._waiting[row - self._rows][name]
        return self._columns[name].view()[row].item()

    def dress(self, row: int, story: Story) -> None:
        """Take over a story's status and embargo."""
        values = column_values(story, lambda facet, value: -1)
        for name, changed in self._changed.items():
            changed[row] = values[name]

    def retire(self, row: int) -> None:
        """The row is no story any more."""
        self._changed["status"][row] = GONE

    def view(self) -> "LiveColumns":
        """The columns as they are now."""
        self._add_waiting()
        arrays = {name: column.view() for name, column in self._columns.items()}
        for name, changed in self._changed.items():
            if changed:
                arrays[name] = arrays[name].copy()
                arrays[name][list(changed)] = list(changed.values())
        return LiveColumns(arrays, self._facets, self._codes)

    def _add_waiting(self) -> None:
        for name, column in self._columns.items():
            column.append([values[name] for values in self._waiting])
        self._rows += len(self._waiting)
        self._waiting = []

    def _code(self, facet: str, value: str | None) -> int:
        if value is None:
            return -1
        codes = self._codes[facet]
        if value not in codes:
            self._facets[facet].append(value)
            codes[value] = len(codes)
        return codes[value]


class LiveColumns(Columns):
    """Columns at one moment; the values behind codes are shared with later moments, which only add to them.

    A value that came later is no value yet: whatever is kept by code, such as the trust in a language, has no place
    for it.
    """

    def __init__(
        self, arrays: dict[str, NDArray[Any]], facets: dict[str, list[str]], codes: dict[str, dict[str, int]]
    ) -> None:
        self.__dict__.update(arrays)
        self.facets, self._codes = facets, codes
        self._known = {name: len(values) for name, values in facets.items()}

    def code(self, facet: str, value: str) -> int:
        """The code of a facet's value; -2 (which no row has) where no story has it."""
        code = super().code(facet, value)
        return code if code < self._known[facet] else -2


def is_gone(status: NDArray[np.int8], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which rows are no story any more."""
    return np.asarray(status[rows] == GONE)
