"""Dense search over a generation and the vectors laid over it: the added ones are searched exactly."""

import numpy as np

from recommender.dense import DenseIndex, empty_hits
from recommender.vectors import Float32, Hits, Int64, Mask, top_k


class LiveDense:
    """A `DenseIndex` over `base` and, behind its rows, `added` (m, dim) float32 unit rows."""

    def __init__(self, base: DenseIndex, added: Float32) -> None:
        self._base = base
        self._added = added
        self._rows = len(base)

    def __len__(self) -> int:
        return self._rows + len(self._added)

    def rows(self, rows: Int64) -> Float32:
        """The vectors of some rows (m, dim) float32."""
        live = rows >= self._rows
        if not live.any():
            return self._base.rows(rows)
        result = np.empty((len(rows), self._added.shape[1]), np.float32)
        result[live] = self._added[rows[live] - self._rows]
        result[~live] = self._base.rows(rows[~live])
        return result

    def cosines(self, query: Float32, rows: Int64) -> Float32:
        """The cosine of one query (dim,) and each of some rows (m,)."""
        live = rows >= self._rows
        if not live.any():
            return self._base.cosines(query, rows)
        result = np.empty(len(rows), np.float32)
        result[live] = self._added[rows[live] - self._rows] @ query
        result[~live] = self._base.cosines(query, rows[~live])
        return result

    def search(self, queries: Float32, k: int, allowed: Mask | None = None) -> Hits:
        """The k best rows of each query (q, dim) among the allowed ones (mask (n,); None: all)."""
        found = self._base.search(queries, k, None if allowed is None else allowed[: self._rows])
        # On this thread alone: of so few rows a product shared among threads costs more in waiting for each other.
        scores = np.einsum("qd,nd->qn", queries, self._added)
        if allowed is not None:
            scores[:, ~allowed[self._rows :]] = -np.inf
        rows, best = empty_hits(len(queries), k)
        for number, of_query in enumerate(scores):
            near = top_k(of_query, k)
            both = np.concatenate([found.rows[number], near + self._rows])
            value = np.concatenate([found.scores[number], of_query[near]])
            order = np.lexsort((-both, -value))[:k]
            rows[number], best[number] = both[order], value[order]
        return Hits(rows, best)
