"""Tempo: at what age the stories most like a story usually are, in one corpus. Learnt from dates and vectors."""

from itertools import pairwise

import numpy as np

from recommender.dates import DAY_SECONDS, UNDATED
from recommender.dense import DenseIndex
from recommender.vectors import Float32, Int64

EDGES = (0, 1, 2, 4, 8, 15, 31, 61, 121, 241, 481, 961, 1_921, 3_841)
"""Where each bin of ages begins, in days; the last one has no end."""

_CENTRES = np.log1p([*(np.sqrt(low * (high - 1.0)) for low, high in pairwise(EDGES)), 7_000.0])
_NEAREST = 5
_SAMPLES = 1_000
_COPY = 0.9
_ENOUGH = 50
_SEED = 1_789


def measure_tempo(dense: DenseIndex, second: Int64) -> list[float]:
    """For each bin of `EDGES` ln(share of the nearest earlier stories in it / share of all earlier stories in it).

    Above 0 where similar stories cluster at that age, 0 where they are no nearer in time than any. Taken over a
    sample of stories and the five earlier ones most similar to each; near-copies (cosine above 0.9) do not count.

    Args:
        dense: the vectors, rows in order of date.
        second: (n,) publication in epoch seconds, ascending, undated first.
    """
    day = second // DAY_SECONDS
    first = int(np.searchsorted(second, UNDATED, "right"))
    rows = np.arange(first, len(second))
    near, background = np.zeros(len(EDGES)), np.zeros(len(EDGES))
    random = np.random.default_rng(_SEED)
    for row in np.sort(random.choice(rows, min(_SAMPLES, len(rows)), replace=False)):
        end = int(np.searchsorted(day, day[row], "right"))
        if end - first <= _ENOUGH:
            continue
        allowed = np.zeros(len(second), np.bool_)
        allowed[first:end] = True
        allowed[row] = False
        hits = dense.search(dense.rows(np.array([row])), 3 * _NEAREST, allowed)
        nearest = hits.rows[0][(hits.rows[0] >= 0) & (hits.scores[0] <= _COPY)][:_NEAREST]
        near += np.bincount(_bins(day[row] - day[nearest]), minlength=len(EDGES)) / _NEAREST
        background += np.bincount(_bins(day[row] - day[first:end]), minlength=len(EDGES)) / (end - first)
    return [round(float(value), 4) for value in np.log((near + 1) / (background + 1))]


def tempo(days: Float32, table: list[float]) -> Float32:
    """The tempo at ages in days, between the bins' centres on a logarithmic scale."""
    return np.interp(np.log1p(days), _CENTRES, table).astype(np.float32)


def _bins(ages: Int64) -> Int64:
    return np.searchsorted(np.array(EDGES), ages, "right") - 1
