"""Age and direction of time, against the rule written for one pair at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.dates import DAY_SECONDS, UNDATED, Moment
from recommender.dense import ExactIndex
from recommender.ranking.features import age_columns, typical_age
from recommender.ranking.freshness import age_in_days, decay, from_on, newer_than, past_of
from recommender.ranking.tempo import EDGES, measure_tempo, tempo

# A few days with their first, last and middle second: every boundary is met.
seconds = st.builds(
    lambda day, rest: day * DAY_SECONDS + rest, st.integers(-2, 3), st.sampled_from([0, 1, 43_200, 86_399])
)
moments = st.builds(
    lambda second, is_day: Moment(second // DAY_SECONDS * DAY_SECONDS if is_day else second, is_day),
    seconds,
    st.booleans(),
)


def columns(stories: list[Moment | None]) -> tuple[np.ndarray, np.ndarray]:
    return (
        np.array([story.second if story else UNDATED for story in stories], np.int64),
        np.array([bool(story and story.is_day) for story in stories], np.bool_),
    )


@given(st.lists(moments | st.none(), max_size=8), moments)
def test_past_newer_and_from(stories: list[Moment | None], moment: Moment) -> None:
    second, is_day = columns(stories)
    by_day = [story is not None and (story.is_day or moment.is_day) for story in stories]
    past = [
        story is None or (story.day <= moment.day if day else story.second <= moment.second)
        for story, day in zip(stories, by_day, strict=True)
    ]
    since = [
        story is None or (story.day >= moment.day if day else story.second >= moment.second)
        for story, day in zip(stories, by_day, strict=True)
    ]
    assert past_of(second, is_day, moment).tolist() == past
    assert newer_than(second, is_day, moment).tolist() == [
        story is None or not before for story, before in zip(stories, past, strict=True)
    ]
    assert from_on(second, is_day, moment).tolist() == since
    assert [story is None or story.is_past_for(moment) for story in stories] == past


@given(st.lists(moments | st.none(), max_size=8), moments, st.integers(0, 8))
def test_of_ordered_stories_the_same_are_past(stories: list[Moment | None], moment: Moment, ordered: int) -> None:
    second, is_day = columns(stories)
    ordered = min(ordered, len(second))
    order = np.concatenate([np.argsort(second[:ordered], kind="stable"), np.arange(ordered, len(second))])
    second, is_day = second[order], is_day[order]
    assert past_of(second, is_day, moment, ordered).tolist() == past_of(second, is_day, moment).tolist()


@given(st.lists(moments | st.none(), max_size=8), moments)
def test_age_is_in_whole_days_either_way(stories: list[Moment | None], moment: Moment) -> None:
    ages = age_in_days(columns(stories)[0], moment)
    expected = [np.nan if story is None else abs(story.day - moment.day) for story in stories]
    np.testing.assert_array_equal(ages, expected)
    assert np.isnan(age_in_days(columns(stories)[0], None)).all()


def test_decay_halves_with_every_half_life() -> None:
    hour = 3_600
    second = np.array([100 * hour, 92 * hour, 84 * hour, 200 * hour, UNDATED])
    np.testing.assert_allclose(decay(second, 100 * hour, 8.0), [1, 0.5, 0.25, 1, 0.5])


def test_an_undated_story_is_of_the_typical_age() -> None:
    days = np.array([0, 6, np.nan], np.float32)
    assert np.isnan(typical_age(np.array([np.nan], np.float32)))
    assert typical_age(days) == 3
    assert age_columns(days, float("nan"), []) == {}
    found = age_columns(days, 99.0, [])
    np.testing.assert_allclose(found["age"], np.log1p([0, 6, 99]), rtol=1e-6)
    assert found["tempo"].tolist() == [0, 0, 0]
    for name, knot in (("age_fortnight", 14), ("age_quarter", 90)):
        if name in found:
            np.testing.assert_allclose(found[name], [0, 0, np.log1p(99) - np.log1p(knot)], rtol=1e-5)


def test_tempo_is_interpolated_between_the_centres_of_its_bins() -> None:
    table = [float(place) for place in range(len(EDGES))]
    assert tempo(np.array([0], np.float32), table).tolist() == [0]
    assert tempo(np.array([1e6], np.float32), table).tolist() == [len(EDGES) - 1]
    values = tempo(np.arange(4_000, dtype=np.float32), table)
    assert (np.diff(values) >= 0).all()


def test_tempo_tells_at_what_age_similar_stories_are() -> None:
    pick = np.random.default_rng(3)
    days = 400
    # Stories of one week share a direction; others are unrelated.
    weeks = pick.normal(size=(days // 7 + 1, 32))
    vectors = weeks[np.arange(days) // 7] + 0.7 * pick.normal(size=(days, 32))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    table = measure_tempo(ExactIndex(vectors.astype(np.float32)), np.arange(days) * DAY_SECONDS)
    recent, old = [EDGES.index(edge) for edge in (1, 2, 4)], [EDGES.index(edge) for edge in (31, 61, 121)]
    assert min(table[place] for place in recent) > 0.5 > 0 > max(table[place] for place in old)
    assert table == measure_tempo(ExactIndex(vectors.astype(np.float32)), np.arange(days) * DAY_SECONDS)


@pytest.mark.parametrize("count", [0, 1, 40])
def test_a_small_or_undated_corpus_has_no_tempo(count: int) -> None:
    index = ExactIndex(np.eye(max(count, 1), 8, dtype=np.float32)[:count])
    assert set(measure_tempo(index, np.full(count, UNDATED))) == {0.0}
    assert set(measure_tempo(index, np.arange(count) * DAY_SECONDS)) == {0.0}
