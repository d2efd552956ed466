"""Builds from good and bad input: nothing is lost silently, nothing that is wrong stops the rest."""

import json
import re
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from newsdesk import MODEL, PAPER, Record, ask, engine_of, make_index, opened, story, write_corpus

from recommender.embedding import Role
from recommender.embedding.hashing import HashingEmbedder
from recommender.engine import Query
from recommender.errors import CorpusError, RecordError
from recommender.generation import IndexFolder
from recommender.ingest import MAX_TERMS, prepare
from recommender.rebuild import rebuild
from recommender.recipe import embedding_text
from recommender.records import story_from_own_record, story_from_record
from recommender.settings import Settings
from recommender.spool import Spool


class Notes:
    """Progress that keeps what the user is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def step(self, name: str, total: int | None = None, unit: str = "stories") -> None:
        pass

    def advance(self, count: int = 1) -> None:
        pass

    def note(self, text: str) -> None:
        self.notes.append(text)


def build_lines(folder: Path, lines: list[bytes], **options: Any) -> dict[str, Any]:
    (folder / "corpus.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    made = rebuild(Settings(index=folder / "index", model=MODEL), [folder / "corpus.jsonl"], **options)
    return made.manifest.counts | {"rows": made.manifest.rows, "name": made.manifest.name}


def line(record: object) -> bytes:
    return json.dumps(record).encode()


BAD = [
    b"{broken",
    line({"title": "", "text": "  "}),
    line({"title": "🎉", "text": "…"}),
    line({"title": "A", "published": "2026-02-30"}),
    line({"title": "A", "status": "gone"}),
    line({"title": 5}),
    line(["a", "list"]),
    b'{"title": "\xff\xfe"}',
    line({"id": "x" * 2_000, "title": "A"}),
    line({"title": "A", "read_more": "B"}),
]


def test_what_is_wrong_is_counted_and_listed_and_the_rest_is_built(tmp_path: Path) -> None:
    notes = Notes()
    good = [line(story(number, f"Wall {number}")) for number in range(3)]
    found = build_lines(tmp_path, [good[0], *BAD, good[1], b"", good[2]], progress=notes)
    assert (found["articles"], found["rejected"]) == (3, len(BAD))
    beside = tmp_path / "index/generations" / f"{found['name']}.rejected.jsonl"
    listed = [json.loads(one) for one in beside.read_text(encoding="utf-8").splitlines()]
    assert [one["place"] for one in listed] == [f"corpus.jsonl:{number}" for number in range(2, 2 + len(BAD))]
    said = [one["reason"] for one in listed]
    for place, part in enumerate(
        ["broken JSON", "neither a title nor a text", "letter", "published", "status", "title", "list", "UTF-8", "id",
         "read_more"]
    ):  # fmt: skip
        assert part in said[place], said[place]
    assert any(str(beside) in note for note in notes.notes)


@pytest.mark.parametrize("lines", [[], [b""], BAD[:3]], ids=["empty", "blank", "all rejected"])
def test_nothing_to_index_fails_and_leaves_the_live_index(tmp_path: Path, lines: list[bytes]) -> None:
    build_lines(tmp_path, [line(story("a", "A wall"))])
    live = IndexFolder(tmp_path / "index").live_name()
    why = "every record of corpus.jsonl was rejected" if len(lines) == 3 else "there is no record in corpus.jsonl"
    with pytest.raises(CorpusError, match=f"nothing to index: {re.escape(why)}"):
        build_lines(tmp_path, lines)
    shelf = IndexFolder(tmp_path / "index")
    assert (shelf.live_name(), shelf.names()) == (live, [live])
    assert not list((tmp_path / "index/generations").glob(".*.tmp")), "nothing half-written is left"


def test_strict_fails_on_the_first_wrong_record(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"corpus\.jsonl:2: .*--strict"):
        build_lines(tmp_path, [line(story("a", "A wall")), BAD[0], BAD[1]], strict=True)
    assert IndexFolder(tmp_path / "index").names() == []
    assert build_lines(tmp_path, [line(story("a", "A wall"))], strict=True)["rows"] == 1


def test_of_an_id_that_comes_twice_the_last_one_counts(tmp_path: Path) -> None:
    notes = Notes()
    records = [
        story("a", "First words", links=["b"]),
        story("b", "Between"),
        story("a", "Last words", links=["c"]),
        story("c", "Behind", read_more=[{"title": "First words"}, {"id": "a"}]),
    ]
    corpora = [write_corpus(tmp_path / "one.jsonl", records[:2]), write_corpus(tmp_path / "two.jsonl", records[2:])]
    made = rebuild(Settings(index=tmp_path / "index", model=MODEL), corpora, progress=notes)
    assert made.manifest.counts["replaced"] == 1
    assert "stories replaced by a later one with the same id: 1 (a)" in notes.notes
    with engine_of(tmp_path / "index") as recommender:
        assert recommender.story("a")["title"] == "Last words"
        assert [one["id"] for one in recommender.story("a")["links"]["read_more"]] == ["c"]
        links = recommender.story("c")["links"]["read_more"]
        assert [one["title"] for one in links] == ["First words", "Last words"], "the old headline is a pointer only"
        assert recommender.story(links[0]["id"])["kind"] == "headline"


def test_pointers_at_itself_and_in_circles(tmp_path: Path) -> None:
    records = [
        story("a", "A wall", url="https://l.example/a", read_more=[
            {"id": "a"}, {"title": "a WALL"}, {"url": "http://l.example/a#x"},
            {"id": "b"}, {"id": "b"}, {"title": "B wall"},
        ]),
        story("b", "B wall", links=["c"]),
        story("c", "C wall", links=["a"]),
    ]  # fmt: skip
    made = make_index(tmp_path / "index", records).manifest
    with opened(tmp_path / "index") as generation:
        links = {
            generation.record(row)["id"]: [generation.record(int(one))["id"] for one in generation.graph.targets(row)]
            for row in range(len(generation))
        }
    assert links == {"a": ["b"], "b": ["c"], "c": ["a"]}
    assert made.counts["pointers self"] == 3
    with engine_of(tmp_path / "index") as recommender:
        for one in "abc":
            assert one not in [hit.id for hit in ask(recommender, one, mode="any").hits]


def test_a_pointer_is_resolved_though_its_story_comes_later_in_the_file(tmp_path: Path) -> None:
    make_index(tmp_path / "index", [
        story("new", "New wall", day="2026-02-02",
              read_more=[{"title": "Old  “wall”!"}, {"title": "Nobody's headline"}]),
        story("newer", "Newer wall", day="2026-02-03", read_more=[{"title": "NOBODY’S HEADLINE."}]),
        story("old", "Old wall", day="2026-01-01"),
    ])  # fmt: skip
    with engine_of(tmp_path / "index") as recommender:
        named = [one["title"] for one in recommender.story("new")["links"]["read_more"]]
        assert named == ["Old wall", "Nobody's headline"]
        (stub,) = recommender.story("newer")["links"]["read_more"]
        assert [one["id"] for one in recommender.story(stub["id"])["links"]["mentioned_by"]] == ["new", "newer"]


def test_many_stories_may_share_a_url(tmp_path: Path) -> None:
    records = [story(f"s{n}", f"Live: part {n}", url="https://l.example/live") for n in range(12)]
    records.append(story("p", "Points there", read_more=[{"url": "https://l.example/live", "title": "Live: part 3"}]))
    make_index(tmp_path / "index", records)
    with engine_of(tmp_path / "index") as recommender:
        assert [one["id"] for one in recommender.story("p")["links"]["read_more"]] == ["s3"], "by its headline"
        assert len(ask(recommender, "s0", limit=100, collapse="none").hits) == 12


def test_a_very_long_article_is_searched_by_its_beginning(tmp_path: Path) -> None:
    words = " ".join(f"word{number}" for number in range(1_000_000))
    assert len(words) > 10_000_000
    make_index(tmp_path / "index", [story("long", "A long read", words), story("short", "A short read", "word7.")])
    with opened(tmp_path / "index") as generation:
        row = generation.row_of("long")
        assert row is not None
        assert generation.columns.truncated[row]
        assert 10_000 < generation.lexical.lengths[row] <= MAX_TERMS + 3
        assert len(generation.record(row)["text"]) == len(words)


def test_rows_are_in_order_of_date_then_id(paper_generation: Any) -> None:
    records = [paper_generation.record(row) for row in range(len(paper_generation))]
    seconds = paper_generation.columns.second.tolist()
    assert seconds == sorted(seconds)
    for (one, at), (other, then) in zip(
        zip(records, seconds, strict=True), list(zip(records, seconds, strict=True))[1:], strict=False
    ):
        if at == then and "headline:" not in one["id"] + other["id"]:
            assert one["id"] > other["id"]
    assert sorted(record["id"] for record in PAPER) == sorted(
        record["id"] for record in records if not record["id"].startswith("headline:")
    )


def test_every_story_is_kept_word_for_word(paper_generation: Any) -> None:
    for record in PAPER:
        kept = paper_generation.record(paper_generation.row_of(record["id"]))
        expected = {name: value for name, value in record.items() if value is not None}
        assert {name: kept.get(name) for name in expected} == expected


def test_vectors_are_those_of_the_recipe(paper_generation: Any) -> None:
    embedder = HashingEmbedder(64)
    for row in range(0, len(paper_generation), 10):
        text = embedding_text(paper_generation.story(row), embedder.max_chars)
        expected = embedder.embed([text], Role.DOCUMENT).rows
        np.testing.assert_allclose(paper_generation.dense.rows(np.array([row])), expected, atol=1e-3)


def test_two_stories_of_one_text_both_stay(tmp_path: Path) -> None:
    same: Record = {"title": "Fog", "text": "Fog over the harbour.", "language": "en"}
    make_index(tmp_path / "index", [same | {"id": "a"}, same | {"id": "b"}, same])
    with opened(tmp_path / "index") as generation:
        assert len(generation) == 3
    with engine_of(tmp_path / "index") as recommender:
        assert len(ask(recommender, Query(text="fog"), collapse="none").hits) == 3


def test_a_language_is_detected_where_none_is_given(tmp_path: Path) -> None:
    text = "Der Stadtrat hat nach langer Debatte den Haushalt für die neue Brücke über den Hafen beschlossen."
    make_index(tmp_path / "index", [
        {"id": "d", "title": "Stadtrat beschließt Haushalt", "text": text},
        {"id": "e", "title": "Council approves the budget for the bridge", "text": "The council has voted for it."},
        {"id": "g", "title": "Stadtrat", "text": text, "language": "de-AT"},
    ])  # fmt: skip
    with opened(tmp_path / "index") as generation:
        assert {row["id"]: row["language"] for row in map(generation.record, range(3))} == {
            "d": "de",
            "e": "en",
            "g": "de",
        }


# The parts


texts = st.text(max_size=20)
records = st.fixed_dictionaries(
    {"title": st.text("ab \0é\ud800", min_size=1, max_size=12)},
    optional={
        "id": texts, "text": texts, "url": texts, "section": texts, "source": texts,
        "authors": st.lists(texts, max_size=2),
        "published": st.sampled_from(["2026-02-01", "0987-02-01", "2026-02-01T10:00:00+02:00"]),
        "tags": texts, "digest": st.booleans(), "status": st.sampled_from(["usable", "withheld", "canceled"]),
        "embargoed": st.just("2027-01-01"), "image": st.just({"url": "u", "width": 5}) | st.just("u"),
        "read_more": st.lists(texts | st.fixed_dictionaries({}, optional={"title": texts, "url": texts, "id": texts})),
        "odd": st.dictionaries(texts, st.integers() | texts, max_size=2), "language": st.sampled_from(["en", "pt_BR"]),
    },
)  # fmt: skip


@settings(max_examples=150)
@given(records)
def test_a_story_is_written_and_read_back(record: Record) -> None:
    try:
        one = story_from_record(record)
    except RecordError:
        return
    written = json.loads(json.dumps(one.to_record()))
    assert story_from_record(written) == one
    assert story_from_own_record(written) == one
    assert one.id


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcd"),
            st.sampled_from([None, "2026-01-01", "2026-01-02T10:00:00Z"]),
            st.sampled_from([[], ["Another headline"]]),
        ),
        max_size=9,
    )
)
def test_a_spool_gives_back_the_last_of_each_id_in_row_order(
    tmp_path_factory: pytest.TempPathFactory, written: list[tuple[str, str | None, list[str]]]
) -> None:
    spool = Spool(tmp_path_factory.mktemp("spool") / "spool.tmp")
    stories = [
        story_from_record(story(one, f"Number {place}", day=day, read_more=pointers))
        for place, (one, day, pointers) in enumerate(written)
    ]
    for one in stories:
        spool.add(one)
    last = {one.id: place for place, one in enumerate(stories)}
    assert [spool.read(number) for number in range(len(spool))] == stories
    times = Counter(one.id for one in stories)
    assert Counter(stories[number].id for number in spool.repeated()) == {
        one: count - 1 for one, count in times.items() if count > 1
    }
    by_id = sorted(last, reverse=True)
    expected = sorted(by_id, key=lambda one: moment.second if (moment := stories[last[one]].published) else -(2**62))
    assert [stories[number].id for number in spool.in_row_order().tolist()] == expected
    assert spool.pointing() == [last[one] for one in expected if stories[last[one]].read_more]
    spool.close()


def test_several_processes_write_the_same_bytes_as_one(tmp_path: Path, share_work: Callable[[], list[int]]) -> None:
    links = [f"Headline {number}" for number in range(20)]
    lines = [
        line(
            story(
                number, f"Storm {number} breaks the wall", "Crews came. Die Mauer hält.", read_more=links[: number % 20]
            )
        )
        for number in range(400)
    ]
    alone = build_lines(tmp_path, lines)
    started = share_work()
    shared = build_lines(tmp_path, lines)
    assert started[:2] == [2, 2], "once to read, once to index"
    generations = tmp_path / "index/generations"
    one, other = (json.loads((generations / found["name"] / "manifest.json").read_text()) for found in (alone, shared))
    assert one["files"] == other["files"]
    assert one["counts"] == other["counts"]
    assert one["counts"]["digests"] > 0


def test_a_headline_that_the_body_repeats_is_searched_once() -> None:
    prepared = prepare(
        story_from_record(story("a", "Storm breaks the wall", "Storm breaks the wall\n\nCrews came.")), 500
    )
    assert prepared.title_terms == ["storm", "break", "wall"]
    assert prepared.body_terms == ["crew", "came"]
    assert prepared.text == "Storm breaks the wall. Crews came."


def test_memory_holds_a_few_numbers_for_each_story_that_is_read(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.tmp")
    stories = 20_000
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(stories):
        record = story(f"https://news.example/a-long-address/{number}", f"Number {number}", text="Words. " * 50)
        spool.add(story_from_record(record))
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    spool.close()
    assert held / stories < 60
