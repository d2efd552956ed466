"""Pure numpy on unit vectors: normalise, cosine, top-k with stable ties."""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Float32: TypeAlias = NDArray[np.float32]
Int64: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]


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


def top_k(scores: Float32, k: int) -> Int64:
    """Positions of the k best of `scores` (n,), best first, ties to the higher position; -inf is never returned."""
    k = min(k, len(scores))
    if k <= 0:
        return np.empty(0, np.int64)
    if k < len(scores):
        # Everything that ties with the k-th best is kept, so that the cut does not depend on argpartition's order.
        threshold = np.partition(scores, len(scores) - k)[len(scores) - k]
        chosen = np.flatnonzero(scores >= threshold)
    else:
        chosen = np.arange(len(scores))
    chosen = chosen[scores[chosen] > -np.inf]
    order = np.lexsort((-chosen, -scores[chosen]))
    return chosen[order][:k]
