"""A function applied in several processes, where there is enough to do: in order, and few tasks held at once."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from types import TracebackType
from typing import Generic, Self, TypeVar

from recommender.errors import ProcessDied
from recommender.processes import processors, start_workers

ALONE = 1.0
"""Seconds of work before others are asked to help: starting them takes about one."""
_MOST = 8
_LARGE = 1 << 20
"""So many bytes make a parcel by themselves."""
_AHEAD = 3
"""Parcels for each process that are under way: the tasks of so many are in memory."""
_NAMED = 50
"""Tasks that are named where one of them was the end of a process."""
_HELD = 64 << 20
"""No further parcel is begun while more bytes than this are under way."""

_Task = TypeVar("_Task")
_Done = TypeVar("_Done")


class ParallelMap(Generic[_Task, _Done]):
    """Applies a function of a module to tasks, which are pickled as are its results; to be closed.

    The first second it works alone. What the function does with a bad task is its own affair. `size` gives the bytes
    of a task; `together` of them go to a process at once, unless they are large.
    """

    def __init__(self, function: Callable[[_Task], _Done], size: Callable[[_Task], int], together: int = 8) -> None:
        self._function = function
        self._size = size
        self._together = together
        self._count = min(processors(), _MOST)
        self._alone = ALONE
        self._pool: ProcessPoolExecutor | None = None
        self._has_answered = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def map(self, tasks: Iterable[_Task]) -> Iterator[tuple[_Task, _Done]]:
        """Every task with its result, in order.

        Raises:
            ProcessDied: one did over a task.
        """
        waiting = iter(tasks)
        while self._count < 2 or self._alone > 0:
            begun = time.perf_counter()
            for task in islice(waiting, 1):
                done = self._function(task)
                self._alone -= time.perf_counter() - begun
                yield task, done
                break
            else:
                return
        yield from self._shared(waiting)

    def _shared(self, tasks: Iterator[_Task]) -> Iterator[tuple[_Task, _Done]]:
        pool = self._pool = self._pool or start_workers(self._count)
        under_way: deque[tuple[list[_Task], Future[list[_Done]]]] = deque()
        held = 0
        while True:
            while len(under_way) < _AHEAD * self._count and held < _HELD and (parcel := self._parcel(tasks)):
                held += sum(map(self._size, parcel))
                under_way.append((parcel, _begun(pool, self._function, parcel)))
            if not under_way:
                return
            parcel, future = under_way.popleft()
            held -= sum(map(self._size, parcel))
            try:
                results = future.result()
            except BrokenProcessPool:
                if self._has_answered:
                    unfinished = [parcel, *(later for later, other in under_way if not _is_finished(other))]
                    raise ProcessDied(f"a process died over one of {_named(chain(*unfinished))}") from None
                # None of them ever lived: the program that called may be one that cannot be started again.
                self._count = 1
                yield from self.map(chain(parcel, *(later for later, _ in under_way), tasks))
                return
            self._has_answered = True
            yield from zip(parcel, results, strict=True)

    def _parcel(self, tasks: Iterator[_Task]) -> list[_Task]:
        parcel: list[_Task] = []
        size = 0
        for task in tasks:
            parcel.append(task)
            size += self._size(task)
            if len(parcel) == self._together or size > _LARGE:
                break
        return parcel


def _begun(pool: ProcessPoolExecutor, function: Callable[[_Task], _Done], parcel: list[_Task]) -> Future[list[_Done]]:
    """The work on a parcel; where a process died meanwhile, one that has failed, as what was begun before has."""
    try:
        return pool.submit(_apply, function, parcel)
    except BrokenProcessPool as error:
        failed: Future[list[_Done]] = Future()
        failed.set_exception(error)
        return failed


def _is_finished(future: Future[list[_Done]]) -> bool:
    return future.done() and future.exception() is None


def _named(tasks: Iterable[object]) -> str:
    return ", ".join(map(str, islice(tasks, _NAMED)))


def _apply(function: Callable[[_Task], _Done], tasks: Sequence[_Task]) -> list[_Done]:
    return [function(task) for task in tasks]
