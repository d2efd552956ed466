"""Unit vectors and the best of a list."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recommender.vectors import normalise, top_k

# Few different values, so that ties are the rule.
scores = hnp.arrays(np.float32, st.integers(0, 30), elements=st.sampled_from([-np.inf, -1.0, 0.0, 0.25, 1.0]))


@given(scores, st.integers(-1, 40))
def test_the_best_are_those_of_a_full_sort_ties_to_the_higher_row(scores: np.ndarray, k: int) -> None:
    order = sorted(range(len(scores)), key=lambda row: (-scores[row], -row))
    expected = [row for row in order if scores[row] > -np.inf][: max(k, 0)]
    assert top_k(scores, k).tolist() == expected


@given(hnp.arrays(np.float32, (4, 3), elements=st.floats(-1e3, 1e3, width=32)))
def test_rows_have_unit_length_or_are_zero(vectors: np.ndarray) -> None:
    before = vectors.copy()
    result = normalise(vectors)
    np.testing.assert_array_equal(vectors, before)
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    for row, length in enumerate(lengths):
        if length > 1e-15:  # below it the squares of float32 vanish
            np.testing.assert_allclose(result[row], vectors[row] / length, atol=1e-5)


def test_what_is_not_finite_is_similar_to_nothing() -> None:
    result = normalise(np.array([[3.0, 4.0], [np.nan, 1.0], [np.inf, 0.0], [0.0, 0.0]]))
    np.testing.assert_allclose(result, [[0.6, 0.8], [0, 0], [0, 0], [0, 0]], atol=1e-7)
    assert result.dtype == np.float32
