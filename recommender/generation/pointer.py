"""The small file that says which generation is live, and which were before."""

import contextlib
import fcntl
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from recommender.errors import IndexCorrupt, IndexFault, IndexMissing
from recommender.storage import read_json, write_json

HISTORY = 20
"""Promotions that are remembered, for rolling back."""


class Pointed(NamedTuple):
    """The live generation's name (None: there is none yet), and its predecessors, the newest last."""

    live: str | None
    history: list[str]


class Pointer:
    """`live.json` of an index folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "live.json"

    def read(self) -> Pointed:
        """What it says.

        Raises:
            IndexCorrupt: it is damaged.
        """
        if not self._path.exists():
            return Pointed(None, [])
        content = read_json(self._path)
        try:
            return Pointed(str(content["generation"]), [str(name) for name in content.get("history", [])])
        except (AttributeError, KeyError, TypeError):
            raise IndexCorrupt(f"{self._path}: is damaged; promote a generation of those in generations/") from None

    def read_what_can_be(self) -> Pointed:
        """The same, and nothing where it is damaged."""
        try:
            return self.read()
        except IndexCorrupt:
            return Pointed(None, [])

    def write(self, live: str, history: Sequence[str]) -> None:
        """Replace it, in one step; by whom it is `held`."""
        write_json(self._path, {"generation": live, "history": list(history[-HISTORY:])})

    def token(self) -> tuple[int, int] | None:
        """Another one whenever it was written; None where there is none."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold it for a change: a moment, also while something is built.

        Raises:
            IndexMissing: there is no index folder.
            IndexFault: it cannot be written.
        """
        try:
            file = (self._folder / ".live.lock").open("ab")
        except FileNotFoundError:
            raise IndexMissing(f"no index in {self._folder}: build one with `recommender build CORPUS`") from None
        except OSError as error:
            raise IndexFault(f"{self._folder}: cannot be written ({error.strerror})") from None
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def clear(self) -> None:
        """Remove what a process that was killed while it wrote has left."""
        with self.held():
            for file in self._folder.glob(f".{self._path.name}.*.tmp"):
                file.unlink(missing_ok=True)
