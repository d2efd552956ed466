"""The index folder: its generations, which one is live, and the change from one to another."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recommender.errors import IndexBusy, IndexFault, IndexMissing
from recommender.generation.manifest import Manifest, read_manifest
from recommender.generation.names import new_name
from recommender.generation.pointer import Pointer
from recommender.generation.reader import Generation, remove_unless_open
from recommender.storage import sync_folder


@dataclass(frozen=True)
class Listed:
    """A generation as `recommender index list` shows it; `problem` says why it cannot be used."""

    name: str
    live: bool
    manifest: Manifest | None
    problem: str | None = None


class IndexFolder:
    """Generations under `generations/`; `live.json` names the live one and its predecessors, the newest last."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pointer = Pointer(path)
        self._generations = path / "generations"
        self._verified = ""

    def live_name(self) -> str:
        """The name of the live generation.

        Raises:
            IndexMissing: there is none yet.
        """
        name = self._pointer.read().live
        if name is None:
            raise IndexMissing(
                f"no index in {self.path}: build one with `recommender build CORPUS --index {self.path}` "
                "(or set --index / RECOMMENDER_INDEX to where it is)"
            )
        return name

    def has_live(self) -> bool:
        """Whether a generation is live."""
        return self._pointer.read().live is not None

    def live_token(self) -> tuple[int, int] | None:
        """Changes when another generation goes live: cheap enough to look at on each request."""
        return self._pointer.token()

    def verify(self, name: str) -> None:
        """Compare a generation's bytes with its manifest, and see that it opens.

        The next `open_live` of this object does not read them all again, if it is of this generation.
        """
        Generation(self.folder_of(name)).close()
        self._verified = name

    def open_live(self, checksums: bool = True) -> Generation:
        """Open the live generation."""
        verified, self._verified = self._verified, ""
        while True:
            name = self.live_name()
            try:
                return Generation(self.folder_of(name), checksums and name != verified)
            except IndexFault:
                if self.live_name() == name:  # else it was promoted away and pruned meanwhile
                    raise

    def open(self, name: str, checksums: bool = True) -> Generation:
        """Open the generation of that name."""
        return Generation(self.folder_of(name), checksums)

    def folder_of(self, name: str) -> Path:
        """The folder of a generation.

        Raises:
            IndexMissing: there is none of that name.
        """
        folder = self._generations / name
        # Not by Path, which raises on a name too long for a file.
        if not name or "/" in name or name.startswith(".") or not os.path.isdir(folder):
            known = ", ".join(self.names()) or "none"
            raise IndexMissing(f"no generation {name!r} in {self.path}; there are: {known}")
        return folder

    def names(self) -> list[str]:
        """The generations' names, oldest first."""
        if not self._generations.is_dir():
            return []
        return sorted(path.name for path in self._generations.glob("[!.]*") if path.is_dir())

    def listing(self) -> list[Listed]:
        """All generations, oldest first."""
        live = self._pointer.read().live
        result = []
        for name in self.names():
            try:
                result.append(Listed(name, name == live, read_manifest(self._generations / name)))
            except IndexFault as error:
                result.append(Listed(name, name == live, None, str(error)))
        return result

    def create(self) -> tuple[str, Path]:
        """A new generation's name, behind those of all others, and the temporary folder to write it in.

        Raises:
            IndexFault: the folder cannot be written.
        """
        left = [path.name[1 : -len(".tmp")] for path in self._generations.glob(".*.tmp")]  # by builds that were killed
        name = new_name([*self.names(), *left])
        temporary = self._generations / f".{name}.tmp"
        try:
            temporary.mkdir(parents=True)
        except OSError as error:
            raise IndexFault(f"{self.path}: cannot be written ({error.strerror}); choose another --index") from None
        return name, temporary

    def adopt(self, name: str, temporary: Path) -> Path:
        """Verify a written generation by opening it, then give it its name."""
        Generation(temporary).close()
        folder = self._generations / name
        temporary.rename(folder)
        sync_folder(self._generations)
        return folder

    def promote(self, name: str) -> None:
        """Verify a generation and make it the live one, also where the pointer to that is damaged."""
        self.verify(name)
        with self._pointer.held():
            live, history = self._pointer.read_what_can_be()
            if live != name:
                self._pointer.write(name, [old for old in history if old != name] + ([live] if live else []))

    def rollback(self) -> str:
        """Go back to the generation that was live before, and return its name.

        Raises:
            IndexMissing: there is none to go back to.
        """
        with self._pointer.held():
            live, history = self._pointer.read()
            there = set(self.names())
            for place in range(len(history) - 1, -1, -1):
                if history[place] in there and history[place] != live:
                    self.verify(history[place])
                    self._pointer.write(history[place], history[:place])
                    return history[place]
        raise IndexMissing(f"{self.path}: no earlier generation to go back to")

    def candidates(self) -> list[str]:
        """The generations, the one to be served first: the live one, those before it, then the newest."""
        live, history = self._pointer.read_what_can_be()
        there = self.names()
        wanted = [*([live] if live else []), *reversed(history), *reversed(there)]
        return [name for name in dict.fromkeys(wanted) if name in there]

    def repoint(self, name: str) -> None:
        """Make a generation the live one where the pointer, or what it names, is damaged."""
        with self._pointer.held():
            self._pointer.write(name, [old for old in self._pointer.read_what_can_be().history if old != name])

    def sweep(self) -> None:
        """Remove what a process that was killed has left behind.

        Raises:
            IndexFault: another process is changing the folder, or it cannot be written.
        """
        with self.lock():
            self.clear()

    def clear(self) -> None:
        """The same for who holds the lock: a build needs the disk that a killed one has left full."""
        self._clear_unfinished()
        self._pointer.clear()

    def _clear_unfinished(self) -> None:
        for leftover in self._generations.glob(".*.tmp") if self._generations.is_dir() else ():
            shutil.rmtree(leftover, ignore_errors=True)

    def spared(self) -> dict[str, str]:
        """The generations that `prune` leaves however old they are, and why."""
        live, history = self._pointer.read()
        why = dict.fromkeys(history[-1:], "the one before the live one")
        return why | ({live: "the live one"} if live else {})

    def prune(self, keep: int) -> list[str]:
        """Remove all but the newest `keep` generations; never those that are `spared`, or one that is open.

        What failed builds left, and lists of records that were rejected for a generation that is gone, go as well.
        """
        spared = self.spared()
        old = [name for name in self.names()[: -keep or None] if name not in spared]
        removed = [name for name in old if remove_unless_open(self._generations / name)]
        self._clear_unfinished()
        if self._generations.is_dir():
            kept = set(self.names())
            for rejected in self._generations.glob("*.rejected.jsonl"):
                if rejected.name.removesuffix(".rejected.jsonl") not in kept:
                    rejected.unlink(missing_ok=True)
        return removed

    @contextlib.contextmanager
    def lock(self, *, make: bool = False) -> Iterator[None]:
        """Hold the folder for a change: one builder at a time; `make` it where it is not there yet.

        Raises:
            IndexBusy: another process holds it.
            IndexMissing: there is no such folder, and none is to be made.
            IndexFault: the folder cannot be written.
        """
        try:
            if make:
                self.path.mkdir(parents=True, exist_ok=True)
            elif not self.path.is_dir():
                self.live_name()  # says that there is no index, and how to make one
            file = (self.path / "lock").open("a+")
        except OSError as error:
            raise IndexFault(f"{self.path}: cannot be written ({error.strerror}); choose another --index") from None
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                holder = file.read().strip() or "another process"
                raise IndexBusy(f"{self.path} is being changed by {holder}; wait until it is done") from None
            file.seek(0)
            file.truncate()
            file.write(f"process {os.getpid()}")
            file.flush()
            yield
