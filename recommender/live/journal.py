"""The journal of live changes: durable before it is acknowledged, shared by every process that has the index open."""

import contextlib
import json
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from recommender.errors import IndexBusy, IndexCorrupt, IndexFault, IndexFormat
from recommender.live.state import Entry, fold, pack_payload

T = TypeVar("T")

FILE = "journal.sqlite"
VERSION = 1
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
_COLUMNS = "position, at, who, kind, id, payload, crc"
_DECIDING = f"""
SELECT {_COLUMNS} FROM entries WHERE position IN (
    SELECT max(position) FROM (
        SELECT id, kind, position, CASE
            WHEN kind != 'put' OR NOT (instr(payload, '"status"') OR instr(payload, '"embargoed"')) THEN ''
            WHEN NOT json_valid(CAST(payload AS TEXT)) THEN position
            ELSE (coalesce(json_extract(CAST(payload AS TEXT), '$.record.status'), '') != '')
                || (json_type(CAST(payload AS TEXT), '$.record.embargoed') IS NOT NULL) END AS says
        FROM entries WHERE id IN ({{ids}}) AND position <= ?
    ) GROUP BY id, kind, position <= ?, says
)
"""  # noqa: S608
"""The last entries of each sort: an upsert may say a status or an embargo besides. What SQLite cannot read as JSON is
fetched, so that the checksum decides."""
_WAIT_SECONDS = 30
_MANY = 500
_CACHE_KB = 512
"""Of each connection: a server has several, and the system keeps the file's pages anyway."""
_STATEMENTS = 16
"""Kept prepared by each connection: those that look up many stories take ten kB each, and seldom come again."""


class Journal:
    """One connection to the journal of an index folder; safe to use from several threads.

    A writer and whoever watches for changes take one object each: `version` tells of the changes of others.

    Raises:
        IndexFormat: another version wrote it.
        IndexCorrupt: it is damaged.
        IndexFault: it cannot be opened, or not be written.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._lock = threading.RLock()
        with self._faults():
            self._connection = _open(self.path)
        self._file = _file_at(self.path)

    def check_in_place(self) -> None:
        """See to it that this is still the journal of the folder: nobody would find again what another is told.

        Raises:
            IndexFault: the file that is open was moved away, removed or replaced.
        """
        if _file_at(self.path) != self._file:
            raise IndexFault(
                f"{self.path}: the journal of live changes was moved, removed or replaced while it was in use: put it "
                "back, or restart what uses it"
            )

    def another(self) -> "Journal":
        """One more connection to it.

        Raises:
            IndexFault: it is not there any more.
        """
        self.check_in_place()
        return Journal(self.path.parent)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()

    def version(self) -> int:
        """A number that changes when another connection, of this process or another, has committed a change."""
        with self._lock:
            try:
                return int(self._connection.execute("PRAGMA data_version").fetchone()[0])
            except sqlite3.Error as error:
                raise self._fault(error) from None

    def position(self) -> int:
        """The position of the last entry; 0 = none yet."""
        with self._lock, self._faults():
            row = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entries'").fetchone()
            return int(row[0]) if row else 0

    def entries_of(self, story_id: str) -> list[Entry]:
        """The entries of one story, oldest first."""
        return self._entries(f"SELECT {_COLUMNS} FROM entries WHERE id = ? ORDER BY position", (story_id,))  # noqa: S608

    def verify(self) -> None:
        """Read every entry: one that is damaged might say that a story was withdrawn, and not be asked for again.

        Raises:
            IndexCorrupt: there is one.
        """
        with self._lock, self._faults():
            for row in self._connection.execute(f"SELECT {_COLUMNS} FROM entries"):  # noqa: S608
                self._entry(row)

    def ids_after(self, position: int) -> tuple[list[str], int]:
        """Stories that were changed after a position, each once, in order of their first change; the last position."""
        query = "SELECT min(position) AS first, max(position) AS last, id FROM entries WHERE position > ? GROUP BY id"
        rows = self._at_once("first, last, id", query, (position,))
        return [row[2] for row in sorted(rows)], max((row[1] for row in rows), default=position)

    def deciding(self, ids: Iterable[str], folded: int, upto: int | None = None) -> Iterator[tuple[str, list[Entry]]]:
        """The entries of several stories that may count (see `fold`), oldest first: up to a position, or all.

        What `fold` makes of them, or of those up to `folded`, is what it makes of all the entries that there are: of a
        story that changes all day these are hundreds.
        """
        end = 2**62 if upto is None else upto
        for part in _parts(ids):
            query = _DECIDING.format(ids=",".join("?" * len(part)))
            rows = self._at_once("position, at, who, kind, id, hex(payload), crc", query, (*part, end, folded))
            found: dict[str, list[Entry]] = {story_id: [] for story_id in part}
            for *row, payload, crc in sorted(rows):
                entry = self._entry((*row, bytes.fromhex(payload), crc))
                found[entry.id].append(entry)
            yield from found.items()

    def ids(self, upto: int) -> list[str]:
        """Stories that were changed up to a position."""
        rows = self._at_once("id", "SELECT DISTINCT id FROM entries WHERE position <= ?", (upto,))
        return [row[0] for row in sorted(rows)]

    def ids_of_hiding(self) -> list[str]:
        """Stories with an entry that may hide them."""
        rows = self._at_once("id", "SELECT DISTINCT id FROM entries WHERE kind IN ('status', 'delete')")
        return [row[0] for row in sorted(rows)]

    def vectors(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """Those of the rows that are there, as they were packed."""
        found: dict[bytes, bytes] = {}
        for part in _parts(keys):
            query = f"SELECT key, row FROM vectors WHERE key IN ({','.join('?' * len(part))})"  # noqa: S608
            rows = self._at_once("hex(key), hex(row)", query, part)
            found |= {bytes.fromhex(key): bytes.fromhex(row) for key, row in rows}
        return found

    def count_after(self, position: int) -> int:
        """Number of entries after a position."""
        with self._lock, self._faults():
            query = "SELECT count(*) FROM entries WHERE position > ?"
            return int(self._connection.execute(query, (position,)).fetchone()[0])

    @contextlib.contextmanager
    def writing(self) -> Iterator["Writing"]:
        """A change: what is appended in the block is durable when the block has ended, and not at all if it fails.

        Raises:
            IndexBusy: another process writes for very long.
            IndexFault: the disk is full, or cannot be written, or the file is not that of the folder any more.
        """
        with self._lock, self._faults():
            self.check_in_place()
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield Writing(self, self._connection)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def reserve(self, position: int) -> None:
        """See to it that no position up to this one is given out: generations say that they hold these already."""
        if self.position() >= position:
            return
        with self.writing() as writing:
            writing.reserve(position)

    def compact(self, upto: int) -> int:
        """Remove the entries up to a position that later ones up to there have made void; how many.

        `upto` is the least position that a kept generation holds: each of them can still be brought up to date.

        Raises:
            IndexCorrupt: an entry is damaged.
        """
        self.verify()
        removed = 0
        for part in _parts(self.ids(upto)):
            kept = {name: fold(name, entries).entries for name, entries in self.deciding(part, upto, upto)}
            if self._count(part, upto) == sum(map(len, kept.values())):
                continue
            with self.writing() as writing:
                removed += sum(writing.remove(name, upto, entries) for name, entries in kept.items())
        return removed

    def keep_vectors(self, wanted: Callable[[Iterable[Entry]], set[bytes]]) -> int:
        """Remove the vectors that no upsert needs: `wanted` says which some need; how many."""
        query = f"SELECT {_COLUMNS} FROM entries WHERE kind = 'put'"  # noqa: S608
        with self.writing() as writing:
            kept = wanted(self._entries(query, ()))
            return writing.keep_only(kept)

    def _count(self, ids: Sequence[str], upto: int) -> int:
        query = f"SELECT count(*) FROM entries WHERE id IN ({','.join('?' * len(ids))}) AND position <= ?"  # noqa: S608
        with self._lock, self._faults():
            return int(self._connection.execute(query, (*ids, upto)).fetchone()[0])

    def _at_once(self, columns: str, query: str, values: Sequence[Any] = ()) -> list[list[Any]]:
        """Columns of all rows of a query.

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

    def _entries(self, query: str, values: tuple[Any, ...]) -> list[Entry]:
        with self._lock, self._faults():
            return [self._entry(row) for row in self._connection.execute(query, values)]

    def _entry(self, row: tuple[Any, ...]) -> Entry:
        position, at, who, kind, story_id, payload, crc = row
        if _crc(kind, story_id, payload) != crc:
            raise IndexCorrupt(f"{self.path}: entry {position} is damaged; restore the file from a backup")
        return Entry(position, at, who, kind, story_id, payload)

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._fault(error) from None

    def _fault(self, error: sqlite3.Error) -> IndexFault:
        text = str(error)
        if "locked" in text or "busy" in text:
            return IndexBusy(f"{self.path}: another process is writing; try again")
        if isinstance(error, sqlite3.OperationalError | sqlite3.ProgrammingError):
            return IndexFault(f"{self.path}: the journal of live changes cannot be used ({text})")
        return IndexCorrupt(
            f"{self.path}: the journal of live changes is damaged ({text}): restore it from a backup, or move it away "
            "to go on without the changes that no generation holds yet (withdrawals too)"
        )


class Writing:
    """A change in progress, while the journal is locked against other writers."""

    def __init__(self, journal: Journal, connection: sqlite3.Connection) -> None:
        self._journal = journal
        self._connection = connection

    def entries_of(self, story_id: str) -> list[Entry]:
        """The entries of one story, oldest first."""
        return self._journal.entries_of(story_id)

    def append(self, kind: str, story_id: str, payload: Mapping[str, Any], who: str) -> Entry:
        """Add an entry."""
        packed = pack_payload(payload)
        at = time.time_ns() // 1_000_000
        query = "INSERT INTO entries (at, who, kind, id, payload, crc) VALUES (?, ?, ?, ?, ?, ?)"
        values = (at, who, kind, story_id, packed, _crc(kind, story_id, packed))
        position = self._connection.execute(query, values).lastrowid or 0
        return Entry(position, at, who, kind, story_id, packed)

    def keep_vectors(self, rows: Iterable[tuple[bytes, bytes]]) -> None:
        """Add packed rows by key."""
        self._connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    def keep_only(self, keys: set[bytes]) -> int:
        """Remove all rows but those of these keys; how many."""
        there = [key for (key,) in self._connection.execute("SELECT key FROM vectors") if key not in keys]
        self._connection.executemany("DELETE FROM vectors WHERE key = ?", ((key,) for key in there))
        return len(there)

    def remove(self, story_id: str, upto: int, kept: Sequence[Entry]) -> int:
        """Remove a story's entries up to a position, but those that are kept; how many."""
        query = f"DELETE FROM entries WHERE id = ? AND position <= ? AND position NOT IN ({','.join('?' * len(kept))})"  # noqa: S608
        return self._connection.execute(query, (story_id, upto, *(entry.position for entry in kept))).rowcount

    def reserve(self, position: int) -> None:
        """Give out positions behind this one from now on."""
        changed = self._connection.execute(
            "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'entries'", (position,)
        ).rowcount
        if not changed:
            self._connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('entries', ?)", (position,))


def _parts(values: Iterable[T]) -> Iterator[list[T]]:
    values = iter(values)
    while part := list(islice(values, _MANY)):
        yield part


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(
        path,
        timeout=_WAIT_SECONDS,
        check_same_thread=False,
        isolation_level=None,
        cached_statements=_STATEMENTS,
    )
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA cache_size=-{_CACHE_KB}")
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version == 0:
            _create(connection)
        elif version != VERSION:
            raise IndexFormat(f"{path} has format {version}, this version of the recommender reads {VERSION}")
    except BaseException:
        connection.close()
        raise
    return connection


def _file_at(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    if not int(connection.execute("PRAGMA user_version").fetchone()[0]):  # else another process was faster
        for statement in _SCHEMA.split(";\n"):
            if statement.strip():
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def _crc(kind: str, story_id: str, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(f"{kind}\n{story_id}\n".encode("utf-8", "replace")))
