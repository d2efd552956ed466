"""Diversity by maximal marginal relevance (Carbonell & Goldstein 1998)."""

import numpy as np

from recommender.vectors import Float32, Int64


def diversify(scores: Float32, vectors: Float32, diversity: float, count: int) -> Int64:
    """Positions of `count` of the candidates, picked one after the other.

    Each pick maximises (1 - diversity) · score - diversity · (its highest cosine with a pick before it),
    so 0 keeps the order of the scores. Ties go to the earlier candidate.

    Args:
        scores: (n,), 0 to 1, in descending order.
        vectors: (n, dim) unit rows.
        diversity: 0 (pure relevance) to 1.
        count: how many to pick.
    """
    count = min(count, len(scores))
    if diversity <= 0 or count == 0:
        return np.arange(count, dtype=np.int64)
    relevance = (1 - diversity) * scores
    nearest = np.zeros(len(scores), np.float32)
    free = np.ones(len(scores), np.bool_)
    picked = np.empty(count, np.int64)
    for place in range(count):
        value = np.where(free, relevance - diversity * nearest, -np.inf)
        best = int(value.argmax())
        picked[place] = best
        free[best] = False
        np.maximum(nearest, vectors @ vectors[best], out=nearest)
    return picked
