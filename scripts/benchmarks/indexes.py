"""Kinds of dense index against exact search."""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from benchmarks.report import Report
from benchmarks.setting import BenchError, Command, Setting, note

K = 100
SEED = 1_789
Search = Callable[[np.ndarray, np.ndarray | None], np.ndarray]


class Kind(NamedTuple):
    """A kind of index: its search of one query under a filter (rows, best first), and its bytes a vector."""

    search: Search
    build_s: float
    bytes_each: float


def dense(setting: Setting, arguments: argparse.Namespace) -> Report:
    """Kinds of index over the real vectors: build, time and index recall@100, under filters of several shares."""
    vectors = real_vectors(setting)
    rows, queries = _queries(vectors, arguments.queries)
    filters = _filters(len(vectors))
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        kinds = _kinds(Path(folder), vectors, arguments.graphs)
        exact = next(kinds)[1]
        truth = {name: [exact.search(query, allowed) for query in queries] for name, allowed in filters.items()}
        for name, kind in [("exact, fp16", exact), *kinds]:
            line: dict[str, Any] = {"index": name, "build s": kind.build_s, "bytes/vector": kind.bytes_each}
            for filtered, allowed in filters.items():
                seconds, agreed = [], []
                for _ in range(arguments.rounds):
                    for query, wanted in zip(queries, truth[filtered], strict=True):
                        begun = time.perf_counter()
                        found = kind.search(query, allowed)
                        seconds.append(time.perf_counter() - begun)
                        agreed.append(len(np.intersect1d(found, wanted)) / max(len(wanted), 1))
                line[f"{filtered}: ms"] = median(seconds) * 1_000
                line[f"{filtered}: index recall@{K}"] = round(float(np.mean(agreed)), 4)
            lines.append(line)
            note(f"{name}: done")
    return Report(
        "dense",
        setting.machine(),
        lines,
        notes=[f"{len(vectors):,} real vectors, one thread, {len(rows)} of them as queries"],
    )


def real_vectors(setting: Setting) -> np.ndarray:
    """The stored vectors (n, dim) of the index, in order of date."""
    from recommender.generation import IndexFolder

    generation = IndexFolder(setting.index()).open_live()
    vectors = generation.dense.vectors
    if len(vectors) < 1_000:
        raise BenchError(f"the index {setting.index()} has {len(vectors)} stories: too few to measure on")
    return np.array(vectors)


def _queries(vectors: np.ndarray, count: int) -> tuple[np.ndarray, list[np.ndarray]]:
    rows = np.sort(np.random.default_rng(SEED).choice(len(vectors), count, replace=False))
    return rows, [vectors[[row]].astype(np.float32) for row in rows]


def _filters(count: int) -> dict[str, np.ndarray | None]:
    random, places = np.random.default_rng(SEED), np.arange(count)
    shares: dict[str, np.ndarray | None] = {"all": None}
    shares |= {f"earliest {share:.0%}": places < count * share for share in (0.5, 0.1)}
    return shares | {f"random {share:.1%}": random.random(count) < share for share in (0.5, 0.1, 0.01, 0.001)}


def _kinds(folder: Path, vectors: np.ndarray, graphs: bool) -> Any:
    import faiss

    from recommender.dense import CompactIndex, FaissFlat, FlatWriter, write_compact

    count, dim = vectors.shape
    wide = vectors.astype(np.float32)
    writer = FlatWriter(dim)
    begun = time.perf_counter()
    writer.add(wide)
    writer.finish(folder / "flat")
    flat = FaissFlat(folder / "flat")

    def ours(index: Any) -> Search:
        def search(query: np.ndarray, allowed: np.ndarray | None) -> np.ndarray:
            rows = index.search(query, K, allowed).rows[0]
            return rows[rows >= 0]

        return search

    yield "exact, fp16", Kind(ours(flat), time.perf_counter() - begun, 2.0 * dim)
    begun = time.perf_counter()
    write_compact(folder / "compact", flat)
    seconds = time.perf_counter() - begun
    size = (folder / "compact").stat().st_size / count
    for depth in (2, 3, 6):
        name = f"compact, {depth} scored for each wanted"
        yield name, Kind(ours(CompactIndex(folder / "compact", flat, depth)), seconds, size)

    def of_faiss(index: Any, parameters: Any) -> Search:
        def search(query: np.ndarray, allowed: np.ndarray | None) -> np.ndarray:
            faiss.omp_set_num_threads(1)
            if allowed is None:
                found = index.search(query, K, params=parameters(None))[1][0]
            else:
                bits = np.packbits(allowed, bitorder="little")
                chosen = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
                found = index.search(query, K, params=parameters(chosen))[1][0]
            return found[found >= 0]

        return search

    def built(name: str) -> tuple[Any, float]:
        index = faiss.index_factory(dim, name, faiss.METRIC_INNER_PRODUCT)
        begun = time.perf_counter()
        index.train(wide[:: max(1, count // 20_000)])
        faiss.omp_set_num_threads(2)
        index.add(wide)
        return index, time.perf_counter() - begun

    index, seconds = built("IVF512,SQ8")
    for probes in (16, 64):
        search = of_faiss(index, lambda sel, n=probes: faiss.SearchParametersIVF(nprobe=n, sel=sel))
        yield f"IVF512,SQ8, nprobe {probes}", Kind(search, seconds, dim + 8.0)
    if graphs:
        index, seconds = built("HNSW32,SQ8")
        for width in (128, 256, 512):
            search = of_faiss(index, lambda sel, n=width: faiss.SearchParametersHNSW(efSearch=n, sel=sel))
            yield f"HNSW32,SQ8, efSearch {width}", Kind(search, seconds, dim + 64 * 4.0)


def _dense(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--no-graphs", dest="graphs", action="store_false", help="leave HNSW out, which builds slowly")


COMMANDS = {"dense": Command("kinds of dense index against exact search", dense, _dense)}
