"""The seam `DenseIndex`, and its definition in numpy."""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from recommender.vectors import Float32, Hits, Int64, Mask, top_k

_BLOCK = 65_536


class DenseIndex(Protocol):
    """Nearest rows by cosine; `ExactIndex` is the definition, every other agrees within a stated tolerance."""

    def search(self, queries: Float32, k: int, allowed: Mask | None = None) -> Hits:
        """The k best rows of each query (q, dim) among the allowed ones (mask (n,); None: all)."""
        ...

    def rows(self, rows: Int64) -> Float32:
        """The stored vectors of some rows (m, dim) float32."""
        ...

    def cosines(self, query: Float32, rows: Int64) -> Float32:
        """The cosine of one query (dim,) and each of some rows (m,)."""
        ...

    def __len__(self) -> int: ...


class ExactIndex:
    """Exact search in numpy over vectors (n, dim), unit rows in any floating type."""

    def __init__(self, vectors: NDArray[np.floating]) -> None:
        self._vectors = vectors

    def __len__(self) -> int:
        return len(self._vectors)

    def rows(self, rows: Int64) -> Float32:
        """The stored vectors of some rows (m, dim) float32."""
        return self._vectors[rows].astype(np.float32)

    def cosines(self, query: Float32, rows: Int64) -> Float32:
        """The cosine of one query (dim,) and each of some rows (m,)."""
        return self.rows(rows) @ query

    def search(self, queries: Float32, k: int, allowed: Mask | None = None) -> Hits:
        """The k best rows of each query (q, dim) among the allowed ones (mask (n,); None: all)."""
        span = span_of(allowed, len(self))
        if allowed is None or not span.holes:
            best = best_of(self._vectors[span.begin : span.end], queries, k)
            return Hits(np.where(best.rows >= 0, best.rows + span.begin, -1), best.scores)
        rows = span.begin + np.flatnonzero(allowed[span.begin : span.end])
        best = best_of(self._vectors[rows], queries, k)
        return Hits(np.where(best.rows >= 0, rows[best.rows], -1), best.scores)


class Span(NamedTuple):
    """The shortest run of rows that holds all allowed ones, of which there are `allowed`."""

    begin: int
    end: int
    allowed: int

    @property
    def holes(self) -> int:
        """Rows of the run that are not allowed."""
        return self.end - self.begin - self.allowed


def span_of(allowed: Mask | None, n: int) -> Span:
    """Where the allowed rows of n lie (None: all are)."""
    if allowed is None:
        return Span(0, n, n)
    count = int(np.count_nonzero(allowed))
    if not count:
        return Span(0, 0, 0)
    flags = allowed.tobytes()  # searched for one byte from either end: much faster than `argmax` of a reversed mask
    return Span(flags.find(1), flags.rfind(1) + 1, count)


def best_of(vectors: NDArray[np.floating], queries: Float32, k: int) -> Hits:
    """The k best of vectors (n, dim) for each query (q, dim), all of them compared."""
    rows, scores = empty_hits(len(queries), k)
    all_scores = np.empty((len(queries), len(vectors)), np.float32)
    for begin in range(0, len(vectors), _BLOCK):
        block = vectors[begin : begin + _BLOCK].astype(np.float32)
        np.matmul(queries, block.T, out=all_scores[:, begin : begin + _BLOCK])
    for number, of_query in enumerate(all_scores):
        best = top_k(of_query, k)
        rows[number, : len(best)] = best
        scores[number, : len(best)] = of_query[best]
    return Hits(rows, scores)


def empty_hits(queries: int, k: int) -> Hits:
    """Hits with nothing found."""
    return Hits(np.full((queries, k), -1, np.int64), np.full((queries, k), -np.inf, np.float32))
