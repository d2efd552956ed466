"""Runs every system over the qrels of a generation and measures what editors would have picked."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recommender.evaluation.metrics import METRICS, Comparison, Interval, bootstrap, compare
from recommender.evaluation.qrels import Judged
from recommender.evaluation.systems import HITS, System
from recommender.generation import Generation
from recommender.progress import Progress, Silent
from recommender.vectors import Float64

MAIN = "ndcg@10"


@dataclass(frozen=True)
class Run:
    """What a system answered: hits (q, 10) rows (-1 = none), values of each metric (q,), and seconds a query (q,)."""

    name: str
    hits: np.ndarray[Any, np.dtype[np.int64]]
    values: Mapping[str, Float64]
    seconds: Float64

    def mean(self, metric: str) -> Interval:
        """The mean of a metric with its interval."""
        return bootstrap(self.values[metric])


def run_system(name: str, system: System, queries: Sequence[Judged], progress: Progress | None = None) -> Run:
    """Ask a system every query and judge its answers."""
    progress = progress or Silent()
    hits = np.full((len(queries), HITS), -1, np.int64)
    seconds = np.zeros(len(queries))
    values = {metric: np.zeros(len(queries)) for metric in METRICS}
    for place, query in enumerate(queries):
        begun = time.perf_counter()
        rows = system(query.row)
        seconds[place] = time.perf_counter() - begun
        hits[place, : len(rows)] = rows
        found = np.isin(rows, query.targets).tolist()
        for metric, measure in METRICS.items():
            values[metric][place] = measure(found, len(query.targets))
        progress.advance()
    return Run(name, hits, values, seconds)


@dataclass(frozen=True)
class Report:
    """Runs over the same queries; the comparisons are with `baseline`."""

    generation: str
    queries: int
    links: int
    runs: Sequence[Run]
    baseline: str
    sections: Mapping[str, Mapping[str, Interval]]
    section_sizes: Mapping[str, int]
    coverage: Mapping[str, Mapping[str, float]]

    def comparison(self, run: Run) -> Comparison:
        """A run against the baseline."""
        baseline = next(other for other in self.runs if other.name == self.baseline)
        return compare(run.values[MAIN], baseline.values[MAIN])

    def to_json(self) -> dict[str, Any]:
        """The report as a JSON object."""
        return {
            "generation": self.generation,
            "queries": self.queries,
            "links": self.links,
            "metric": MAIN,
            "baseline": self.baseline,
            "runs": {
                run.name: {
                    **{metric: run.mean(metric).to_json() for metric in METRICS},
                    f"against {self.baseline}": self.comparison(run).to_json(),
                    "ms_per_query": round(float(np.median(run.seconds)) * 1_000, 2) if len(run.seconds) else 0.0,
                    **self.coverage[run.name],
                }
                for run in self.runs
            },
            "sections": {
                name: {"queries": self.section_sizes[name], **{run: value.to_json() for run, value in of_run.items()}}
                for name, of_run in self.sections.items()
            },
        }


def make_report(generation: Generation, queries: Sequence[Judged], runs: Sequence[Run], baseline: str) -> Report:
    """Gather runs into a report: by section, and how much of the corpus is ever recommended."""
    codes = generation.columns.section[[query.row for query in queries]] if queries else np.empty(0, np.int32)
    names = generation.columns.facets["section"]
    sections: dict[str, dict[str, Interval]] = {}
    sizes: dict[str, int] = {}
    for code, count in Counter(codes.tolist()).most_common():
        name = names[code] if code >= 0 else "(none)"
        sizes[name] = count
        sections[name] = {run.name: bootstrap(run.values[MAIN][codes == code]) for run in runs}
    return Report(
        generation=generation.name,
        queries=len(queries),
        links=sum(len(query.targets) for query in queries),
        runs=runs,
        baseline=baseline,
        sections=sections,
        section_sizes=sizes,
        coverage={run.name: _coverage(generation, run) for run in runs},
    )


def _coverage(generation: Generation, run: Run) -> dict[str, float]:
    """Share of stories that are never recommended under these queries, and of slots that the ten most frequent take."""
    shown = run.hits[run.hits >= 0]
    counts = np.bincount(shown, minlength=len(generation)) if len(shown) else np.zeros(len(generation), np.int64)
    top = np.sort(counts)[::-1][:10].sum()
    return {
        "never_recommended": round(float((counts == 0).mean()), 4) if len(counts) else 1.0,
        "top_ten_share": round(float(top / max(counts.sum(), 1)), 4),
    }
