"""One answer is computed at a time, and others can see whether more wait."""

from threading import Lock
from types import TracebackType


class Turns:
    """A lock that knows how many want it.

    Threads that compute at once take Python's lock from each other at every short call of numpy, and each answer costs
    twice the time; they still wait for the encoder together, so that it can batch.
    """

    def __init__(self) -> None:
        self._turn, self._counting = Lock(), Lock()
        self._wanting = 0

    @property
    def are_wanted(self) -> bool:
        """Whether one computes and another waits for it: who comes now will have to wait anyway."""
        return self._wanting > 1

    def __enter__(self) -> None:
        with self._counting:
            self._wanting += 1
        self._turn.acquire()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._turn.release()
        with self._counting:
            self._wanting -= 1
