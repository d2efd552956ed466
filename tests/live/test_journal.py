"""The journal: ordered, durable, shared, compacted without loss, refused when damaged."""

import multiprocessing
import sqlite3
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.dates import Moment
from recommender.errors import IndexCorrupt, IndexFormat
from recommender.live.journal import Journal
from recommender.live.state import DELETE, EMBARGO, PUT, STATUS, Entry, fold, is_newer, pack_payload, wins
from recommender.stories import Story


def add(journal: Journal, kind: str, name: str, payload: dict[str, Any]) -> int:
    with journal.writing() as writing:
        return writing.append(kind, name, payload, "tests").position


def put(journal: Journal, name: str, title: str, **more: Any) -> int:
    return add(journal, PUT, name, {"record": {"id": name, "title": title, **more}})


def test_entries_come_back_in_order_and_others_see_that_there_are_some(tmp_path: Path) -> None:
    journal, other = Journal(tmp_path), Journal(tmp_path)
    version = other.version()
    assert (other.version(), other.position()) == (version, 0)
    assert [put(journal, "a", "One"), put(journal, "b", "Two"), put(journal, "a", "Three")] == [1, 2, 3]
    assert other.version() != version
    assert [entry.payload["record"]["title"] for entry in other.entries_of("a")] == ["One", "Three"]
    assert other.ids_after(1) == (["b", "a"], 3)
    assert other.ids_after(3) == ([], 3)
    assert other.count_after(1) == 2


def test_what_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    journal = Journal(tmp_path)

    def fail() -> None:
        with journal.writing() as writing:
            writing.append(DELETE, "a", {}, "tests")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert journal.entries_of("a") == []
    assert put(journal, "a", "One") == 1


def test_positions_that_generations_hold_are_not_given_out(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.reserve(7)
    journal.reserve(3)
    assert put(journal, "a", "One") == 8
    journal.reserve(20)
    assert put(journal, "a", "Two") == 21


def test_of_hundreds_of_entries_those_are_fetched_that_count(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for turn in range(20):
        for name in ("b", "a"):
            put(journal, name, f"Turn {turn}", status="usable")
            add(journal, STATUS, name, {"status": "withheld", "keys": [1]})
    found = journal.deciding(["none", "b", "a"], 40, 78)
    assert [(name, [entry.position for entry in entries]) for name, entries in found] == [
        ("none", []), ("b", [37, 38, 77, 78]), ("a", [39, 40, 75, 76]),
    ]  # fmt: skip


def _write(folder: Path, number: int) -> None:
    journal = Journal(folder)
    for turn in range(25):
        put(journal, f"{number}-{turn}", "Title")


def test_processes_write_at_the_same_time(tmp_path: Path) -> None:
    Journal(tmp_path)
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_write, args=(tmp_path, number)) for number in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    ids, position = Journal(tmp_path).ids_after(0)
    assert (len(set(ids)), position) == (50, 50)


def test_a_damaged_entry_is_refused(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    put(journal, "a", "One")
    with sqlite3.connect(journal.path) as connection:
        connection.execute("UPDATE entries SET payload = ?", (b'{"record": {"id": "a", "title": "Two"}}',))
    with pytest.raises(IndexCorrupt, match="entry 1 is damaged"):
        Journal(tmp_path).entries_of("a")
    with sqlite3.connect(journal.path) as connection:
        connection.execute("UPDATE entries SET payload = ?", (b'{"record": {"status": "usa',))
    with pytest.raises(IndexCorrupt, match="is damaged"):
        list(Journal(tmp_path).deciding(["a"], 1))


def test_a_damaged_entry_is_seen_even_if_later_ones_count(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    put(journal, "a", "One", status="canceled")
    put(journal, "a", "Two")
    with sqlite3.connect(journal.path) as connection:
        connection.execute(
            "UPDATE entries SET payload = CAST(replace(payload, 'status', 'statur') AS BLOB) WHERE position = 1"
        )
    for read in (Journal.verify, lambda journal: journal.compact(2)):
        with pytest.raises(IndexCorrupt, match="entry 1 is damaged"):
            read(Journal(tmp_path))


def test_entries_that_fill_no_row_together_come_one_by_one(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for name in ("a", "b"):
        put(journal, name, "x" * 1_000)
    journal._database._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 3_000)
    assert [len(entries) for _, entries in journal.deciding(["a", "b"], 0)] == [1, 1]


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"not a database at all, " * 100)
    with pytest.raises(IndexCorrupt, match="restore it from a backup"):
        Journal(tmp_path)


def test_another_version_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "journal.sqlite") as connection:
        connection.execute("PRAGMA user_version = 9")
    with pytest.raises(IndexFormat, match=r"has format 9, .* reads 1"):
        Journal(tmp_path)


changes = st.lists(
    st.one_of(
        st.builds(
            lambda title, text: (PUT, {"record": {"id": "a", "title": title, "text": text}}),
            st.sampled_from(["One", "Two"]),
            st.sampled_from(["", 'Of "status" and "embargoed"', "status"]),
        ),
        st.just((PUT, {"record": {"id": "a", "title": "Four", "section": "status", "status": None}})),
        st.builds(
            lambda status: (PUT, {"record": {"id": "a", "title": "Three", "status": status, "embargoed": None}}),
            st.sampled_from(["usable", "canceled"]),
        ),
        st.builds(lambda status: (STATUS, {"status": status, "keys": [1]}), st.sampled_from(["usable", "withheld"])),
        st.builds(lambda until: (EMBARGO, {"embargoed": until}), st.sampled_from([None, "2126-01-01"])),
        st.just((DELETE, {"keys": [2, 3]})),
    ),
    min_size=1,
    max_size=12,
)


@given(changes, st.integers(0, 12))
def test_compaction_changes_no_state(made: list[tuple[str, dict[str, Any]]], upto: int) -> None:
    """For whatever generation, at or after the position up to which is compacted."""
    entries = [Entry(place + 1, 0, "", kind, "a", pack_payload(payload)) for place, (kind, payload) in enumerate(made)]
    kept = {entry.position for entry in fold("a", entries[:upto]).entries}
    compacted = [entry for entry in entries if entry.position > upto or entry.position in kept]
    for end in range(upto, len(entries) + 1):
        whole = fold("a", entries[:end])
        short = fold("a", [entry for entry in compacted if entry.position <= end])
        assert (short.story(), short.deleted, short.status, short.embargoed, short.put) == (
            whole.story(), whole.deleted, whole.status, whole.embargoed, whole.put
        )  # fmt: skip
        assert short.keys == whole.keys


@given(changes, st.integers(0, 12), st.integers(0, 12))
def test_what_is_fetched_comes_to_what_all_entries_do(
    made: list[tuple[str, dict[str, Any]]], folded: int, upto: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder))
        with journal.writing() as writing:
            for kind, payload in made:
                writing.append(kind, "a", payload, "tests")
        entries = [entry for entry in journal.entries_of("a") if entry.position <= upto]
        ((_, found),) = journal.deciding(["a"], folded, upto)
        journal.close()
    assert fold("a", found) == fold("a", entries)
    before = [[entry for entry in some if entry.position <= folded] for some in (found, entries)]
    assert fold("a", before[0]) == fold("a", before[1])


@given(changes)
def test_the_latest_entry_of_each_sort_counts(made: list[tuple[str, dict[str, Any]]]) -> None:
    last: dict[str, dict[str, Any]] = {}
    for kind, payload in made:  # forwards, as changes come
        if kind == DELETE:
            last = {kind: payload}
        elif kind == PUT:
            last.pop(DELETE, None)
            last[kind] = payload
            record = payload["record"]
            last |= {STATUS: record} if record.get("status") else {}
            last |= {"embargoed": record} if "embargoed" in record else {}
        else:
            last[STATUS if kind == STATUS else "embargoed"] = payload
    state = fold("a", [Entry(place + 1, 0, "", *one[:1], "a", pack_payload(one[1])) for place, one in enumerate(made)])
    assert state.deleted is (DELETE in last)
    assert (state.put.payload if state.put else None) == last.get(PUT)
    assert state.status == last.get(STATUS, {}).get("status")
    until = last.get("embargoed", {}).get("embargoed")
    assert (state.embargo_is_set, state.embargoed) == ("embargoed" in last, Moment.parse(until) if until else None)


def test_compaction_keeps_what_an_older_generation_needs(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for title in ("One", "Two", "Three", "Four"):
        put(journal, "a", title)
    assert journal.compact(2) == 1
    assert [entry.position for entry in journal.entries_of("a")] == [2, 3, 4]
    assert journal.compact(2) == 0
    assert put(journal, "a", "Five") == 5


def test_others_may_change_stories_while_it_is_looked_for_vectors_that_nobody_needs(tmp_path: Path) -> None:
    """Of a journal that holds all stories there are a million: each withdrawal waited until they were looked at."""
    journal, other = Journal(tmp_path), Journal(tmp_path)
    put(journal, "a", "One")
    with journal.writing():
        journal.vectors.add((title.encode(), b"row") for title in ("Zero", "One", "Two"))
    looked: list[str] = []

    def needed(entries: Iterable[Entry]) -> set[bytes]:
        titles = [entry.payload["record"]["title"] for entry in entries]
        if not looked:
            put(other, "b", "Two")
        looked.extend(titles)
        return {title.encode() for title in titles}

    assert journal.keep_vectors(needed) == 1
    assert journal.vectors.keys() == {b"One", b"Two"}
    assert looked == ["One", "Two"]


def entry(modified: str | None, at: str = "2026-01-05T00:00:00Z") -> Entry:
    record = {"id": "a", "title": "Live"} | ({"modified": modified} if modified else {})
    return Entry(1, Moment.parse(at).second * 1_000, "", PUT, "a", pack_payload({"record": record}))


@pytest.mark.parametrize(
    ("corpus", "live", "newer"),
    [
        (None, None, False),
        ("2026-01-04T12:00:00Z", None, False),
        ("2026-01-05T00:00:01Z", None, True),
        ("2026-01-05", None, False),
        ("2026-01-06", None, True),
        ("2026-01-06", "2026-01-07", False),
        ("2026-01-03T10:00:00Z", "2026-01-03T09:00:00Z", True),
        ("2026-01-03T10:00:00Z", "2026-01-03T10:00:00Z", False),
    ],
)
def test_an_upsert_beats_the_corpus_unless_that_was_modified_later(
    corpus: str | None, live: str | None, newer: bool
) -> None:
    story = Story("a", "Corpus", modified=Moment.parse(corpus) if corpus else None)
    change = entry(live)
    assert is_newer(story, change) is newer
    nothing, now = fold("a", []), fold("a", [change])
    assert wins(story, nothing, now) is not newer
    assert wins(None, nothing, now)
    assert not wins(story, nothing, nothing)
