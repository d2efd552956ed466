"""The heaps: few arenas, garbage is found, and freed pages go back. Where the C library is glibc."""

import gc
import os
import platform
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from recommender.heap import give_back, settle

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")

COUNT = """
import ctypes, threading
from recommender.heap import share_arenas
share_arenas()
barrier = threading.Barrier(8)
def work():
    barrier.wait()
    kept = [bytearray(4_000) for _ in range(100)]
    barrier.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
library = ctypes.CDLL(None)
library.fdopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(library.fdopen(1, b"w"))
library.malloc_info(0, file)
library.fflush(file)
"""


@pytest.mark.parametrize(("said", "least", "most"), [(None, 1, 2), ("4", 3, 4)])
def test_threads_share_two_arenas_unless_the_environment_says_otherwise(
    said: str | None, least: int, most: int
) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"}
    environment |= {"MALLOC_ARENA_MAX": said} if said else {}
    done = subprocess.run([sys.executable, "-c", COUNT], env=environment, capture_output=True, text=True, check=True)
    assert least <= done.stdout.count("<heap nr=") <= most


def resident() -> int:
    """Memory of this process that is no file's, kB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:"))


def test_free_pages_are_given_back() -> None:
    blocks = [np.ones(8_192, np.uint8) for _ in range(8_000)]
    last = blocks[-1]  # what lies below it cannot go back by itself
    del blocks
    before = resident()
    give_back()
    assert resident() < before - 40_000
    assert last.all()


class Knot:
    """Refers to itself: only a search for garbage finds that nobody needs it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.unfreeze()
    gc.enable()


@pytest.mark.usefixtures("no_collector")
def test_garbage_is_found_before_pages_are_given_back() -> None:
    knot = weakref.ref(Knot())
    assert knot() is not None
    give_back()
    assert knot() is None


@pytest.mark.usefixtures("no_collector")
def test_what_was_loaded_is_not_looked_through_again() -> None:
    knot, loaded = weakref.ref(Knot()), len(gc.get_objects())
    settle()
    assert knot() is None
    assert gc.get_freeze_count() > loaded // 2
    assert len(gc.get_objects()) < loaded // 10
