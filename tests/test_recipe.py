"""What is embedded of a story."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.recipe import body_without_title, embedding_text
from recommender.stories import ReadMore, Story


def story(title="", text="", **fields):
    return Story(id="a", title=title, text=text, **fields)


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("Bridge opens", "The mayor  came.\n\nIt rained.", "Bridge opens. The mayor came. It rained."),
        ("Bridge opens?", "The mayor came.", "Bridge opens? The mayor came."),
        ("Bridge opens", "", "Bridge opens"),
        ("", "The mayor came.", "The mayor came."),
        ("Bridge opens", "Bridge opens. The mayor came.", "Bridge opens. The mayor came."),
        ("Bridge opens", "“BRIDGE  opens”\n\nThe mayor came.", "Bridge opens. The mayor came."),
        (
            "The new bridge opens today",
            "The new bridge opens today The mayor came.",
            "The new bridge opens today. The mayor came.",
        ),
        ("Bridge opens", "Bridge opens in the rain. The mayor came.", "Bridge opens in the rain. The mayor came."),
        ("The mayor came to op…", "The mayor came to open it. He left.", "The mayor came to open it. He left."),
        ("Bridge opens", "Bridge opens", "Bridge opens"),
        ("Bridge", "Bridges are long.", "Bridge. Bridges are long."),
        (
            "Links",
            "See https://a.example/x?y=1 and [the words](https://b.example) or www.c.example now.",
            "Links. See and the words or now.",
        ),
    ],
)
def test_title_then_lead(title, text, expected):
    assert embedding_text(story(title, text), 1_000) == expected


def test_the_cut_is_between_words():
    assert embedding_text(story("Bridge opens", "The mayor came."), 20) == "Bridge opens. The"
    assert embedding_text(story("Bridge opens", "The mayor came."), 17) == "Bridge opens. The"
    assert embedding_text(story("x" * 50, "The mayor came."), 20) == "x" * 20


def test_read_more_and_unknown_fields_are_never_embedded():
    one = story("Bridge opens", "The mayor came.")
    other = story(
        "Bridge opens", "The mayor came.", read_more=(ReadMore("Ferry"),), tags=("t",), extra={"topics": ["x"]}
    )
    assert embedding_text(one, 1_000) == embedding_text(other, 1_000)


def test_long_bodies_cost_no_more_than_short_ones():
    long = story("Bridge opens", "The mayor came. " * 1_000_000)
    for _ in range(200):
        embedding_text(long, 2_000)


@given(st.text(max_size=80), st.text(max_size=200), st.integers(1, 100))
def test_never_longer_than_asked_and_stable(title, text, max_chars):
    made = story(title, text)
    embedded = embedding_text(made, max_chars)
    assert len(embedded) <= max_chars
    assert embedded == " ".join(embedded.split())
    assert made.text.endswith(body_without_title(made.title, made.text))
