"""Candidates: the best of each channel, together a few hundred rows, with the evidence for each."""

from dataclasses import dataclass

import numpy as np

from recommender.dates import DAY_SECONDS, UNDATED
from recommender.engine.cosines import Cosines
from recommender.engine.probe import Probe
from recommender.generation import Generation
from recommender.lexical import Titles
from recommender.ranking.features import NEIGHBOURS, hybrid, lexical_share, typical_age
from recommender.ranking.freshness import age_in_days
from recommender.vectors import Float32, Int64, Mask, distinct, top_k

DENSE = 150
LEXICAL = 150
GRAPH = 50
RECENT = 50
RECENT_DAYS = 30
RECENT_ROWS = 2_000
"""Stories of the last days that are compared with the query one by one, the latest first."""


@dataclass(frozen=True)
class Candidates:
    """Rows (n,) ascending, with the evidence for each.

    `similarity` is the cosine, `lexical` the square root of BM25's share of the most that the query allows, `rare` how
    rare the rarest word is that both have, `title` the titles' BM25 as a share of the best one, `complete` whether all
    words of the title are the query's, `in_links` ln(1 + editors' links into it). The neighbour at place `voter` of
    `closeness` links to the row `target`. `typical_age` is the median age in days of what is near.
    """

    rows: Int64
    similarity: Float32
    lexical: Float32
    rare: Float32
    title: Float32
    complete: Mask
    closeness: Float32
    voter: Int64
    target: Int64
    in_links: Float32
    typical_age: float


def gather(generation: Generation, probe: Probe, base: Mask, allowed: Mask | None) -> Candidates:
    """The candidates of a query.

    Evidence (what counts as the best BM25, which stories are neighbours) comes from all of `base`, so that a
    filter changes which stories are shown, never what is known of them; candidates come from `allowed`.

    Args:
        generation: where to look.
        probe: the query.
        base: rows that are visible and in the mode's time.
        allowed: rows among `base` that the caller's filters let through; None: all of `base`.
    """
    cosines = Cosines(generation.dense, probe.vector)
    scores = generation.lexical.scores(probe.terms)
    scores *= base
    best = float(scores.max(initial=0))
    near = _nearest(cosines, base, scores)
    if allowed is None:
        allowed, found = base, near
    else:
        found = _nearest(cosines, allowed, np.where(allowed, scores, 0))
    latest = _latest(generation, probe, allowed)
    cosines.learn(near, found, latest)
    voters, closeness = _neighbours(generation, probe, near, cosines, scores, best)
    voter, target = generation.graph.targets_of(voters)
    linked = _linked(generation, probe, voters, (voter, target), closeness, allowed)
    recent = latest[top_k(hybrid(cosines.of(latest), lexical_share(scores[latest], best)), RECENT)]
    rows = distinct(np.concatenate([found, linked, recent]))
    pointed, source = generation.graph.sources_of(rows)
    counted = pointed[_may_count(generation, probe, source)]
    titles = _titles(generation, probe, near, rows)
    return Candidates(
        rows=rows,
        similarity=cosines.of(rows),
        lexical=np.sqrt(np.minimum(lexical_share(scores[rows], probe.terms.norm), 1)),
        rare=generation.lexical.rarest(probe.terms)[rows],
        title=titles.scores,
        complete=titles.complete,
        closeness=closeness,
        voter=voter,
        target=target,
        in_links=np.log1p(np.bincount(counted, minlength=len(rows))).astype(np.float32),
        typical_age=typical_age(age_in_days(generation.columns.second[near], probe.moment)),
    )


def _nearest(cosines: Cosines, allowed: Mask, scores: Float32) -> Int64:
    return distinct(np.concatenate([cosines.nearest(DENSE, allowed), top_k(scores, LEXICAL, above=0)]))


def _titles(generation: Generation, probe: Probe, near: Int64, rows: Int64) -> Titles:
    """The titles' BM25 as a share of the best one among what is near, filters or not."""
    both = distinct(np.concatenate([near, rows]))
    titles = generation.lexical.titles(probe.terms, probe.all_terms, both)
    best = float(titles.scores[np.searchsorted(both, near)].max(initial=0))
    place = np.searchsorted(both, rows)
    return Titles(np.minimum(lexical_share(titles.scores[place], best), 1), titles.complete[place])


def _neighbours(
    generation: Generation, probe: Probe, near: Int64, cosines: Cosines, scores: Float32, best: float
) -> tuple[Int64, Float32]:
    """The rows nearest to the query whose links may count, and how close they are."""
    near = near[_may_count(generation, probe, near)]
    closeness = hybrid(cosines.of(near), lexical_share(scores[near], best))
    kept = top_k(closeness, NEIGHBOURS)
    return near[kept], closeness[kept]


def _linked(
    generation: Generation, probe: Probe, voters: Int64, links: tuple[Int64, Int64], closeness: Float32, allowed: Mask
) -> Int64:
    """What the neighbours link to, and what links to them, the closest neighbours first."""
    voter, target = links
    pointed, source = generation.graph.sources_of(voters)
    counts = _may_count(generation, probe, source)
    rows = np.concatenate([target, source[counts]])
    weight = closeness[np.concatenate([voter, pointed[counts]])]
    keep = allowed[rows]
    rows, weight = rows[keep], weight[keep]
    order = np.argsort(-weight, kind="stable")
    _, first = np.unique(rows[order], return_index=True)
    return np.asarray(rows[order][np.sort(first)[:GRAPH]])


def _may_count(generation: Generation, probe: Probe, sources: Int64) -> Mask:
    """Which stories' links may count: those older than the query's day, and never the query's own."""
    counts = np.ones(len(sources), np.bool_)
    if probe.moment is not None:
        second = generation.columns.second[sources]
        counts &= (second < probe.moment.day * DAY_SECONDS) & (second != UNDATED)
    if probe.row is not None:
        counts &= sources != probe.row
    return counts


def _latest(generation: Generation, probe: Probe, allowed: Mask) -> Int64:
    """The latest stories of the month before the query."""
    if probe.moment is None:
        return np.empty(0, np.int64)
    ordered, second = generation.ordered, generation.columns.second
    first, last = (probe.moment.day - RECENT_DAYS) * DAY_SECONDS, (probe.moment.day + 1) * DAY_SECONDS
    begin, end = np.searchsorted(second[:ordered], [first, last])
    late = (second[ordered:] >= first) & (second[ordered:] < last) & allowed[ordered:]
    window = np.concatenate([begin + np.flatnonzero(allowed[begin:end]), ordered + np.flatnonzero(late)])
    latest: Int64 = window[-RECENT_ROWS:]
    return latest
