"""Counting in bounded memory: what comes often is known, what came once is forgotten."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from recommender.frequent import FrequentKeys

bodies = st.lists(st.lists(st.integers(0, 30), max_size=5), max_size=80)


@given(bodies)
def test_what_fits_is_counted_exactly(bodies: list[list[int]]) -> None:
    keys, true = FrequentKeys(31), Counter[int]()
    for body in bodies:
        keys.add(body)
        true.update(body)
    assert {key: keys.count(key) for key in range(31)} == {key: true[key] for key in range(31)}
    for least in (1, 2, 5):
        assert keys.at_least(least) == sorted(key for key, count in true.items() if count >= least)


@given(bodies)
def test_of_more_no_count_is_too_high(bodies: list[list[int]]) -> None:
    keys, true = FrequentKeys(4), Counter[int]()
    for body in bodies:
        keys.add(body)
        true.update(body)
    assert all(keys.count(key) <= true[key] for key in range(31))


def test_what_comes_often_outlasts_what_comes_once() -> None:
    keys = FrequentKeys(100)
    for number in range(1_000):
        keys.add([-1, number])
    assert keys.count(-1) == 1_000
    assert keys.at_least(2) == [-1]
    assert len(keys.at_least(1)) <= 100
