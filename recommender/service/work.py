"""Worker threads with a bounded queue, so that the event loop never computes and nobody waits for ever."""

import asyncio
import math
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Any, TypeVar, TypeVarTuple, cast

from recommender.errors import Overloaded, Stopping

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
First = Callable[[], Future[Any] | None]
"""Begins something; None: there is nothing to wait for."""

MANY = 16
"""Fewer calls that wait are no overload, however long a busy machine takes for them."""
MEMORY = 32
"""The pace is that of about so many calls."""


def _nothing() -> None:
    return None


class Work:
    """A pool of `threads`; at most `queue` calls wait for one.

    Where many wait (`MANY`), a further one is taken only if by the pace of the last calls its turn
    comes within `patience` seconds, and those that have waited for longer are given up: whoever asks too much is told
    at once, and when the load ends, what is left of it keeps nobody waiting.

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
        self._patience = patience
        self._waited = waited
        self._pending = 0
        self._queued: dict[object, float] = {}  # when each call that waits came, the first one first
        self._ready = 0  # those of them that nothing but a thread is missing
        self._begun = -math.inf  # when a thread last took one of several that waited
        self._pace = 0.0  # seconds from one such moment to the next, of late
        self._lock = Lock()
        self._shared: dict[Hashable, asyncio.Future[Any]] = {}

    @property
    def pending(self) -> int:
        """Calls that run or wait."""
        return self._pending

    @property
    def _many(self) -> bool:
        return len(self._queued) >= MANY

    @property
    def ready(self) -> int:
        """Calls that wait for nothing but a thread."""
        return self._ready

    @property
    def waiting(self) -> int:
        """Calls that wait."""
        return len(self._queued)

    async def run(self, function: Callable[[*Ts], T], *arguments: *Ts) -> T:
        """Call a function in a thread of the pool.

        Raises:
            Overloaded: too many calls wait.
            Stopping: the pool is closed.
        """
        return await asyncio.wrap_future(self._take(partial(function, *arguments)))

    async def run_shared(self, key: Hashable, function: Callable[[], T], first: First = _nothing) -> T:
        """As `run`; calls of the same key at the same time are one call.

        Args:
            key: of the call.
            function: to be called.
            first: begins, once the call is taken, what must have ended before a thread is of use.
        """
        future = self._shared.get(key)
        if future is None:  # taken or refused at once: hundreds may ask in one turn of the loop
            future = self._shared[key] = asyncio.wrap_future(self._take(function, first))
            future.add_done_callback(lambda done: self._forget(key, done))
        try:
            return cast(T, await asyncio.shield(future))  # one caller that gives up must not take it from the others
        finally:
            del future  # an error that it holds leads to this frame: what it was raised from would stay with it

    def close(self) -> None:
        """Finish what runs, drop what waits."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _take(self, function: Callable[[], T], first: First = _nothing) -> Future[T]:
        call, now = object(), time.monotonic()
        with self._lock:
            self._check(now)
            self._pending += 1
            self._queued[call] = now
        result: Future[T] = Future()
        result.add_done_callback(lambda _: self._done(call))
        try:
            before = first()
        except BaseException:
            result.cancel()
            raise
        if before is None:
            self._submit(call, result, function)
        else:
            before.add_done_callback(lambda done: self._go_on(done, call, result, function))
        return result

    def _go_on(self, before: Future[Any], call: object, result: Future[T], function: Callable[[], T]) -> None:
        error = before.exception()
        if error is None:
            self._submit(call, result, function)
        elif result.set_running_or_notify_cancel():
            result.set_exception(error)

    def _submit(self, call: object, result: Future[T], function: Callable[[], T]) -> None:
        with self._lock:
            self._ready += 1
        try:
            submitted = self._pool.submit(self._begin, time.monotonic(), call, result, function)
        except RuntimeError:  # the pool was shut down: the service is stopping
            with self._lock:
                self._ready -= 1
            if result.set_running_or_notify_cancel():
                result.set_exception(Stopping("the service"))
        else:
            submitted.add_done_callback(lambda done: _pass_on(done, result))

    def _check(self, now: float) -> None:
        if self._pending >= self._most or (self._many and self._delay(now) > self._patience):
            raise Overloaded(self._name)

    def _delay(self, now: float) -> float:
        """Seconds that a call which came now would wait: as long as the first one has, or as the pace says."""
        return max(now - next(iter(self._queued.values())), len(self._queued) * self._pace)

    def _begin(self, since: float, call: object, result: Future[T], function: Callable[[], T]) -> T | None:
        with self._lock:
            now = time.monotonic()
            self._ready -= 1
            came = self._queued.pop(call, now)
            is_late = self._many and now - came > self._patience
            if not is_late:
                self._keep_pace(now)
        if not result.set_running_or_notify_cancel():  # whoever asked has given up
            return None
        del result  # an error that it is given leads to this frame
        self._waited(now - since)
        if is_late:
            raise Overloaded(self._name)
        return function()

    def _keep_pace(self, now: float) -> None:
        if self._queued:
            if now - self._begun < self._patience:  # else there was a time when none waited
                self._pace += (now - self._begun - self._pace) / MEMORY
            self._begun = now
        else:
            self._begun = -math.inf

    def _done(self, call: object) -> None:
        with self._lock:
            self._pending -= 1
            self._queued.pop(call, None)  # it was cancelled while it waited

    def _forget(self, key: Hashable, done: "asyncio.Future[Any]") -> None:
        self._shared.pop(key, None)
        if not done.cancelled():
            done.exception()  # every caller may have gone: an error that nobody awaits is not worth a warning


def _pass_on(done: Future[T | None], result: Future[T]) -> None:
    if done.cancelled():
        result.cancel()
    elif not result.cancelled():
        error = done.exception()
        if error is not None:
            result.set_exception(error)
        else:
            result.set_result(cast(T, done.result()))
