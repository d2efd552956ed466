"""The features and the model over them."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import IndexCorrupt
from recommender.ranking.features import age_columns, hybrid, lexical_share, votes
from recommender.ranking.fit import FREE, Sample, fit_weights, ndcg, strength
from recommender.ranking.model import DEFAULT, FEATURES, TIME, TIME_SPAN, Ranker, matrix, ranker_from_json

links = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6)), max_size=12)


@given(st.lists(st.sampled_from([-0.2, 0.1, 0.5, 0.9]), min_size=4, max_size=4), links, st.sets(st.integers(0, 6)))
def test_votes_are_counted_by_closeness(
    closeness: list[float], links: list[tuple[int, int]], candidates: set[int]
) -> None:
    rows = sorted(candidates)
    found = votes(
        np.array(closeness, np.float32),
        np.array([voter for voter, _ in links], np.int64),
        np.array([target for _, target in links], np.int64),
        np.array(rows, np.int64),
    )
    for place, row in enumerate(rows):
        of_row = [max(closeness[voter], 0.0) for voter, target in links if target == row]
        assert found["votes"][place] == pytest.approx(math.log(1 + 5 * sum(one**3 for one in of_row)), abs=1e-5)
        assert found["best_vote"][place] == pytest.approx(max(of_row, default=0.0), abs=1e-6)


def test_shares() -> None:
    assert lexical_share(np.array([1, 4], np.float32), 4.0).tolist() == [0.25, 1]
    assert lexical_share(np.array([0, 0], np.float32), 0.0).tolist() == [0, 0]
    assert hybrid(np.array([1, 0], np.float32), np.array([0, 0.5], np.float32)).tolist() == [0.5, 0.25]


def test_the_matrix_has_a_column_for_every_feature() -> None:
    found = matrix({"lexical": np.array([1, 2], np.float32)}, 2)
    assert found.shape == (2, len(FEATURES))
    assert found[:, list(FEATURES).index("lexical")].tolist() == [1, 2]
    assert found.sum() == 3


def test_scores_rise_with_the_sum_between_0_and_1() -> None:
    scores = DEFAULT.score(np.array([-50, -1, 0, 5, 50], np.float32))
    assert (np.diff(scores) > 0).all() or scores[-1] == 1
    np.testing.assert_allclose(
        scores, [1 / (1 + math.exp(-(DEFAULT.slope * one + DEFAULT.offset))) for one in (-50, -1, 0, 5, 50)], rtol=1e-5
    )


def test_dates_only_take_away() -> None:
    """A story of the best age scores what its content says; any other less, and not without bound."""
    ranker = Ranker(DEFAULT.weights | {"age": -3.0}, 1.0, 0.0, tempo=np.linspace(-2, 3, 14).tolist())
    days = np.arange(4_000, dtype=np.float32)
    time = age_columns(days, 0.0, list(ranker.tempo))
    features = matrix(time | {"similarity": np.full(len(days), 0.5, np.float32)}, len(days))
    content = ranker.sums(features, dated=False)
    np.testing.assert_allclose(content, 0.5 * ranker.weights["similarity"], rtol=1e-6)
    said = sum(ranker.weights.get(name, 0.0) * time[name] for name in TIME)
    lost = ranker.sums(features, dated=True) - content
    np.testing.assert_allclose(lost, np.maximum(said - said.max(), -TIME_SPAN), atol=1e-4)
    assert (lost.max(), lost.min()) == (0, -TIME_SPAN)


def test_a_model_is_kept_as_readable_json() -> None:
    ranker = Ranker({"similarity": 2.5, "age": -0.1}, 1.5, -2.0, (0.1, 0.2), "tuned", {"queries": 7})
    read = ranker_from_json(json.loads(json.dumps(ranker.to_json())))
    assert read.to_json() == ranker.to_json()
    assert read.vector.tolist() == ranker.vector.tolist()
    assert read.vector[list(FEATURES).index("similarity")] == 2.5


@pytest.mark.parametrize(
    "change",
    [
        {"version": 99}, {"version": None}, {"weights": {"charm": 1.0}}, {"weights": {"similarity": "much"}},
        {"weights": [1, 2]}, {"slope": None}, {"tempo": "fast"}, {"tempo": [[]]},
    ],
)  # fmt: skip
def test_a_model_that_cannot_be_read_is_a_typed_error(change: dict[str, object]) -> None:
    with pytest.raises(IndexCorrupt, match="ranking model"):
        ranker_from_json(DEFAULT.to_json() | change)
    with pytest.raises(IndexCorrupt):
        ranker_from_json([])


def samples(count: int, rule: np.ndarray, seed: int = 1) -> list[Sample]:
    """Queries whose editors linked to the two candidates that stand highest by `rule`."""
    random = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        features = np.abs(random.normal(size=(30, len(FEATURES)))).astype(np.float32)
        linked = np.zeros(30, np.bool_)
        linked[np.argsort(-(features @ rule))[:2]] = True
        made.append(Sample(features, linked, 2))
    return made


def one_hot(name: str) -> np.ndarray:
    return np.array([float(other == name) for other in FEATURES], np.float32)


def weighing(weights: np.ndarray) -> Ranker:
    return Ranker(dict(zip(FEATURES, weights.tolist(), strict=True)), 1.0, 0.0)


def test_the_fit_finds_what_editors_go_by() -> None:
    start = DEFAULT.vector
    rule = one_hot("votes")
    fit = fit_weights(samples(300, rule), start)
    fresh = samples(100, rule, seed=2)
    found = [np.mean([ndcg(sample, weighing(weights)) for sample in fresh]) for weights in (start, fit)]
    assert found[0] < 0.5 < 0.9 < found[1]
    assert fit.argmax() == list(FEATURES).index("votes")


def test_a_better_match_never_counts_against_a_story() -> None:
    """Editors who avoid what is similar: the weight goes to 0, not below; that of age may be negative."""
    start = DEFAULT.vector
    fit = dict(zip(FEATURES, fit_weights(samples(300, -one_hot("similarity") - one_hot("age")), start), strict=True))
    assert fit["similarity"] == 0
    assert fit["age"] < 0
    assert all(weight >= 0 for name, weight in fit.items() if name not in FREE)


def test_few_samples_move_the_weights_less() -> None:
    start, rule = DEFAULT.vector, one_hot("votes")
    moved = [float(np.abs(fit_weights(samples(count, rule), start) - start).sum()) for count in (5, 50, 500)]
    assert moved == sorted(moved)
    assert [strength(count) for count in (1, 40, 160, 10_000)] == [100, 40, 5, pytest.approx(0.3)]


def test_what_never_varies_or_says_nothing_keeps_its_weight() -> None:
    start = DEFAULT.vector
    constant = [
        Sample(np.where(one_hot("in_links") > 0, 7, sample.features).astype(np.float32), sample.linked, 2)
        for sample in samples(50, one_hot("votes"))
    ]
    place = list(FEATURES).index("in_links")
    assert fit_weights(constant, start)[place] == start[place]
    silent = [Sample(sample.features, np.zeros(30, np.bool_), 2) for sample in constant]
    assert fit_weights(silent, start).tolist() == start.tolist()
    assert fit_weights([], start).tolist() == start.tolist()


def test_ndcg_of_a_sample_counts_links_that_are_no_candidates() -> None:
    features = np.zeros((3, len(FEATURES)), np.float32)
    features[:, 0] = [3, 2, 1]
    sample = Sample(features, np.array([False, True, False]), 2)
    assert ndcg(sample, weighing(one_hot("similarity"))) == pytest.approx((1 / math.log2(3)) / (1 + 1 / math.log2(3)))
