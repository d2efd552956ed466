"""The process of a build: `python -m recommender.builds FOLDER ID`, with the settings as JSON on standard input.

It inherits the lock of the folder of builds and holds it while it lives, so that a build whose process has gone is told
from one that runs.
"""

import contextlib
import json
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from recommender.builds.record import (
    CANCELED,
    FAILED,
    RUNNING,
    SUCCEEDED,
    BuildRecord,
    cancel_path,
    read_record,
    record_path,
    this_moment,
    write_record,
)
from recommender.errors import IndexFault, RecommenderError
from recommender.generation import IndexFolder
from recommender.rebuild import rebuild
from recommender.settings import Settings

_EVERY = 0.5
"""Seconds between two records of how far a step is."""


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
        if cancel_path(self._path).exists() and "state" not in changes:
            raise _Canceled
        self.record = replace(self.record, **changes)
        self._said = time.monotonic()
        write_record(self._path, self.record)


def main(folder: str, build_id: str) -> int:
    """Run a build; returns the exit status."""
    given = json.load(sys.stdin)
    settings = Settings(**{**given, "index": Path(given["index"]), "corpora": tuple(given["corpora"])})
    path = record_path(Path(folder), build_id)
    telling = _Telling(path, replace(read_record(path), state=RUNNING, started_at=this_moment(), pid=os.getpid()))
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
        telling.tell(**over, finished_at=this_moment())
    return 0 if over["state"] == SUCCEEDED else 1


def _stop(number: int, frame: FrameType | None) -> None:
    raise _Canceled


def _live(settings: Settings) -> str | None:
    try:
        return IndexFolder(settings.index).live_name()
    except IndexFault:
        return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
