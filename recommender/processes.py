"""Processes that work for this one, started afresh (never forked), and that end with it."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any


def cpus() -> int:
    """How many processors this process is bound to, or where the system does not tell (macOS), how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processors() -> int:
    """How many processors this process may use: those it is bound to, less one where it gives way to others (nice)."""
    count = cpus()
    return max(1, count - 1) if os.nice(0) > 0 else count


def start_workers(count: int, begin: Callable[..., None] | None = None, *arguments: Any) -> ProcessPoolExecutor:
    """A pool of `count` processes, each of which calls `begin` first."""
    return ProcessPoolExecutor(
        count, mp_context=multiprocessing.get_context("spawn"), initializer=_begin, initargs=(begin, arguments)
    )


def _begin(begin: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process ends the others
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    if begin is not None:
        begin(*arguments)


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
