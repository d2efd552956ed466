"""The read-more graph of a generation with the links that live changes made and took away."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from recommender.graph import Graph
from recommender.vectors import Int64, Mask

Ends = Mapping[int, tuple[int, ...]]
"""For each row that was changed: the rows at the other end of its links."""


class GraphChanges:
    """Links by row, changed one story at a time; `view` is what readers get."""

    def __init__(self, base: Graph, rows: int) -> None:
        self._base, self._rows = base, rows
        self._out: dict[int, tuple[int, ...]] = {}
        self._into: dict[int, tuple[int, ...]] = {}

    def targets(self, row: int) -> tuple[int, ...]:
        """Rows that the editors of `row` pointed to, in their order."""
        known = self._out.get(row)
        if known is not None:
            return known
        return tuple(self._base.targets(row).tolist()) if row < self._rows else ()

    def sources(self, row: int) -> tuple[int, ...]:
        """Rows whose editors pointed to `row`, ascending."""
        known = self._into.get(row)
        if known is not None:
            return known
        return tuple(self._base.sources(row).tolist()) if row < self._rows else ()

    def set_targets(self, row: int, targets: Iterable[int]) -> list[int]:
        """Replace the links out of a row; the targets that lost one."""
        before = self.targets(row)
        after = tuple(dict.fromkeys(target for target in targets if target != row))
        if before == after:
            return []
        lost = [target for target in before if target not in after]
        for target in lost:
            self._into[target] = tuple(source for source in self.sources(target) if source != row)
        for target in after:
            if target not in before:
                self._into[target] = tuple(sorted((*self.sources(target), row)))
        self._out[row] = after
        return lost

    def view(self) -> "LiveGraph":
        """The graph as it is now."""
        return LiveGraph(self._base, self._rows, dict(self._out), dict(self._into))


class LiveGraph(Graph):
    """A generation's graph of `rows` stories, with changed rows and rows behind them."""

    def __init__(self, base: Graph, rows: int, out: Ends, into: Ends) -> None:
        self._base, self._rows = base, rows
        self._out, self._into = out, into
        self._changed_out, self._changed_into = _sorted(out), _sorted(into)

    def targets(self, row: int) -> Int64:
        """Rows that the editors of `row` pointed to, in their order."""
        return self._ends(row, self._out, self._base.targets)

    def sources(self, row: int) -> Int64:
        """Rows whose editors pointed to `row`, ascending."""
        return self._ends(row, self._into, self._base.sources)

    def targets_of(self, rows: Int64) -> tuple[Int64, Int64]:
        """Links out of several rows: for each link the position in `rows` of its source, and its target."""
        return self._links(rows, self._out, self._changed_out, self._base.targets_of)

    def sources_of(self, rows: Int64) -> tuple[Int64, Int64]:
        """Links into several rows: for each link the position in `rows` of its target, and its source."""
        return self._links(rows, self._into, self._changed_into, self._base.sources_of)

    def _ends(self, row: int, changed: Ends, base: Callable[[int], Int64]) -> Int64:
        known = changed.get(row)
        if known is None and row < self._rows:
            return base(row)
        return np.array(known or (), np.int64)

    def _links(
        self, rows: Int64, changed: Ends, changed_rows: Int64, base: Callable[[Int64], tuple[Int64, Int64]]
    ) -> tuple[Int64, Int64]:
        differs = _among(rows, changed_rows) | (rows >= self._rows)
        if not differs.any():
            return base(rows)
        same = np.flatnonzero(~differs)
        place, ends = base(rows[same])
        places, others = [same[place]], [ends]
        for number in np.flatnonzero(differs).tolist():
            known = changed.get(int(rows[number]), ())
            places.append(np.full(len(known), number, np.int64))
            others.append(np.array(known, np.int64))
        place, ends = np.concatenate(places), np.concatenate(others)
        order = np.argsort(place, kind="stable")
        return place[order], ends[order]


def _among(rows: Int64, known: Int64) -> Mask:
    """Which rows are among those known, which ascend: numpy's `isin` would sort all of these for each answer."""
    if not len(known):
        return np.zeros(len(rows), np.bool_)
    return np.asarray(known[np.minimum(np.searchsorted(known, rows), len(known) - 1)] == rows)


def _sorted(rows: Iterable[int]) -> Int64:
    return np.array(sorted(rows), np.int64)
