"""Candidates to a ranked list: features, the model's sum, one slot for one story."""

from dataclasses import dataclass, replace

import numpy as np

from recommender.engine.candidates import Candidates
from recommender.engine.probe import Probe
from recommender.generation import Generation
from recommender.ranking.collapse import Group
from recommender.ranking.features import age_columns, votes
from recommender.ranking.freshness import age_in_days
from recommender.ranking.model import Ranker, matrix
from recommender.readmore import normalise_headline
from recommender.vectors import Float32, Int64

QUOTED_WORDS = 3
"""A headline of fewer words is no quotation when it occurs in a text."""


@dataclass(frozen=True)
class Ranked:
    """Rows (n,) best first, with score (0 to 1), cosine, features and the size of the story each stands for.

    `same_story` candidates were left out as copies of the query or of a better one; `copies` are those rows with
    the row of the one shown (or -1 for the query's own).
    """

    rows: Int64
    scores: Float32
    similarity: Float32
    features: Float32
    seconds: Int64
    sizes: Int64
    same_story: int
    copies: list[tuple[int, int]]
    background: Float32

    def rescored(self, scores: Float32) -> "Ranked":
        """The same with other scores, in their order."""
        order = _order(scores, self.seconds, self.rows)
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
        "similarity": candidates.similarity,
        "lexical": candidates.lexical,
        "title": candidates.title,
        "quoted": _quoted(generation, probe, rows),
        **votes(candidates.closeness, candidates.voter, candidates.target, rows),
        "in_links": candidates.in_links,
        "section": _same_section(generation, probe, rows),
        **age_columns(age_in_days(generation.columns.second[rows], probe.moment), list(ranker.tempo)),
    }
    return matrix(columns, len(rows))


def rank(generation: Generation, ranker: Ranker, probe: Probe, candidates: Candidates, collapse: bool) -> Ranked:
    """Score the candidates and let each story take one slot."""
    rows = candidates.rows
    features = feature_matrix(generation, ranker, probe, candidates)
    scores = ranker.score(ranker.sums(features))
    seconds = generation.columns.second[rows]
    order = _order(scores, seconds, rows)
    group = Group.alone(len(rows))
    shown = order[group.leaders]
    return Ranked(
        rows=rows[shown],
        scores=scores[shown],
        similarity=candidates.similarity[shown],
        features=features[shown],
        seconds=seconds[shown],
        sizes=group.sizes,
        same_story=len(rows) - len(shown),
        copies=[(int(rows[order[copy]]), int(rows[order[to]]) if to >= 0 else -1) for copy, to in group.copies],
        background=np.median(features, axis=0) if len(features) else np.zeros(features.shape[1], np.float32),
    )


def _order(scores: Float32, seconds: Int64, rows: Int64) -> Int64:
    """Best first; ties by date, newer first, then by row, which is in order of id."""
    return np.lexsort((-rows, -seconds, -scores))


def _same_section(generation: Generation, probe: Probe, rows: Int64) -> Float32:
    if probe.section is None:
        return np.zeros(len(rows), np.float32)
    return (generation.columns.section[rows] == generation.columns.code("section", probe.section)).astype(np.float32)


def _quoted(generation: Generation, probe: Probe, rows: Int64) -> Float32:
    """1 where the query's text quotes the candidate's headline.

    Read from disk only where all of the headline's heavy words are in the query, which is rare.
    """
    quoted = np.zeros(len(rows), np.float32)
    terms, offsets = generation.lexical.gather_titles(rows)
    if not len(terms) or not len(probe.all_terms) or not probe.text:
        return quoted
    place = np.minimum(np.searchsorted(probe.all_terms, terms), len(probe.all_terms) - 1)
    missing = np.concatenate([[0], np.cumsum(probe.all_terms[place] != terms)])
    complete = (missing[offsets[1:]] == missing[offsets[:-1]]) & (np.diff(offsets) >= 2)
    for number in np.flatnonzero(complete):
        headline = normalise_headline(str(generation.record(int(rows[number])).get("title", "")))
        if headline.count(" ") + 1 >= QUOTED_WORDS and headline in probe.text:
            quoted[number] = 1.0
    return quoted
