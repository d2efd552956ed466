"""Which answers are kept: bounded in number, bytes and time, and of one state of the index."""

import pytest

from recommender.engine.options import Options
from recommender.engine.query import Query
from recommender.service.cache import Answer, AnswerCache
from recommender.service.questions import RELATED, Question

STATE = ("g1", 0, None)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def cache(clock):
    return AnswerCache(3, most_bytes=100, clock=clock)


def asked(name):
    return Question(RELATED, Query(id=name), Options())


def put(cache, *names, size=10, state=STATE):
    for name in names:
        cache.put(state, asked(name), Answer(b"x" * size, b"etag", (), 30))


def kept(cache, state=STATE):
    return [name for name in "abcd" if cache.get(state, asked(name)) is not None]


def test_of_too_many_those_go_that_nobody_has_asked_for_longest(cache):
    put(cache, "a", "b", "c")
    assert kept(cache) == ["a", "b", "c"]
    cache.get(STATE, asked("a"))
    put(cache, "d")
    assert kept(cache) == ["a", "c", "d"]


def test_large_answers_take_the_place_of_several(cache):
    put(cache, "a", "b")
    put(cache, "c", size=90)
    assert (kept(cache), cache.size) == (["b", "c"], 100)
    put(cache, "d", size=101)
    assert (kept(cache), cache.size, len(cache)) == ([], 0, 0)


def test_an_answer_that_is_put_again_counts_once(cache):
    put(cache, "a", "a", size=60)
    assert (kept(cache), cache.size) == (["a"], 60)


def test_an_answer_is_kept_for_its_lifetime(cache, clock):
    put(cache, "a")
    clock.now = 29.9
    assert kept(cache) == ["a"]
    clock.now = 30
    assert (kept(cache), cache.size) == ([], 0)


def test_answers_of_another_state_of_the_index_are_not_given(cache):
    put(cache, "a", "b")
    changed = ("g1", 1, None)
    assert kept(cache, changed) == []
    put(cache, "c", state=changed)
    assert (kept(cache, changed), kept(cache), cache.size) == (["c"], [], 10)
