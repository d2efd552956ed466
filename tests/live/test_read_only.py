"""A folder that cannot be written is served, beside who writes it under another mount."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from recommender.errors import IndexBusy, IndexFault, NotFound
from recommender.live import Journal
from tests.live.conftest import Desk, story

READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
PROGRAM = """
import json, sys
from pathlib import Path
from recommender.serving import open_recommender
from recommender.settings import Settings

recommender = open_recommender(Settings(index=Path(sys.argv[1])))
for line in sys.stdin:
    try:
        print(json.dumps(recommender.story(json.loads(line))["title"]), flush=True)
    except Exception as error:
        print(json.dumps(str(error)), flush=True)
"""


@contextmanager
def replica(index: Path) -> Iterator[Callable[[str], str]]:
    """Another process, which has the index mounted read-only: what it says of a story."""
    mounted = ["unshare", "--map-root-user", "--mount", "sh", "-c", READ_ONLY, str(index)]
    if not shutil.which("unshare") or subprocess.run([*mounted, "true"], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    process = subprocess.Popen(
        [*mounted, sys.executable, "-c", PROGRAM, str(index)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    asked, told = process.stdin, process.stdout
    assert asked is not None
    assert told is not None

    def title(story_id: str) -> str:
        asked.write(json.dumps(story_id) + "\n")
        asked.flush()
        return str(json.loads(told.readline()))

    with asked, told:
        yield title
        asked.close()
        process.wait(30)


@pytest.mark.parametrize("is_written", [True, False])
def test_a_replica_follows_what_is_written_elsewhere(desk: Desk, is_written: bool) -> None:
    """Whether somebody has the journal open to write when it starts, or nobody has, and then somebody does."""
    desk.changes.put(story("n", "Herring is landed"))
    if not is_written:
        desk.close()
    with replica(desk.settings.index) as title:
        assert (title("n"), title("a")) == ("Herring is landed", "Storm breaks the harbour wall")
        if not is_written:
            desk.restart()
        desk.changes.delete("n")
        assert "no story with the id" in title("n")
        desk.close()  # as a command ends
        assert "no story with the id" in title("n")
        desk.restart()
        desk.changes.put(story("n", "Herring is landed again"))
        desk.close()
        assert title("n") == "Herring is landed again"
        desk.restart()
        desk.write([story("a", "The wall is rebuilt")])
        desk.rebuild()
        assert (title("n"), title("a")) == ("Herring is landed again", "The wall is rebuilt")
        assert "no story with the id" in title("b")


def test_changes_are_refused_where_the_folder_cannot_be_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk.changes.delete("b")
    desk.close()
    monkeypatch.setattr("os.access", lambda path, how: False)
    with closing(desk.open()) as recommender, closing(recommender.changes()) as changes:
        assert recommender.story("a")
        with pytest.raises(NotFound):
            recommender.story("b")
        with pytest.raises(IndexFault, match="its folder cannot be written, so stories are not changed here"):
            changes.put(story("n", "Herring is landed"))
    assert caplog.text.count("cannot be written: it is served, and changes are refused") == 1


def test_what_was_read_when_somebody_began_to_write_is_read_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of it may be of one state, half of another, where SQLite cannot look after that: both start together."""
    desk.close()
    verify, writers = Journal.verify, list[Desk]()

    def verifying(journal: Journal) -> None:
        if journal.is_read_only and not writers:
            with monkeypatch.context() as meanwhile:
                meanwhile.setattr("os.access", lambda path, how: True)
                desk.restart()
                desk.changes.delete("b")
            writers.append(desk)
            with pytest.raises(IndexBusy, match="was changed while it was read"):
                journal.position()
        verify(journal)

    monkeypatch.setattr(Journal, "verify", verifying)
    monkeypatch.setattr("os.access", lambda path, how: False)
    with closing(desk.open()) as replica:
        assert writers
        with pytest.raises(NotFound):
            replica.story("b")
