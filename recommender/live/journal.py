"""The journal of live changes: an entry for each, in the order in which they were acknowledged."""

import contextlib
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from recommender.errors import IndexCorrupt
from recommender.live.database import Database, marks, parts
from recommender.live.kept import KeptVectors
from recommender.live.state import Entry, fold, pack_payload

FILE = "journal.sqlite"
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


class Journal:
    """The journal of an index folder; safe to use from several threads.

    A writer and whoever watches for changes take one object each: `version` tells of the changes of others.

    Raises:
        IndexFormat, IndexCorrupt, IndexFault: it cannot be used (see `Database`).
    """

    def __init__(self, folder: Path) -> None:
        self._database = Database(folder / FILE)
        self.path = self._database.path
        self.is_read_only = self._database.is_read_only
        self.vectors = KeptVectors(self._database)

    def check_in_place(self) -> None:
        """See to it that this is still the journal of the folder: nobody would find again what another is told.

        Raises:
            IndexFault: the file that is open was moved away, removed or replaced.
        """
        self._database.check_in_place()

    def another(self) -> "Journal":
        """One more connection to it.

        Raises:
            IndexFault: it is not there any more.
        """
        self.check_in_place()
        return Journal(self.path.parent)

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    def version(self) -> int:
        """A number that changes when another connection, of this process or another, has committed a change."""
        return self._database.version()

    def position(self) -> int:
        """The position of the last entry; 0 = none yet."""
        rows = self._database.rows("SELECT seq FROM sqlite_sequence WHERE name = 'entries'")
        return int(rows[0][0]) if rows else 0

    def entries_of(self, story_id: str) -> list[Entry]:
        """The entries of one story, oldest first."""
        query = f"SELECT {_COLUMNS} FROM entries WHERE id = ? ORDER BY position"  # noqa: S608
        return [self._entry(row) for row in self._database.rows(query, (story_id,))]

    def verify(self) -> None:
        """Read every entry: one that is damaged might say that a story was withdrawn, and not be asked for again.

        Raises:
            IndexCorrupt: there is one.
        """
        for row in self._database.each(f"SELECT {_COLUMNS} FROM entries"):  # noqa: S608
            self._entry(row)

    def ids_after(self, position: int) -> tuple[list[str], int]:
        """Stories that were changed after a position, each once, in order of their first change; the last position."""
        query = "SELECT min(position) AS first, max(position) AS last, id FROM entries WHERE position > ? GROUP BY id"
        rows = self._database.at_once("first, last, id", query, (position,))
        return [row[2] for row in sorted(rows)], max((row[1] for row in rows), default=position)

    def deciding(self, ids: Iterable[str], folded: int, upto: int | None = None) -> Iterator[tuple[str, list[Entry]]]:
        """The entries of several stories that may count (see `fold`), oldest first: up to a position, or all.

        What `fold` makes of them, or of those up to `folded`, is what it makes of all the entries that there are: of a
        story that changes all day these are hundreds.
        """
        end = 2**62 if upto is None else upto
        for part in parts(ids):
            query = _DECIDING.format(ids=marks(part))
            rows = self._database.at_once("position, at, who, kind, id, hex(payload), crc", query, (*part, end, folded))
            found: dict[str, list[Entry]] = {story_id: [] for story_id in part}
            for *row, payload, crc in sorted(rows):
                entry = self._entry((*row, bytes.fromhex(payload), crc))
                found[entry.id].append(entry)
            yield from found.items()

    def ids(self, upto: int) -> list[str]:
        """Stories that were changed up to a position."""
        rows = self._database.at_once("id", "SELECT DISTINCT id FROM entries WHERE position <= ?", (upto,))
        return [row[0] for row in sorted(rows)]

    def ids_of_hiding(self) -> list[str]:
        """Stories with an entry that may hide them."""
        query = "SELECT DISTINCT id FROM entries WHERE kind IN ('status', 'delete')"
        return [row[0] for row in sorted(self._database.at_once("id", query))]

    def count_after(self, position: int) -> int:
        """Number of entries after a position."""
        return int(self._database.rows("SELECT count(*) FROM entries WHERE position > ?", (position,))[0][0])

    @contextlib.contextmanager
    def writing(self) -> Iterator["Writing"]:
        """A change: what is appended in the block is durable when the block has ended, and not at all if it fails.

        Raises:
            IndexBusy: another process writes for very long.
            IndexFault: the disk is full, or cannot be written, or the file is not that of the folder any more.
        """
        with self._database.writing():
            yield Writing(self, self._database)

    def reserve(self, position: int) -> None:
        """See to it that no position up to this one is given out: generations say that they hold these already."""
        if self.is_read_only or self.position() >= position:
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
        for part in parts(self.ids(upto)):
            kept = {name: fold(name, entries).entries for name, entries in self.deciding(part, upto, upto)}
            if self._count(part, upto) == sum(map(len, kept.values())):
                continue
            with self.writing() as writing:
                removed += sum(writing.remove(name, upto, entries) for name, entries in kept.items())
        return removed

    def keep_vectors(self, needed: Callable[[Iterable[Entry]], set[bytes]]) -> int:
        """Remove the vectors that no upsert needs: `needed` says which some need; how many.

        Others may change stories while the upserts are read, which may be all stories that there are.
        """
        upto = self.position()
        idle = list(self.vectors.keys() - needed(self._puts(0)))
        removed = 0
        for part in parts(idle):
            with self.writing():
                void = set(part) - needed(self._puts(upto))
                self.vectors.remove(void)
            removed += len(void)
        return removed

    def _puts(self, after: int) -> Iterator[Entry]:
        query = f"SELECT {_COLUMNS} FROM entries WHERE kind = 'put' AND position > ?"  # noqa: S608
        return map(self._entry, self._database.each(query, (after,)))

    def _count(self, ids: Sequence[str], upto: int) -> int:
        query = f"SELECT count(*) FROM entries WHERE id IN ({marks(ids)}) AND position <= ?"  # noqa: S608
        return int(self._database.rows(query, (*ids, upto))[0][0])

    def _entry(self, row: tuple[Any, ...]) -> Entry:
        position, at, who, kind, story_id, payload, crc = row
        if _crc(kind, story_id, payload) != crc:
            raise IndexCorrupt(f"{self.path}: entry {position} is damaged; restore the file from a backup")
        return Entry(position, at, who, kind, story_id, payload)


class Writing:
    """A change in progress, while the journal is locked against other writers."""

    def __init__(self, journal: Journal, database: Database) -> None:
        self._journal = journal
        self._database = database

    def entries_of(self, story_id: str) -> list[Entry]:
        """The entries of one story, oldest first."""
        return self._journal.entries_of(story_id)

    def append(self, kind: str, story_id: str, payload: Mapping[str, Any], who: str) -> Entry:
        """Add an entry."""
        packed = pack_payload(payload)
        at = time.time_ns() // 1_000_000
        query = "INSERT INTO entries (at, who, kind, id, payload, crc) VALUES (?, ?, ?, ?, ?, ?)"
        values = (at, who, kind, story_id, packed, _crc(kind, story_id, packed))
        position = self._database.execute(query, values).lastrowid or 0
        return Entry(position, at, who, kind, story_id, packed)

    def keep_vectors(self, packed: Iterable[tuple[bytes, bytes]]) -> None:
        """Add packed vectors by key."""
        self._journal.vectors.add(packed)

    def remove(self, story_id: str, upto: int, kept: Sequence[Entry]) -> int:
        """Remove a story's entries up to a position, but those that are kept; how many."""
        query = f"DELETE FROM entries WHERE id = ? AND position <= ? AND position NOT IN ({marks(kept)})"  # noqa: S608
        return self._database.execute(query, (story_id, upto, *(entry.position for entry in kept))).rowcount

    def reserve(self, position: int) -> None:
        """Give out positions behind this one from now on."""
        changed = self._database.execute(
            "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'entries'", (position,)
        ).rowcount
        if not changed:
            self._database.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('entries', ?)", (position,))


def _crc(kind: str, story_id: str, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(f"{kind}\n{story_id}\n".encode("utf-8", "replace")))
