"""Words to terms, in the languages of a newsroom."""

import threading
import tracemalloc

import pytest

from recommender.analysis import Analyzer, analyzer, fold


@pytest.mark.parametrize(
    ("language", "text", "terms"),
    [
        ("en", "The Ministers were REACHING agreements, weren't they?", "minist reach agreement"),
        ("en", "It's 2026: 3 of the 15 mayors", "2026 3 15 mayor"),
        ("de", "Die Häuser der Städte und die größten Brücken", "haus stadt grosst bruck"),
        ("fr", "Les élections législatives à l'Assemblée", "élect législ assembl"),
        ("uk", "Уряд і парламент ухвалили бюджет на потяги", "уряд парламент ухвалили бюджет потяги"),
        ("zh", "北京的新地铁", "北京 京的 的新 新地 地铁"),
        ("ja", "東京", "東京"),
        ("en", "Vitamin C, plan B", "vitamin plan"),
        ("en", "COVID\u00ad-19 ﬁrst", "covid 19 first"),
        ("xx", "Strange words stay", "strange words stay"),
        (None, "The ministers", "minist"),
        ("en", "   …!?🎉", ""),
        ("en", "\0a\0bc", "bc"),
    ],
)
def test_terms(language: str | None, text: str, terms: str) -> None:
    assert Analyzer(language).terms(text) == terms.split()


@pytest.mark.parametrize(("language", "one", "other"), [
    ("en", "strikes", "STRIKING"), ("de", "Wahlen", "Wahl"), ("fr", "journaux", "journal"), ("ru", "выборы", "выборов"),
    ("es", "elecciones", "elección"), ("it", "città", "CITTÀ"), ("en", "café", "cafe\u0301"),
])  # fmt: skip
def test_forms_of_a_word_are_one_term(language: str, one: str, other: str) -> None:
    assert analyzer(language).terms(one) == analyzer(language).terms(other) != []


def test_case_and_width_are_folded() -> None:
    assert fold("ＡＢＣ Straße ①") == "abc strasse 1"


def test_a_long_word_is_cut() -> None:
    assert analyzer("xx").terms("a" * 10_000) == ["a" * 64]


def test_numbers_are_not_remembered() -> None:
    english = Analyzer("en")
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(10_000):
        assert english.terms(f"{number} dead") == [str(number), "dead"]
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert held < 10_000


def test_the_analyzer_may_be_used_by_many_threads() -> None:
    words = [f"running{number} cities{number}" for number in range(300)]
    shared = Analyzer("en")
    expected = [Analyzer("en").terms(text) for text in words]
    found: dict[int, list[list[str]]] = {}
    threads = [
        threading.Thread(target=lambda number=number: found.update({number: [shared.terms(text) for text in words]}))
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(result == expected for result in found.values())
    assert len(found) == 4
