"""Lexical search over a generation and the stories laid over it, with the generation's statistics."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.lexical import IDF_POWER, K1, B, Int32, LexicalIndex, QueryTerms, Terms, places_of, saturate
from recommender.live.arrays import TOGETHER, Growing
from recommender.vectors import Float32, Int64, Mask, runs


@dataclass(frozen=True)
class Segment:
    """Postings of some added rows: `rows` and `weights` (m,) by term; those of `terms[i]` begin at `starts[i]`."""

    terms: Int32
    starts: Int64
    rows: Int64
    weights: Float32

    @classmethod
    def of(cls, terms: Int32, rows: Int64, weights: Float32) -> "Segment":
        """A segment of postings in any order."""
        order = np.argsort(terms, kind="stable")
        unique, first = np.unique(terms[order], return_index=True)
        return cls(unique, np.append(first, len(order)), rows[order], weights[order])

    def joined(self, other: "Segment") -> "Segment":
        """Both as one."""
        parts = [np.repeat(one.terms, np.diff(one.starts)) for one in (self, other)]
        rows, weights = np.concatenate([self.rows, other.rows]), np.concatenate([self.weights, other.weights])
        return Segment.of(np.concatenate(parts), rows, weights)

    def add_to(self, total: Float32, query: QueryTerms) -> None:
        """Add to the rows' scores what the query's terms give them."""
        term, at = self._postings(query.ids)
        np.add.at(total, self.rows[at], self.weights[at] * query.weights[term].astype(np.float32))

    def raise_to(self, highest: Float32, ids: Int32, values: Float32) -> None:
        """Raise what stands for each row to the values of the terms that it has."""
        term, at = self._postings(ids)
        np.maximum.at(highest, self.rows[at], values[term])

    def _postings(self, ids: Int32) -> tuple[Int64, Int64]:
        """The places of some terms' postings here, and for each the place of its term in `ids`."""
        if not len(ids) or not len(self.terms):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        place = np.minimum(np.searchsorted(self.terms, ids), len(self.terms) - 1)
        found = np.flatnonzero(self.terms[place] == ids)
        begin, end = self.starts[place[found]], self.starts[place[found] + 1]
        number, at = runs(begin, end - begin)
        return found[number], at


class LexicalChanges:
    """Terms of the rows that are added to a generation; `view` is what readers get."""

    def __init__(self, base: LexicalIndex) -> None:
        self._base = base
        self._mean = max(float(base.lengths.mean()) if len(base) else 1.0, 1.0)
        self._new: dict[str, int] = {}
        self._texts: list[str] = []
        self._idf, self._is_number = Growing(base.idf), Growing(base._is_number)
        self._gain = Growing(base.gain)
        self._lengths = Growing(base.lengths)
        self._terms, self._counts = Growing.empty(np.int32), Growing.empty(np.float32)
        self._titles = Growing.empty(np.int32)
        self._start, self._title_start = Growing(np.zeros(1, np.int64)), Growing(np.zeros(1, np.int64))
        self._segments: tuple[Segment, ...] = ()
        self._waiting: list[tuple[Sequence[str], Sequence[str]]] = []

    def add(self, title: Sequence[str], body: Sequence[str]) -> None:
        """Add the next row: the terms of its title and of its body (without the title)."""
        self._waiting.append((title, body))
        if len(self._waiting) >= TOGETHER:
            self._add_waiting()

    def _add_waiting(self) -> None:
        """Add the rows that wait: of many together each takes a fraction of the time."""
        if not self._waiting:
            return
        terms = [term for title, body in self._waiting for term in (*title, *body)]
        titles = np.array([len(title) for title, _ in self._waiting])
        lengths = titles + [len(body) for _, body in self._waiting]
        self._waiting = []
        number = self._numbers(terms)
        ids = np.fromiter(map(number.__getitem__, terms), np.int64, len(terms))
        rows, place = runs(np.zeros(len(lengths), np.int64), lengths)
        in_title = place < titles[rows]
        title_rows, title_ids, _ = _distinct(rows[in_title], ids[in_title])
        self._title_start.append(len(self._titles) + np.cumsum(np.bincount(title_rows, minlength=len(titles))))
        self._titles.append(title_ids)
        rows, ids, times = _distinct(rows, ids)
        counts = np.minimum(times, 255).astype(np.float32)
        self._start.append(len(self._terms) + np.cumsum(np.bincount(rows, minlength=len(lengths))))
        self._terms.append(ids)
        self._counts.append(counts)
        norm = (K1 * (1 - B + B * lengths / self._mean)).astype(np.float32)
        weights = self._gain.view()[ids] * saturate(counts, norm[rows])
        self._append(Segment.of(ids.astype(np.int32), rows + len(self._lengths), weights.astype(np.float32)))
        self._lengths.append(lengths)

    def _numbers(self, terms: Sequence[str]) -> dict[str, int]:
        """The id of each term; one that nobody had gets the next."""
        distinct = list(dict.fromkeys(terms))
        number = dict(zip(distinct, self._base.ids_of(distinct).tolist(), strict=True))
        fresh = [term for term in distinct if number[term] < 0 and term not in self._new]
        for term in fresh:
            self._texts.append(term)
            self._new[term] = self._base.vocabulary + len(self._texts) - 1
        if fresh:
            self._idf.append(np.full(len(fresh), self._base.unknown_idf, np.float32))
            self._gain.append(np.full(len(fresh), self._base.unknown_idf**IDF_POWER, np.float32))
            self._is_number.append([term[0].isdigit() and term[0].isascii() for term in fresh])
        return {term: self._new[term] if known < 0 else known for term, known in number.items()}

    def _append(self, segment: Segment) -> None:
        """Segments double in size from the last to the first, so that there are few and each posting moves seldom."""
        segments = [*self._segments, segment]
        while len(segments) > 1 and len(segments[-2].rows) <= 2 * len(segments[-1].rows):
            last = segments.pop()
            segments[-1] = segments[-1].joined(last)
        self._segments = tuple(segments)

    def view(self) -> "LiveLexical":
        """The index as it is now."""
        self._add_waiting()
        arrays = {
            "idf": self._idf, "gain": self._gain, "_is_number": self._is_number, "lengths": self._lengths,
            "_live_start": self._start, "_live_terms": self._terms, "_live_counts": self._counts,
            "_live_title_start": self._title_start, "_live_titles": self._titles,
        }  # fmt: skip
        views = {name: array.view() for name, array in arrays.items()}
        return LiveLexical(self._base, views, self._segments, self._new, self._texts)


class LiveLexical(LexicalIndex):
    """A generation's lexical index with added rows; what is inherited works on both through what is defined here."""

    _live_start: Int64
    _live_terms: Int32
    _live_counts: Float32
    _live_title_start: Int64
    _live_titles: Int32

    def __init__(
        self,
        base: LexicalIndex,
        arrays: dict[str, NDArray[Any]],
        segments: tuple[Segment, ...],
        new: dict[str, int],
        texts: list[str],
    ) -> None:
        self.__dict__.update(base.__dict__)
        self.__dict__.update(arrays)
        self._base, self._rows = base, len(base)
        self._segments, self._new, self._texts = segments, new, texts

    def ids_of(self, terms: Sequence[str]) -> Int32:
        """The ids of terms, -1 where no story has the term."""
        ids = self._base.ids_of(terms)
        for place in np.flatnonzero(ids < 0).tolist():
            number = self._new.get(terms[place], -1)
            ids[place] = number if number < len(self.idf) else -1  # the dictionary is shared with later views
        return ids

    def terms_of(self, row: int) -> Terms:
        """The terms of a row, title and body."""
        if row < self._rows:
            return self._base.terms_of(row)
        begin, end = self._live_start[row - self._rows], self._live_start[row - self._rows + 1]
        return Terms(self._live_terms[begin:end], self._live_counts[begin:end])

    def scores(self, query: QueryTerms) -> Float32:
        """Sum over terms of weight · idf^1.5 · saturated tf, for every row (n,)."""
        total = np.zeros(len(self), np.float32)
        total[: self._rows] = self._base.scores(self._known(query))
        for segment in self._segments:
            segment.add_to(total, query)
        return total

    def rarest(self, query: QueryTerms) -> Float32:
        """How rare the rarest word is that each row (n,) shares with a query."""
        rarest = np.zeros(len(self), np.float32)
        rarest[: self._rows] = self._base.rarest(self._known(query))
        ids, values = self.rarities(query.ids)
        for segment in self._segments:
            segment.raise_to(rarest, ids, values)
        return rarest

    def _known(self, query: QueryTerms) -> QueryTerms:
        """What of a query the generation knows."""
        known = query.ids < self._base.vocabulary
        return query._replace(ids=query.ids[known], weights=np.asarray(query.weights)[known])

    def text_of(self, term: int) -> str:
        """The term's text, as stemmed."""
        known = self._base.vocabulary
        return self._base.text_of(term) if term < known else self._texts[term - known]

    def distinct_terms(self, rows: Int64) -> Int64:
        """How many different terms some rows have (m,)."""
        live = rows >= self._rows
        result = np.empty(len(rows), np.int64)
        result[~live] = self._base.distinct_terms(rows[~live])
        result[live] = np.diff(self._live_start)[rows[live] - self._rows]
        return result

    def gather_titles(self, rows: Int64) -> tuple[Int32, Int64]:
        """Title term ids of several rows, one after the other, and where each row's begin ((n + 1,))."""
        live = rows >= self._rows
        if not live.any():
            return self._base.gather_titles(rows)
        ids, offsets = self._base.gather_titles(rows[~live])
        place, added = places_of(self._live_title_start, rows[live] - self._rows)
        both, order = _interleaved(live, offsets, added)
        return np.concatenate([ids, self._live_titles[place]])[order], both

    def gather_terms(self, rows: Int64) -> tuple[Int32, Float32, Int64]:
        """Term ids of several rows, one after the other, their counts, and where each row's begin ((n + 1,))."""
        live = rows >= self._rows
        if not live.any():
            return self._base.gather_terms(rows)
        ids, counts, offsets = self._base.gather_terms(rows[~live])
        place, added = places_of(self._live_start, rows[live] - self._rows)
        both, order = _interleaved(live, offsets, added)
        ids = np.concatenate([ids, self._live_terms[place]])[order]
        return ids, np.concatenate([counts, self._live_counts[place]])[order], both


def _distinct(rows: Int64, ids: Int64) -> tuple[Int64, Int64, Int64]:
    """The terms of each row, once each and ascending: rows, ids, and how often each was there."""
    both, times = np.unique(rows << 32 | ids, return_counts=True)
    return both >> 32, both & (2**32 - 1), times


def _interleaved(live: Mask, old: Int64, new: Int64) -> tuple[Int64, Int64]:
    """Where each row's values begin, and the order that brings values of old rows, then of added ones, there.

    Args:
        live: (n,) which rows are added ones.
        old: where the values of the old rows begin.
        new: where those of the added rows begin.
    """
    begin, sizes = np.empty(len(live), np.int64), np.empty(len(live), np.int64)
    begin[~live], sizes[~live] = old[:-1], np.diff(old)
    begin[live], sizes[live] = old[-1] + new[:-1], np.diff(new)
    return np.concatenate([[0], np.cumsum(sizes)]), runs(begin, sizes)[1]
