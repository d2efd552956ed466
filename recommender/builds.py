"""Rebuilds in a process of their own: one at a time, with their state on disk.

`Builds` starts, tells of and cancels them; `python -m recommender.builds FOLDER ID`, with the settings as JSON on
standard input, is such a process. It holds the lock of the folder of builds while it lives, so that a build whose
process has gone is known from one that runs.
"""

import contextlib
import fcntl
import json
import logging
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import IO, Any

from recommender.errors import CorpusError, IndexBusy, IndexCorrupt, IndexFault, IndexMissing, RecommenderError
from recommender.generation import IndexFolder
from recommender.rebuild import rebuild
from recommender.settings import Settings
from recommender.storage import read_json, write_file

ENQUEUED, RUNNING, SUCCEEDED, FAILED, CANCELED = "enqueued", "running", "succeeded", "failed", "canceled"
KEPT = 50
"""Records of builds that are kept."""

log = logging.getLogger(__name__)

_EVERY = 0.5
_PATIENCE = 5.0
_PASSED_ON = ("index", "model", "threads", "keep_generations", "corpora")


@dataclass(frozen=True)
class BuildRecord:
    """What is known of a build; `progress` has `step`, `done` and `total`, `error` the reason of a failure."""

    id: str
    state: str
    created_at: str
    corpora: tuple[str, ...] = ()
    who: str = ""
    started_at: str | None = None
    finished_at: str | None = None
    progress: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    generation: str | None = None
    error: str | None = None
    pid: int | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in (SUCCEEDED, FAILED, CANCELED)

    def to_json(self) -> dict[str, Any]:
        """The record as the API returns it."""
        return {name: value for name, value in asdict(self).items() if value not in (None, "", ()) and name != "pid"}


class Builds:
    """The builds of an index folder, of whichever process started them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.index / "builds"

    def start(self, who: str = "") -> BuildRecord:
        """Start a rebuild from the configured corpora.

        Raises:
            CorpusError: none is configured.
            IndexBusy: a build is under way.
            IndexFault: the folder cannot be written.
        """
        if not self._settings.corpora:
            raise CorpusError("no corpus is configured: set RECOMMENDER_CORPORA to what a rebuild shall read")
        with self._faults():
            self._folder.mkdir(parents=True, exist_ok=True)
        until = time.monotonic() + _PATIENCE
        while all(record.is_over for record in self.all()) and time.monotonic() < until:
            with self._lock() as lock:
                if lock is not None:
                    return self._start(lock, who)
            time.sleep(0.05)  # the last one has said that it is done, and ends
        raise IndexBusy(f"{self._settings.index}: a build is under way; wait until it is done, or cancel it")

    def _start(self, lock: IO[bytes], who: str) -> BuildRecord:
        self._bury()
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
        record = BuildRecord(name, ENQUEUED, _now(), self._settings.corpora, who)
        _write(self._path(name), record)
        given = {name: getattr(self._settings, name) for name in _PASSED_ON} | {"index": str(self._settings.index)}
        process = subprocess.Popen(  # noqa: S603 - our own program, our own settings
            [sys.executable, "-m", "recommender.builds", str(self._folder), name],
            stdin=subprocess.PIPE,
            pass_fds=(lock.fileno(),),
            start_new_session=True,  # it outlives the server, and what its terminal is told
        )
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError), process.stdin:
            process.stdin.write(json.dumps(given).encode())
        threading.Thread(target=process.wait, daemon=True).start()
        return record

    def get(self, build_id: str) -> BuildRecord:
        """A build as it stands; one whose record is damaged has failed, and says so.

        Raises:
            IndexMissing: there is none of this id.
        """
        path = self._path(build_id)
        # Not by Path, which raises on a name too long for a file.
        if not build_id or "/" in build_id or build_id.startswith(".") or not os.path.exists(path):
            raise IndexMissing(f"no build {build_id!r} in {self._settings.index}")
        record = _known(path)
        if not record.is_over:
            with contextlib.suppress(IndexFault), self._lock() as lock:  # where nothing can be written it is as it is
                if lock is not None:
                    self._bury()
                    record = _known(path)
        return record

    def all(self) -> list[BuildRecord]:
        """Every build that is remembered, the newest first."""
        records = []
        for path in sorted(self._folder.glob("[!.]*.json"), reverse=True):
            with contextlib.suppress(IndexMissing):  # it was forgotten meanwhile
                records.append(self.get(path.stem))
        return records

    def cancel(self, build_id: str) -> BuildRecord:
        """Stop a build; one that is over stays as it is."""
        if self.get(build_id).is_over:
            return self.get(build_id)
        until = time.monotonic() + _PATIENCE
        with contextlib.suppress(OSError):  # of a full disk: the signal stops it as well
            self._path(build_id).with_suffix(".cancel").touch()
        while not (record := self.get(build_id)).is_over and time.monotonic() < until:
            if record.pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(record.pid, signal.SIGTERM)
            time.sleep(0.1)
        return record

    def _path(self, build_id: str) -> Path:
        return self._folder / f"{build_id}.json"

    def _bury(self) -> None:
        """While nothing is built: what is not over has died, and the oldest are forgotten.

        A damaged record is named and left aside, until it is one of the oldest.
        """
        paths = sorted(self._folder.glob("[!.]*.json"))
        for path in paths:
            try:
                record = _read(path)
            except IndexCorrupt as error:
                log.warning("a record of a build is left aside: %s", error)
                continue
            if not record.is_over:
                why = "the process of this build ended before it was done"
                _write(path, replace(record, state=FAILED, error=why, finished_at=_now()))
        for path in paths[:-KEPT]:
            path.unlink(missing_ok=True)
        for left in self._folder.glob("*.cancel"):
            left.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _lock(self) -> Iterator[IO[bytes] | None]:
        """The lock of the folder; None while a build holds it.

        Raises:
            IndexFault: the folder cannot be written.
        """
        with self._faults():
            file = (self._folder / ".lock").open("ab")
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
            else:
                yield file

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise IndexFault(f"{self._folder}: cannot be written ({error.strerror or error})") from None


class _Canceled(Exception):
    """The build was told to stop."""


class _Telling:
    """Progress that is written to the record, and looks whether to go on."""

    def __init__(self, path: Path, record: BuildRecord) -> None:
        self._path = path
        self._said = 0.0
        self.record = record

    def step(self, name: str, total: int | None = None, unit: str = "stories") -> None:
        """A step begins."""
        self.tell(progress={"step": name, "done": 0} | ({"total": total, "unit": unit} if total else {}))

    def advance(self, count: int = 1) -> None:
        """So many more units are done."""
        progress = self.record.progress
        progress["done"] = progress.get("done", 0) + count
        if time.monotonic() - self._said > _EVERY:
            self.tell()

    def note(self, text: str) -> None:
        """Something that the operator should know."""
        self.tell(notes=(*self.record.notes, text)[-20:])

    def tell(self, **changes: Any) -> None:
        """Write the record."""
        if self._path.with_suffix(".cancel").exists() and "state" not in changes:
            raise _Canceled
        self.record = replace(self.record, **changes)
        self._said = time.monotonic()
        _write(self._path, self.record)


def main(folder: str, build_id: str) -> int:
    """Run a build; returns the exit status."""
    given = json.load(sys.stdin)
    settings = Settings(**{**given, "index": Path(given["index"]), "corpora": tuple(given["corpora"])})
    path = Path(folder) / f"{build_id}.json"
    telling = _Telling(path, replace(_read(path), state=RUNNING, started_at=_now(), pid=os.getpid()))
    signal.signal(signal.SIGTERM, _stop)
    os.nice(10)  # readers come first
    before = _live(settings)
    over: dict[str, Any]
    try:
        telling.tell()
        made = rebuild(settings, settings.corpora, progress=telling)
        over = {"state": SUCCEEDED, "generation": made.manifest.name}
    except _Canceled:
        over = {"state": CANCELED}
    except RecommenderError as error:
        over = {"state": FAILED, "error": str(error)}
    except BaseException as error:
        over = {"state": FAILED, "error": f"{type(error).__name__}: {error}"}
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if over["state"] == CANCELED and (now := _live(settings)) != before:
        over = {"state": SUCCEEDED, "generation": now}  # it was told too late
    with contextlib.suppress(IndexFault):  # of a full disk; whoever asks next finds that the process has gone
        telling.tell(**over, finished_at=_now())
    return 0 if over["state"] == SUCCEEDED else 1


def _stop(number: int, frame: FrameType | None) -> None:
    raise _Canceled


def _live(settings: Settings) -> str | None:
    try:
        return IndexFolder(settings.index).live_name()
    except IndexFault:
        return None


def _read(path: Path) -> BuildRecord:
    content = read_json(path)
    try:
        return BuildRecord(**{**content, "corpora": tuple(content["corpora"]), "notes": tuple(content["notes"])})
    except (KeyError, TypeError) as error:
        raise IndexCorrupt(f"{path}: is no record of a build ({error})") from None


def _known(path: Path) -> BuildRecord:
    """What a record says, or that it is damaged: one must not keep the others from being listed and started."""
    try:
        return _read(path)
    except IndexCorrupt as error:
        try:
            since = _written(datetime.fromtimestamp(path.stat().st_mtime, UTC))
        except FileNotFoundError:
            raise IndexMissing(f"no build {path.stem!r} in {path.parent}") from None
        return BuildRecord(path.stem, FAILED, since, error=f"its record is damaged: {error}")


def _write(path: Path, record: BuildRecord) -> None:
    write_file(path, (json.dumps(asdict(record), ensure_ascii=False, indent=2) + "\n").encode())


def _now() -> str:
    return _written(datetime.now(UTC))


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
