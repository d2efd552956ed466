"""Worker threads with a bounded queue, so that the event loop never computes and nobody waits for ever."""

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any, TypeVar, TypeVarTuple, cast

from recommender.errors import Overloaded

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Work:
    """A pool of `threads`; at most `queue` calls wait for one."""

    def __init__(self, name: str, threads: int, queue: int) -> None:
        self._name = name
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._most = threads + queue
        self._threads = threads
        self._pending = 0
        self._lock = Lock()
        self._shared: dict[Hashable, asyncio.Task[Any]] = {}

    @property
    def pending(self) -> int:
        """Calls that run or wait."""
        return self._pending

    @property
    def waiting(self) -> int:
        """Calls that wait for a thread."""
        return max(0, self._pending - self._threads)

    async def run(self, function: Callable[[*Ts], T], *arguments: *Ts) -> T:
        """Call a function in a thread of the pool.

        Raises:
            Overloaded: too many calls wait.
        """
        with self._lock:
            if self._pending >= self._most:
                raise Overloaded(self._name)
            self._pending += 1
        try:
            future = self._pool.submit(function, *arguments)
        except RuntimeError:  # the pool was shut down: the service is stopping
            self._done()
            raise Overloaded(self._name) from None
        future.add_done_callback(self._done)
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

    def _done(self, _: "Future[Any] | None" = None) -> None:
        with self._lock:
            self._pending -= 1

    def _forget(self, key: Hashable, task: "asyncio.Task[Any]") -> None:
        self._shared.pop(key, None)
        if not task.cancelled():
            task.exception()  # every caller may have gone: an error that nobody awaits is not worth a warning
