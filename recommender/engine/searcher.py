"""A probe and its options to ranked rows, over one generation with one ranking model."""

from dataclasses import dataclass, replace

import numpy as np

from recommender.dates import DAY_SECONDS
from recommender.engine.candidates import Candidates, gather
from recommender.engine.filters import filtered, in_time, mode_of, newest_second
from recommender.engine.options import LATEST, Options
from recommender.engine.probe import Probe
from recommender.engine.rank import Ranked, feature_matrix, rank
from recommender.generation import KIND_ARTICLE, Generation
from recommender.ranking.diversity import diversify
from recommender.ranking.freshness import decay
from recommender.ranking.model import Ranker
from recommender.vectors import Float32, Int64, Mask, distinct


@dataclass(frozen=True)
class Found:
    """What a search found.

    `page` are the places of `ranked` that were asked for, best first; `allowed` the rows that an answer may hold, `own`
    those that are the query itself; `below` counts what scored too little, `same_story` what stands behind a better
    copy.
    """

    ranked: Ranked
    page: Int64
    allowed: Mask
    own: Int64
    below: int
    same_story: int
    exhausted: bool


class Searcher:
    """Searches one generation."""

    def __init__(self, generation: Generation, ranker: Ranker) -> None:
        self.generation = generation
        self.ranker = ranker

    def search(self, probe: Probe, options: Options, shown: Mask, now: int) -> Found:
        """Find, rank and cut to the page that is asked for.

        Args:
            probe: the query.
            options: of the answer.
            shown: rows that may be seen at all (mask (n,)).
            now: epoch seconds.
        """
        base, own, allowed, mode = self._masks(probe, options, shown)
        probe = _dated(probe, options)
        candidates = gather(self.generation, probe, base, allowed)
        wanted = options.offset + options.limit
        slots = None
        if options.collapse == "story":  # what changes the order afterwards may bring any candidate to the front
            slots = len(candidates.rows) if mode == LATEST or options.diversity > 0 else wanted
        ranked = rank(self.generation, self.ranker, probe, candidates, slots)
        allowed = base if allowed is None else allowed
        if mode == LATEST and len(ranked.rows):
            before = options.published_before
            reference = before.second if before else newest_second(self.generation, allowed, now)
            ranked = ranked.rescored(
                self.generation, ranked.scores * decay(ranked.seconds, reference, options.half_life)
            )
        order = np.flatnonzero(ranked.scores >= options.min_score)
        below = len(ranked.scores) - len(order)
        exhausted = len(order) <= wanted
        if options.diversity > 0:
            vectors = self.generation.dense.rows(ranked.rows[order])
            order = order[diversify(ranked.scores[order], vectors, options.diversity, wanted)]
        twins = int(shown[own].sum()) - (probe.row is not None and bool(shown[probe.row]))
        page = order[options.offset : wanted]
        return Found(ranked, page, allowed, own, below, ranked.same_story + twins, exhausted)

    def features(self, probe: Probe, shown: Mask) -> tuple[Candidates, Float32]:
        """The candidates of a query under default options, and their features: what a ranking model is fitted on."""
        base, _, _, _ = self._masks(probe, Options(), shown)
        candidates = gather(self.generation, probe, base, None)
        return candidates, feature_matrix(self.generation, self.ranker, probe, candidates)

    def _masks(self, probe: Probe, options: Options, shown: Mask) -> tuple[Mask, Int64, Mask | None, str]:
        """Rows that are evidence, the query's own rows, rows that may be shown (None: all evidence), and the mode."""
        generation = self.generation
        mode = mode_of(options, probe.moment, probe.row is not None)
        when = in_time(generation, mode, probe.moment)
        base = shown.copy() if when is None else shown & when
        own = self._same_object(probe)
        base[own] = False
        chosen = filtered(generation, options, self._excluded(options, probe))
        return base, own, None if chosen is None else base & chosen, mode

    def _same_object(self, probe: Probe) -> Int64:
        """Rows that are the query itself: its own row, and its stubs and twins by headline or by a URL of its own."""
        generation, columns = self.generation, self.generation.columns
        rows: list[Int64] = []
        if probe.row is not None:
            rows.append(np.array([probe.row], np.int64))
            if probe.headline_key:
                same = generation.rows_of_key("headline_key", probe.headline_key)
                day = columns.second[probe.row] // DAY_SECONDS
                rows.append(same[(columns.kind[same] != KIND_ARTICLE) | (columns.second[same] // DAY_SECONDS == day)])
        if probe.url_key:
            same = generation.rows_of_key("url_key", probe.url_key)
            if int((columns.kind[same] == KIND_ARTICLE).sum()) <= 1:
                rows.append(same)
        return distinct(np.concatenate(rows)) if rows else np.empty(0, np.int64)

    def _excluded(self, options: Options, probe: Probe) -> list[int]:
        generation = self.generation
        rows: list[int] = []
        for value in options.exclude:
            row = generation.row_of(value)
            rows += generation.rows_of_url(value) if row is None else [row]
        if options.linked == "exclude" and probe.row is not None:
            rows += generation.graph.targets(probe.row).tolist()
        return rows


def _dated(probe: Probe, options: Options) -> Probe:
    """A text has no date of its own: age is then taken from `published_before`, if that is given."""
    if probe.moment is None and options.published_before is not None:
        return replace(probe, moment=options.published_before)
    return probe
