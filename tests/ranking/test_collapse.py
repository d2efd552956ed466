"""One story, one slot: the rules against a plain reading of them."""

from collections.abc import Callable
from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.ranking.collapse import (
    ARTICLE_COSINE,
    ARTICLE_DAYS,
    ARTICLE_OVERLAP,
    LONG,
    NEAR,
    SHORT_DAYS,
    SHORT_MEAN,
    WINDOW,
    Bags,
    Group,
    QueryText,
    Texts,
    alone,
    collapse,
    may_be_same,
    same_story,
    shared,
)
from recommender.vectors import Int64, normalise


def bag(words: dict[int, float], numbers: tuple[int, ...] = ()) -> Bags:
    """One text."""
    ids = np.array(sorted(words), np.int32)
    weights = np.array([words[one] for one in ids.tolist()], np.float32)
    return Bags(ids, weights, np.isin(ids, numbers), np.array([0, len(ids)]))


def gathered(made: list[Bags]) -> Callable[[Int64], Bags]:
    return lambda places: reduce(Bags.joined, [made[place] for place in places.tolist()])


def overlap(one: Bags, other: Bags) -> float:
    return float(shared(one.joined(other), np.array([0]), np.array([1])).overlap[0])


bags = st.dictionaries(st.integers(0, 9), st.sampled_from([0.5, 1.0, 3.0]), max_size=6).map(bag)


@given(bags, bags)
def test_overlap_is_weighted_jaccard(one: Bags, other: Bags) -> None:
    left = dict(zip(one.ids.tolist(), one.weights.tolist(), strict=True))
    right = dict(zip(other.ids.tolist(), other.weights.tolist(), strict=True))
    words = left.keys() | right.keys()
    least = sum(min(left.get(word, 0), right.get(word, 0)) for word in words)
    most = sum(max(left.get(word, 0), right.get(word, 0)) for word in words)
    expected = least / most if left and right else 0.0
    assert overlap(one, other) == pytest.approx(expected, abs=1e-6)
    assert overlap(one, other) == pytest.approx(overlap(other, one), abs=1e-6)


def words(count: int, first: int = 0) -> Bags:
    return bag(dict.fromkeys(range(first, first + count), 1.0))


def together(cosine: float, one: Bags, other: Bags, days: float, titled: bool = False) -> bool:
    near, gap = np.array([cosine], np.float32), np.array([days], np.float32)
    shorter = np.array([min(len(one.ids), len(other.ids))])
    words = shared(one.joined(other), np.array([0]), np.array([1]))
    return bool((may_be_same(near, shorter, gap) & same_story(near, shorter, gap, words, np.array([titled])))[0])


E = 0.01


@pytest.mark.parametrize(
    ("cosine", "one", "other", "days", "same"),
    [
        # Articles: both measures, and the days between.
        (ARTICLE_COSINE + E, words(60), words(60), 0, True),
        (ARTICLE_COSINE - E, words(60), words(60), 0, False),
        (1.0, words(60), words(60, 21), 0, False),
        (1.0, words(60), words(60, 19), 0, True),
        (1.0, words(60), words(60), ARTICLE_DAYS, True),
        (1.0, words(60), words(60), ARTICLE_DAYS + 1, False),
        (1.0, words(60), words(60), float("nan"), True),
        # Headlines: the mean of both, more for each day between, more where numbers are in conflict.
        (SHORT_MEAN + E, words(6), words(6), 0, True),
        (2 * SHORT_MEAN - 0.5 - E, words(6), words(6, 2), 0, False),
        (2 * SHORT_MEAN - 0.5 + E, words(6), words(6, 2), 0, True),
        (NEAR - E, words(6), words(6), 0, False),
        (1.0, words(6), words(6, 6), 0, False),
        (1.0, words(6), words(6), SHORT_DAYS, True),
        (1.0, words(6), words(6), SHORT_DAYS + 1, False),
        (0.8, bag({1: 1, 2: 1, 7: 1}, (7,)), bag({1: 1, 2: 1, 8: 1}, (8,)), 0, False),
        (0.95, bag({1: 1, 2: 1, 7: 1}, (7,)), bag({1: 1, 2: 1, 7: 1}, (7,)), 0, True),
        # An article and a headline are judged as headlines are.
        (0.9, words(60), words(LONG - 1), 0, (0.9 + (LONG - 1) / 60) / 2 >= SHORT_MEAN),
    ],
)
def test_the_rule_at_its_limits(cosine: float, one: Bags, other: Bags, days: float, same: bool) -> None:
    assert together(cosine, one, other, days) is same
    assert together(cosine, other, one, days) is same


def test_numbers_in_conflict_ask_for_more() -> None:
    same = dict.fromkeys(range(20), 1.0)
    one, other = bag(same | {50: 1.0}, (50,)), bag(same | {51: 1.0}, (51,))
    agreeing = bag(same | {50: 1.0, 51: 1.0}, (50, 51))
    cosine = 2 * (SHORT_MEAN + 0.05) - overlap(one, other)
    assert together(cosine, one, agreeing, 0)
    assert not together(cosine, one, other, 0)
    assert together(cosine, bag(same | {50: 1.0}), bag(same | {51: 1.0}), 0), "without numbers there is no conflict"


@st.composite
def candidates(draw: st.DrawFn) -> Texts:
    """A few candidates of two or three stories, long and short, of some days."""
    count = draw(st.integers(0, 10))
    random = np.random.default_rng(draw(st.integers(0, 2**16)))
    stories = random.normal(size=(3, 16))
    of = random.integers(0, 3, count)
    vectors = normalise(stories[of] + random.uniform(0.1, 0.7) * random.normal(size=(count, 16)))
    long = draw(st.booleans())
    size = 60 if long else 8
    made = []
    for story in of:
        own = {int(word): 1.0 for word in random.choice(size, int(size * 0.8), replace=False) + 1_000 * story}
        numbers = tuple(int(word) for word in list(own)[:1] if random.random() < 0.5)
        made.append(bag(own, tuple(sorted(numbers))))
    day = np.where(random.random(count) < 0.1, np.nan, random.integers(0, 5, count)).astype(np.float32)
    terms = np.array([len(one.ids) for one in made], np.int64)
    rank = random.permutation(count).astype(np.int64)
    headline = random.integers(0, 4, count).astype(np.uint64)  # 0: without one
    return Texts(vectors, terms, day, rank, headline, gathered(made))


def titled(one: int, other: int) -> bool:
    return one == other != 0


def bag_at(texts: Texts, place: int) -> Bags:
    return texts.bags(np.array([place]))


def slow(texts: Texts, query: QueryText | None) -> tuple[dict[int, list[int]], list[int]]:
    """Slots by leader, and the query's copies."""
    slots: dict[int, list[int]] = {}
    copies = []
    for place in range(len(texts.terms)):
        if query is not None:
            gap = abs(float(texts.day[place]) - query.day)
            alike = titled(int(texts.headline[place]), query.headline)
            if together(float(query.cosine[place]), bag_at(texts, place), query.bag, gap, alike):
                copies.append(place)
                continue
        for leader in slots:
            cosine = float(texts.vectors[place] @ texts.vectors[leader])
            gap = abs(float(texts.day[place]) - float(texts.day[leader]))
            alike = titled(int(texts.headline[place]), int(texts.headline[leader]))
            if together(cosine, bag_at(texts, place), bag_at(texts, leader), gap, alike):
                slots[leader].append(place)
                break
        else:
            slots[place] = [place]
    return slots, copies


def as_slots(group: Group) -> tuple[dict[int, int], dict[int, int], list[tuple[int, int]]]:
    leaders = group.leaders.tolist()
    return (
        dict(zip(leaders, group.shown.tolist(), strict=True)),
        dict(zip(leaders, group.sizes.tolist(), strict=True)),
        sorted(group.copies),
    )


@settings(max_examples=150)
@given(candidates(), st.booleans())
def test_it_is_the_plain_reading(texts: Texts, with_query: bool) -> None:
    query = None
    if with_query and len(texts.terms):
        cosine, key = texts.vectors @ texts.vectors[0], int(texts.headline[0])
        query = QueryText(cosine, bag_at(texts, 0), int(texts.terms[0]), float(texts.day[0]), key)
    slots, copies = slow(texts, query)
    shown, sizes, left_out = as_slots(collapse(texts, query))
    best = {leader: max(places, key=lambda place: texts.rank[place]) for leader, places in slots.items()}
    assert shown == best
    assert sizes == {leader: len(places) for leader, places in slots.items()}
    assert left_out == sorted(
        [(place, -1) for place in copies]
        + [(place, best[leader]) for leader, places in slots.items() for place in places if place != best[leader]]
    )


@settings(max_examples=50)
@given(candidates(), st.integers(0, 10))
def test_what_comes_later_moves_no_slot(texts: Texts, first: int) -> None:
    """The slots of the first candidates are those that they would have alone."""
    cut = (texts.vectors, texts.terms, texts.day, texts.rank, texts.headline)
    part = Texts(*(values[:first] for values in cut), texts.bags)
    assert collapse(part, None).leaders.tolist() == [
        leader for leader in collapse(texts, None).leaders.tolist() if leader < first
    ]


def test_near_texts_of_one_headline_are_one_story_though_written_anew() -> None:
    one, other = words(60), words(60, 50)
    assert overlap(one, other) < ARTICLE_OVERLAP
    assert not together(0.9, one, other, 1)
    assert together(0.9, one, other, 1, titled=True)
    assert together(0.9, one, other, np.nan, titled=True)
    assert not together(0.9, one, other, ARTICLE_DAYS + 1, titled=True), "the column of another week"
    assert not together(ARTICLE_COSINE - E, one, other, 0, titled=True), "another letter to the editor"


def test_a_chain_of_small_changes_does_not_merge_what_is_far_apart() -> None:
    made = [words(10, first) for first in (0, 3, 6)]
    vectors = normalise(np.array([[1.0, 0.0], [1.0, 0.05], [1.0, 0.1]]))
    none = np.zeros(3, np.uint64)
    texts = Texts(vectors, np.array([10] * 3), np.zeros(3, np.float32), np.arange(3), none, gathered(made))
    assert together(1.0, made[0], made[1], 0)
    assert together(1.0, made[1], made[2], 0)
    assert not together(1.0, made[0], made[2], 0)
    assert collapse(texts, None).leaders.tolist() == [0, 2]


def test_a_copy_far_behind_is_left_out_but_neither_shown_nor_counted() -> None:
    """So what a slot shows is the same however deep one looks."""
    count = WINDOW + 3
    vectors = np.zeros((count, count), np.float32)
    vectors[np.arange(count), [0, 1, *range(2, count - 2), 0, 0]] = 1
    vectors[1] = vectors[0]
    of = (vectors, np.full(count, 60), np.zeros(count, np.float32), np.arange(count), np.zeros(count, np.uint64))
    texts = Texts(*of, gathered([words(60)] * count))
    group = collapse(texts, None)
    assert (group.leaders[0], group.shown[0], group.sizes[0]) == (0, 1, 2)
    assert sorted(group.copies) == [(0, 1), (count - 2, 1), (count - 1, 1)]
    for depth in (count - 1, count - 2):
        part = Texts(*(values[:depth] for values in of), texts.bags)
        assert collapse(part, None).shown.tolist() == group.shown.tolist()


def test_each_alone() -> None:
    group = alone(3)
    assert (group.leaders.tolist(), group.shown.tolist(), group.sizes.tolist(), group.copies) == (
        [0, 1, 2],
        [0, 1, 2],
        [1, 1, 1],
        [],
    )
