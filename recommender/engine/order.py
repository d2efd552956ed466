"""The order of an answer: by score, then the newer first, then by id, be a story built or put since."""

from collections.abc import Iterator

import numpy as np

from recommender.generation import Generation
from recommender.vectors import Float32, Int64, Mask


def best_first(generation: Generation, scores: Float32, seconds: Int64, rows: Int64) -> Int64:
    """The places (n,) of rows, best first.

    A generation's rows stand in order of date and id. Those that live changes added stand behind them as they came, in
    each process its own way: where one of them ties, ids are read.

    Args:
        generation: where the rows are.
        scores: (n,) of the rows.
        seconds: (n,) their publication.
        rows: (n,).
    """
    order = np.lexsort((-rows, -seconds, -scores))
    if generation.ordered < len(generation):
        same = (np.diff(scores[order]) == 0) & (np.diff(seconds[order]) == 0)
        for begin, end in _runs(same):
            tied = rows[order[begin:end]]
            if (tied >= generation.ordered).any():
                ids = [str(generation.record(row)["id"]) for row in tied.tolist()]
                order[begin:end] = order[begin:end][np.argsort(ids)]
    return order


def _runs(same: Mask) -> Iterator[tuple[int, int]]:
    """Where each run of several that tie begins and ends; `same` (n - 1,) says who ties with the one before."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]]).astype(np.int8)))
    for begin, end in edges.reshape(-1, 2).tolist():
        yield begin, end + 1
