"""The lexical channel against BM25 written plainly."""

import math
import random
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.lexical import LexicalIndex, LexicalWriter, writer

Doc = tuple[list[str], list[str]]

words = st.sampled_from([*"abcdefgh", "7", "1984", "ä"])
docs = st.lists(st.tuples(st.lists(words, max_size=4), st.lists(words, max_size=12)), max_size=9)


def written(folder: Path, corpus: Sequence[Doc]) -> LexicalIndex:
    writer = LexicalWriter(folder)
    for title, body in corpus:
        writer.add(title, body)
    writer.finish()
    return LexicalIndex(folder)


class Plain:
    """The documented formulas, one document and one term at a time."""

    def __init__(self, corpus: Sequence[Doc]) -> None:
        self.corpus = corpus
        self.bags = [Counter(title + body) for title, body in corpus]
        self.mean = max(sum(bag.total() for bag in self.bags) / max(len(corpus), 1), 1.0)
        self.mean_title = max(sum(len(set(title)) for title, _ in corpus) / max(len(corpus), 1), 1.0)

    def idf(self, term: str) -> float:
        frequency = sum(term in bag for bag in self.bags)
        return math.log(1 + (len(self.corpus) - frequency + 0.5) / (frequency + 0.5))

    def known(self, query: Sequence[str]) -> dict[str, float]:
        """Weight 1 + ln tf of each query term that some document has."""
        counts = Counter(query)
        return {term: 1 + math.log(count) for term, count in counts.items() if any(term in bag for bag in self.bags)}

    def score(self, query: Sequence[str], row: int, k1: float = 3.0, b: float = 0.9, power: float = 1.5) -> float:
        bag = self.bags[row]
        norm = k1 * (1 - b + b * bag.total() / self.mean)
        return sum(
            weight * self.idf(term) ** power * bag[term] * (k1 + 1) / (bag[term] + norm)
            for term, weight in self.known(query).items()
        )

    def rarest(self, query: Sequence[str], row: int) -> float:
        rare, most = (
            math.log(1 + (len(self.corpus) - frequency + 0.5) / (frequency + 0.5))
            for frequency in (4 * math.sqrt(len(self.corpus)), 0)
        )
        shared = [self.idf(term) for term in set(query) & set(self.bags[row]) if not term[0].isdigit()]
        return (max((idf for idf in shared if idf >= rare), default=0) / most) ** 1.5

    def title_score(self, query: Sequence[str], row: int) -> float:
        title = set(self.corpus[row][0])
        norm = 1.2 * (1 - 0.3 + 0.3 * len(title) / self.mean_title)
        return sum(
            weight * self.idf(term) ** 1.5 * 2.2 / (1 + norm)
            for term, weight in self.known(query).items()
            if term in title
        )


@settings(max_examples=120)
@given(docs, st.lists(words | st.just("unknown"), max_size=20))
def test_scores_are_those_of_the_formula(
    tmp_path_factory: pytest.TempPathFactory, corpus: list[Doc], query: list[str]
) -> None:
    index = written(tmp_path_factory.mktemp("lexical") / "lexical", corpus)
    plain = Plain(corpus)
    rows = np.arange(len(corpus))
    asked = index.weigh(index.lookup(query))
    assert len(index) == len(corpus)
    expected = [plain.score(query, row) for row in rows]
    np.testing.assert_allclose(index.scores(asked), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(index.rarest(asked), [plain.rarest(query, row) for row in rows], rtol=1e-4)
    titles = index.titles(asked, index.lookup(query).ids, rows)
    expected = [plain.title_score(query, row) for row in rows]
    np.testing.assert_allclose(titles.scores, expected, rtol=1e-4, atol=1e-5)
    assert titles.complete.tolist() == [len(set(title)) > 1 and set(title) <= set(query) for title, _ in corpus]
    heaviest = sum((1 + math.log(count)) * plain.idf(term) ** 1.5 for term, count in Counter(query).items())
    assert asked.norm == pytest.approx(heaviest, rel=1e-4)
    # Under other constants, worked back from what is stored.
    terms = index.lookup(query)
    for k1, b, power in ((1.2, 0.75, 1.0), (0.9, 0.0, 2.0)):
        other = index.scores_with(index.reweighted(k1, b, power), asked.ids, asked.weights)
        np.testing.assert_allclose(other, [plain.score(query, row, k1, b, power) for row in rows], rtol=1e-3, atol=1e-4)
    assert terms.counts.tolist() == [Counter(query)[index.text_of(term)] for term in terms.ids.tolist()]
    assert sorted(terms.unknown.tolist()) == sorted(
        count for term, count in Counter(query).items() if not any(term in bag for bag in plain.bags)
    )


@settings(max_examples=60)
@given(docs.filter(bool))
def test_the_forward_index_gives_a_story_back(tmp_path_factory: pytest.TempPathFactory, corpus: list[Doc]) -> None:
    index = written(tmp_path_factory.mktemp("lexical") / "lexical", corpus)
    for row, (title, body) in enumerate(corpus):
        terms = index.terms_of(row)
        assert {
            index.text_of(term): count for term, count in zip(terms.ids.tolist(), terms.counts.tolist(), strict=True)
        } == (Counter(title + body))
        assert terms.ids.tolist() == sorted(terms.ids.tolist())
        assert index.lengths[row] == len(title + body)
    rows = np.array([len(corpus) - 1, 0, len(corpus) - 1])
    terms, counts, offsets = index.gather_terms(rows)
    for row, (begin, end) in zip(rows.tolist(), pairwise(offsets), strict=True):
        assert terms[begin:end].tolist() == index.terms_of(row).ids.tolist()
        assert counts[begin:end].tolist() == index.terms_of(row).counts.tolist()
    titles, offsets = index.gather_titles(rows)
    for row, (begin, end) in zip(rows.tolist(), pairwise(offsets), strict=True):
        assert titles[begin:end].tolist() == sorted(set(titles[begin:end].tolist()))
        assert {index.text_of(term) for term in titles[begin:end].tolist()} == set(corpus[row][0])
    assert index.distinct_terms(rows).tolist() == [len(set(corpus[row][0] + corpus[row][1])) for row in rows.tolist()]


def test_postings_written_in_chunks_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pick = random.Random(5)
    corpus = [([pick.choice("abcdef")], pick.choices("abcdefghij", k=pick.randrange(30))) for _ in range(60)]
    whole = written(tmp_path / "whole", corpus)
    monkeypatch.setattr(writer, "_CHUNK", 7)
    written(tmp_path / "chunks", corpus)
    for path in sorted((tmp_path / "whole").iterdir()):
        assert (tmp_path / "chunks" / path.name).read_bytes() == path.read_bytes(), path.name
    assert len(whole) == 60


def test_a_long_query_keeps_its_heaviest_terms(tmp_path: Path) -> None:
    """Of 150 terms, each rarer than the one before, the hundred rarest count."""
    corpus: list[Doc] = [([], [f"t{number}" for number in range(row, 150)]) for row in range(150)]
    corpus = [([], body[::-1]) for _, body in corpus]
    index, plain = written(tmp_path / "lexical", corpus), Plain(corpus)
    asked = index.weigh(index.lookup([f"t{number}" for number in range(150)]))
    kept = {index.text_of(term) for term in asked.ids.tolist()}
    assert kept == {f"t{number}" for number in range(100)}
    assert asked.norm == pytest.approx(sum(plain.idf(term) ** 1.5 for term in kept), rel=1e-4)


def test_a_term_that_stands_300_times_counts_as_255(tmp_path: Path) -> None:
    index = written(tmp_path / "lexical", [([], ["a"] * 300), ([], ["b"])])
    assert index.terms_of(0).counts.tolist() == [255.0]
    assert index.lengths.tolist() == [300, 1]


def test_a_word_that_many_share_is_not_rare(tmp_path: Path) -> None:
    words = {"name": range(2), "place": range(40), "common": range(100 - 41, 100), "1984": range(50, 52)}
    corpus: list[Doc] = [([], [word for word, rows in words.items() if row in rows]) for row in range(100)]
    index, plain = written(tmp_path / "lexical", corpus), Plain(corpus)
    rarest = index.rarest(index.weigh(index.lookup([*words])))
    np.testing.assert_allclose(rarest, [plain.rarest([*words], row) for row in range(100)], rtol=1e-5)
    assert 0 == rarest[99] == rarest[50] < rarest[39] < rarest[0] < 1


def test_a_bag_holds_the_heaviest_terms_and_the_numbers(tmp_path: Path) -> None:
    corpus: list[Doc] = [(["storm", "2026"], ["storm", "12"]), (["calm"], ["7th"])]
    index, plain = written(tmp_path / "lexical", corpus), Plain(corpus)
    bag = index.bags(np.array([0]))
    weights = {index.text_of(term): weight for term, weight in zip(bag.ids.tolist(), bag.weights.tolist(), strict=True)}
    assert weights == {
        "storm": pytest.approx((1 + math.log(2)) * plain.idf("storm") ** 1.5, rel=1e-5),
        "2026": pytest.approx(plain.idf("2026") ** 1.5, rel=1e-5),
        "12": pytest.approx(plain.idf("12") ** 1.5, rel=1e-5),
    }
    assert {index.text_of(term) for term in bag.ids[bag.is_number].tolist()} == {"2026", "12"}
    both = index.bags(np.array([1, 0]))
    assert {index.text_of(term) for term in both.ids[: both.start[1]][both.is_number[: both.start[1]]]} == {"7th"}
    assert both.ids[both.start[1] :].tolist() == bag.ids.tolist()


def test_a_bag_keeps_the_hundred_heaviest_terms(tmp_path: Path) -> None:
    corpus: list[Doc] = [([], [f"t{number}" for number in range(row, 150)]) for row in range(150)]
    index = written(tmp_path / "lexical", corpus)
    bags = index.bags(np.array([0, 149, 20]))
    kept = [{index.text_of(term) for term in bags.ids[begin:end].tolist()} for begin, end in pairwise(bags.start)]
    assert kept == [{f"t{n}" for n in range(100)}, {"t149"}, {f"t{n}" for n in range(20, 120)}]
    assert all(np.all(np.diff(bags.ids[begin:end]) > 0) for begin, end in pairwise(bags.start))


def test_an_index_of_nothing(tmp_path: Path) -> None:
    index = written(tmp_path / "lexical", [])
    asked = index.weigh(index.lookup(["a"]))
    assert (len(index), len(asked.ids), len(index.scores(asked)), len(index.rarest(asked))) == (0, 0, 0, 0)
    wordless = written(tmp_path / "wordless", [([], []), ([], [])])
    asked = wordless.weigh(wordless.lookup(["a"]))
    assert wordless.scores(asked).tolist() == wordless.rarest(asked).tolist() == [0, 0]
    assert wordless.titles(asked, asked.ids, np.arange(2)).scores.tolist() == [0, 0]
