"""Which story a pointer means: the rule, over the build's index."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.dates import Moment
from recommender.readmore import Resolver, Settled, Stubs, stub_story
from recommender.storage import key64
from recommender.stories import HEADLINE, ReadMore, Story


def story(name, day=None, **fields):
    published = Moment.parse(f"2024-05-{day:02}") if day else None
    return Story(**{"id": name, "title": f"Headline of {name}", "published": published, **fields})


def resolver(*stories):
    built = Resolver()
    for place, each in enumerate(stories):
        assert built.add(each) == place
    return built


SOURCE = story("source", 10, url="https://a.example/source")


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        (ReadMore(id="b"), (1, "id")),
        (ReadMore(url="http://www.a.example/b/?utm_source=x"), (1, "url")),
        (ReadMore("HEADLINE of “b”…"), (1, "headline")),
        (ReadMore("Headline of c", "https://a.example/b", "d"), (3, "id")),
        (ReadMore("Headline of c", "https://a.example/b"), (1, "url")),
        (ReadMore("Headline of c", "https://a.example/unknown", "unknown"), (2, "headline")),
        (ReadMore("Nobody wrote this", "https://a.example/unknown", "unknown"), (None, "stub")),
        (ReadMore("", "https://a.example/unknown", "unknown"), (None, "dangling")),
        (ReadMore(id="source"), (None, "self")),
        (ReadMore("Something else", id="source"), (None, "self")),
        (ReadMore("Something else", "http://a.example/source#top"), (None, "self")),
        (ReadMore("headline of source"), (None, "self")),
    ],
)
@pytest.mark.parametrize("source_is_indexed", [True, False])
def test_id_then_url_then_headline_never_itself(pointer, expected, source_is_indexed):
    others = [story("b", url="https://a.example/b"), story("c"), story("d")]
    first = SOURCE if source_is_indexed else story("x")
    assert resolver(first, *others).resolve(pointer, SOURCE) == Settled(*expected)


def test_a_target_may_come_later_and_in_between():
    built = resolver(SOURCE)
    assert built.resolve(ReadMore("Headline of b"), SOURCE).by == "stub"
    built.add(story("b"))
    assert built.resolve(ReadMore("Headline of b"), SOURCE) == (1, "headline")


def test_a_url_of_several_stories_identifies_none():
    shared = "https://a.example/day"
    built = resolver(story("b", url=shared), story("c", url=shared), story("source", url=shared))
    assert built.resolve(ReadMore(url=shared), SOURCE) == (None, "dangling")
    assert built.resolve(ReadMore("Headline of c", shared), SOURCE) == (1, "headline")
    assert built.resolve(ReadMore("Unknown headline", shared), SOURCE) == (None, "stub")


def test_the_last_story_of_an_id_bears_it():
    built = resolver(
        story("b", url="https://a.example/b", title="Old headline here"),
        SOURCE,
        story("b", url="https://a.example/b", title="New headline here"),
    )
    assert built.superseded() == [0]
    assert built.resolve(ReadMore(id="b"), SOURCE) == (2, "id")
    assert built.resolve(ReadMore(url="https://a.example/b"), SOURCE) == (2, "url")
    assert built.resolve(ReadMore("New headline here"), SOURCE) == (2, "headline")
    assert built.resolve(ReadMore("Old headline here"), SOURCE) == (None, "stub")


@pytest.mark.parametrize(
    ("days", "source_day", "expected"),
    [
        ([3, 10, 11], 10, 1),
        ([3, 9, 11], 10, 1),
        ([12, 11, 13], 10, 1),
        ([3, 5, 4], None, 1),
        ([None, 2, None], 10, 1),
    ],
)
def test_of_one_headline_the_latest_not_after_the_source(days, source_day, expected):
    built = resolver(*(story(f"s{place}", day, title="News in brief") for place, day in enumerate(days)))
    source = replace(SOURCE, published=story("x", source_day).published)
    assert built.resolve(ReadMore("News in brief"), source) == (expected, "headline")


@pytest.mark.parametrize("days", [[None, None, 12], [4, 4, 4]])
def test_of_one_date_the_same_is_meant_in_whatever_order_they_come(days):
    stories = [story(f"s{place}", day, title="News in brief") for place, day in enumerate(days)]
    source = replace(SOURCE, published=story("x", 10).published)
    meant = set()
    for order in permutations(range(3)):
        settled = resolver(*(stories[place] for place in order)).resolve(ReadMore("News in brief"), source)
        meant.add(order[settled.ordinal])
    assert len(meant) == 1


def test_articles_come_before_headline_only_stories():
    built = resolver(story("h", 9, title="One", kind=HEADLINE), story("a", 2, title="One"))
    assert built.resolve(ReadMore("One"), SOURCE) == (1, "headline")
    only = resolver(story("h", 9, title="One", kind=HEADLINE))
    assert only.resolve(ReadMore("One"), SOURCE) == (0, "headline")
    shared = "https://a.example/one"
    both = resolver(story("h", url=shared, kind=HEADLINE), story("a", url=shared))
    assert both.resolve(ReadMore(url=shared), SOURCE) == (1, "url")


def test_a_story_with_the_headline_of_its_source_is_another_story():
    built = resolver(SOURCE, story("copy", 2, title=SOURCE.title))
    assert built.resolve(ReadMore(SOURCE.title), SOURCE) == (1, "headline")


def test_circles_and_stories_that_point_at_themselves():
    a = story("a", read_more=(ReadMore("Headline of b"), ReadMore("Headline of a")))
    b = story("b", read_more=(ReadMore(id="a"), ReadMore(id="b")))
    built = resolver(a, b)
    found = [[built.resolve(pointer, each) for pointer in each.read_more] for each in (a, b)]
    assert found == [[(1, "headline"), (None, "self")], [(0, "id"), (None, "self")]]


def test_one_stub_for_a_headline_and_for_a_url():
    stubs = Stubs(resolver(SOURCE))
    first = stubs.place(ReadMore("An older story"))
    assert first.number == 0
    assert first.story == stub_story(ReadMore("An older story"))
    assert first.story.kind == HEADLINE
    assert stubs.place(ReadMore("AN OLDER STORY!", "https://a.example/old")) == (type(first)(0, None))
    assert stubs.place(ReadMore("Another wording", "http://a.example/old/")) == (type(first)(0, None))
    assert stubs.place(ReadMore("A third one")).number == 1
    assert len(stubs) == 2


def test_stubs_are_not_joined_by_a_url_that_stories_share():
    shared = "https://a.example/day"
    stubs = Stubs(resolver(story("b", url=shared), story("c", url=shared)))
    assert [stubs.place(ReadMore(title, shared)).number for title in ("One of them", "Another of them")] == [0, 1]


def test_the_stub_says_what_the_pointer_said():
    stub = stub_story(ReadMore("An  “older” story", "https://a.example/old"))
    assert stub.url == "https://a.example/old"
    assert stub.id == stub_story(ReadMore("an older story")).id
    assert stub.id.startswith("headline:")
    assert len(stub.id) == len("headline:") + 24


NAMES = st.sampled_from(["a", "b", "c", "d"])
STORIES = st.lists(
    st.builds(
        story,
        NAMES,
        st.none() | st.integers(1, 28),
        title=st.sampled_from(["", "One", "Two", "Three"]),
        text=st.just("x"),
        url=st.none() | st.sampled_from(["https://x.example/1", "https://x.example/2"]),
    ),
    max_size=8,
)
POINTERS = st.builds(
    ReadMore,
    st.sampled_from(["", "One", "Two", "Four"]),
    st.none() | st.sampled_from(["https://x.example/1", "https://x.example/3"]),
    st.none() | st.sampled_from(["a", "b", "e"]),
)


@given(STORIES, POINTERS)
def test_a_target_is_another_current_story_that_shares_a_key(stories, pointer):
    built = resolver(*stories)
    for source in stories:
        ordinal, by = built.resolve(pointer, source)
        assert (ordinal is not None) == (by in ("id", "url", "headline"))
        if ordinal is None:
            continue
        target = stories[ordinal]
        assert target.id != source.id
        assert target.id not in [later.id for later in stories[ordinal + 1 :]]
        assert {
            "id": target.id == pointer.id,
            "url": target.url == pointer.url,
            "headline": target.title == pointer.title,
        }[by]


def test_a_story_keeps_the_keys_that_it_was_registered_under():
    built = resolver(
        story("a", title="“Storm” hits"), story("b", title="", text="No headline."), story("c", url="http://x.org/c/")
    )
    assert built.keys_of(0) == (0, key64("storm hits"))
    assert built.keys_of(1) == (0, 0)
    assert built.keys_of(2)[0] == key64("https://x.org/c")
    before = [built.keys_of(ordinal) for ordinal in range(3)]
    built.forget_stories()
    assert [built.keys_of(ordinal) for ordinal in range(3)] == before
