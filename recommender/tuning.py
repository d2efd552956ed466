"""Fits the ranking to the corpus' own links, and uses the fit only where newer links say that it is better."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from recommender.engine.filters import visible
from recommender.engine.probe import probe_row
from recommender.engine.searcher import Searcher
from recommender.evaluation.asking import ask_all
from recommender.evaluation.metrics import bootstrap
from recommender.evaluation.qrels import Judged, editors_links
from recommender.generation import Generation
from recommender.progress import Progress, Silent
from recommender.ranking.fit import Sample, fit_weights, ndcg
from recommender.ranking.model import DEFAULT, FEATURES, Ranker
from recommender.ranking.tempo import measure_tempo
from recommender.vectors import Float64

ENOUGH = 50
"""Judged queries in a half below which nothing is fitted."""

SURE, VERY_SURE, MANY = 0.75, 0.95, 120
"""Share of resamples in which a fit must win to be used; the second where there are fewer than `MANY` to check on."""

MOST = 2_000
"""Queries fitted on, and as many checked on: of more, the newest to fit on, evenly spread ones to check."""

_STEPS = (1.0, 0.5)
"""How far to go from the defaults to the fit: all the way, or half where that is not surely better."""

_RESAMPLES = 1_000


@dataclass(frozen=True)
class Tuned:
    """The model to use, and what was done: whether the fit is used, why, and nDCG@10 on the newer links."""

    ranker: Ranker
    about: dict[str, Any]


def default_ranker(generation: Generation) -> Ranker:
    """The default weights with the corpus' own tempo: needs no links."""
    return replace(DEFAULT, tempo=measure_tempo(generation.dense, generation.columns.second))


def untuned(ranker: Ranker) -> Ranker:
    """The default weights with the tempo that a model of the same corpus has already."""
    return replace(DEFAULT, tempo=ranker.tempo)


def tune(generation: Generation, *, progress: Progress | None = None) -> Tuned:
    """Fit on the older half of the judged queries, check on the newer half.

    Links never leak: see `engine.candidates` (a link counts for a query only where its source is older than the
    query's day, and never one of the query's own).
    """
    progress = progress or Silent()
    ranker = default_ranker(generation)
    qrels = editors_links(generation)
    older, newer = qrels.older[-MOST:], spread(qrels.newer, MOST)
    about: dict[str, Any] = {"queries": len(qrels.queries), "fitted_on": 0, "checked_on": len(newer), "used": False}
    if len(older) < ENOUGH:
        return Tuned(ranker, about | {"why": f"{len(older)} judged queries to fit on, {ENOUGH} are needed"})
    progress.step("Fitting the ranking to the editors' links", len(older) + len(newer), "queries")
    samples = collect(generation, ranker, [*older, *newer], progress)
    fitting, checking = samples[: len(older)], samples[len(older) :]
    start = ranker.vector
    fit = fit_weights(fitting, start)
    before = np.array([ndcg(sample, ranker) for sample in checking])
    needed = SURE if len(newer) >= MANY else VERY_SURE
    about |= {"fitted_on": len(fitting), "ndcg@10 default": bootstrap(before).to_json()}
    for step in _STEPS:
        weights = start + np.float32(step) * (fit - start)
        named = {name: round(float(value), 4) for name, value in zip(FEATURES, weights, strict=True)}
        fitted = replace(ranker, weights=named, origin="tuned")
        after = np.array([ndcg(sample, fitted) for sample in checking])
        sure = _share_of_wins(after - before)
        about |= {"step": step, "ndcg@10 fitted": bootstrap(after).to_json(), "sure": round(sure, 3)}
        if after.mean() > before.mean() and sure >= needed:
            levelled = _levelled(fitted, ranker, fitting)
            return Tuned(levelled, about | {"used": True, "why": "better on the newer links"})
    return Tuned(ranker, about | {"why": "the fit is not surely better than the defaults on the newer links"})


def collect(
    generation: Generation, ranker: Ranker, queries: Sequence[Judged], progress: Progress | None = None
) -> list[Sample]:
    """The candidates of queries with their features, as the engine finds them under default options."""
    return ask_all(partial(_samples, ranker, int(time.time())), generation, queries, progress or Silent())


def _samples(ranker: Ranker, now: int, generation: Generation, queries: Sequence[Judged]) -> list[Sample]:
    searcher, shown = Searcher(generation, ranker), visible(generation, now)
    samples = []
    for query in queries:
        candidates, features = searcher.features(probe_row(generation, query.row), shown)
        samples.append(Sample(features, np.isin(candidates.rows, query.targets), len(query.targets)))
    return samples


def _share_of_wins(gain: Float64) -> float:
    draws = np.random.default_rng(0).integers(0, len(gain), (_RESAMPLES, len(gain)))
    return float((gain[draws].mean(axis=1) > 0).mean())


def _levelled(fitted: Ranker, default: Ranker, samples: Sequence[Sample]) -> Ranker:
    """The fitted model with its scores on the level of the default ones, dates left out: least squares."""
    features = np.concatenate([sample.features for sample in samples])
    ratio, shift = np.polyfit(fitted.sums(features, dated=False), default.sums(features, dated=False), 1)
    slope, offset = default.slope * float(ratio), default.slope * float(shift) + default.offset
    return replace(fitted, slope=round(slope, 4), offset=round(offset, 4))


def spread(queries: Sequence[Judged], most: int) -> list[Judged]:
    """At most so many queries, evenly spread."""
    places: list[int] = np.linspace(0, len(queries) - 1, min(most, len(queries))).astype(int).tolist()
    return [queries[place] for place in places]
