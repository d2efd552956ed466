"""Worker threads with a bounded queue, so that the event loop never computes and nobody waits for ever."""

import asyncio
import math
import time
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, TypeVar, TypeVarTuple, cast

from recommender.errors import Overloaded

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

MANY = 2
"""Fewer calls for a thread are no overload, however long a busy machine takes for them."""


class Work:
    """A pool of `threads`; at most `queue` calls wait for one.

    Where many wait (`MANY` times the threads), and the first of them for longer than `patience` seconds, no further one
    is taken, and those that have waited for so long are given up: whoever asks too much is told at once, and when the
    load ends, what is left of it keeps nobody waiting.

    Args:
        name: of the threads.
        threads: so many calls run at a time.
        queue: so many wait at most.
        patience: see above.
        waited: is told how long each call has waited, seconds.
    """

    def __init__(
        self,
        name: str,
        threads: int,
        queue: int,
        patience: float = math.inf,
        waited: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        self._name = name
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._most = threads + queue
        self._threads = threads
        self._patience = patience
        self._waited = waited
        self._pending = 0
        self._queued: dict[object, float] = {}  # when each call that waits came, the first one first
        self._lock = Lock()
        self._shared: dict[Hashable, asyncio.Task[Any]] = {}

    @property
    def pending(self) -> int:
        """Calls that run or wait."""
        return self._pending

    @property
    def _many(self) -> bool:
        return len(self._queued) >= MANY * self._threads

    @property
    def waiting(self) -> int:
        """Calls that wait for a thread."""
        return len(self._queued)

    async def run(self, function: Callable[[*Ts], T], *arguments: *Ts) -> T:
        """Call a function in a thread of the pool.

        Raises:
            Overloaded: too many calls wait.
        """
        call, now = object(), time.monotonic()
        with self._lock:
            self._check(now)
            self._pending += 1
            self._queued[call] = now
        try:
            future = self._pool.submit(lambda: self._begin(call, function, *arguments))
        except RuntimeError:  # the pool was shut down: the service is stopping
            self._done(call)
            raise Overloaded(self._name) from None
        future.add_done_callback(lambda _: self._done(call))
        return await asyncio.wrap_future(future)

    async def run_shared(self, key: Hashable, function: Callable[[*Ts], T], *arguments: *Ts) -> T:
        """As `run`; calls of the same key at the same time are one call."""
        task = self._shared.get(key)
        if task is None:
            task = asyncio.ensure_future(self.run(function, *arguments))
            self._shared[key] = task
            task.add_done_callback(lambda done: self._forget(key, done))
        return cast(T, await asyncio.shield(task))  # one caller that gives up must not take the answer from the others

    def close(self) -> None:
        """Finish what runs, drop what waits."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def check(self) -> None:
        """See whether a call would be taken now.

        Raises:
            Overloaded: it would not.
        """
        with self._lock:
            self._check(time.monotonic())

    def _check(self, now: float) -> None:
        if self._pending >= self._most or (self._many and now - next(iter(self._queued.values())) > self._patience):
            raise Overloaded(self._name)

    def _begin(self, call: object, function: Callable[[*Ts], T], *arguments: *Ts) -> T:
        with self._lock:
            waited = time.monotonic() - self._queued.pop(call)
            many = self._many
        self._waited(waited)
        if many and waited > self._patience:
            raise Overloaded(self._name)
        return function(*arguments)

    def _done(self, call: object) -> None:
        with self._lock:
            self._pending -= 1
            self._queued.pop(call, None)  # it was cancelled while it waited

    def _forget(self, key: Hashable, task: "asyncio.Task[Any]") -> None:
        self._shared.pop(key, None)
        if not task.cancelled():
            task.exception()  # every caller may have gone: an error that nobody awaits is not worth a warning
