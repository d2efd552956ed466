"""What is shown of a story."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.engine.summary import display_title, summary


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("Bridge opens", "The mayor came. It rained. Nobody else was there to see it.", "The mayor came. It rained."),
        ("Bridge opens", "Bridge opens. The mayor came.", "The mayor came."),
        ("Bridge opens", "The mayor came to the bridge with all of his dogs.", "The mayor came to the bridge…"),
        ("Bridge opens", "Mr. Smith of the U.S. Senate came. It rained.", "Mr. Smith of the U.S. Senate…"),
        ("Bridge opens", "Mr. Smith came. It rained.", "Mr. Smith came. It rained."),
        ("Bridge opens", "", ""),
        ("Bridge opens", "Bridge opens", ""),
        ("", "The mayor came. It rained.", "It rained."),
        ("Rates rise by 2.25 %.", "Rates rise by 2.25 %.", ""),
        ("Rates rise by 2.25 %.", "Rates rise by 2.25 %. Banks fall.", "Banks fall."),
        ("Bridge opens. (BBC),", "Bridge opens. (BBC),", ""),
        ("Bridge opens", "Bridge opens [", ""),
        ("Bridge opens", "Bridge opens. . It rained.", "It rained."),
        ("Bridge opens", "It rained. (BBC) ,", "It rained. (BBC)"),
        ("Bridge opens", "******", ""),
        ("Bridge opens", "****It is **very** long.", "It is very long."),
        ("Bridge opens", "“S**t,” he said. F***!", "“S**t,” he said. F***!"),
        ("Bridge opens", "...and it rained.", "...and it rained."),
        ("Bridge opens", '[caption width="9"]Rain[/caption]', "Rain"),
        ("Bridge opens", "On Feb. 2 it rained.", "On Feb. 2 it rained."),
        ("Bridge opens", "Col. Ray came on 2 Feb. Ann did not.", "Col. Ray came on 2 Feb."),
        ("", "**The mayor** came. It rained.", "It rained."),
    ],
)
def test_summary(title, text, expected):
    assert summary(title, text, 30) == expected


def test_a_story_without_a_headline_shows_its_first_sentence():
    assert display_title("", "The mayor came. It rained.") == "The mayor came."
    assert display_title("", "word " * 100, 20) == "word word word word…"
    assert display_title("Title", "Text.") == "Title"
    assert display_title("", "") == ""
    assert display_title("", "****The **mayor** came. It rained.") == "The mayor came."


def test_a_comma_that_hangs_at_a_headline_is_not_shown():
    assert display_title("The mayor came. (BBC),", "Text.") == "The mayor came. (BBC)"
    assert display_title(", ", "") == ", "


def test_long_bodies_cost_no_more_than_short_ones():
    long = "The mayor came. " * 1_000_000
    for _ in range(200):
        summary("Bridge opens", long)
        display_title("", long)


@given(st.text(max_size=80), st.text(max_size=200), st.integers(1, 100))
def test_never_longer_than_asked(title, text, max_chars):
    assert len(summary(title, text, max_chars)) <= max_chars
    assert len(display_title("", text, max_chars)) <= max_chars
