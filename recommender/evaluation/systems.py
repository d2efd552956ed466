"""What is compared: each system ranks the rows that may be recommended under a query."""

from collections.abc import Callable

import numpy as np

from recommender.dates import Moment
from recommender.engine.filters import visible
from recommender.engine.options import Options
from recommender.engine.probe import probe_row
from recommender.engine.searcher import Searcher
from recommender.generation import KIND_ARTICLE, Generation
from recommender.lexical import Terms
from recommender.ranking.freshness import past_of
from recommender.ranking.model import Ranker
from recommender.vectors import Float32, Int64, Mask, top_k

System = Callable[[int], Int64]
"""A row to at most ten rows, best first."""

HITS = 10


class Baselines:
    """The plain ways of finding related stories, over the same stories and dates as the engine."""

    def __init__(self, generation: Generation, now: int) -> None:
        self._generation = generation
        self._shown = visible(generation, now)
        # BM25 as it is commonly set.
        self._plain_weights = generation.lexical.reweighted(k1=1.2, b=0.75, idf_power=1.0)

    def newest(self, row: int) -> Int64:
        """The newest stories of the same section."""
        columns = self._generation.columns
        same = self._past(row) & (columns.section == columns.section[row]) & (columns.kind == KIND_ARTICLE)
        return np.flatnonzero(same)[-HITS:][::-1]

    def titles(self, vectors: Float32) -> System:
        """Nearest by the embedding of the title alone, vectors (n, dim)."""

        def nearest(row: int) -> Int64:
            return _best(self._past(row), vectors @ vectors[row])

        return nearest

    def lexical(self, row: int) -> Int64:
        """BM25 with the full text of the query story."""
        return _best(self._past(row), self._bm25(row))

    def hybrid(self, row: int) -> Int64:
        """Cosine plus half of BM25 as a share of the best one: the plain hybrid."""
        scores, past = self._bm25(row), self._past(row)
        best = float(scores[past].max(initial=0))
        cosine = self._generation.dense.vectors.astype(np.float32) @ self._generation.dense.rows(np.array([row]))[0]
        return _best(past, cosine + 0.5 * scores / best if best > 0 else cosine)

    def _past(self, row: int) -> Mask:
        return _past(self._generation, self._shown, row)

    def _bm25(self, row: int) -> Float32:
        lexical = self._generation.lexical
        terms: Terms = lexical.terms_of(row)
        return lexical.scores_with(self._plain_weights, terms.ids, terms.counts)


def engine_system(generation: Generation, ranker: Ranker, now: int) -> System:
    """The engine as the API runs it, default options, with a given model."""
    searcher = Searcher(generation, ranker)
    shown = visible(generation, now)

    def related(row: int) -> Int64:
        found = searcher.search(probe_row(generation, row), Options(limit=HITS), shown, now)
        return found.ranked.rows[found.page]

    return related


def dense_system(generation: Generation, now: int) -> System:
    """Nearest by the embedding of title and lead: what a plain vector index gives."""
    shown = visible(generation, now)

    def nearest(row: int) -> Int64:
        vector = generation.dense.rows(np.array([row]))
        rows = generation.dense.search(vector, HITS, _past(generation, shown, row)).rows[0]
        return np.asarray(rows[rows >= 0])

    return nearest


def _past(generation: Generation, shown: Mask, row: int) -> Mask:
    """Rows that may be recommended under a row: the same day or earlier, and not itself."""
    second = int(generation.columns.second[row])
    moment = Moment(second, bool(generation.columns.is_day[row]))
    mask = shown & past_of(generation.columns.second, generation.columns.is_day, moment)
    mask[row] = False
    return mask


def _best(past: Mask, scores: Float32) -> Int64:
    """Of the rows that may be recommended the best by these scores (n,)."""
    return top_k(np.where(past, scores, -np.inf).astype(np.float32), HITS)
