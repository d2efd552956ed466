"""Measures, by values worked out by hand."""

import math

import numpy as np
import pytest

from recommender.evaluation.metrics import METRICS, bootstrap, compare, ndcg_at, recall_at, reciprocal_rank

D = [1 / math.log2(place + 2) for place in range(10)]


@pytest.mark.parametrize(
    ("found", "relevant", "ndcg", "recall", "mrr"),
    [
        ([True], 1, 1.0, 1.0, 1.0),
        ([False, True], 1, D[1], 1.0, 0.5),
        ([False, False, True, True], 4, (D[2] + D[3]) / sum(D[:4]), 0.5, 1 / 3),
        ([True, False, True], 3, (D[0] + D[2]) / sum(D[:3]), 2 / 3, 1.0),
        ([False] * 10, 2, 0.0, 0.0, 0.0),
        ([], 2, 0.0, 0.0, 0.0),
        ([True] * 10, 12, 1.0, 10 / 12, 1.0),
    ],
)
def test_by_hand(found: list[bool], relevant: int, ndcg: float, recall: float, mrr: float) -> None:
    assert ndcg_at(10, found, relevant) == pytest.approx(ndcg)
    assert recall_at(10, found, relevant) == pytest.approx(recall)
    assert reciprocal_rank(found, relevant) == pytest.approx(mrr)
    assert METRICS["ndcg@10"](found, relevant) == pytest.approx(ndcg)


def test_a_cut_off_forgets_what_comes_later() -> None:
    found = [False, True, False, False, False, True]
    assert ndcg_at(5, found, 2) == pytest.approx(D[1] / (D[0] + D[1]))
    assert METRICS["ndcg@5"](found, 2) == pytest.approx(D[1] / (D[0] + D[1]))
    assert recall_at(5, found, 2) == 0.5


def test_the_interval_is_always_the_same_and_holds_the_mean() -> None:
    values = np.random.default_rng(1).random(200)
    one, two = bootstrap(values), bootstrap(values.copy())
    assert one == two
    assert one.mean == values.mean()
    # The 95 % interval of a mean of 200 uniform values is about 2 · 1.96 · sqrt(1/12/200) wide.
    assert one.high - one.low == pytest.approx(2 * 1.96 * math.sqrt(1 / 12 / 200), rel=0.1)
    assert one.low < one.mean < one.high
    assert bootstrap(np.full(5, 0.3)).to_json() == {"mean": 0.3, "low": 0.3, "high": 0.3}
    assert bootstrap(np.empty(0)).to_json() == {"mean": 0.0, "low": 0.0, "high": 0.0}


def test_comparison_counts_wins_ties_and_losses() -> None:
    found = compare(np.array([0.5, 0.2, 0.9, 0.1]), np.array([0.4, 0.2, 1.0, 0.0]))
    assert (found.wins, found.ties, found.losses) == (2, 1, 1)
    assert found.difference.mean == pytest.approx(0.025)
    assert found.to_json()["wins"] == 2
