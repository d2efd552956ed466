"""The quality of a generation: its ranking model and its figures, made once and carried over while nothing changes."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from recommender.errors import PromotionRefused
from recommender.evaluation.asking import ask_all
from recommender.evaluation.evaluate import MAIN, run_system
from recommender.evaluation.metrics import compare
from recommender.evaluation.qrels import Judged, editors_links
from recommender.evaluation.systems import dense_system, engine_system
from recommender.generation import Generation, Layout, Manifest, write_manifest
from recommender.progress import Progress, Silent
from recommender.ranking.model import Ranker
from recommender.storage import read_json, write_json
from recommender.tuning import spread, tune, untuned
from recommender.vectors import Int64

VERSION = 3
"""Of the way in which models are fitted and figures taken: others are not carried over."""
MEASURE = 2
"""Of the way in which figures are taken: others are not compared."""

QUERIES = 1_000
"""Queries measured at most, evenly spread over the newer half."""


@dataclass(frozen=True)
class Quality:
    """nDCG@10 by story id of the measured queries, and the summary that the manifest shows."""

    summary: dict[str, Any]
    per_query: dict[str, float]


def finish(
    folder: Path, manifest: Manifest, live: Generation | None, progress: Progress | None = None, *, refit: bool = False
) -> Manifest:
    """Give a written generation its ranking model and its figures: those of the live one where nothing changed.

    Args:
        folder: of the generation, which nobody serves yet.
        manifest: as it stands there.
        live: the generation that is live, if there is one.
        progress: is told of each step.
        refit: fit and measure even where nothing changed.
    """
    layout = Layout(folder)
    if live is not None and not refit and _unchanged(manifest, live.manifest):
        for path in (layout.ranker, layout.quality):
            path.write_bytes((live.folder / path.name).read_bytes())
        return write_manifest(
            folder, replace(manifest, quality=live.manifest.quality | {"carried_over_from": live.name})
        )
    generation = Generation(folder, checksums=False)
    try:
        began = time.perf_counter()
        tuned = tune(generation, progress=progress)
        write_json(layout.ranker, replace(tuned.ranker, about=tuned.about).to_json())
        quality = measure(generation, progress)
        write_json(layout.quality, {"version": MEASURE, MAIN: quality.per_query})
        timings = manifest.timings | {"tune and measure": round(time.perf_counter() - began, 3)}
        summary = quality.summary | {"version": VERSION, "tuning": tuned.about}
        return write_manifest(folder, replace(manifest, quality=summary, timings=timings))
    finally:
        generation.close()


def measure(generation: Generation, progress: Progress | None = None) -> Quality:
    """nDCG@10 on the newer half of the editors' links: the plain vector index, the defaults, and the model in use."""
    progress = progress or Silent()
    queries = spread(editors_links(generation).newer, QUERIES)
    if not queries:
        return Quality({"queries": 0}, {})
    now = int(time.time())
    used = generation.ranker
    rankers = {"plain vectors": None, "served": used}
    if used.origin != "default":
        rankers["default"] = untuned(used)
    progress.step("Measuring on the editors' links", len(queries), "queries")
    answers = ask_all(partial(_answers, rankers, now), generation, queries, progress)
    runs = {}
    for name in rankers:
        hits = {query.row: answer[name] for query, answer in zip(queries, answers, strict=True)}
        runs[name] = run_system(name, hits.__getitem__, queries)
    runs.setdefault("default", runs["served"])
    summary = {name: run.mean(MAIN).to_json() for name, run in runs.items()}
    per_query = {
        str(generation.record(query.row)["id"]): round(float(value), 4)
        for query, value in zip(queries, runs["served"].values[MAIN], strict=True)
    }
    return Quality({"queries": len(queries), "metric": MAIN, **summary}, per_query)


def _answers(
    rankers: Mapping[str, Ranker | None], now: int, generation: Generation, queries: Sequence[Judged]
) -> list[dict[str, Int64]]:
    """The hits of each query by each ranking model; None: the plain vector index."""
    systems = {
        name: engine_system(generation, ranker, now) if ranker else dense_system(generation, now)
        for name, ranker in rankers.items()
    }
    return [{name: system(query.row) for name, system in systems.items()} for query in queries]


def check_promotion(candidate: Generation, live: Generation) -> str | None:
    """Compare a generation with the live one on the queries that both measured; a line of what was found.

    Raises:
        PromotionRefused: it is worse by more than the interval of the difference.
    """
    new, old = _per_query(candidate), _per_query(live)
    shared = sorted(new.keys() & old.keys())
    if not shared:
        return None
    comparison = compare(np.array([new[key] for key in shared]), np.array([old[key] for key in shared]))
    found = comparison.difference
    line = (
        f"nDCG@10 against the live generation, {len(shared):,} shared queries: {found.mean:+.4f} "
        f"({found.low:+.4f} to {found.high:+.4f})"
    )
    if found.high < 0:
        raise PromotionRefused(
            f"{candidate.name} is worse than the live generation {live.name}: {line}; it was built but not promoted "
            f"(promote it all the same with --force, or with `recommender index promote {candidate.name}`)"
        )
    return line


def _per_query(generation: Generation) -> dict[str, float]:
    path = generation.layout.quality
    if not path.exists():
        return {}
    content = read_json(path)
    return dict(content[MAIN]) if content.get("version") == MEASURE else {}


def _unchanged(new: Manifest, live: Manifest) -> bool:
    """Whether two generations hold the same stories, vectors, terms and links, and figures were taken as now."""
    files = (
        "stories.jsonl",
        "vectors.faiss",
        "graph/out_targets.npy",
        "graph/out_start.npy",
        "lexical/posting_rows.npy",
    )
    same = all(name in live.files and new.files[name].sha256 == live.files[name].sha256 for name in files)
    return same and new.analysis == live.analysis and live.quality.get("version") == VERSION
