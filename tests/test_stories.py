"""A record that was taken once can be taken again: what an index and the journal hold is read back from there."""

import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import RecordError
from recommender.readmore import cut_record, stub_story
from recommender.records import story_from_record
from recommender.stories import ReadMore, Story, dump_record

TEXT = st.text(st.characters() | st.sampled_from("¿—…\0\ud800 \n"), max_size=12)
DATES = st.dates().map(str) | st.datetimes().map(str) | st.just("2026-01-01T10:00:00+14:00")
POINTERS = st.lists(TEXT | st.fixed_dictionaries({}, optional={"title": TEXT, "url": TEXT, "id": TEXT}), max_size=3)
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "id": TEXT | st.integers(),
        "title": TEXT,
        "text": TEXT,
        "url": TEXT,
        "published": DATES,
        "embargoed": DATES,
        "section": TEXT,
        "language": TEXT,
        "image": TEXT | st.fixed_dictionaries({"url": TEXT}, optional={"width": st.integers(), "alt": TEXT}),
        "authors": st.lists(TEXT, max_size=2),
        "read_more": POINTERS,
        "digest": st.booleans(),
        "status": st.sampled_from(["usable", "canceled"]),
        "anything": st.none() | TEXT | st.lists(st.integers(), max_size=2),
    },
)


def reread(story: Story) -> Story:
    return story_from_record(json.loads(dump_record(story.to_record())))


@given(RECORDS)
def test_a_story_and_its_stubs_are_read_back_as_they_were(record: dict[str, Any]) -> None:
    try:
        story = story_from_record(cut_record(record))
    except RecordError:
        return
    assert pickle.loads(pickle.dumps(story)) == story
    again = reread(story)
    assert {**again.to_record(), "anything": None} == {**story.to_record(), "anything": None}
    for pointer in again.read_more:
        if pointer.title:
            assert reread(stub_story(pointer)) == stub_story(pointer)


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("en-US", "en"),
        ("pt_BR", "pt"),
        ("English", None),
        ("eng", "en"),
        ("ger-AT", "de"),
        ("fil-PH", "fil"),
        ("und", None),
        ("mul", None),
        (" ", None),
    ],
)
def test_a_language_is_its_code_or_not_stated(stated: str, code: str | None) -> None:
    assert story_from_record({"title": "Storm", "language": stated}).language == code


def test_pointers_may_count_their_ids_as_stories_may() -> None:
    story = story_from_record({"id": 7, "title": "Storm", "read_more": [{"id": 12}, {"id": "12"}, {"title": "Wall"}]})
    assert (story.id, [pointer.id for pointer in story.read_more]) == ("7", ["12", None])


@pytest.mark.parametrize(
    ("pointer", "says"),
    [
        ({"id": True}, "read_more: item 1: id: is a boolean, expected a string"),
        ({"title": ["Wall"]}, "read_more: item 1: title: is a list, expected a string"),
    ],
)
def test_a_wrong_pointer_is_told_by_its_place(pointer: dict[str, Any], says: str) -> None:
    with pytest.raises(RecordError) as refused:
        story_from_record({"id": "a", "title": "Storm", "read_more": [{"title": "Wall"}, pointer]})
    assert str(refused.value) == says


def test_a_pointer_by_a_number_or_an_address_alone_is_one() -> None:
    record = {"title": "Storm", "read_more": [{"id": 42}, " https://x.example/a ", "https://x.example said no"]}
    assert story_from_record(record).read_more == (
        ReadMore(id="42"),
        ReadMore(url="https://x.example/a"),
        ReadMore("https://x.example said no"),
    )
    with pytest.raises(RecordError, match=r"^read_more: item 1: url: is a list, expected a string$"):
        story_from_record({"title": "Storm", "read_more": ["A wall", {"url": []}]})
    with pytest.raises(RecordError, match=r"^id: is a boolean, expected a string$"):
        story_from_record({"title": "Storm", "id": True})


def test_ids_that_a_program_wrote_with_a_point() -> None:
    """A column of whole numbers in which one is missing is one of fractions to pandas."""
    assert [story_from_record({"id": number, "title": "x"}).id for number in (7, 7.0, 1e15)] == [
        "7",
        "7",
        "1000000000000000",
    ]
    for number in (7.5, float("inf"), float("nan")):
        with pytest.raises(RecordError, match="expected a string or a whole number"):
            story_from_record({"id": number, "title": "x"})


@pytest.mark.parametrize("date", [None, "", " ", "0000-00-00", "0000-00-00 00:00:00"])
def test_what_a_database_writes_for_no_date(date: str | None) -> None:
    story = story_from_record({"title": "x", "published": date, "modified": date, "embargoed": date})
    assert (story.published, story.modified, story.embargoed) == (None, None, None)
