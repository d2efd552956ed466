"""Folders to work in: what dead processes left goes, what living ones use stays."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from recommender.scratch import scratch_folder

WORK = """
import sys
from pathlib import Path
from recommender.scratch import scratch_folder
with scratch_folder("recommender-x-", Path(sys.argv[1])) as folder:
    (folder / "corpus").write_text("stories")
    print(folder, flush=True)
    sys.stdin.read()
"""


def worker(place: Path) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", WORK, str(place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_a_folder_is_its_owners_and_goes_at_the_end(tmp_path: Path) -> None:
    with scratch_folder("recommender-x-", tmp_path) as folder:
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "corpus").write_text("stories")
    assert not list(tmp_path.iterdir())


def test_it_lies_in_the_folder_of_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with scratch_folder("recommender-x-") as folder:
        assert folder.parent == tmp_path


def test_what_a_killed_process_left_goes_and_what_a_living_one_uses_stays(tmp_path: Path) -> None:
    other = tmp_path / "recommender-y-1"
    other.mkdir()
    aside = tmp_path / "aside"
    aside.mkdir()
    link = tmp_path / "recommender-x-link"
    link.symlink_to(aside)
    dead, left = worker(tmp_path)
    living, used = worker(tmp_path)
    with dead, living:
        dead.send_signal(signal.SIGKILL)
        dead.wait()
        assert (left / "corpus").exists()
        with scratch_folder("recommender-x-", tmp_path) as mine:
            assert set(tmp_path.iterdir()) == {other, aside, link, used, mine}
            assert (used / "corpus").read_text() == "stories"
        living.communicate()
    assert living.returncode == 0
    assert set(tmp_path.iterdir()) == {other, aside, link}


def test_a_folder_taken_for_a_leftover_before_it_was_held_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recommender import scratch

    flock, taken = scratch.fcntl.flock, []

    def late(handle: int, how: int) -> None:
        if not taken:
            (first,) = tmp_path.iterdir()
            first.rmdir()
            taken.append(first)
        flock(handle, how)

    monkeypatch.setattr("fcntl.flock", late)
    with scratch_folder("recommender-x-", tmp_path) as folder:
        assert folder.is_dir()
        assert folder != taken[0]
