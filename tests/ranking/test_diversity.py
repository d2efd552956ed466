"""Maximal marginal relevance against its formula, one candidate at a time."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.ranking.diversity import diversify
from recommender.vectors import normalise


def slow(scores: list[float], vectors: np.ndarray, diversity: float, count: int) -> list[int]:
    picked: list[int] = []
    while len(picked) < min(count, len(scores)):
        best, best_value = -1, -np.inf
        for place in range(len(scores)):
            if place in picked:
                continue
            nearest = max([0.0, *(float(vectors[place] @ vectors[other]) for other in picked)])
            value = (1 - diversity) * scores[place] - diversity * nearest
            if value > best_value + 1e-6:
                best, best_value = place, value
        picked.append(best)
    return picked


@given(
    st.lists(st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9]), max_size=9),
    st.integers(0, 2**16),
    st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]),
    st.integers(0, 12),
)
def test_it_is_the_formula(scores: list[float], seed: int, diversity: float, count: int) -> None:
    scores = sorted(scores, reverse=True)
    # Directions of a coarse grid, copies among them; slightly bent, so that sums of floats do not decide a tie.
    vectors = normalise(np.random.default_rng(seed).integers(-2, 3, (len(scores), 3)) + np.array([0.013, 0.027, 0.041]))
    found = diversify(np.array(scores, np.float32), vectors, diversity, count)
    assert found.tolist() == slow(scores, vectors, diversity, count)


def test_no_diversity_is_the_order_of_the_scores() -> None:
    vectors = normalise(np.ones((4, 2)))
    assert diversify(np.array([0.9, 0.9, 0.5, 0.1], np.float32), vectors, 0.0, 3).tolist() == [0, 1, 2]


def test_a_copy_gives_way_to_another_subject() -> None:
    vectors = normalise(np.array([[1, 0], [1, 0], [0, 1]]))
    scores = np.array([0.9, 0.8, 0.5], np.float32)
    assert diversify(scores, vectors, 0.5, 3).tolist() == [0, 2, 1]
