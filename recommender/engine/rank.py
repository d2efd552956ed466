"""Candidates to a ranked list: features, the model's sum, one slot for one story."""

from dataclasses import dataclass, replace

import numpy as np

from recommender.dates import DAY_SECONDS, UNDATED
from recommender.engine.candidates import Candidates
from recommender.engine.order import best_first
from recommender.engine.probe import Probe
from recommender.generation import KIND_ARTICLE, Generation
from recommender.ranking.collapse import WINDOW, Group, QueryText, Texts, alone, collapse
from recommender.ranking.features import age_columns, rescaled, votes
from recommender.ranking.freshness import age_in_days
from recommender.ranking.model import Ranker, matrix
from recommender.readmore import normalise_headline
from recommender.vectors import Float32, Int64

QUOTED_WORDS = 3
"""A headline of fewer words is no quotation when it occurs in a text."""


@dataclass(frozen=True)
class Ranked:
    """Rows (n,) best first, with score (0 to 1), cosine, features, date and the size of the story each stands for.

    `copies` are rows that were left out, with the row shown in their stead (-1: the query's own).
    """

    rows: Int64
    scores: Float32
    similarity: Float32
    features: Float32
    seconds: Int64
    sizes: Int64
    copies: list[tuple[int, int]]

    @property
    def same_story(self) -> int:
        """How many candidates were left out as copies."""
        return len(self.copies)

    def rescored(self, generation: Generation, scores: Float32) -> "Ranked":
        """The same with other scores, in their order."""
        order = best_first(generation, scores, self.seconds, self.rows)
        return replace(
            self,
            rows=self.rows[order],
            scores=scores[order].astype(np.float32),
            similarity=self.similarity[order],
            features=self.features[order],
            seconds=self.seconds[order],
            sizes=self.sizes[order],
        )


def feature_matrix(generation: Generation, ranker: Ranker, probe: Probe, candidates: Candidates) -> Float32:
    """The features of each candidate (n, len(FEATURES)); of the model only its tempo is used."""
    rows = candidates.rows
    columns = {
        "similarity": _trusted(generation, probe, candidates),
        "lexical": candidates.lexical,
        "rare": candidates.rare,
        "title": candidates.title,
        "quoted": _quoted(generation, probe, candidates),
        **votes(candidates.closeness, candidates.voter, candidates.target, rows),
        "in_links": candidates.in_links,
        "section": _same_section(generation, probe, rows),
        **age_columns(
            age_in_days(generation.columns.second[rows], probe.moment), candidates.typical_age, list(ranker.tempo)
        ),
    }
    return matrix(columns, len(rows))


def rank(generation: Generation, ranker: Ranker, probe: Probe, candidates: Candidates, slots: int | None) -> Ranked:
    """Score the candidates and let each story take one slot.

    Args:
        generation: where they are.
        ranker: the model.
        probe: the query.
        candidates: what to rank.
        slots: how many stories are asked for, behind which copies may still stand; None: copies keep slots of their
            own.
    """
    rows = candidates.rows
    features = feature_matrix(generation, ranker, probe, candidates)
    scores = ranker.score(ranker.sums(features, dated=probe.moment is not None))
    seconds = generation.columns.second[rows]
    order = best_first(generation, scores, seconds, rows)
    looked_at, group = (0, alone(0)) if slots is None else _slots(generation, probe, candidates, order, slots)
    shown = np.concatenate([order[group.shown], order[looked_at:]])
    slot = np.concatenate([order[group.leaders], order[looked_at:]])
    return Ranked(
        rows=rows[shown],
        scores=scores[slot],
        similarity=candidates.similarity[shown],
        features=features[shown],
        seconds=seconds[shown],
        sizes=np.concatenate([group.sizes, np.ones(len(order) - looked_at, np.int64)]),
        copies=[(int(rows[order[copy]]), int(rows[order[to]]) if to >= 0 else -1) for copy, to in group.copies],
    )


def _slots(generation: Generation, probe: Probe, candidates: Candidates, order: Int64, slots: int) -> tuple[int, Group]:
    """The slots of the first of the candidates, and how many were looked at.

    These are enough that so many slots are settled, and that the next one, if there is any, is known.
    """
    looked_at = 2 * slots + WINDOW
    while True:
        looked_at = min(looked_at, len(order))
        group = _same_stories(generation, probe, candidates, order[:looked_at])
        settled = len(group.leaders) > slots and group.leaders[max(slots, 1) - 1] + WINDOW < looked_at
        if settled or looked_at == len(order):
            return looked_at, group
        looked_at *= 2


def _same_stories(generation: Generation, probe: Probe, candidates: Candidates, places: Int64) -> Group:
    """Which of the candidates at `places`, best first, tell one story, or the query's own."""
    rows = candidates.rows[places]
    columns, lexical = generation.columns, generation.lexical
    in_language = columns.language[rows] == (columns.code("language", probe.language) if probe.language else -2)
    own = columns.source[rows] == generation.main_source
    # Of one story show the copy in the query's language, an article, of the site's own, the newest.
    newness = np.argsort(np.argsort(columns.second[rows], kind="stable"))
    texts = Texts(
        vectors=generation.dense.rows(rows),
        terms=lexical.distinct_terms(rows),
        day=np.where(columns.second[rows] == UNDATED, np.nan, columns.second[rows] // DAY_SECONDS).astype(np.float32),
        rank=((in_language * 2 + (columns.kind[rows] == KIND_ARTICLE)) * 2 + own) * len(rows) + newness,
        headline=columns.headline_key[rows],
        bags=lambda some: lexical.bags(rows[some]),
    )
    if not probe.is_story:
        return collapse(texts, None)
    query = QueryText(
        cosine=candidates.similarity[places],
        bag=lexical.bags_of(probe.all_terms, probe.counts, np.array([0, len(probe.all_terms)])),
        terms=len(probe.all_terms),
        day=probe.moment.day if probe.moment else np.nan,
        headline=probe.headline_key,
    )
    return collapse(texts, query)


def _trusted(generation: Generation, probe: Probe, candidates: Candidates) -> Float32:
    """The cosine on the scale of the default model, for less where the model knows the language less than well."""
    scale = generation.manifest.embedder.get("background")
    similarity = rescaled(candidates.similarity, scale["median"], scale["spread"]) if scale else candidates.similarity
    trust = generation.trust
    code = generation.columns.code("language", probe.language) if probe.language else -1
    of_query = trust[code] if code >= 0 else np.float32(1)
    return similarity * np.minimum(trust[generation.columns.language[candidates.rows]], of_query)


def _same_section(generation: Generation, probe: Probe, rows: Int64) -> Float32:
    if probe.section is None:
        return np.zeros(len(rows), np.float32)
    return np.asarray(generation.columns.section[rows] == generation.columns.code("section", probe.section), np.float32)


def _quoted(generation: Generation, probe: Probe, candidates: Candidates) -> Float32:
    """1 where the query's text quotes the candidate's headline.

    Read from disk only where all of the headline's words are in the query, which is rare.
    """
    quoted = np.zeros(len(candidates.rows), np.float32)
    text = probe.text() if candidates.complete.any() else ""
    for number in np.flatnonzero(candidates.complete):
        headline = normalise_headline(str(generation.record(int(candidates.rows[number])).get("title", "")))
        if headline.count(" ") + 1 >= QUOTED_WORDS and headline in text:
            quoted[number] = 1.0
    return quoted
