"""The index folder: promoting, rolling back, listing, pruning; several processes at once."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from newsdesk import MODEL, ask, engine_of, make_index, story, write_corpus

from recommender.engine import Query
from recommender.errors import IndexBusy, IndexCorrupt, IndexFault, IndexMissing
from recommender.generation import IndexFolder, Manifest, read_manifest
from recommender.generation.manifest import verify_files
from recommender.rebuild import rebuild
from recommender.settings import Settings


@contextlib.contextmanager
def another_process(code: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process that prints "ready", and ends when its input is closed."""
    program = f"import sys\nfrom pathlib import Path\nfrom recommender.generation import IndexFolder\n{code}\n"
    waiting = "print('ready', flush=True); sys.stdin.read()"
    process = subprocess.Popen(
        [sys.executable, "-c", program.replace("WAIT", waiting), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    with process:
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.stdin.close()


OPEN = "generation = IndexFolder(Path(sys.argv[1])).open(sys.argv[2]); WAIT"
LOCK = "with IndexFolder(Path(sys.argv[1])).lock(): WAIT"


def test_generations_are_listed_oldest_first_with_the_live_one(index: Path) -> None:
    listing = IndexFolder(index).listing()
    assert [item.live for item in listing] == [False, False, True]
    assert [item.name for item in listing] == sorted(item.name for item in listing)
    assert [item.manifest.rows for item in listing if item.manifest] == [
        len(one) for one in map(IndexFolder(index).open, IndexFolder(index).names())
    ]


def test_a_listing_tells_what_cannot_be_used(index: Path) -> None:
    shelf = IndexFolder(index)
    first, second, third = shelf.names()
    (shelf.folder_of(first) / "manifest.json").unlink()
    (shelf.folder_of(second) / "manifest.json").write_text("{}")
    problems = [item.problem for item in shelf.listing()]
    assert "holds no generation" in (problems[0] or "")
    assert "format None" in (problems[1] or "")
    assert problems[2] is None
    assert shelf.live_name() == third


def test_promote_and_roll_back_step_by_step(index: Path) -> None:
    shelf = IndexFolder(index)
    first, second, third = shelf.names()
    assert shelf.rollback() == second
    assert shelf.rollback() == first
    with pytest.raises(IndexMissing, match="no earlier generation"):
        shelf.rollback()
    assert shelf.live_name() == first
    shelf.promote(third)
    assert (shelf.live_name(), shelf.rollback()) == (third, first)


def test_rolling_back_passes_over_what_was_removed(index: Path) -> None:
    import shutil

    shelf = IndexFolder(index)
    first, second, _ = shelf.names()
    shutil.rmtree(shelf.folder_of(second))
    assert shelf.rollback() == first


def test_promoting_twice_is_one_step_back(index: Path) -> None:
    shelf = IndexFolder(index)
    second, third = shelf.names()[1:]
    token = shelf.live_token()
    shelf.promote(third)
    assert shelf.live_token() == token
    assert shelf.rollback() == second


def test_a_damaged_generation_is_not_promoted(index: Path) -> None:
    shelf = IndexFolder(index)
    first, _, third = shelf.names()
    with (shelf.folder_of(first) / "facets.json").open("ab") as file:
        file.write(b" ")
    with pytest.raises(IndexCorrupt, match=r"facets\.json"):
        shelf.promote(first)
    assert shelf.live_name() == third


def test_rolling_back_to_a_damaged_generation_is_refused(index: Path) -> None:
    shelf = IndexFolder(index)
    _, second, third = shelf.names()
    os.truncate(shelf.folder_of(second) / "stories.jsonl", 5)
    with pytest.raises(IndexCorrupt):
        shelf.rollback()
    assert shelf.live_name() == third


def test_what_was_just_verified_is_opened_without_reading_all_of_it_again(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, read = IndexFolder(index), []

    def verify(path: Path, manifest: Manifest, checksums: bool = True) -> None:
        read.append((path.name, checksums))
        verify_files(path, manifest, checksums)

    monkeypatch.setattr("recommender.generation.reader.verify_files", verify)
    before = folder.rollback()
    for _ in range(2):
        folder.open_live().close()
    other = folder.names()[0]
    folder.verify(other)
    folder.open_live().close()
    assert read == [(before, True), (before, False), (before, True), (other, True), (before, True)]


@pytest.mark.parametrize("name", ["", ".", "..", "../generations", "nobody", ".hidden", "a/b", "\n", "a" * 300])
def test_a_name_is_no_path(index: Path, name: str) -> None:
    with pytest.raises(IndexMissing, match="no generation"):
        IndexFolder(index).promote(name)


def test_pruning_keeps_the_newest_the_live_one_and_its_predecessor(index: Path) -> None:
    shelf = IndexFolder(index)
    first, second, third = shelf.names()
    assert shelf.prune(2) == [first]
    assert shelf.names() == [second, third]
    shelf.promote(second)  # its predecessor is the third
    assert shelf.prune(1) == []
    assert shelf.names() == [second, third]


def test_pruning_spares_what_another_process_has_open(index: Path) -> None:
    shelf = IndexFolder(index)
    first, second, third = shelf.names()
    shelf.promote(first)
    shelf.promote(third)  # now the second is neither live nor its predecessor
    with another_process(OPEN, str(index), second):
        assert shelf.prune(1) == []
        assert shelf.names() == [first, second, third]
    assert shelf.prune(1) == [second]
    assert shelf.names() == [first, third]


def test_what_is_promoted_away_and_pruned_while_it_is_opened_is_passed_over(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = IndexFolder(index)
    first, second, third = shelf.names()
    shelf.promote(first)

    def meanwhile(folder: Path) -> Manifest:
        manifest = read_manifest(folder)
        if folder.name == first:
            shelf.promote(second)
            shelf.promote(third)
            assert shelf.prune(1) == [first]
        return manifest

    monkeypatch.setattr("recommender.generation.reader.read_manifest", meanwhile)
    with contextlib.closing(IndexFolder(index).open_live()) as generation:
        assert generation.name == third


def test_pruning_takes_along_what_failed_builds_and_gone_generations_left(index: Path) -> None:
    shelf = IndexFolder(index)
    first, second, third = shelf.names()
    beside = index / "generations"
    (beside / ".20200101T000000Z-dead.tmp").mkdir()
    for name in (first, second, "20200101T000000Z-dead"):
        (beside / f"{name}.rejected.jsonl").write_text("{}\n")
    shelf.prune(2)
    assert sorted(path.name for path in beside.iterdir()) == sorted([second, f"{second}.rejected.jsonl", third])


def test_one_builder_at_a_time(index: Path) -> None:
    with another_process(LOCK, str(index)) as process:
        with pytest.raises(IndexBusy, match=rf"being changed by process {process.pid}"), IndexFolder(index).lock():
            pytest.fail("two builders at once")
        with pytest.raises(IndexBusy):
            make_index(index, [story(1, "A ferry")])
        assert len(IndexFolder(index).names()) == 3
        with engine_of(index) as recommender:  # reading waits for nobody
            assert ask(recommender, Query(text="ferry harbour")).hits
    with IndexFolder(index).lock():
        pass


def test_a_killed_builder_leaves_no_lock(index: Path) -> None:
    with another_process(LOCK, str(index)) as process:
        process.kill()
        process.wait()
    with IndexFolder(index).lock():
        pass


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    corpus = write_corpus(tmp_path / "corpus.jsonl", [story(1, "A ferry")])
    for where in (tmp_path / "file", tmp_path / "file" / "index"):
        where_to = IndexFolder(where)
        with pytest.raises(IndexFault, match=r"cannot be written.*--index") as refused, where_to.lock(make=True):
            pass
        assert type(refused.value) is IndexFault, "nothing of an index is damaged"
        with pytest.raises(IndexFault, match=r"cannot be written.*--index"):
            IndexFolder(where).create()
        with pytest.raises(IndexFault, match="cannot be written"):
            rebuild(Settings(index=where, model=MODEL), [corpus])


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_read_only_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(IndexFault, match="Permission denied"):
        make_index(tmp_path / "index", [story(1, "A ferry")])


def test_a_build_that_is_not_promoted_changes_nothing_served(index: Path) -> None:
    shelf = IndexFolder(index)
    live = shelf.live_name()
    made = make_index(index, [story(1, "A ferry")], promote=False)
    assert (shelf.live_name(), made.promoted) == (live, False)
    shelf.promote(made.manifest.name)
    assert shelf.live_name() == made.manifest.name


def test_every_answer_comes_from_one_generation_while_others_are_promoted(tmp_path: Path) -> None:
    """Two generations whose stories, dates, links and sections all tell which one they are of."""
    index = tmp_path / "index"
    for mark in ("red", "blue"):
        records = [
            story(
                f"{mark}-{number}",
                f"The {mark} ferry number {number}",
                f"{mark} harbour " * 9,
                "2026-01-02" if mark == "red" else "2026-01-03",
                section=mark,
                links=[f"{mark}-{number - 1}"] if number else [],
            )
            for number in range(8)
        ]
        make_index(index, [*records, story("both", "The ferry", f"{mark} quay", "2026-02-01")])
    shelf = IndexFolder(index)
    red, blue = shelf.names()
    mark_of, date_of = {red: "red", blue: "blue"}, {red: "2026-01-02", blue: "2026-01-03"}
    stop, seen, failures = threading.Event(), set(), []

    def read() -> None:
        while not stop.is_set():
            try:
                for answer in (
                    ask(recommender, Query(text="ferry harbour"), limit=20, fields="*"),
                    ask(recommender, "both", limit=20, fields="*", explain=True),
                ):
                    generation = answer.index["generation"]
                    seen.add(generation)
                    own = [hit.values for hit in answer.hits if hit.id != "both"]
                    assert len(own) == 8
                    for values in own:
                        assert values["id"].startswith(mark_of[generation])
                        assert values["section"] == mark_of[generation]
                        assert values["date_published"] == date_of[generation]
            except Exception as error:
                failures.append(error)
                return

    with engine_of(index) as recommender:
        threads = [threading.Thread(target=read) for _ in range(2)]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 60
        for turn in range(12):
            shelf.promote((red, blue)[turn % 2])
            while ask(recommender, Query(text="ferry")).index["generation"] != shelf.live_name():
                assert time.monotonic() < deadline, "a promoted generation is served soon"
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert seen == {red, blue}


def test_names_are_in_order_of_building_by_whatever_clock(tmp_path: Path) -> None:
    """Once a build had been made by a clock that was ahead, later ones were pruned as the oldest."""
    index = IndexFolder(tmp_path)
    generations = tmp_path / "generations"
    for name in ("example", "20990101T000000Z-ffff"):
        (generations / name).mkdir(parents=True)
    first, left = index.create()
    assert left.is_dir()
    second, folder = index.create()  # the first was killed, and has left its folder
    folder.rename(generations / second)
    third, _ = index.create()
    assert ["20990101T000000Z-ffff", first, second, third] == sorted({"20990101T000000Z-ffff", first, second, third})
    assert third.startswith("20990101T000001Z-")
