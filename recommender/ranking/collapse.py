"""One story, one slot: copies, updates and stubs of one story are found among the candidates."""

from dataclasses import dataclass

import numpy as np

from recommender.vectors import Int64


@dataclass(frozen=True)
class Group:
    """Which of n candidates, best first, are shown.

    `leaders` (m,) are the places that are shown, `sizes` (m,) how many candidates each stands for, and `copies` pairs
    of a place that is not shown and the place of its leader (-1: the query).
    """

    leaders: Int64
    sizes: Int64
    copies: list[tuple[int, int]]

    @classmethod
    def alone(cls, count: int) -> "Group":
        """Every candidate is a story of its own."""
        return cls(np.arange(count, dtype=np.int64), np.ones(count, np.int64), [])
