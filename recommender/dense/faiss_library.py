"""FAISS itself: loaded when it is first needed, its threads, its files.

The only module that imports `faiss`. Searches run on one thread each (the service has several), builds on all cores;
OpenMP keeps the number by thread, so it is set before each search and build.
"""

import contextlib
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from recommender.errors import IndexCorrupt


@cache
def load_faiss() -> Any:
    """The module `faiss`."""
    return importlib.import_module("faiss")


@contextlib.contextmanager
def threads(count: int) -> Iterator[None]:
    """Give FAISS so many threads for a while."""
    faiss = load_faiss()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(count)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def read_index(path: Path, kind: Any, flags: int) -> Any:
    """Open an index file of FAISS.

    Raises:
        IndexCorrupt: it cannot be read, or holds another kind of index.
    """
    faiss = load_faiss()
    try:
        index = faiss.read_index(str(path), flags)
    except RuntimeError as error:
        raise IndexCorrupt(f"{path}: FAISS cannot open it ({str(error).splitlines()[0][:200]})") from None
    if not isinstance(index, kind) or index.metric_type != faiss.METRIC_INNER_PRODUCT:
        raise IndexCorrupt(f"{path}: holds a {type(index).__name__}, expected an {kind.__name__} by inner product")
    return index


def write_index(index: Any, path: Path) -> None:
    """Write an index file of FAISS.

    Raises:
        OSError: it cannot be written, of a full disk for one.
    """
    try:
        load_faiss().write_index(index, str(path))
    except RuntimeError as error:  # as FAISS calls every fault of a disk
        raise OSError(str(error).rpartition("failed: ")[2]) from None
