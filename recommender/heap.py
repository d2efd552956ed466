"""The heaps of a process of many threads that runs for months, kept small and quick: Python's, and the C library's."""

import ctypes
import gc
import os
from collections.abc import Iterator
from pathlib import Path

_M_ARENA_MAX = -8
_ARENAS = 2
_MADV_COLLAPSE = 25
_HUGE = 2 << 20


def share_arenas() -> None:
    """Let threads share two arenas, if nobody has said otherwise; to be called before they are started.

    Else every thread gets a heap of its own, from which one that has grown with the stories of a live change seldom
    comes back.
    """
    if "MALLOC_ARENA_MAX" not in os.environ and (library := _glibc()):
        library.mallopt(_M_ARENA_MAX, _ARENAS)


def settle() -> None:
    """Let the search for garbage leave out what is there now; to be called when all is loaded, before serving.

    Else it goes through the hundred thousand objects of modules and routes each time: nobody is answered for a tenth
    of a second, and so seldom that states of the index which served long ago are among what has gathered meanwhile.
    """
    gc.collect()
    gc.freeze()


def give_back() -> None:
    """Find what is garbage, and give the pages that hold nothing any more back to the system."""
    gc.collect()
    if library := _glibc():
        library.malloc_trim(0)


def use_huge_pages() -> None:
    """Let huge pages hold what is in memory now. Needs Linux 6.1; elsewhere nothing happens.

    An encoder's weights and an index's codes are read from end to end for a question, and of every 4 KB of them the
    processor looks up the address: on a virtual machine, which looks it up twice, that was a sixth of the time of
    encoding a headline.
    """
    if library := _glibc():
        library.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        for begin, size in _own_memory():
            library.madvise(begin, size, _MADV_COLLAPSE)


def _own_memory() -> Iterator[tuple[int, int]]:
    """Where huge pages could lie in the process's own memory, that of files and of its first stack left out."""
    try:
        mapped = Path("/proc/self/maps").read_text().splitlines()
    except OSError:
        return
    for span, rights, _, _, inode, *name in (line.split(maxsplit=5) for line in mapped):
        if rights == "rw-p" and inode == "0" and name in ([], ["[heap]"]):
            begin, end = (int(place, 16) for place in span.split("-"))
            begin, end = -(-begin // _HUGE) * _HUGE, end // _HUGE * _HUGE
            if begin < end:
                yield begin, end - begin


def _glibc() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(None)
        return library if all(hasattr(library, name) for name in ("mallopt", "malloc_trim")) else None
    except (OSError, TypeError):  # a system whose library is another
        return None
