"""The C library's heap, where that is glibc's: kept small in a process of many threads that runs for months."""

import ctypes
import os

_M_ARENA_MAX = -8
_ARENAS = 2


def share_arenas() -> None:
    """Let threads share two arenas, if nobody has said otherwise; to be called before they are started.

    Else every thread gets a heap of its own, from which one that has grown with the stories of a live change seldom
    comes back.
    """
    if "MALLOC_ARENA_MAX" not in os.environ and (library := _glibc()):
        library.mallopt(_M_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Give the pages that hold nothing any more back to the system."""
    if library := _glibc():
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(None)
        return library if all(hasattr(library, name) for name in ("mallopt", "malloc_trim")) else None
    except (OSError, TypeError):  # a system whose library is another
        return None
