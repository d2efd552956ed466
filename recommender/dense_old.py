"""The dense channel: cosine over unit vectors, exact by definition, faster by FAISS."""

import contextlib
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from recommender.errors import IndexCorrupt
from recommender.vectors import Float32, Hits, Int64, Mask, top_k

_BLOCK = 65_536


class DenseIndex(Protocol):
    """Nearest rows by cosine; `ExactIndex` is the definition, every other agrees within a stated tolerance."""

    def search(self, queries: Float32, k: int, allowed: Mask | None = None) -> Hits:
        """The k best rows of each query (q, dim) among the allowed ones (mask (n,); None: all)."""
        ...

    def rows(self, rows: Int64) -> Float32:
        """The stored vectors of some rows (m, dim) float32."""
        ...

    def __len__(self) -> int: ...


class ExactIndex:
    """Exact search in numpy over vectors (n, dim), unit rows in any floating type."""

    def __init__(self, vectors: NDArray[np.floating]) -> None:
        self._vectors = vectors

    def __len__(self) -> int:
        return len(self._vectors)

    def rows(self, rows: Int64) -> Float32:
        """The stored vectors of some rows (m, dim) float32."""
        return self._vectors[rows].astype(np.float32)

    def search(self, queries: Float32, k: int, allowed: Mask | None = None) -> Hits:
        """The k best rows of each query (q, dim) among the allowed ones (mask (n,); None: all)."""
        n = len(self._vectors)
        rows, scores = empty_hits(len(queries), k)
        all_scores = np.empty((len(queries), n), np.float32)
        for begin in range(0, n, _BLOCK):
            block = self._vectors[begin : begin + _BLOCK].astype(np.float32)
            np.matmul(queries, block.T, out=all_scores[:, begin : begin + _BLOCK])
        if allowed is not None:
            all_scores[:, ~allowed] = -np.inf
        for number, of_query in enumerate(all_scores):
            best = top_k(of_query, k)
            rows[number, : len(best)] = best
            scores[number, : len(best)] = of_query[best]
        return Hits(rows, scores)


class FaissFlat:
    """Exact search by FAISS over half-precision vectors (`IndexScalarQuantizer`, QT_fp16), memory-mapped.

    Half precision moves a cosine by at most 5e-4; scores differ from `ExactIndex` over the same
    vectors by rounding alone (below 1e-5).
    """

    def __init__(self, path: Path) -> None:
        import faiss

        faiss.omp_set_num_threads(1)
        try:
            self._index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise IndexCorrupt(f"{path}: FAISS cannot open it ({str(error).splitlines()[0][:200]})") from None
        inner_product = self._index.metric_type == faiss.METRIC_INNER_PRODUCT
        if not isinstance(self._index, faiss.IndexScalarQuantizer) or not inner_product:
            raise IndexCorrupt(f"{path}: holds a {type(self._index).__name__}, expected an IndexScalarQuantizer")
        self.vectors = map_vectors(path, self._index.ntotal, self._index.d)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def rows(self, rows: Int64) -> Float32:
        """The stored vectors of some rows (m, dim) float32."""
        return self.vectors[rows].astype(np.float32)

    def search(self, queries: Float32, k: int, allowed: Mask | None = None) -> Hits:
        """The k best rows of each query (q, dim) among the allowed ones (mask (n,); None: all)."""
        wanted = min(k, len(self))
        rows, scores = empty_hits(len(queries), k)
        if wanted:
            with faiss_parameters(allowed) as parameters:
                found, labels = self._index.search(queries, wanted, params=parameters)
            found[labels < 0] = -np.inf
            # FAISS leaves ties in any order; ours is part of the contract.
            order = np.lexsort((-labels, -found))
            rows[:, :wanted] = np.take_along_axis(labels, order, 1)
            scores[:, :wanted] = np.take_along_axis(found, order, 1)
        return Hits(rows, scores)


@contextlib.contextmanager
def faiss_parameters(allowed: Mask | None) -> Iterator[Any]:
    """FAISS search parameters that let only `allowed` rows through; they and what they point to live in the block."""
    faiss: Any = importlib.import_module("faiss")
    if allowed is None:
        yield None
        return
    count = int(np.count_nonzero(allowed))
    if count and allowed[0] and allowed[:count].all():
        yield faiss.SearchParameters(sel=faiss.IDSelectorRange(0, count))
        return
    bits = np.packbits(allowed, bitorder="little")
    yield faiss.SearchParameters(sel=faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits)))


def empty_hits(queries: int, k: int) -> Hits:
    """Hits with nothing found."""
    return Hits(np.full((queries, k), -1, np.int64), np.full((queries, k), -np.inf, np.float32))


class FlatWriter:
    """Collects unit rows as half floats and writes them as a flat FAISS index."""

    def __init__(self, dim: int) -> None:
        import faiss

        self._index = faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        self._index.is_trained = True

    def add(self, vectors: Float32) -> None:
        """Add unit rows (m, dim)."""
        self._index.add(np.ascontiguousarray(vectors, np.float32))

    def finish(self, path: Path) -> None:
        """Write the file."""
        import faiss

        faiss.write_index(self._index, str(path))


def map_vectors(path: Path, n: int, dim: int) -> NDArray[np.float16]:
    """The vectors (n, dim) of a flat half-precision FAISS file, on the pages that FAISS maps: its last n·dim·2 bytes.

    Raises:
        IndexCorrupt: the file is too short, or does not say that so many bytes follow.
    """
    size = n * dim * 2
    offset = path.stat().st_size - size
    with path.open("rb") as file:
        file.seek(max(offset - 8, 0))
        said = int.from_bytes(file.read(8), "little")
    if offset < 8 or said != size:
        raise IndexCorrupt(f"{path}: has no {size} bytes of vectors at its end (it says {said})")
    if n == 0:
        return np.empty((0, dim), np.float16)
    return np.asarray(np.memmap(path, "<f2", "r", offset, (n, dim))).view(np.ndarray)
