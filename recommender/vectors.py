"""Pure numpy on unit vectors: normalise, cosine, top-k with stable ties."""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Float32: TypeAlias = NDArray[np.float32]
Float64: TypeAlias = NDArray[np.float64]
Int64: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]


_GROUP = 64


class Hits(NamedTuple):
    """The best rows of each query: `rows` (q, k) int64, -1 = none; `scores` (q, k) float32, -inf where none.

    Best first; equal scores are ordered by row, the higher row first (rows are in order of publication).
    """

    rows: Int64
    scores: Float32


def normalise(vectors: NDArray[np.floating]) -> Float32:
    """Unit rows (n, dim) float32; a row that is zero or not finite becomes zero, similar to nothing."""
    result = np.array(vectors, dtype=np.float32, ndmin=2)
    result[~np.isfinite(result).all(axis=1)] = 0.0
    norms = np.linalg.norm(result, axis=1, keepdims=True)
    np.divide(result, norms, out=result, where=norms > 0)
    return result


def top_k(scores: Float32, k: int, above: float = -np.inf) -> Int64:
    """Positions of the k best of `scores` (n,) `above` some value, best first, ties to the higher position."""
    k = min(k, len(scores))
    if k <= 0:
        return np.empty(0, np.int64)
    bound = _bound(scores, k)
    chosen = np.flatnonzero(scores >= bound if bound > above else scores > above)
    if k < len(chosen):
        # Everything that ties with the k-th best is kept, so that the cut does not depend on partition's order.
        values = scores[chosen]
        chosen = chosen[values >= np.partition(values, len(values) - k)[len(values) - k]]
    order = np.lexsort((-chosen, -scores[chosen]))
    return chosen[order][:k]


def _bound(scores: Float32, k: int) -> float:
    """A value that at least k of the scores reach: of groups of them, the k-th highest maximum."""
    groups = len(scores) // _GROUP
    if groups <= k:
        return -np.inf
    highest = scores[: groups * _GROUP].reshape(_GROUP, groups).max(axis=0)
    return float(np.partition(highest, groups - k)[groups - k])


def distinct(values: Int64) -> Int64:
    """The different values, ascending: `np.unique` for small arrays."""
    if not len(values):
        return values
    ordered = np.sort(values)
    kept = np.empty(len(ordered), np.bool_)
    kept[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=kept[1:])
    return ordered[kept]


def runs(begin: Int64, sizes: Int64) -> tuple[Int64, Int64]:
    """Several runs of places, one after the other: the number of each place's run, and the places.

    Args:
        begin: (n,) first place of each run.
        sizes: (n,) how many places it has.
    """
    number = np.repeat(np.arange(len(sizes)), sizes)
    first = begin - (np.cumsum(sizes) - sizes)
    return number, first[number] + np.arange(len(number))
