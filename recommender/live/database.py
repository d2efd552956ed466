"""The file of live changes: SQLite, durable before anything is acknowledged, shared by every process that has the
index open.
"""

import contextlib
import json
import os
import re
import shutil
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from recommender.errors import IndexBusy, IndexCorrupt, IndexFault, IndexFormat

T = TypeVar("T")

VERSION = 1
_UNWRITABLE = re.compile("unable to open|readonly")
_SCHEMA = """
CREATE TABLE entries (
    position INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice, not even after a compaction
    at INTEGER NOT NULL,                         -- milliseconds since 1970
    who TEXT NOT NULL,
    kind TEXT NOT NULL,                          -- put, status, embargo, delete
    id TEXT NOT NULL,
    payload BLOB NOT NULL,                       -- JSON
    crc INTEGER NOT NULL                         -- CRC-32 of kind, id and payload, with a line end between them
);
CREATE INDEX entries_by_id ON entries (id, position);
CREATE TABLE vectors (
    key BLOB PRIMARY KEY,                        -- first 16 bytes of SHA-256 over fingerprint, recipe and texts
    row BLOB NOT NULL                            -- float16 little-endian; truncated, 1 byte; CRC-32, 4 bytes
) WITHOUT ROWID;
"""
_WAIT_SECONDS = 30
_LITTLE = 65_536
"""Bytes: less is no place for the files that SQLite opens beside its own."""
_MANY = 500
_CACHE_KB = 512
"""Of each connection: a server has several, and the system keeps the file's pages anyway."""
_STATEMENTS = 16
"""Kept prepared by each connection: those that look up many stories take ten kB each, and seldom come again."""


class Database:
    """One connection; safe to use from several threads.

    Where the folder cannot be written the file is read: beside who writes it on this machine, under another mount, or
    as it stands while nobody does, for then SQLite cannot make the files by which it hears of others.

    Raises:
        IndexFormat: another version wrote the file.
        IndexCorrupt: it is damaged.
        IndexFault: it cannot be opened, or not be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self.is_read_only = path.exists() and not os.access(path.parent, os.W_OK)
        self._still: tuple[int, int, bool] | None = None
        """What tells whether the file still is what was opened, where SQLite does not look."""
        self._openings = 0
        self._connect()
        self._file = _file_at(path)

    def check_in_place(self) -> None:
        """See to it that this is still the file at its path: nobody would find again what another is told.

        Raises:
            IndexFault: the file that is open was moved away, removed or replaced.
        """
        if _file_at(self.path) != self._file:
            raise IndexFault(
                f"{self.path}: the journal of live changes was moved, removed or replaced while it was in use: put it "
                "back, or restart what uses it"
            )

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()

    def version(self) -> int:
        """A number that changes when another connection, of this process or another, has committed a change."""
        with self._lock:
            if self._is_written_now() and _file_at(self.path) == self._file:
                before = self._connection
                self._connect()
                before.close()
            try:
                return self._openings << 32 | int(self._connection.execute("PRAGMA data_version").fetchone()[0])
            except sqlite3.Error as error:
                raise self._fault(error) from None

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._lock, self._faults():
            return self._connection.execute(query, values).fetchall()

    def each(self, query: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, some at a time, where all of them would fill the memory."""
        with self._lock, self._faults():
            cursor = self._connection.execute(query, values)
        while True:
            with self._lock, self._faults():
                rows = cursor.fetchmany(_MANY)
            if not rows:
                return
            yield from rows

    def at_once(self, columns: str, query: str, values: Sequence[Any] = ()) -> list[list[Any]]:
        """Columns, no bytes among them, of all rows of a query.

        They come in one row: each lets go of Python's lock, and has to wait for it while others compute (5 ms each
        beside two threads that compute all the time).
        """
        together = f"SELECT json_group_array(json_array({columns})) FROM ({query})"  # noqa: S608
        with self._lock, self._faults():
            try:
                packed: str = self._connection.execute(together, values).fetchone()[0]
            except sqlite3.DataError:  # a gigabyte and more
                return [list(row) for row in self._connection.execute(f"SELECT {columns} FROM ({query})", values)]  # noqa: S608
        rows: list[list[Any]] = json.loads(packed)
        return rows

    def execute(self, query: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Change something, in a block of `writing`."""
        with self._lock, self._faults():
            return self._connection.execute(query, values)

    def execute_many(self, query: str, values: Iterable[Sequence[Any]]) -> None:
        """As `execute`, for each of several rows of values."""
        with self._lock, self._faults():
            self._connection.executemany(query, values)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """What is executed in the block is durable when the block has ended, and not done at all if it fails.

        Raises:
            IndexBusy: another process writes for very long.
            IndexFault: the disk is full, or cannot be written, or the file was moved away or replaced.
        """
        if self.is_read_only:
            raise IndexFault(f"{self.path}: its folder cannot be written, so stories are not changed here")
        with self._lock, self._faults():
            self.check_in_place()
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            self._see_it_still()
            raise self._fault(error) from None
        self._see_it_still()

    def _connect(self) -> None:
        state = _state_of(self.path) if self.is_read_only else None
        try:
            self._connection = _open(self.path, "" if state is None else "mode=ro" if state[-1] else "immutable=1")
        except sqlite3.Error as error:
            raise self._fault(error) from None
        self._still = None if state is None or state[-1] else state
        self._openings += 1

    def _is_written_now(self) -> bool:
        return self._still is not None and self._still != _state_of(self.path)

    def _see_it_still(self) -> None:
        """See to it that nobody began to write what was read as it stood: it may be half of one state, half of another.

        Raises:
            IndexBusy: somebody did.
        """
        if self._is_written_now():
            raise IndexBusy(f"{self.path}: was changed while it was read; try again")

    def _fault(self, error: sqlite3.Error) -> IndexFault:
        text = str(error)
        if "locked" in text or "busy" in text:
            return IndexBusy(f"{self.path}: another process is writing; try again")
        if isinstance(error, sqlite3.OperationalError | sqlite3.ProgrammingError):
            if "I/O" in text and _is_full(self.path.parent):  # so it is called where the first page finds no place
                text = "the disk is full"
            elif _UNWRITABLE.search(text) and not os.access(self.path.parent, os.W_OK):
                text = (
                    "its folder cannot be written, and it is not there or was not closed: open it once where it can be"
                )
            return IndexFault(f"{self.path}: the journal of live changes cannot be used ({text})")
        return IndexCorrupt(
            f"{self.path}: the journal of live changes is damaged ({text}): restore it from a backup, or move it away "
            "to go on without the changes that no generation holds yet (withdrawals too)"
        )


def parts(values: Iterable[T]) -> Iterator[list[T]]:
    """Values, as many at a time as a query takes."""
    values = iter(values)
    while part := list(islice(values, _MANY)):
        yield part


def marks(values: Sequence[Any]) -> str:
    """A question mark for each value."""
    return ",".join("?" * len(values))


def _open(path: Path, reading: str) -> sqlite3.Connection:
    """A connection; `reading` says how SQLite is to read only."""
    if not reading:
        path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{reading}" if reading else path,
        uri=bool(reading),
        timeout=_WAIT_SECONDS,
        check_same_thread=False,
        isolation_level=None,
        cached_statements=_STATEMENTS,
    )
    try:
        if not reading:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA cache_size=-{_CACHE_KB}")
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version == 0 and not reading:
            _create(connection)
        elif version != VERSION:
            raise IndexFormat(f"{path} has format {version}, this version of the recommender reads {VERSION}")
    except BaseException:
        connection.close()
        raise
    return connection


def _is_full(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        return shutil.disk_usage(folder).free < _LITTLE
    return False


def _file_at(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _state_of(path: Path) -> tuple[int, int, bool]:
    """Changes whenever somebody writes; the last one: whether somebody has it open to write, or has not closed it."""
    with contextlib.suppress(OSError):
        status = path.stat()
        return status.st_mtime_ns, status.st_size, path.with_name(f"{path.name}-wal").exists()
    return 0, 0, False


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    if not int(connection.execute("PRAGMA user_version").fetchone()[0]):  # else another process was faster
        for statement in _SCHEMA.split(";\n"):
            if statement.strip():
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")
