"""The cosines of one query: each is worked out once, whichever channel asks for it first."""

import numpy as np

from recommender.dense import DenseIndex
from recommender.vectors import Float32, Int64, Mask, distinct


class Cosines:
    """What is known of the cosines of a query (dim,) with the rows of an index."""

    def __init__(self, dense: DenseIndex, query: Float32) -> None:
        self._dense = dense
        self._query = query
        self._rows = np.empty(0, np.int64)
        self._values = np.empty(0, np.float32)

    def nearest(self, k: int, allowed: Mask) -> Int64:
        """The k nearest of the allowed rows (mask (n,)), nearest first."""
        hits = self._dense.search(self._query[None], k, allowed)
        found = hits.rows[0] >= 0
        rows: Int64 = hits.rows[0][found]
        fresh = ~self._find(rows)[1]
        self._keep(rows[fresh], hits.scores[0][found][fresh])
        return rows

    def learn(self, *rows: Int64) -> None:
        """Work out at once what will be asked for: one call for many rows takes little longer than for few."""
        every = distinct(np.concatenate(rows))
        missing = every[~self._find(every)[1]]
        if len(missing):
            self._keep(missing, self._dense.cosines(self._query, missing))

    def of(self, rows: Int64) -> Float32:
        """The cosines with some rows (m,)."""
        place, known = self._find(rows)
        if not known.all():
            self.learn(rows[~known])
            place, _ = self._find(rows)
        return self._values[place]

    def _find(self, rows: Int64) -> tuple[Int64, Mask]:
        """Where rows stand among the known ones, and which of them do."""
        if not len(self._rows):
            return np.zeros(len(rows), np.int64), np.zeros(len(rows), np.bool_)
        place = np.minimum(self._rows.searchsorted(rows), len(self._rows) - 1)
        return place, self._rows[place] == rows

    def _keep(self, rows: Int64, values: Float32) -> None:
        every = np.concatenate([self._rows, rows])
        order = every.argsort()
        self._rows, self._values = every[order], np.concatenate([self._values, values])[order]
