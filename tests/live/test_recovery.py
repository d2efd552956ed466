"""At start: leftovers go, damage is seen, the last good generation is served, or one line says what to do."""

import json
import logging
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from recommender.engine import Query
from recommender.errors import IndexBusy, IndexCorrupt, IndexFault, IndexMissing, Stopping
from recommender.evaluation.diff import difference
from recommender.generation import Generation, IndexFolder, live_manifest
from recommender.live.journal import FILE, Journal
from recommender.rebuild import rebuild
from recommender.serving import open_changes
from tests.live.conftest import Desk, story


def damage(folder: IndexFolder, name: str) -> None:
    path = folder.folder_of(name) / "stories.jsonl"
    content = path.read_bytes()
    path.write_bytes(content[:20] + bytes([content[20] ^ 1]) + content[21:])


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"generation": "gone", "history": []}', None])
def test_a_damaged_pointer_is_set_right(desk: Desk, content: bytes | None, caplog: pytest.LogCaptureFixture) -> None:
    newest = desk.rebuild()
    live = desk.settings.index / "live.json"
    live.unlink() if content is None else live.write_bytes(content)
    with caplog.at_level(logging.ERROR):
        assert live_manifest(desk.folder).name == newest
    assert f"generation {newest} is served instead" in caplog.text
    assert json.loads(live.read_bytes())["generation"] == newest
    assert live_manifest(desk.folder).name == newest


def test_a_pointer_that_is_damaged_while_it_is_served_keeps_no_reader_waiting(desk: Desk) -> None:
    before = desk.recommender.state()
    (desk.settings.index / "live.json").write_text("{")
    assert desk.recommender.state() == before
    assert desk.recommender.related(Query(text="storm")).hits
    with pytest.raises(IndexCorrupt, match=r"live\.json"):
        desk.recommender.refresh()
    desk.changes.patch("a", status="canceled")
    assert "a" not in {hit.id for hit in desk.recommender.related(Query(text="storm")).hits}


def test_a_damaged_generation_gives_way_to_the_one_before(desk: Desk) -> None:
    first = desk.folder.live_name()
    desk.changes.patch("d", status="canceled")
    second = desk.rebuild()
    damage(desk.folder, second)
    desk.restart()
    assert desk.folder.live_name() == first
    hits = desk.recommender.related(Query(text="football club wins the cup")).hits
    assert hits
    assert "d" not in {hit.id for hit in hits}


def test_without_a_good_generation_one_line_says_what_to_do(desk: Desk) -> None:
    damage(desk.folder, desk.rebuild())
    for name in desk.folder.names():
        if name != desk.folder.live_name():
            damage(desk.folder, name)
    said = r"no generation in .* can be used .*: build one with `recommender build"
    with pytest.raises(IndexCorrupt, match=said) as caught:
        live_manifest(desk.folder)
    assert "\n" not in str(caught.value)


def test_without_any_generation_it_says_how_to_build_one(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="build one with `recommender build CORPUS"):
        live_manifest(IndexFolder(tmp_path))


def test_leftovers_go_unless_somebody_is_at_work(desk: Desk) -> None:
    name, left = desk.folder.create()
    (left / "half.npy").write_bytes(b"half")
    with desk.folder.lock():
        live_manifest(desk.folder)
    assert left.exists()
    live_manifest(desk.folder)
    assert not left.exists()
    assert name not in desk.folder.names()


def test_a_build_begins_with_the_disk_that_a_killed_one_took(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    _, left = desk.folder.create()
    (left / "spool.tmp").write_bytes(b"half")
    create, there = IndexFolder.create, []

    def looking(self: IndexFolder) -> tuple[str, Path]:
        there.append(left.exists())
        return create(self)

    monkeypatch.setattr(IndexFolder, "create", looking)
    desk.rebuild()
    assert there == [False]


def test_while_something_is_built_one_may_roll_back_and_change_stories(desk: Desk) -> None:
    first, second = desk.folder.live_name(), desk.rebuild()
    with desk.folder.lock():
        assert desk.folder.rollback() == first
        desk.folder.promote(second)
        desk.changes.patch("a", status="canceled")
        with pytest.raises(IndexBusy, match=r"is being changed by process"):
            desk.rebuild()
    assert desk.recommender.generation.name == second


def test_a_generation_that_is_open_is_not_pruned(desk: Desk) -> None:
    first = desk.folder.live_name()
    with_reader = Generation(desk.folder.folder_of(first))
    names = [desk.rebuild() for _ in range(3)]
    desk.recommender.state()
    desk.recommender.related(Query(text="storm"))
    assert desk.folder.prune(1) == [names[0]]
    assert first in desk.folder.names()
    with_reader.close()
    assert desk.folder.prune(1) == [first]


def test_what_takes_changes_without_a_service_lets_go_of_all_that_it_opened(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    journals: list[Journal] = []

    def journal(folder: Path) -> Journal:
        journals.append(Journal(folder))
        return journals[-1]

    monkeypatch.setattr("recommender.serving.Journal", journal)
    first, before = desk.folder.live_name(), set(threading.enumerate())
    with closing(open_changes(desk.settings)) as changes:
        changes.put(story("n", "Herring"))
        assert len(set(threading.enumerate()) - before) == 1
        desk.rebuild()
        desk.rebuild()
        desk.recommender.refresh()
        assert desk.folder.prune(1) == []
    assert set(threading.enumerate()) == before
    for one in journals:
        with pytest.raises(IndexFault, match="closed"):
            one.position()
    assert desk.folder.prune(1) == [first]


def test_no_change_waits_for_an_encoder_that_has_stopped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommender.live.vectors.time", SimpleNamespace(monotonic=time.monotonic))
    desk.recommender.encoder.close()
    with pytest.raises(Stopping):
        desk.changes.put(story("n", "Herring"))


def test_a_promoted_generation_that_cannot_be_served_is_left_alone(desk: Desk) -> None:
    before = desk.folder.live_name()
    second = desk.rebuild()
    damage(desk.folder, second)
    for _ in range(2):
        assert desk.recommender.related(Query(id="a")).index["generation"] == before
    desk.changes.patch("d", status="canceled")
    assert desk.recommender.generation.name == before
    assert desk.recommender.state()[0] == before


def test_a_journal_that_is_gone_takes_no_position_twice(desk: Desk) -> None:
    for number in range(4):
        desk.changes.put(story(f"n{number}", f"Herring number {number}"))
    desk.rebuild()
    desk.close()
    for file in desk.settings.index.glob("journal.sqlite*"):
        file.unlink()
    desk.recommender = desk.open()
    desk.changes = desk.recommender.changes()
    assert desk.changes.put(story("m", "Mackerel")).position == 5
    assert desk.recommender.story("m")["title"] == "Mackerel"
    assert desk.recommender.story("n3")["title"] == "Herring number 3"


@pytest.mark.parametrize("way", ["moved", "replaced", "folder moved"])
@pytest.mark.parametrize("has_written", [False, True])
def test_nothing_is_acknowledged_by_a_journal_that_is_not_in_its_place(desk: Desk, way: str, has_written: bool) -> None:
    """It would be lost at the next start, and what others change in the right one would not be seen."""
    if has_written:
        desk.changes.put(story("n", "Herring"))
    index = desk.settings.index
    path, aside = (index, index.with_name("aside")) if way == "folder moved" else (index / FILE, index / "aside")
    path.rename(aside)
    if way == "replaced":
        shutil.copyfile(aside, path)
    for change in (
        lambda: desk.changes.put(story("m", "Mackerel")),
        desk.recommender.changes,
        desk.recommender.refresh,
    ):
        with pytest.raises(IndexFault, match="moved, removed or replaced"):
            change()
    assert path.exists() == (way == "replaced")
    assert desk.recommender.story("a")["id"] == "a"
    if way == "replaced":
        path.unlink()
    aside.rename(path)
    desk.changes.put(story("m", "Mackerel"))
    desk.recommender.refresh()
    desk.restart()
    assert desk.recommender.story("m")["title"] == "Mackerel"


def test_a_damaged_journal_is_refused_not_left_out(desk: Desk) -> None:
    desk.changes.patch("d", status="canceled")
    desk.close()
    path = desk.settings.index / "journal.sqlite"
    path.write_bytes(b"\0" * 8192)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    with pytest.raises(IndexFault, match="restore it from a backup"):
        desk.open()
    path.unlink()
    desk.recommender = desk.open()
    desk.changes = desk.recommender.changes()


def test_a_full_disk_changes_nothing(desk: Desk) -> None:
    """A limit on the size of files stands for it, in a process of its own: the error is typed, and nothing is lost."""
    program = f"""
import resource, sys
sys.path.insert(0, {str(Path(__file__).resolve().parents[2])!r})
from recommender.errors import IndexFault
from recommender.rebuild import rebuild
from recommender.serving import open_recommender
from recommender.settings import Settings
settings = Settings(index=__import__("pathlib").Path({str(desk.settings.index)!r}), model="hashing:64")
engine = open_recommender(settings)
changes = engine.changes()
changes.put({{"id": "n", "title": "Before the disk was full"}})
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
works = [lambda: rebuild(settings, [{str(desk.corpus)!r}]), lambda: changes.put({{"id": "m", "text": "long " * 9_999}})]
for work in works:
    try:
        work()
    except IndexFault as error:
        print("refused:", error)
print(engine.story("n")["title"])
"""
    desk.write([story(f"s{number}", f"Herring {number} " * 30) for number in range(300)])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    lines = done.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["refused", "refused", "Before the disk was full"], done
    desk.restart()
    assert desk.recommender.story("n")["title"] == "Before the disk was full"
    assert desk.recommender.story("a")["title"]
    assert list((desk.settings.index / "generations").glob(".*.tmp")) == []


def test_a_journal_that_cannot_be_tidied_up_fails_no_build(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The generation is live by then: whoever was told that the build had failed would look for the old one."""

    def busy(self: Journal, upto: int) -> int:
        raise IndexBusy("another process is writing")

    monkeypatch.setattr(Journal, "compact", busy)
    notes: list[str] = []
    progress = SimpleNamespace(step=lambda *_: None, advance=lambda *_: None, note=notes.append)
    made = rebuild(desk.settings, [desk.corpus], force=True, progress=progress)
    assert desk.folder.live_name() == made.manifest.name
    assert notes[-1] == "the journal was not tidied up: another process is writing"


@pytest.mark.parametrize(("free", "said"), [(0, "the disk is full"), (1 << 30, "disk I/O error")])
def test_a_full_disk_is_called_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, said: str) -> None:
    """SQLite calls it an error of the disk where it cannot even open the files beside its own."""
    monkeypatch.setattr("recommender.live.database.shutil.disk_usage", lambda folder: SimpleNamespace(free=free))

    def failing(path: Path, reading: str) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr("recommender.live.database._open", failing)
    with pytest.raises(IndexFault, match=rf"cannot be used \({said}\)"):
        Journal(tmp_path)


@pytest.mark.parametrize("said", ["unable to open database file", "attempt to write a readonly database"])
@pytest.mark.parametrize("may", [True, False])
def test_a_folder_that_cannot_be_written_is_called_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, may: bool
) -> None:
    def failing(path: Path, reading: str) -> None:
        raise sqlite3.OperationalError(said)

    monkeypatch.setattr("recommender.live.database._open", failing)
    monkeypatch.setattr("os.access", lambda path, how: may)
    with pytest.raises(IndexFault, match=said if may else "its folder cannot be written, and it is not there"):
        Journal(tmp_path)


def test_the_difference_of_two_generations(desk: Desk) -> None:
    first = desk.folder.live_name()
    desk.changes.put(story("n", "Fresh herring at the quay", day=9))
    desk.changes.delete("d")
    desk.changes.patch("a", status="canceled")
    second = desk.rebuild()
    before, after = desk.folder.open(first), desk.folder.open(second)
    found = difference(before, after)
    assert (found.added, found.removed, found.changed) == (["n"], ["d"], ["a"])
    assert (found.lists_compared, found.lists_changed) == (2, 2)
    assert difference(after, after).overlap == 1.0
    before.close()
    after.close()


def test_the_index_may_be_moved(desk: Desk, tmp_path: Path) -> None:
    desk.changes.put(story("n", "Fresh herring at the quay", day=9))
    desk.close()
    shutil.copytree(desk.settings.index, tmp_path / "elsewhere")
    assert live_manifest(IndexFolder(tmp_path / "elsewhere"))
    desk.recommender = desk.open()
    desk.changes = desk.recommender.changes()
