"""Which dense index a generation has: the exact one, or the compact one where it measures as good and faster."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from recommender.dense.compact import CompactIndex, write_compact
from recommender.dense.exact import DenseIndex
from recommender.dense.flat import FaissFlat
from recommender.vectors import Int64, Mask

EXACT = "exact"
COMPACT = "compact"

EXACT_UP_TO = 20_000
"""So many rows are compared one by one within a millisecond."""
LEAST_RECALL = 0.99
"""Least index recall@100 of an approximate index, under every filter that is measured."""
ONE_LIST_UP_TO = 400_000
"""So many rows are scanned as one list within two milliseconds; of more, similar ones lie in lists."""
LISTS = 1_024
DEPTHS = (2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0)
"""Rows that are scored exactly for each one wanted, as they are tried."""
SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)
"""Shares of the lists that are scanned, as they are tried, at `LISTED_DEPTH`."""
LISTED_DEPTH = 4.0

_K = 100
_QUERIES = 100
_SEED = 1_789


def open_dense(vectors: Path, compact: Path, chosen: Mapping[str, Any]) -> FaissFlat | CompactIndex:
    """The index that `choose_index` chose."""
    flat = FaissFlat(vectors)
    if chosen.get("index") == COMPACT:
        return CompactIndex(compact, flat, float(chosen["depth"]), int(chosen.get("probes", 1)))
    return flat


def choose_index(
    vectors: Path, compact: Path, exact_up_to: int = EXACT_UP_TO, one_list_up_to: int = ONE_LIST_UP_TO
) -> dict[str, Any]:
    """Choose the index of the vectors in a file, and write `compact` if it is that one.

    Real rows are the queries: among all rows, among those before each one (as for stories that look back) and among
    a quarter at random. The compact index is chosen at the least effort whose index recall@100 holds for all of them,
    if it is faster then. The choice and what was measured go into the manifest.
    """
    flat = FaissFlat(vectors)
    if len(flat) <= exact_up_to:
        return {"index": EXACT, "why": f"at most {exact_up_to:,} stories"}
    begun = time.perf_counter()
    lists = 1 if len(flat) <= one_list_up_to else LISTS
    made_by = write_compact(compact, flat, lists)
    build_s = round(time.perf_counter() - begun, 2)
    exam = _Exam(flat)
    efforts = [(1, depth) for depth in DEPTHS]
    if lists > 1:
        efforts = [(int(lists * share), LISTED_DEPTH) for share in SHARES]
    for probes, depth in efforts:
        recall, milliseconds = exam.try_out(CompactIndex(compact, flat, depth, probes))
        if min(recall.values()) >= LEAST_RECALL:
            break
    found = {
        "made_by": made_by,
        "probes": probes,
        "depth": depth,
        "index_recall_at_100": recall,
        "exact_ms": exam.milliseconds,
        "compact_ms": milliseconds,
        "queries": len(exam.rows),
        "build_s": build_s,
    }
    if min(recall.values()) < LEAST_RECALL:
        why = f"the compact index has an index recall@100 below {LEAST_RECALL}"
    elif milliseconds >= exam.milliseconds:
        why = "the compact index is no faster"
    else:
        return {"index": COMPACT, "why": f"an index recall@100 of at least {LEAST_RECALL}, and faster", **found}
    compact.unlink()
    return {"index": EXACT, "why": why, "tried": found}


class _Exam:
    """Real rows as queries, and what exact search finds for them under each filter."""

    def __init__(self, flat: FaissFlat) -> None:
        random = np.random.default_rng(_SEED)
        self.rows = np.sort(random.choice(len(flat), min(_QUERIES, len(flat)), replace=False))
        places, quarter = np.arange(len(flat)), random.random(len(flat)) < 0.25
        self._filters: dict[str, Callable[[int], Mask | None]] = {
            "all": lambda _: None,
            "earlier": lambda row: np.asarray(places < row),
            "quarter": lambda _: quarter,
        }
        self._truth, self.milliseconds = self._answers(flat)

    def try_out(self, index: DenseIndex) -> tuple[dict[str, float], float]:
        """Index recall@100 by filter, and median milliseconds of a search."""
        answers, milliseconds = self._answers(index)
        recall = {
            name: round(float(np.mean([_agreement(*pair) for pair in zip(found, self._truth[name], strict=True)])), 4)
            for name, found in answers.items()
        }
        return recall, milliseconds

    def _answers(self, index: DenseIndex) -> tuple[dict[str, list[Int64]], float]:
        seconds = []
        answers: dict[str, list[Int64]] = {name: [] for name in self._filters}
        for name, allowed_for in self._filters.items():
            for row in self.rows.tolist():
                query, allowed = index.rows(np.array([row])), allowed_for(row)
                begun = time.perf_counter()
                found = index.search(query, _K + 1, allowed).rows[0]
                seconds.append(time.perf_counter() - begun)
                answers[name].append(found[(found != row) & (found >= 0)][:_K])
        return answers, round(median(seconds) * 1_000, 3)


def _agreement(found: Int64, truth: Int64) -> float:
    return len(np.intersect1d(found, truth)) / len(truth) if len(truth) else 1.0
