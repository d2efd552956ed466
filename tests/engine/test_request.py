"""What is asked: every wrong input is an `InputError` that names the field, every right one is read as it was meant."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.dates import Moment
from recommender.engine import OPTIONS, Options, parse_options, parse_request
from recommender.errors import InputError, TooLarge

NAMES = [option.name for option in OPTIONS] + ["id", "url", "text", "story"]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
plausible = st.sampled_from(
    ["1", "10", "1e2", "-0", "nan", "inf", "true", "2026-02-30", "2026-02-03T25:00", "0001-01-01T00:00:00+23:00", "8h",
     "9999-12-31T23:59:59-23:00", "٣", "1_0", "９", "article,headline", ",", "*", "title", "latest", "\0",
     "\ud800", "0.5"]
)  # fmt: skip
stories = st.dictionaries(
    st.sampled_from(["id", "title", "text", "published", "read_more", "image", "digest", "language"]),
    json_values | plausible,
    max_size=4,
)


@settings(max_examples=400)
@given(
    st.dictionaries(st.sampled_from(NAMES), json_values | plausible | st.lists(plausible, max_size=2), max_size=4)
    | st.dictionaries(st.text(max_size=10), json_values, max_size=2)
    | st.fixed_dictionaries({"story": stories})
)
def test_a_request_is_read_or_refused(given: dict[str, Any]) -> None:
    try:
        query, options = parse_request(given)
    except InputError as error:
        refused = error
        assert refused.reason
        assert refused.field or "" in given
        return
    assert sum(value is not None for value in (query.id, query.url, query.text, query.story)) == 1
    assert 1 <= options.limit <= 100
    assert 0 <= options.offset <= 1_000
    assert 0 <= options.min_score <= 1
    assert 0 <= options.diversity <= 1
    assert 0 < options.half_life < 2e6
    if query.story and query.story.published:
        assert Moment.parse(str(query.story.published)) == query.story.published


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("limit", 0, "1 to 100"), ("limit", 101, "1 to 100"), ("limit", -1, "1 to 100"), ("limit", "ten", "whole"),
        ("limit", 2.5, "whole"), ("limit", True, "whole"), ("limit", None, None), ("limit", [5, 6], "one"),
        ("limit", "1e1", "whole number"), ("limit", "9" * 400, "1 to 100"), ("limit", 10**400, "1 to 100"),
        ("limit", "1_0", "whole number"), ("limit", "٣", "whole number"), ("min_score", "0_1", "a number"),
        ("min_score", 10**400, "a number"), ("offset", -1, "0 to 1000"), ("offset", 1_001, "0 to 1000"),
        ("min_score", "nan", "number"), ("min_score", 1.01, "0 to 1"), ("diversity", -0.1, "0 to 1"),
        ("mode", "newest", "none of"), ("collapse", "all", "none of"), ("linked", "maybe", "none of"),
        ("on_empty", "error", "none of"), ("kind", "video", "none of"), ("explain", "yes", "true or false"),
        ("published_after", "yesterday", "date"), ("published_before", "2026-02-30", "date"),
        ("published_after", 20260203, "string"), ("half_life", "soon", "duration"), ("half_life", "0s", "allowed"),
        ("section", "", "empty"), ("section", [1], "string"), ("exclude", ["x"] * 1_001, "1000"),
        ("fields", ",", "empty"),
    ],
)  # fmt: skip
def test_a_wrong_option_is_named(name: str, value: Any, reason: str | None) -> None:
    if reason is None:
        assert parse_options({name: value}) == Options()
        return
    with pytest.raises(InputError) as caught:
        parse_options({name: value})
    assert caught.value.field == name
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"limit": "7"}, Options(limit=7)),
        ({"limit": 7.0}, Options(limit=7)),
        ({"section": "City, Hall"}, Options(section=("City, Hall",))),
        ({"section": ["City", "Sport", "City"]}, Options(section=("City", "Sport"))),
        ({"language": ["en-US", "EN", "English"]}, Options(language=("en", "English"))),
        ({"kind": "article,headline"}, Options(kind=("article", "headline"))),
        ({"fields": ["title", "url,score"]}, Options(fields=("title", "url", "score"))),
        ({"explain": "1"}, Options(explain=True)),
        ({"half_life": "3d"}, Options(half_life=72.0)),
        ({"half_life": "90m"}, Options(half_life=1.5)),
        ({"half_life": 6}, Options(half_life=6.0)),
        ({"published_after": "2026-02-01"}, Options(published_after=Moment(1_769_904_000, True))),
        ({"published_after": "2026-02-01T02:00:00+02:00"}, Options(published_after=Moment(1_769_904_000, False))),
        ({"min_score": "0.5", "mode": ["latest"]}, Options(min_score=0.5, mode="latest")),
    ],
)
def test_options_are_read_as_strings_and_as_json(given: dict[str, Any], expected: Options) -> None:
    assert parse_options(given) == expected


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "query"), ({"id": "a", "text": "b"}, "query"), ({"text": ""}, "text"), ({"text": " \n\t"}, "text"),
        ({"text": "🎉🎊 …"}, "text"), ({"id": 5}, "id"), ({"id": ["a", "b"]}, "id"), ({"url": " "}, "url"),
        ({"story": "a"}, "story"), ({"story": {}}, "story.title"), ({"story": {"title": 5}}, "story.title"),
        ({"story": {"title": "A", "published": "soon"}}, "story.published"), ({"text": "a", "size": 5}, "size"),
        ({"text": "a", "Limit": 5}, "Limit"),
    ],
)  # fmt: skip
def test_a_wrong_query_is_named(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_request(given)
    assert caught.value.field == field


def test_every_parameter_is_named_where_one_is_unknown() -> None:
    with pytest.raises(InputError, match="there are: " + ", ".join(["id", "url", "text", "story"])):
        parse_request({"txt": "a"})


@pytest.mark.parametrize("name", ["id", "url", "text"])
def test_a_text_has_a_largest_size_in_bytes(name: str) -> None:
    parse_request({name: "ü" * 50}, max_text=100)
    with pytest.raises(TooLarge, match="102 bytes, at most 100"):
        parse_request({name: "ü" * 51}, max_text=100)
    with pytest.raises(TooLarge):
        parse_request({"story": {"title": "ü" * 20, "text": "ü" * 31}}, max_text=100)


def test_a_draft_is_cleaned_as_a_stored_story_is() -> None:
    body = "<p>By Ann Lee</p><p>The mayor&nbsp;came to the br\u00adidge.</p><p>Subscribe to our newsletter</p>"
    query, _ = parse_request({"story": {"title": "Bridge &amp; tunnel", "text": body, "authors": ["Ann Lee"]}})
    assert query.story is not None
    assert (query.story.title, query.story.text) == ("Bridge & tunnel", "The mayor came to the bridge.")


def test_a_story_is_read_as_a_record_is() -> None:
    query, _ = parse_request({"story": {"title": " A\nheadline ", "published": "2026-02-01", "language": "en-GB"}})
    assert query.story is not None
    assert (query.story.title, str(query.story.published), query.story.language) == ("A headline", "2026-02-01", "en")
