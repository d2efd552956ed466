"""Fields of JSON records that are called otherwise, and are named as columns are."""

import gzip
import json

import pytest

from recommender.corpus import Rejected, open_corpus
from recommender.corpus.spec import with_options
from recommender.stories import Story

RECORDS = [
    {"headline": "Bridge opens", "content": {"body": "It was closed.\n\nRead more:\n- Council votes for it"},
     "nr": 17, "byline": [{"name": "Ann Bee"}, {"name": "Bo"}, {"m": 1}], "at": 1_772_618_400,
     "words": "a, b", "desk": None},
    {"headline": "Bridge closed", "content": {"body": ""}, "nr": 18, "at": "", "desk": "City"},
]  # fmt: skip
MAPPING = {
    "title": "headline", "text": "content.body", "id": "nr", "authors": "byline.name", "published": "at",
    "tags": "words", "section": "desk",
}  # fmt: skip


def lines(path, records=RECORDS):
    path.write_text("\n".join(map(json.dumps, records)))
    return path


def read(corpus, more=None):
    items = list(open_corpus(with_options(str(corpus), more or MAPPING)))
    return [item for item in items if isinstance(item, Story)], [item for item in items if isinstance(item, Rejected)]


@pytest.mark.parametrize("kind", ["lines", "packed", "list", "folder"])
def test_fields_are_found_by_the_names_that_were_given(tmp_path, kind):
    path = lines(tmp_path / "a.jsonl")
    if kind == "packed":
        path = tmp_path / "b.jsonl.gz"
        path.write_bytes(gzip.compress((tmp_path / "a.jsonl").read_bytes()))
    elif kind == "list":
        path = tmp_path / "a.json"
        path.write_text(json.dumps(RECORDS))
    elif kind == "folder":
        path = tmp_path
    (one, two), rejected = read(path)
    assert not rejected
    assert (one.id, one.title, one.text) == ("17", "Bridge opens", "It was closed.")
    assert [pointer.title for pointer in one.read_more] == ["Council votes for it"]
    assert (one.authors, one.tags, str(one.published)) == (("Ann Bee", "Bo"), ("a", "b"), "2026-03-04T10:00:00Z")
    assert (two.id, two.title, two.text, two.published, two.section) == ("18", "Bridge closed", "", None, "City")
    assert not {"headline", "nr", "at", "words", "desk"} & one.extra.keys(), "a field that was moved is kept once"


def test_a_list_of_a_folder_is_known_by_the_names_that_were_given(tmp_path):
    (tmp_path / "a.json").write_text('[{"kop": "Brug open"}]')
    (tmp_path / "settings.json").write_text('{"theme": "dark"}')
    (story,), _ = read(tmp_path, {"title": "kop"})
    assert story.title == "Brug open"


def test_a_whole_name_comes_before_a_path_and_fields_can_change_places(tmp_path):
    record = {"a.b": "Whole", "a": {"b": "Path"}, "text": "Headline", "title": "The body of it."}
    (story,), _ = read(lines(tmp_path / "a.jsonl", [record]), {"section": "a.b", "title": "text", "text": "title"})
    assert (story.section, story.title, story.text) == ("Whole", "Headline", "The body of it.")


def test_a_record_without_the_field_keeps_its_own(tmp_path):
    (one, two), rejected = read(
        lines(tmp_path / "a.jsonl", [{"title": "Own", "head": None}, {"title": "Own", "head": "Other"}]),
        {"title": "head"},
    )
    assert (one.title, two.title, rejected) == ("Own", "Other", [])


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_a_name_that_no_record_has_is_told(tmp_path, name, ascii_only):
    text = json.dumps({"title": "One", "рубрика": "desk of", "a": {"b": 1}}, ensure_ascii=ascii_only)
    (tmp_path / name).write_text(text if name == "a.jsonl" else f"[{text}]")
    (story,), rejected = read(tmp_path / name, {"section": "рубрика", "id": "a.b", "source": "desk"})
    assert (story.section, story.id) == ("desk of", "1")
    assert rejected == [Rejected(name, "no record has a field 'desk' (for source)")]


def test_nothing_is_told_of_a_file_that_was_not_read(tmp_path):
    (tmp_path / "a.jsonl").write_text("[\n{}]")
    _, (rejected,) = read(tmp_path / "a.jsonl", {"title": "head"})
    assert "jq -c" in rejected.reason
    (tmp_path / "b.jsonl").write_text("")
    assert read(tmp_path / "b.jsonl", {"title": "head"}) == ([], [])


HINT = (
    "neither a title nor a text, but headline, content.body, content.lead; say which of them do: "
    "--map title=headline,text=content.body"
)


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_a_record_without_a_title_or_text_says_what_it_has(tmp_path, name):
    record = {"id": "a", "headline": "Bridge", "content": {"body": "x", "lead": "y"}, "url": "https://a.example/1"}
    path = tmp_path / name
    path.write_text(json.dumps(record) + "\n")
    (rejected,) = list(open_corpus(path))
    assert HINT in rejected.reason
    path.write_text(json.dumps(dict.fromkeys("abcdefghij", 1)) + "\n")
    (rejected,) = list(open_corpus(path))
    assert "but a, b, c, d, e, f, g, h …; say" in rejected.reason
    path.write_text('{"id": "x", "title": 5, "headline": "y"}\n')
    (rejected,) = list(open_corpus(path))
    assert rejected.reason == "title: is a number, expected a string"


def test_a_date_that_is_none_names_both_fields(tmp_path):
    _, (rejected,) = read(lines(tmp_path / "a.jsonl", [{"title": "x", "at": "soon"}]), {"published": "at"})
    assert rejected.reason.startswith("published: at: 'soon' is not a date")


def test_the_same_in_several_processes(tmp_path, share_work):
    records = [{"headline": f"Story {n}", "content": {"body": f"Text {n}."}, "nr": n} for n in range(2_000)]
    records[5] = {"other": 1}
    path = lines(tmp_path / "a.jsonl", records)
    more = {"title": "headline", "text": "content.body", "id": "nr", "section": "desk"}
    alone = read(path, more)
    started = share_work()
    assert read(path, more) == alone
    assert started
    stories, rejected = alone
    assert [story.text for story in stories] == [f"Text {n}." for n in range(2_000) if n != 5]
    assert [item.place for item in rejected] == ["a.jsonl:6", "a.jsonl"]


API = {"status": "ok", "response": {"page": 1, "results": [{"kop": "One"}, {"kop": "Two"}]}}


def test_records_inside_a_json_document_as_an_api_answers(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(API))
    (rejected,) = open_corpus(path)
    assert "neither a title nor a text" in rejected.reason
    assert rejected.reason.endswith("or, if the records are in a list inside it: #records=response.results")
    stories = list(open_corpus(f"{path}#records=response.results&title=kop"))
    assert [story.title for story in stories] == ["One", "Two"]
    (rejected,) = open_corpus(f"{path}#records=response.results.nix")
    assert "there is nothing under" in rejected.reason
    (rejected,) = open_corpus(f"{path}#records=response.nix")
    assert (rejected.place, rejected.reason) == ("a.json", "there is nothing under 'response.nix' (#records)")
    path.write_text(json.dumps({"title": "One", "published": "soon", "parts": [{"title": "x"}]}))
    (rejected,) = open_corpus(path)
    assert "#records" not in rejected.reason, "a record with a fault is a record"
