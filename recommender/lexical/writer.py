"""Writes the lexical index: the forward index as rows come, the postings from it at the end."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from recommender.lexical.bm25 import IDF_POWER, inverse_document_frequency, length_norm, saturate
from recommender.storage import NpyWriter, key64, map_array, new_array, save_array
from recommender.vectors import Int64, runs

_CHUNK = 500_000
_TOGETHER = 200_000


class _Rows:
    """The term ids of some rows, one after the other."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.sizes: list[int] = []

    def add(self, ids: Iterable[int]) -> None:
        before = len(self.ids)
        self.ids.extend(ids)
        self.sizes.append(len(self.ids) - before)

    def counted(self) -> tuple[Int64, Int64, Int64]:
        """The distinct ids of each row, ascending, how often each stands there, and where each row's end (n,)."""
        rows = np.repeat(np.arange(len(self.sizes)), self.sizes)
        unique, counts = np.unique(rows << 32 | np.array(self.ids, np.int64), return_counts=True)
        return unique & 0xFFFFFFFF, counts, np.cumsum(np.bincount(unique >> 32, minlength=len(self.sizes)))


class LexicalWriter:
    """Writes a lexical index row by row; memory holds the vocabulary, not the corpus."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._vocabulary: defaultdict[str, int] = defaultdict()
        self._vocabulary.default_factory = self._vocabulary.__len__  # a new term gets the next number
        self._waiting = _Rows()
        self._waiting_titles = _Rows()
        self._forward_terms = NpyWriter(folder / "forward_terms.npy", np.int32)
        self._forward_counts = NpyWriter(folder / "forward_counts.npy", np.uint8)
        self._forward_start = NpyWriter(folder / "forward_start.npy", np.int64)
        self._title_terms = NpyWriter(folder / "title_terms.npy", np.int32)
        self._title_start = NpyWriter(folder / "title_start.npy", np.int64)
        self._lengths = NpyWriter(folder / "lengths.npy", np.int32)
        self._forward_start.append([0])
        self._title_start.append([0])

    def add(self, title: Sequence[str], body: Sequence[str]) -> None:
        """Add the next row: the terms of its title and of its body (without the title)."""
        self._waiting_titles.add(map(self._vocabulary.__getitem__, title))
        self._waiting.add(map(self._vocabulary.__getitem__, [*title, *body]))
        if len(self._waiting.ids) >= _TOGETHER:
            self._flush()

    def _flush(self) -> None:
        """Count and write the terms of the rows that wait: of many at once that takes a third of the time."""
        terms, counts, ends = self._waiting.counted()
        self._lengths.append(self._waiting.sizes)
        self._forward_start.append(self._forward_terms.length + ends)
        self._forward_terms.append(terms)
        self._forward_counts.append(np.minimum(counts, 255))
        terms, _, ends = self._waiting_titles.counted()
        self._title_start.append(self._title_terms.length + ends)
        self._title_terms.append(terms)
        self._waiting, self._waiting_titles = _Rows(), _Rows()

    def finish(self) -> None:
        """Close the forward index and turn it into postings."""
        self._flush()
        for writer in (
            self._forward_terms,
            self._forward_counts,
            self._forward_start,
            self._title_terms,
            self._title_start,
            self._lengths,
        ):
            writer.close()
        self._write_vocabulary()
        _write_postings(self._folder, len(self._vocabulary))

    def _write_vocabulary(self) -> None:
        keys = np.fromiter((key64(term) for term in self._vocabulary), np.uint64, len(self._vocabulary))
        order = np.argsort(keys, kind="stable")
        save_array(self._folder / "term_keys.npy", keys[order])
        save_array(self._folder / "term_ids.npy", order.astype(np.int32))
        with (
            NpyWriter(self._folder / "term_text.npy", np.uint8) as text,
            NpyWriter(self._folder / "term_start.npy", np.int64) as start,
        ):
            start.append([0])
            for term in self._vocabulary:
                text.append(np.frombuffer(term.encode(), np.uint8))
                start.append([text.length])


def _write_postings(folder: Path, vocabulary: int) -> None:
    terms = map_array(folder / "forward_terms.npy", np.int32)
    counts = map_array(folder / "forward_counts.npy", np.uint8)
    start = map_array(folder / "forward_start.npy", np.int64)
    lengths = map_array(folder / "lengths.npy", np.int32)
    rows = len(lengths)
    frequency = np.zeros(vocabulary, np.int64)
    for begin in range(0, len(terms), _CHUNK):
        frequency += np.bincount(terms[begin : begin + _CHUNK], minlength=vocabulary)
    starts = np.concatenate([[0], np.cumsum(frequency)])
    save_array(folder / "posting_start.npy", starts.astype(np.int64))
    idf = inverse_document_frequency(frequency, rows) ** IDF_POWER
    norm = length_norm(lengths)
    posting_rows = new_array(folder / "posting_rows.npy", np.int32, len(terms))
    weights = new_array(folder / "posting_weights.npy", np.float32, len(terms))
    cursor = starts[:-1].copy()
    row = 0
    while row < rows:
        # Whole rows of about _CHUNK entries: sorted by term, each term's run goes behind what it has already.
        end = min(max(int(np.searchsorted(start, start[row] + _CHUNK)), row + 1), rows)
        part = terms[start[row] : start[end]]
        owner = np.repeat(np.arange(row, end, dtype=np.int32), np.diff(start[row : end + 1]))
        order = np.argsort(part, kind="stable")
        part, owner = part[order], owner[order]
        tf = counts[start[row] : start[end]][order].astype(np.float32)
        used, times = np.unique(part, return_counts=True)
        _, place = runs(cursor[used], times)
        posting_rows[place] = owner
        weights[place] = idf[part] * saturate(tf, norm[owner])
        cursor[used] += times
        row = end
    posting_rows.flush()
    weights.flush()
