"""The read-more graph: which stories the editors of a story pointed to."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from recommender.storage import map_array, save_array
from recommender.stories import Link
from recommender.vectors import Int64, runs


class Graph:
    """Directed links between rows, in compressed rows both ways."""

    def __init__(self, folder: Path) -> None:
        self._out_start = map_array(folder / "out_start.npy", np.int64)
        self._out_targets = map_array(folder / "out_targets.npy", np.int32)
        self._in_start = map_array(folder / "in_start.npy", np.int64)
        self._in_sources = map_array(folder / "in_sources.npy", np.int32)

    def targets(self, row: int) -> Int64:
        """Rows that the editors of `row` pointed to, in their order."""
        return self._out_targets[self._out_start[row] : self._out_start[row + 1]].astype(np.int64)

    def sources(self, row: int) -> Int64:
        """Rows whose editors pointed to `row`, ascending."""
        return self._in_sources[self._in_start[row] : self._in_start[row + 1]].astype(np.int64)

    def targets_of(self, rows: Int64) -> tuple[Int64, Int64]:
        """Links out of several rows: for each link the position in `rows` of its source, and its target."""
        return _links(self._out_start, self._out_targets, rows)

    def sources_of(self, rows: Int64) -> tuple[Int64, Int64]:
        """Links into several rows: for each link the position in `rows` of its target, and its source."""
        return _links(self._in_start, self._in_sources, rows)


def _links(start: Int64, ends: Int64, rows: Int64) -> tuple[Int64, Int64]:
    begin = start[rows]
    number, place = runs(begin, start[rows + 1] - begin)
    return number, ends[place].astype(np.int64)


def write_graph(folder: Path, rows: int, links: Iterable[Link]) -> None:
    """Write the graph of `rows` stories; links come in their source's order, repeated ones count once."""
    folder.mkdir()
    both = np.fromiter((end for link in links for end in (link.source, link.target)), np.int64).reshape(-1, 2)
    both = both[both[:, 0] != both[:, 1]]
    _, first = np.unique(both[:, 0] * rows + both[:, 1], return_index=True)
    both = both[np.sort(first)]
    both = both[np.argsort(both[:, 0], kind="stable")]
    save_array(folder / "out_start.npy", _starts(both[:, 0], rows))
    save_array(folder / "out_targets.npy", both[:, 1].astype(np.int32))
    back = both[np.lexsort((both[:, 0], both[:, 1]))]
    save_array(folder / "in_start.npy", _starts(back[:, 1], rows))
    save_array(folder / "in_sources.npy", back[:, 0].astype(np.int32))


def _starts(owners: Int64, rows: int) -> Int64:
    return np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=rows))]).astype(np.int64)
