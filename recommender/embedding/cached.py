"""A content-addressed cache of rows: a text that was embedded once is never embedded again."""

import hashlib
import logging
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from recommender.embedding.embedder import Embedded, Embedder, Notice, Role
from recommender.embedding.packed import pack, unpack
from recommender.embedding.query_encoder import Encoded
from recommender.vectors import Mask

Halves: TypeAlias = NDArray[np.float16]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS embeddings (
    key BLOB PRIMARY KEY,       -- first 16 bytes of SHA-256 over fingerprint, role and text
    row BLOB NOT NULL           -- little-endian float16, dim numbers; truncated, 1 byte; CRC-32 of these, 4 bytes
) WITHOUT ROWID
"""
_WAIT_SECONDS = 30
_LOOKUP = 500
_COMMIT_EVERY = 4_096


class CachedEmbedder:
    """An `Embedder` before which stands a file of the rows it has given.

    Rows pass through float16, fresh ones too: what comes back is the same bits whether it was in the cache or not,
    and what an index stores as float16 loses nothing (their length is 1 within 0.001). Several processes may share
    the file. A file that cannot be used is moved aside and started afresh: a cache costs time at most.
    """

    def __init__(self, embedder: Embedder, path: Path, notice: Notice | None = None) -> None:
        self._embedder = embedder
        self._path = path
        self._notice = notice or logging.getLogger(__name__).warning
        self._lock = threading.Lock()
        self.hits = 0
        self.misses = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = self._open_or_restart()

    @property
    def name(self) -> str:
        """The model's name."""
        return self._embedder.name

    @property
    def fingerprint(self) -> str:
        """The embedder's: the cache changes no identity."""
        return self._embedder.fingerprint

    @property
    def runtime(self) -> str:
        """The embedder's."""
        return self._embedder.runtime

    @property
    def dim(self) -> int:
        """Numbers in a row."""
        return self._embedder.dim

    @property
    def max_tokens(self) -> int:
        """Tokens of a text that are read."""
        return self._embedder.max_tokens

    @property
    def max_chars(self) -> int:
        """Characters of a text that are read."""
        return self._embedder.max_chars

    def __len__(self) -> int:
        with self._lock:
            return int(self._connection.execute("SELECT count(*) FROM embeddings").fetchone()[0])

    def embed(self, texts: Sequence[str], role: Role) -> Embedded:
        """Rows (n, dim) float32: those known are read, the others embedded, each distinct text once, and kept."""
        keys = _keys(self.fingerprint, role, texts)
        rows = np.empty((len(texts), self.dim), np.float32)
        truncated = np.zeros(len(texts), np.bool_)
        places: dict[bytes, list[int]] = {}
        for place, key in enumerate(keys):
            places.setdefault(key, []).append(place)
        with self._lock:
            for key, known in self._read(list(places)):
                for place in places.pop(key):
                    rows[place], truncated[place] = known
            missing = list(places.items())
            self.hits += len(texts) - sum(len(positions) for _, positions in missing)
            self.misses += len(missing)
            for start in range(0, len(missing), _COMMIT_EVERY):
                part = missing[start : start + _COMMIT_EVERY]
                fresh = self._embedder.embed([texts[positions[0]] for _, positions in part], role)
                halves = fresh.rows.astype("<f2")
                self._write([key for key, _ in part], halves, fresh.truncated)
                for (_, positions), half, cut in zip(part, halves, fresh.truncated, strict=True):
                    rows[positions], truncated[positions] = half, cut
        return Embedded(rows, truncated)

    def close(self) -> None:
        """Close the file and the embedder."""
        with self._lock:
            self._connection.close()
        self._embedder.close()

    def _read(self, keys: list[bytes]) -> Iterator[tuple[bytes, Encoded]]:
        """Those of the keys that are known, each with its row."""
        keys = sorted(keys)
        try:
            for start in range(0, len(keys), _LOOKUP):
                part = keys[start : start + _LOOKUP]
                query = f"SELECT key, row FROM embeddings WHERE key IN ({','.join('?' * len(part))})"  # noqa: S608
                for key, packed in self._connection.execute(query, part).fetchall():
                    if (known := unpack(packed, self.dim)) is not None:
                        yield key, known
        except sqlite3.DatabaseError as error:
            self._recover(error)

    def _write(self, keys: list[bytes], halves: Halves, truncated: Mask) -> None:
        packed = (pack(half, cut) for half, cut in zip(halves, truncated.tolist(), strict=True))
        try:
            with self._connection:
                self._connection.executemany(
                    "INSERT OR REPLACE INTO embeddings VALUES (?, ?)", sorted(zip(keys, packed, strict=True))
                )
        except sqlite3.DatabaseError as error:
            self._recover(error)

    def _recover(self, error: sqlite3.DatabaseError) -> None:
        """Go on with an empty cache: in memory where the file is locked or cannot be written, else in a new file."""
        self._connection.close()
        if isinstance(error, sqlite3.OperationalError):
            self._notice(f"the vector cache {self._path} is not used from now on: {error}")
            self._connection = _open(Path(":memory:"))
        else:
            self._move_aside(error)
            self._connection = self._open_or_restart()

    def _open_or_restart(self) -> sqlite3.Connection:
        try:
            return _open(self._path)
        except sqlite3.OperationalError as error:
            self._notice(f"the vector cache {self._path} is not used: {error}")
            return _open(Path(":memory:"))
        except sqlite3.DatabaseError as error:
            self._move_aside(error)
            return _open(self._path)

    def _move_aside(self, error: sqlite3.DatabaseError) -> None:
        aside = self._path.with_name(f"{self._path.name}.damaged-{time.time_ns()}")
        for suffix in ("-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        if self._path.exists():
            self._path.rename(aside)
        self._notice(f"the vector cache {self._path} is damaged ({error}); moved to {aside.name} and started afresh")


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_WAIT_SECONDS, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(_SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection


def _keys(fingerprint: str, role: Role, texts: Sequence[str]) -> list[bytes]:
    start = hashlib.sha256(f"{fingerprint}\n{role.value}\n".encode())
    keys = []
    for text in texts:
        state = start.copy()
        state.update(text.encode("utf-8", "surrogatepass"))
        keys.append(state.digest()[:16])
    return keys
