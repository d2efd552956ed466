"""Dense search by FAISS: exact over half floats, or a scan of 4-bit codes whose best rows are scored exactly.

The only module that imports `faiss`. Searches run on one thread each (the service has several), builds on all cores;
OpenMP keeps the number by thread, so it is set before each search and build.
"""

import contextlib
import importlib
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.dense.exact import ExactIndex, Span, empty_hits, span_of
from recommender.errors import IndexCorrupt
from recommender.processes import cpus
from recommender.vectors import Float32, Hits, Int64, Mask, top_k

_FEW = 2_000
"""So many allowed rows are compared one by one: no scan is quicker."""
_HOLES = 64
"""So many disallowed rows within a run are found with the others and dropped: quicker than testing every row."""
_TIES = 8
"""Rows found beyond those wanted, to see whether a tie crosses the cut."""

RESCORED = 200
"""Rows of a scan that are scored exactly, at least."""
_SPARSE = 0.2
"""Share of allowed rows below which all lists are scanned: those that are left lie in any of them."""

_SAMPLE, _OF_LIST = 8_192, 40
"""Vectors that codes are trained on, and those for each list."""
_ROUNDS = 8
_BLOCK = 65_536


class FaissFlat:
    """Exact search by FAISS over half-precision vectors (`IndexScalarQuantizer`, QT_fp16), memory-mapped.

    Half precision moves a cosine by at most 5e-4; scores differ from `ExactIndex` over the same
    vectors by rounding alone (below 1e-5).
    """

    def __init__(self, path: Path) -> None:
        faiss = _faiss()
        self.index = _read(path, faiss.IndexScalarQuantizer, faiss.IO_FLAG_MMAP_IFC)
        self.vectors: NDArray[np.float16] = np.asarray(_Mapped(self.index))
        self._exact = ExactIndex(self.vectors)
        self._parts = _Parts(self.index.d)

    def __len__(self) -> int:
        return len(self.vectors)

    def rows(self, rows: Int64) -> Float32:
        """The stored vectors of some rows (m, dim) float32."""
        return self.vectors[rows].astype(np.float32)

    def cosines(self, query: Float32, rows: Int64) -> Float32:
        """The cosine of one query (dim,) and each of some rows (m,); FAISS reads half floats faster than numpy."""
        _faiss().omp_set_num_threads(1)
        part = self._parts.flat
        part.reset()
        part.add_sa_codes(self.vectors.view(np.uint8)[rows])
        found, places = part.search(np.ascontiguousarray(query[None], np.float32), max(len(rows), 1))
        scores = np.empty(len(rows), np.float32)
        scores[places[0, : len(rows)]] = found[0, : len(rows)]
        return scores

    def search(self, queries: Float32, k: int, allowed: Mask | None = None) -> Hits:
        """The k best rows of each query (q, dim) among the allowed ones (mask (n,); None: all)."""
        span = span_of(allowed, len(self))
        if span.allowed <= _FEW:
            return self._compare(queries, k, np.arange(len(self)) if allowed is None else np.flatnonzero(allowed))
        if span.allowed <= k or not k:
            return self._exact.search(queries, k, allowed)
        faiss = _faiss()

        def scan(wanted: int, chosen: Any) -> tuple[Float32, Int64]:
            found: tuple[Float32, Int64] = self.index.search(
                queries, wanted, params=chosen and faiss.SearchParameters(sel=chosen)
            )
            return found

        hits = _scan(scan, k + _TIES, span, allowed)
        # Of rows that tie FAISS keeps any: where a tie may cross the cut, all rows are compared.
        for place in np.flatnonzero(hits.scores[:, k - 1] == hits.scores[:, -1]):
            whole = self._exact.search(queries[place : place + 1], k, allowed)
            hits.rows[place, :k], hits.scores[place, :k] = whole.rows[0], whole.scores[0]
        return Hits(hits.rows[:, :k], hits.scores[:, :k])

    def _compare(self, queries: Float32, k: int, rows: Int64) -> Hits:
        """The best of a few rows, ascending."""
        hits = empty_hits(len(queries), k)
        for place, query in enumerate(queries):
            scores = self.cosines(query, rows)
            best = top_k(scores, k)
            hits.rows[place, : len(best)], hits.scores[place, : len(best)] = rows[best], scores[best]
        return hits


class _Parts(threading.local):
    """An index for some of the rows, one a thread: to make a new one takes as long as to search it."""

    def __init__(self, dim: int) -> None:
        self.flat = _empty_flat(dim)


class CompactIndex:
    """Approximate search over `flat`: codes of 4 bits for every two numbers are scanned, the best scored exactly.

    A filter only removes rows from the scan, so its share of the rows does not change how good the answer is. Scores
    are those of `flat`; which rows are found agrees by the index recall that stands in the manifest.

    Args:
        path: what `write_compact` wrote.
        flat: the vectors it was made of.
        depth: rows scored exactly for each one wanted.
        probes: lists scanned, of those that `write_compact` made; all of them where a filter leaves few rows.
    """

    def __init__(self, path: Path, flat: FaissFlat, depth: float, probes: int = 1) -> None:
        faiss = _faiss()
        self._flat = flat
        self._codes = _read(path, faiss.IndexIVFPQFastScan, 0)
        shapes = (self._codes.ntotal, self._codes.d), flat.vectors.shape
        if shapes[0] != shapes[1]:
            raise IndexCorrupt(f"{path}: holds {shapes[0]} codes, expected {shapes[1]}")
        self._index = faiss.IndexRefine(self._codes, flat.index)
        self.depth, self.probes = depth, probes
        self.vectors = flat.vectors

    def __len__(self) -> int:
        return len(self._flat)

    def rows(self, rows: Int64) -> Float32:
        """The stored vectors of some rows (m, dim) float32."""
        return self._flat.rows(rows)

    def cosines(self, query: Float32, rows: Int64) -> Float32:
        """The cosine of one query (dim,) and each of some rows (m,)."""
        return self._flat.cosines(query, rows)

    def search(self, queries: Float32, k: int, allowed: Mask | None = None) -> Hits:
        """The k best rows of each query (q, dim) among the allowed ones (mask (n,); None: all)."""
        span = span_of(allowed, len(self))
        if span.allowed <= max(k, _FEW) or not k:
            return self._flat.search(queries, k, allowed)
        faiss = _faiss()
        probes = self._codes.nlist if span.allowed < _SPARSE * len(self) else self.probes

        def scan(wanted: int, chosen: Any) -> tuple[Float32, Int64]:
            scanned = faiss.SearchParametersIVF(nprobe=probes, **({"sel": chosen} if chosen else {}))
            depth = max(self.depth, RESCORED / wanted)
            parameters = faiss.IndexRefineSearchParameters(k_factor=depth, base_index_params=scanned)
            found: tuple[Float32, Int64] = self._index.search(queries, wanted, params=parameters)
            return found

        hits = _scan(scan, k, span, allowed)
        # There are more than k allowed rows: a query that found fewer probed too few lists, or is zero.
        for place in np.flatnonzero(hits.rows[:, k - 1] < 0):
            whole = self._flat.search(queries[place : place + 1], k, allowed)
            hits.rows[place], hits.scores[place] = whole.rows[0], whole.scores[0]
        return hits


def _scan(scan: Any, k: int, span: Span, allowed: Mask | None) -> Hits:
    """Hits (q, k or more) of a scan of FAISS over the allowed rows, in our order; -1 where there are no more."""
    faiss = _faiss()
    faiss.omp_set_num_threads(1)
    dropped = span.holes if span.holes <= _HOLES else 0
    wanted = min(k + dropped, span.end - span.begin)
    if allowed is None:
        found, labels = scan(wanted, None)
    elif dropped == span.holes:
        found, labels = scan(wanted, faiss.IDSelectorRange(span.begin, span.end))
    else:
        bits = np.packbits(allowed, bitorder="little")
        found, labels = scan(wanted, faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits)))
    missing = labels < 0
    if dropped and allowed is not None:
        missing |= ~allowed[labels]
    found[missing], labels[missing] = -np.inf, -1
    order = np.lexsort((-labels, -found))
    rows, scores = empty_hits(len(found), max(k, wanted))
    query = np.arange(len(found))[:, None]
    rows[:, :wanted], scores[:, :wanted] = labels[query, order], found[query, order]
    return Hits(rows[:, :k], scores[:, :k])


class FlatWriter:
    """Collects unit rows as half floats and writes them as a flat FAISS index."""

    def __init__(self, dim: int) -> None:
        self._index = _empty_flat(dim)

    def add(self, vectors: Float32) -> None:
        """Add unit rows (m, dim)."""
        self._index.add(np.ascontiguousarray(vectors, np.float32))

    def finish(self, path: Path) -> None:
        """Write the file.

        Raises:
            OSError: it cannot be written, of a full disk for one.
        """
        _write(self._index, path)


def _write(index: Any, path: Path) -> None:
    try:
        _faiss().write_index(index, str(path))
    except RuntimeError as error:  # as FAISS calls every fault of a disk
        raise OSError(str(error).rpartition("failed: ")[2]) from None


def _empty_flat(dim: int) -> Any:
    faiss = _faiss()
    index = faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.is_trained = True  # half floats need no training
    return index


def write_compact(path: Path, flat: FaissFlat, lists: int = 1) -> str:
    """Write the codes of `flat`'s vectors for a `CompactIndex`, and return how they are made, in FAISS's words.

    With several `lists` similar vectors lie in one, and a search can do with some of them.
    """
    faiss = _faiss()
    count, dim = flat.vectors.shape
    name = f"IVF{lists},PQ{dim // 2 if dim % 2 == 0 else dim}x4fs"
    index = faiss.index_factory(dim, name, faiss.METRIC_INNER_PRODUCT)
    index.cp.niter = index.pq.cp.niter = _ROUNDS
    cores = cpus()
    sample = max(_SAMPLE, _OF_LIST * lists)
    with _threads(cores if lists > 1 else 1):  # hundreds of tiny clusterings: threads would only wait for each other
        index.train(flat.rows(np.linspace(0, count - 1, min(count, sample)).astype(np.int64)))
    with _threads(cores):
        for begin in range(0, count, _BLOCK):
            index.add(flat.rows(np.arange(begin, min(begin + _BLOCK, count))))
    _write(index, path)
    return name


class _Mapped:
    """The vectors of a flat half-precision index where FAISS has them mapped, for numpy: keeps the index open.

    A mapping of our own would count the same pages twice in the memory of the process.
    """

    def __init__(self, index: Any) -> None:
        self._index = index
        self.__array_interface__ = {
            "version": 3,
            "typestr": "<f2",
            "shape": (index.ntotal, index.d),
            "data": (int(index.codes.data() or 0), True),
        }


def _read(path: Path, kind: Any, flags: int) -> Any:
    """Open an index file of FAISS.

    Raises:
        IndexCorrupt: it cannot be read, or holds another kind of index.
    """
    faiss = _faiss()
    try:
        index = faiss.read_index(str(path), flags)
    except RuntimeError as error:
        raise IndexCorrupt(f"{path}: FAISS cannot open it ({str(error).splitlines()[0][:200]})") from None
    if not isinstance(index, kind) or index.metric_type != faiss.METRIC_INNER_PRODUCT:
        raise IndexCorrupt(f"{path}: holds a {type(index).__name__}, expected an {kind.__name__} by inner product")
    return index


@contextlib.contextmanager
def _threads(count: int) -> Iterator[None]:
    faiss = _faiss()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(count)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


@cache
def _faiss() -> Any:
    return importlib.import_module("faiss")
