"""The heaps of a process of many threads that runs for months, kept small: Python's, and the C library's if glibc's."""

import ctypes
import gc
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


def _glibc() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(None)
        return library if all(hasattr(library, name) for name in ("mallopt", "malloc_trim")) else None
    except (OSError, TypeError):  # a system whose library is another
        return None
