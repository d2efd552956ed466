"""What following sources remembers from one round to the next: a SQLite file beside the index."""

import hashlib
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from recommender.errors import CorpusError
from recommender.stories import Story, dump_record

FILE = "sync.sqlite"
_TABLES = """
CREATE TABLE IF NOT EXISTS source (
  name TEXT PRIMARY KEY, etag TEXT, modified TEXT,
  failures INTEGER NOT NULL DEFAULT 0, not_before REAL NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS item (source TEXT NOT NULL, id TEXT NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (source, id));
CREATE TABLE IF NOT EXISTS page (source TEXT NOT NULL, url TEXT NOT NULL, changed TEXT, PRIMARY KEY (source, url));
"""


@dataclass(frozen=True, slots=True)
class Visit:
    """The last fetch of a source: what to ask with next time, how often it failed since, and when to ask again."""

    etag: str | None = None
    modified: str | None = None
    failures: int = 0
    not_before: float = 0.0

    @property
    def conditions(self) -> dict[str, str]:
        """Headers of a conditional request."""
        stated = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in stated.items() if value}


class Memory:
    """Visits, and what was taken over: a hash of each item's content, the date of each page."""

    def __init__(self, folder: Path) -> None:
        """Open the file, or make it.

        Raises:
            CorpusError: it cannot be used.
        """
        path = folder / FILE
        try:
            self._file = sqlite3.connect(path, timeout=30.0)
            self._file.executescript(_TABLES)
        except sqlite3.Error as error:
            raise CorpusError(f"{path} cannot be used: {error}") from None

    def visit(self, source: str) -> Visit:
        """The last fetch of a source."""
        row = self._file.execute(
            "SELECT etag, modified, failures, not_before FROM source WHERE name = ?", (source,)
        ).fetchone()
        return Visit(*row) if row else Visit()

    def visited(self, source: str, visit: Visit) -> None:
        """Remember a fetch."""
        with self._file:
            self._file.execute(
                "INSERT OR REPLACE INTO source VALUES (?, ?, ?, ?, ?)",
                (source, visit.etag, visit.modified, visit.failures, visit.not_before),
            )

    def is_new(self, source: str, story: Story) -> bool:
        """Whether a story was not taken over in this form."""
        row = self._file.execute("SELECT hash FROM item WHERE source = ? AND id = ?", (source, story.id)).fetchone()
        return row is None or bytes(row[0]) != content_hash(story)

    def taken(self, source: str, stories: Iterable[Story]) -> None:
        """Remember stories that were taken over."""
        with self._file:
            rows = ((source, story.id, content_hash(story)) for story in stories)
            self._file.executemany("INSERT OR REPLACE INTO item VALUES (?, ?, ?)", rows)

    def page_changed(self, source: str, url: str, changed: str | None) -> bool:
        """Whether a page was not read, or its sitemap gives it another date than when it was."""
        row = self._file.execute("SELECT changed FROM page WHERE source = ? AND url = ?", (source, url)).fetchone()
        return row is None or row[0] != changed

    def page_read(self, source: str, url: str, changed: str | None) -> None:
        """Remember that a page was read."""
        with self._file:
            self._file.execute("INSERT OR REPLACE INTO page VALUES (?, ?, ?)", (source, url, changed))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def content_hash(story: Story) -> bytes:
    """A hash of all that a story says, `modified` aside: feeds touch it without a change."""
    record = {name: value for name, value in story.to_record().items() if name != "modified"}
    return hashlib.sha256(dump_record(record)).digest()[:16]
