"""Exact search by FAISS over half floats."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.dense.exact import ExactIndex, Span, empty_hits, span_of
from recommender.dense.faiss_library import load_faiss, read_index, write_index
from recommender.vectors import Float32, Hits, Int64, Mask, top_k

FEW = 2_000
"""So many allowed rows are compared one by one: no scan is quicker."""
_HOLES = 64
"""So many disallowed rows within a run are found with the others and dropped: quicker than testing every row."""
_TIES = 8
"""Rows found beyond those wanted, to see whether a tie crosses the cut."""


class FaissFlat:
    """Exact search by FAISS over half-precision vectors (`IndexScalarQuantizer`, QT_fp16), memory-mapped.

    Half precision moves a cosine by at most 5e-4; scores differ from `ExactIndex` over the same
    vectors by rounding alone (below 1e-5).
    """

    def __init__(self, path: Path) -> None:
        faiss = load_faiss()
        self.index = read_index(path, faiss.IndexScalarQuantizer, faiss.IO_FLAG_MMAP_IFC)
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
        load_faiss().omp_set_num_threads(1)
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
        if span.allowed <= FEW:
            return self._compare(queries, k, np.arange(len(self)) if allowed is None else np.flatnonzero(allowed))
        if span.allowed <= k or not k:
            return self._exact.search(queries, k, allowed)
        faiss = load_faiss()

        def scan(wanted: int, chosen: Any) -> tuple[Float32, Int64]:
            found: tuple[Float32, Int64] = self.index.search(
                queries, wanted, params=chosen and faiss.SearchParameters(sel=chosen)
            )
            return found

        hits = scan_rows(scan, k + _TIES, span, allowed)
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
        write_index(self._index, path)


def scan_rows(scan: Any, k: int, span: Span, allowed: Mask | None) -> Hits:
    """Hits (q, k or more) of a scan of FAISS over the allowed rows, in our order; -1 where there are no more."""
    faiss = load_faiss()
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


def _empty_flat(dim: int) -> Any:
    faiss = load_faiss()
    index = faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.is_trained = True  # half floats need no training
    return index
