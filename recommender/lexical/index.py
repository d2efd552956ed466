"""The lexical index as it is asked: BM25 over titles and bodies, and the terms of stored stories."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.lexical.bm25 import IDF_POWER, K1, TITLE_B, TITLE_K1, inverse_document_frequency, length_norm
from recommender.ranking.collapse import Bags
from recommender.storage import key64, map_array
from recommender.vectors import Float32, Int64, Mask, runs

QUERY_TERMS = 100
"""A longer query keeps its heaviest terms; with more of them the ranking of whole articles gets worse, not better."""

RARE = 4
"""Of n stories at most `RARE` · √n have a rare word."""

Int32 = NDArray[np.int32]


class Terms(NamedTuple):
    """A bag of terms: ids (n,) int32, unique and ascending; how often each stands there (n,) float32.

    `unknown` are the counts of terms that no story has.
    """

    ids: Int32
    counts: Float32
    unknown: Float32 = np.empty(0, np.float32)


class QueryTerms(NamedTuple):
    """What a query looks for: ids (n,) int32 ascending, weights (n,) float32, and the most that a story could score.

    `norm` is the sum of weight · idf^1.5 over the query's terms, those that no story has included.
    """

    ids: Int32
    weights: Float32
    norm: float


class Titles(NamedTuple):
    """How titles match a query: BM25 of each (m,), and whether it has several words, all of them the query's (m,)."""

    scores: Float32
    complete: Mask


class LexicalIndex:
    """Searches what a `LexicalWriter` wrote; many processes may map one folder."""

    def __init__(self, folder: Path) -> None:
        self._term_keys = map_array(folder / "term_keys.npy", np.uint64)
        self._term_ids = map_array(folder / "term_ids.npy", np.int32)
        self._term_text = map_array(folder / "term_text.npy", np.uint8)
        self._term_start = map_array(folder / "term_start.npy", np.int64)
        self._posting_start = map_array(folder / "posting_start.npy", np.int64)
        self._posting_rows = map_array(folder / "posting_rows.npy", np.int32)
        self._posting_weights = map_array(folder / "posting_weights.npy", np.float32)
        self._forward_start = map_array(folder / "forward_start.npy", np.int64)
        self._forward_terms = map_array(folder / "forward_terms.npy", np.int32)
        self._forward_counts = map_array(folder / "forward_counts.npy", np.uint8)
        self._title_start = map_array(folder / "title_start.npy", np.int64)
        self._title_terms = map_array(folder / "title_terms.npy", np.int32)
        self.lengths: Int32 = map_array(folder / "lengths.npy", np.int32)
        self.idf = inverse_document_frequency(np.diff(self._posting_start), len(self.lengths))
        self.gain: Float32 = self.idf**IDF_POWER
        self._rare_idf = inverse_document_frequency(RARE * np.sqrt([len(self.lengths)]), len(self.lengths))[0]
        self._is_number = _begins_with_digit(self._term_text, self._term_start)
        self.unknown_idf = float(np.log1p((len(self.lengths) + 0.5) / 0.5))
        self.mean_title = max(len(self._title_terms) / max(len(self.lengths), 1), 1.0)

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def vocabulary(self) -> int:
        """Number of different terms."""
        return len(self._term_ids)

    def ids_of(self, terms: Sequence[str]) -> Int32:
        """The ids of terms (n,), -1 where no story has the term."""
        if not len(self._term_keys):
            return np.full(len(terms), -1, np.int32)
        keys = np.fromiter((key64(term) for term in terms), np.uint64, len(terms))
        place = np.minimum(np.searchsorted(self._term_keys, keys), len(self._term_keys) - 1)
        return np.where(self._term_keys[place] == keys, self._term_ids[place], np.int32(-1))

    def lookup(self, terms: Iterable[str]) -> Terms:
        """The known ones among terms, counted."""
        counts: dict[str, int] = {}
        for term in terms:
            counts[term] = counts.get(term, 0) + 1
        ids = self.ids_of(list(counts))
        known = ids >= 0
        order = np.argsort(ids[known])
        times = np.fromiter(counts.values(), np.float32, len(counts))
        return Terms(ids[known][order], times[known][order], times[~known])

    def terms_of(self, row: int) -> Terms:
        """The terms of a stored row, title and body."""
        begin, end = self._forward_start[row], self._forward_start[row + 1]
        return Terms(self._forward_terms[begin:end], self._forward_counts[begin:end].astype(np.float32))

    def weigh(self, query: Terms) -> QueryTerms:
        """The heaviest terms of a query, at most `QUERY_TERMS`, each with weight 1 + ln tf."""
        ids, weights = query.ids, 1 + np.log(np.maximum(query.counts, 1))
        heavy = weights * self.gain[ids]
        if len(ids) > QUERY_TERMS:
            kept = np.sort(np.argpartition(-heavy, QUERY_TERMS)[:QUERY_TERMS])
            ids, weights, heavy = ids[kept], weights[kept], heavy[kept]
        if len(query.unknown):
            heavy = np.concatenate([heavy, (1 + np.log(query.unknown)) * self.unknown_idf**IDF_POWER])
        return QueryTerms(ids, weights, float(np.sort(heavy)[-QUERY_TERMS:].sum()))

    def bags(self, rows: Int64) -> Bags:
        """The terms of stored rows as they are compared between texts (see `bags_of`)."""
        return self.bags_of(*self.gather_terms(rows))

    def bags_of(self, ids: Int32, counts: Float32, start: Int64) -> Bags:
        """Terms as they are compared between texts: the `QUERY_TERMS` heaviest of each by (1 + ln tf) · idf^1.5.

        Args:
            ids: (t,) of one text after the other, ascending in each.
            counts: (t,) how often each stands there.
            start: (m + 1,) where each text's begin.
        """
        weights = (1 + np.log(np.maximum(counts, 1))) * self.gain[ids]
        sizes = np.diff(start)
        if sizes.max(initial=0) > QUERY_TERMS:
            owner, place = runs(np.zeros(len(sizes), np.int64), sizes)
            heaviest = np.lexsort((-weights, owner))
            kept = np.sort(heaviest[place < QUERY_TERMS])
            ids, weights = ids[kept], weights[kept]
            start = np.concatenate([[0], np.cumsum(np.minimum(sizes, QUERY_TERMS))])
        return Bags(ids, weights, self._is_number[ids], start)

    def distinct_terms(self, rows: Int64) -> Int64:
        """How many different terms some rows have (m,)."""
        return np.asarray(self._forward_start[rows + 1] - self._forward_start[rows])

    def scores(self, query: QueryTerms) -> Float32:
        """Sum over terms of weight · idf^1.5 · saturated tf, for every row (n,)."""
        return self.scores_with(self._posting_weights, query.ids, query.weights)

    def scores_with(self, posting_weights: Float32, ids: Int32, weights: Float32) -> Float32:
        """The same with other weights of the postings (see `reweighted`)."""
        total = np.zeros(len(self.lengths), np.float32)
        starts = self._posting_start
        for term, weight in zip(ids.tolist(), weights.tolist(), strict=True):
            begin, end = starts[term], starts[term + 1]
            rows = self._posting_rows[begin:end].astype(np.intp)  # otherwise `add.at` converts them piece by piece
            np.add.at(total, rows, posting_weights[begin:end] * np.float32(weight))
        return total

    def rarest(self, query: QueryTerms) -> Float32:
        """How rare the rarest word is that each row (n,) shares with a query: idf^1.5 as a share of the most there is.

        0 where no shared word is rare (see `RARE`). Numbers are not looked at: two stories rarely mean the same by one.
        """
        ids, values = self.rarities(query.ids)
        order = np.argsort(values)  # the rarest of a row's words comes last
        begin, end = self._posting_start[ids[order]], self._posting_start[ids[order] + 1]
        number, place = runs(begin, end - begin)
        rarest = np.zeros(len(self.lengths), np.float32)
        rarest[self._posting_rows[place]] = values[order][number]
        return rarest

    def rarities(self, ids: Int32) -> tuple[Int32, Float32]:
        """The rare words among terms, and how rare each is, 0 to 1."""
        rare = ids[(self.idf[ids] >= self._rare_idf) & ~self._is_number[ids]]
        return rare, self.gain[rare] / np.float32(self.unknown_idf**IDF_POWER)

    def reweighted(self, k1: float, b: float, idf_power: float) -> Float32:
        """The weight of every posting under other constants: tf is worked back from the weights that are stored."""
        idf = np.repeat(self.idf, np.diff(self._posting_start))
        stored = self._posting_weights / np.maximum(idf, 1e-9) ** IDF_POWER
        tf = stored * length_norm(self.lengths)[self._posting_rows] / (K1 + 1 - stored)
        norm = length_norm(self.lengths, k1, b)[self._posting_rows]
        weights: Float32 = (idf**idf_power * tf * (k1 + 1) / (tf + norm)).astype(np.float32)
        return weights

    def titles(self, query: QueryTerms, terms: Int32, rows: Int64) -> Titles:
        """How the titles of some rows (m,) match a query.

        Args:
            query: what is looked for, and its weight.
            terms: (n,) all terms of the query's text, ascending, those of `query` among them.
            rows: whose titles.
        """
        ids, offsets = self.gather_titles(rows)
        sizes = np.diff(offsets)
        asked = np.zeros(len(self.gain), np.bool_)
        asked[terms] = True
        hit = np.flatnonzero(asked[ids])
        ids, row = ids[hit], np.searchsorted(offsets, hit, "right") - 1
        weight = np.zeros(len(terms), np.float32)
        weight[np.searchsorted(terms, query.ids)] = query.weights
        value = weight[np.searchsorted(terms, ids)] * self.gain[ids]
        norm = TITLE_K1 * (1 - TITLE_B + TITLE_B * sizes / self.mean_title)
        scores = np.bincount(row, value, len(rows)) * (TITLE_K1 + 1) / (1 + norm)
        return Titles(scores.astype(np.float32), (np.bincount(row, minlength=len(rows)) == sizes) & (sizes > 1))

    def text_of(self, term: int) -> str:
        """The term's text, as stemmed."""
        return bytes(self._term_text[self._term_start[term] : self._term_start[term + 1]]).decode()

    def gather_titles(self, rows: Int64) -> tuple[Int32, Int64]:
        """Title term ids of several rows, one after the other, and where each row's begin ((n + 1,))."""
        place, offsets = places_of(self._title_start, rows)
        return self._title_terms[place], offsets

    def gather_terms(self, rows: Int64) -> tuple[Int32, Float32, Int64]:
        """Term ids of several rows, one after the other, their counts, and where each row's begin ((n + 1,))."""
        place, offsets = places_of(self._forward_start, rows)
        return self._forward_terms[place], self._forward_counts[place].astype(np.float32), offsets


def places_of(start: Int64, rows: Int64) -> tuple[Int64, Int64]:
    """The places of the values of some rows, one row after the other, and where each row's begin ((m + 1,)).

    Args:
        start: (n + 1,) where each row's values begin.
        rows: (m,) some of them.
    """
    begin = start[rows]
    sizes = start[rows + 1] - begin
    return runs(begin, sizes)[1], np.concatenate([[0], np.cumsum(sizes)])


def _begins_with_digit(text: NDArray[np.uint8], start: Int64) -> NDArray[np.bool_]:
    first = text[start[:-1]] if len(text) else np.empty(0, np.uint8)
    return np.asarray((first >= ord("0")) & (first <= ord("9")))
