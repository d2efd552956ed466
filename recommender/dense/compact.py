"""A scan of 4-bit codes whose best rows are scored exactly."""

from pathlib import Path
from typing import Any

import numpy as np

from recommender.dense.exact import span_of
from recommender.dense.faiss_library import load_faiss, read_index, threads, write_index
from recommender.dense.flat import FEW, FaissFlat, scan_rows
from recommender.errors import IndexCorrupt
from recommender.processes import cpus
from recommender.vectors import Float32, Hits, Int64, Mask

RESCORED = 200
"""Rows of a scan that are scored exactly, at least."""
_SPARSE = 0.2
"""Share of allowed rows below which all lists are scanned: those that are left lie in any of them."""

_SAMPLE, _OF_LIST = 8_192, 40
"""Vectors that codes are trained on, and those for each list."""
_ROUNDS = 8
_BLOCK = 65_536


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
        faiss = load_faiss()
        self._flat = flat
        self._codes = read_index(path, faiss.IndexIVFPQFastScan, 0)
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
        if span.allowed <= max(k, FEW) or not k:
            return self._flat.search(queries, k, allowed)
        faiss = load_faiss()
        probes = self._codes.nlist if span.allowed < _SPARSE * len(self) else self.probes

        def scan(wanted: int, chosen: Any) -> tuple[Float32, Int64]:
            scanned = faiss.SearchParametersIVF(nprobe=probes, **({"sel": chosen} if chosen else {}))
            depth = max(self.depth, RESCORED / wanted)
            parameters = faiss.IndexRefineSearchParameters(k_factor=depth, base_index_params=scanned)
            found: tuple[Float32, Int64] = self._index.search(queries, wanted, params=parameters)
            return found

        hits = scan_rows(scan, k, span, allowed)
        # There are more than k allowed rows: a query that found fewer probed too few lists, or is zero.
        for place in np.flatnonzero(hits.rows[:, k - 1] < 0):
            whole = self._flat.search(queries[place : place + 1], k, allowed)
            hits.rows[place], hits.scores[place] = whole.rows[0], whole.scores[0]
        return hits


def write_compact(path: Path, flat: FaissFlat, lists: int = 1) -> str:
    """Write the codes of `flat`'s vectors for a `CompactIndex`, and return how they are made, in FAISS's words.

    With several `lists` similar vectors lie in one, and a search can do with some of them.
    """
    faiss = load_faiss()
    count, dim = flat.vectors.shape
    name = f"IVF{lists},PQ{dim // 2 if dim % 2 == 0 else dim}x4fs"
    index = faiss.index_factory(dim, name, faiss.METRIC_INNER_PRODUCT)
    index.cp.niter = index.pq.cp.niter = _ROUNDS
    cores = cpus()
    sample = max(_SAMPLE, _OF_LIST * lists)
    with threads(cores if lists > 1 else 1):  # hundreds of tiny clusterings: threads would only wait for each other
        index.train(flat.rows(np.linspace(0, count - 1, min(count, sample)).astype(np.int64)))
    with threads(cores):
        for begin in range(0, count, _BLOCK):
            index.add(flat.rows(np.arange(begin, min(begin + _BLOCK, count))))
    write_index(index, path)
    return name
