"""The one owner of an embedder in a server: one thread that encodes, for all who ask."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import NamedTuple

from recommender.embedding.embedder import Embedder, Role, readable
from recommender.errors import Overloaded, Stopping
from recommender.vectors import Float32


class Encoded(NamedTuple):
    """A text's unit `vector` (dim,) float32, not writeable, and whether the text was `truncated`."""

    vector: Float32
    truncated: bool


class _Key(NamedTuple):
    role: Role
    text: str
    cut: bool


HELD = 0.05
"""Longest that a text waits for others when nobody could use its vector sooner, seconds."""
ENOUGH = 4
"""So many need not wait for more: together they take little longer, for each text, than sixteen do."""
_STEP = 0.001


class QueryEncoder:
    """Encodes one text at once when idle, and those that came meanwhile together when busy.

    Encoding four short texts together takes half the processor's time of encoding each (the model's weights are read
    once), so a few that may wait are also gathered while nobody could use their vectors yet (`hold_while`).
    The same text asked for twice at a time is encoded once; the last `remembered` queries are not encoded again.

    Args:
        embedder: used by this object's thread alone from now on, and closed with it.
        max_batch: most texts encoded together.
        max_waiting: most texts that wait; beyond it a caller is told to come again.
        remembered: vectors kept.
    """

    def __init__(
        self, embedder: Embedder, *, max_batch: int = 16, max_waiting: int = 256, remembered: int = 1_024
    ) -> None:
        self._embedder = embedder
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._capacity = remembered
        self._remembered: OrderedDict[_Key, Encoded] = OrderedDict()
        self._pending: dict[_Key, Future[Encoded]] = {}  # waiting or being encoded
        self._waiting: deque[_Key] = deque()
        self._changed = threading.Condition()
        self._urgent = False  # one that waits must not
        self._closed = False
        self._busy: Callable[[], bool] = lambda: False
        self.texts_encoded = 0
        self.batches_run = 0
        self.recalled = 0
        self._thread = threading.Thread(target=self._work, name="query-encoder", daemon=True)
        self._thread.start()

    @property
    def embedder(self) -> Embedder:
        """For what it is: name, fingerprint, dim, runtime."""
        return self._embedder

    @property
    def waiting(self) -> int:
        """Texts that wait now."""
        return len(self._waiting)

    def hold_while(self, busy: Callable[[], bool]) -> None:
        """Gather texts that may wait, at most `HELD` seconds, while `busy` says that nobody could use their vectors."""
        self._busy = busy

    def submit(self, text: str, role: Role = Role.QUERY, *, may_wait: bool = False) -> Future[Encoded]:
        """The vector of a text, as a future that cannot be cancelled (others may share it).

        Args:
            text: any.
            role: what it is.
            may_wait: for others to come (see `hold_while`).

        Raises:
            Overloaded: too many texts wait.
            Stopping: the encoder is closed.
        """
        key = _Key(role, *readable(text, self._embedder.max_chars))
        with self._changed:
            if self._closed:
                raise Stopping("the query encoder")
            if (known := self._remembered.get(key)) is not None:
                self._remembered.move_to_end(key)
                self.recalled += 1
                future: Future[Encoded] = Future()
                future.set_result(known)
                return future
            if not may_wait:
                self._urgent = True
                self._changed.notify()
            if (pending := self._pending.get(key)) is not None:
                return pending
            if len(self._waiting) >= self._max_waiting:
                raise Overloaded("the query encoder")
            future = Future()
            future.set_running_or_notify_cancel()
            self._pending[key] = future
            self._waiting.append(key)
            self._changed.notify()
            return future

    def encode(self, text: str, role: Role = Role.QUERY, timeout: float = 30.0) -> Encoded:
        """The vector of a text.

        Raises:
            Overloaded: too many texts wait, or `timeout` seconds were not enough.
            Stopping: the encoder is closed.
        """
        return self.result(self.submit(text, role), timeout)

    def result(self, encoding: Future[Encoded], timeout: float = 30.0) -> Encoded:
        """What `submit` promised.

        Raises:
            Overloaded: `timeout` seconds were not enough.
        """
        try:
            return encoding.result(timeout)
        except TimeoutError:
            raise Overloaded("the query encoder") from None

    def close(self) -> None:
        """Finish what waits, take no more, and close the embedder."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify()
        self._thread.join()
        self._embedder.close()

    def _work(self) -> None:
        while batch := self._take():
            for group in _groups(batch):
                self._encode(group)

    def _take(self) -> list[_Key]:
        """What waits, oldest first; empty once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            until = time.monotonic() + HELD
            while self._busy() and not self._urgent and len(self._waiting) < ENOUGH and time.monotonic() < until:
                self._changed.wait(_STEP)
            self._urgent = len(self._waiting) > self._max_batch
            return [self._waiting.popleft() for _ in range(min(self._max_batch, len(self._waiting)))]

    def _encode(self, group: list[_Key]) -> None:
        try:
            rows, truncated = self._embedder.embed([key.text for key in group], group[0].role)
        except Exception as error:
            for future in self._finish(group):
                future.set_exception(error)
            return
        results = [_own(row, key.cut or bool(cut)) for key, row, cut in zip(group, rows, truncated, strict=True)]
        for future, result in zip(self._finish(group, results), results, strict=True):
            future.set_result(result)

    def _finish(self, group: list[_Key], results: list[Encoded] | None = None) -> list[Future[Encoded]]:
        with self._changed:
            self.batches_run += 1
            self.texts_encoded += len(group)
            if group[0].role is Role.QUERY:  # a story is embedded once; whoever needs its vector again finds it stored
                self._remembered.update(zip(group, results or [], strict=False))
            while len(self._remembered) > self._capacity:
                self._remembered.popitem(last=False)
            return [self._pending.pop(key) for key in group]


def _own(row: Float32, truncated: bool) -> Encoded:
    """A result that holds its row alone, not the batch's, and that no caller can change for the others."""
    vector = row.copy()
    vector.flags.writeable = False
    return Encoded(vector, truncated)


def _groups(batch: list[_Key]) -> Iterator[list[_Key]]:
    """Texts of one role and of similar length: a headline does not wait for an article, nor is it padded to one."""
    group: list[_Key] = []
    for key in sorted(batch, key=lambda key: (key.role, len(key.text))):
        if group and (key.role != group[0].role or len(key.text) > 2 * len(group[0].text) + 64):
            yield group
            group = []
        group.append(key)
    yield group
