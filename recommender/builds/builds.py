"""The builds of an index folder: one at a time, each in a process of its own."""

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
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from recommender.builds.record import (
    ENQUEUED,
    FAILED,
    BuildRecord,
    cancel_path,
    known_record,
    read_record,
    record_path,
    this_moment,
    write_record,
)
from recommender.errors import CorpusError, IndexBusy, IndexCorrupt, IndexFault, IndexMissing
from recommender.settings import Settings

KEPT = 50
"""Records of builds that are kept."""

log = logging.getLogger(__name__)

_PATIENCE = 5.0
_PASSED_ON = ("index", "model", "threads", "keep_generations", "corpora")


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
        record = BuildRecord(name, ENQUEUED, this_moment(), self._settings.corpora, who)
        write_record(self._path(name), record)
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
        record = known_record(path)
        if not record.is_over:
            with contextlib.suppress(IndexFault), self._lock() as lock:  # where nothing can be written it is as it is
                if lock is not None:
                    self._bury()
                    record = known_record(path)
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
            cancel_path(self._path(build_id)).touch()
        while not (record := self.get(build_id)).is_over and time.monotonic() < until:
            if record.pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(record.pid, signal.SIGTERM)
            time.sleep(0.1)
        return record

    def _path(self, build_id: str) -> Path:
        return record_path(self._folder, build_id)

    def _bury(self) -> None:
        """While nothing is built: what is not over has died, and the oldest are forgotten.

        A damaged record is named and left aside, until it is one of the oldest.
        """
        paths = sorted(self._folder.glob("[!.]*.json"))
        for path in paths:
            try:
                record = read_record(path)
            except IndexCorrupt as error:
                log.warning("a record of a build is left aside: %s", error)
                continue
            if not record.is_over:
                why = "the process of this build ended before it was done"
                write_record(path, replace(record, state=FAILED, error=why, finished_at=this_moment()))
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
