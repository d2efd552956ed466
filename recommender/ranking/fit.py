"""Fits the ranking model: each link against the query's other candidates, drawn to the weights it starts from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.ranking.model import FEATURES, Ranker
from recommender.vectors import Float32, Float64, Mask

FREE = frozenset({"age", "age_fortnight"})
"""Features whose weight may be negative: a better match, a vote or the same section never counts against a story."""


@dataclass(frozen=True)
class Sample:
    """A query's candidates: features (n, len(FEATURES)), which its editors linked to, and how many links it has."""

    features: Float32
    linked: Mask
    labels: int


def strength(samples: int) -> float:
    """How hard the weights are drawn to the start: 100 for 20 queries, 40 for 40, 10 for 100, 0.3 from 1,000 on."""
    return float(np.clip(40 * (40 / max(samples, 1)) ** 1.5, 0.3, 100))


def fit_weights(samples: Sequence[Sample], start: Float32) -> Float32:
    """The weights that make linked candidates stand above the others.

    Minimises, summed over queries, the mean over its links of -ln softmax(the link among itself and all candidates
    without a link), plus `strength` / 2 times the squared distance from `start` in units of each feature's spread. A
    feature that never varies keeps its weight.
    """
    from scipy.optimize import minimize  # a third of a second, which a server would wait for

    used = [sample for sample in samples if sample.linked.any() and not sample.linked.all()]
    if not used:
        return start.copy()
    features = np.concatenate([sample.features for sample in used]).astype(np.float64)
    linked = np.concatenate([sample.linked for sample in used])
    counts = np.array([len(sample.linked) for sample in used])
    begin = np.concatenate([[0], np.cumsum(counts)[:-1]])
    owner = np.repeat(np.arange(len(used)), counts)
    share = (1 / np.add.reduceat(linked.astype(np.float64), begin))[owner]
    spread = features.std(axis=0)
    varies = spread > 1e-6
    spread = np.where(varies, spread, 1.0)
    pull = strength(len(used))

    def loss(weights: Float64) -> tuple[float, Float64]:
        sums = features @ weights
        odds = np.exp(sums - np.maximum.reduceat(sums, begin)[owner])
        others = np.add.reduceat(np.where(linked, 0, odds), begin)[owner]
        total = others + odds
        value = (share * np.where(linked, np.log(total) - np.log(np.maximum(odds, 1e-300)), 0)).sum()
        inverse = np.add.reduceat(np.where(linked, share / total, 0), begin)[owner]
        slope = features.T @ np.where(linked, share * (odds / total - 1), odds * inverse)
        moved = (weights - start) * spread
        gradient = slope + pull * moved * spread
        gradient[~varies] = 0
        return value + 0.5 * pull * moved @ moved, gradient

    bounds = [(None, None) if name in FREE else (0, None) for name in FEATURES]
    result = minimize(
        loss, start.astype(np.float64), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 300}
    )
    return np.asarray(result.x, np.float32)


def ndcg(sample: Sample, ranker: Ranker) -> float:
    """nDCG@10 of the candidates as a model orders them."""
    discount = 1 / np.log2(np.arange(2, 12))
    best = np.argsort(-ranker.sums(sample.features, dated=True), kind="stable")[:10]
    return float((sample.linked[best] * discount[: len(best)]).sum() / discount[: min(10, sample.labels)].sum())
