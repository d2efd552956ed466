"""Measures of a ranked list against judgements of yes and no, and how sure a mean of them is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from recommender.vectors import Float64

RESAMPLES = 2_000
_SEED = 20_020_701


def recall_at(k: int, found: Sequence[bool], relevant: int) -> float:
    """Share of the relevant stories that are among the first k."""
    return sum(found[:k]) / relevant


def ndcg_at(k: int, found: Sequence[bool], relevant: int) -> float:
    """Discounted gain of the first k as a share of the best possible (Järvelin & Kekäläinen 2002; gains 0 and 1)."""
    gain = sum(1 / np.log2(place + 2) for place, hit in enumerate(found[:k]) if hit)
    return float(gain / sum(1 / np.log2(place + 2) for place in range(min(k, relevant))))


def reciprocal_rank(found: Sequence[bool], relevant: int) -> float:
    """1 / the place of the first relevant story; 0 where none was found."""
    return next((1 / (place + 1) for place, hit in enumerate(found) if hit), 0.0)


METRICS: dict[str, Callable[[Sequence[bool], int], float]] = {
    "ndcg@10": lambda found, relevant: ndcg_at(10, found, relevant),
    "ndcg@5": lambda found, relevant: ndcg_at(5, found, relevant),
    "recall@10": lambda found, relevant: recall_at(10, found, relevant),
    "mrr": reciprocal_rank,
}
"""Every measure, of a list of ten: whether each hit is relevant, and how many stories are."""


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float

    def to_json(self) -> dict[str, float]:
        """The three numbers, rounded."""
        return {"mean": round(self.mean, 4), "low": round(self.low, 4), "high": round(self.high, 4)}


def bootstrap(values: Float64) -> Interval:
    """The mean of values and its 95 % percentile interval (Efron 1979), always with the same resamples."""
    if not len(values):
        return Interval(0.0, 0.0, 0.0)
    draws = np.random.default_rng(_SEED).integers(0, len(values), (RESAMPLES, len(values)))
    means = values[draws].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Interval(float(values.mean()), float(low), float(high))


@dataclass(frozen=True)
class Comparison:
    """One run against another, query by query: the mean difference and the wins, ties and losses."""

    difference: Interval
    wins: int
    ties: int
    losses: int

    def to_json(self) -> dict[str, object]:
        """As a JSON object."""
        return {"difference": self.difference.to_json(), "wins": self.wins, "ties": self.ties, "losses": self.losses}


def compare(values: Float64, baseline: Float64) -> Comparison:
    """Compare per-query values of the same queries."""
    difference = values - baseline
    wins, losses = int((difference > 1e-9).sum()), int((difference < -1e-9).sum())
    return Comparison(bootstrap(difference), wins, len(values) - wins - losses, losses)
