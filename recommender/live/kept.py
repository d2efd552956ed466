"""The vectors that live changes were given, kept with the journal: what one process embeds no other does again."""

from collections.abc import Iterable, Sequence

from recommender.live.database import Database, marks, parts


class KeptVectors:
    """Packed vectors by key (see `vectors.content_key`); what is added or removed is so in a change of the journal."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """Those of the vectors that are there, as they were packed."""
        found: dict[bytes, bytes] = {}
        for part in parts(keys):
            query = f"SELECT key, row FROM vectors WHERE key IN ({marks(part)})"  # noqa: S608
            rows = self._database.at_once("hex(key), hex(row)", query, part)
            found |= {bytes.fromhex(key): bytes.fromhex(row) for key, row in rows}
        return found

    def keys(self) -> set[bytes]:
        """All keys."""
        return {key for (key,) in self._database.each("SELECT key FROM vectors")}

    def add(self, packed: Iterable[tuple[bytes, bytes]]) -> None:
        """Add vectors by key."""
        self._database.execute_many("INSERT OR REPLACE INTO vectors VALUES (?, ?)", packed)

    def remove(self, keys: Iterable[bytes]) -> None:
        """Remove vectors."""
        self._database.execute_many("DELETE FROM vectors WHERE key = ?", ((key,) for key in keys))
