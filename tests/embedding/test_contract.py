"""What every embedder promises."""

import threading

import numpy as np
import pytest

from recommender.embedding import Embedder, Role

TEXTS = [
    "Council approves the new bridge",
    "",
    "   \n\t ",
    "storm",
    "Über die Brücke nach Köln",
    "Київ: нові потяги до моря",
    "東京で新しい橋が開通",
    "😀🎉👩‍👩‍👧",
    "a\0b",
    "\ud800 a lone surrogate",
    "words " * 20_000,
    "x" * 50_000,
]


@pytest.mark.parametrize("role", list(Role))
def test_rows_have_unit_length_whatever_the_text(embedder: Embedder, role: Role) -> None:
    rows, truncated = embedder.embed(TEXTS, role)
    assert rows.shape == (len(TEXTS), embedder.dim)
    assert rows.dtype == np.float32
    assert truncated.dtype == np.bool_
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-3)


def test_no_text_gives_no_row(embedder: Embedder) -> None:
    rows, truncated = embedder.embed([], Role.QUERY)
    assert rows.shape == (0, embedder.dim)
    assert truncated.shape == (0,)


def test_a_row_does_not_depend_on_the_other_texts(embedder: Embedder) -> None:
    lengths = np.random.default_rng(42).integers(1, 60, 300)
    texts = TEXTS + [" ".join(f"w{number} {number * 7}" for number in range(length)) for length in lengths]
    together = embedder.embed(texts, Role.DOCUMENT).rows
    for place in [*range(len(TEXTS)), *range(len(TEXTS), len(texts), 37)]:
        alone = embedder.embed([texts[place]], Role.DOCUMENT).rows[0]
        assert alone @ together[place] >= 0.9999 * np.linalg.norm(alone) * np.linalg.norm(together[place])


def test_rows_are_in_the_order_of_the_texts(embedder: Embedder) -> None:
    texts = ["storm closes the harbour for two days", "bridge", "a new bridge was opened", "the end"]
    rows = embedder.embed(texts, Role.DOCUMENT).rows
    turned = embedder.embed(texts[::-1], Role.DOCUMENT).rows
    similarities = rows @ turned[::-1].T
    assert (similarities.argmax(axis=1) == np.arange(4)).all()


def test_truncation_is_reported(embedder: Embedder) -> None:
    texts = ["short", "long " * (embedder.max_tokens + 5), "also short", "y" * (embedder.max_chars + 1)]
    assert embedder.embed(texts, Role.DOCUMENT).truncated.tolist() == [False, True, False, True]
    assert embedder.embed(texts[1:2], Role.QUERY).truncated.tolist() == [True]


def test_what_lies_behind_the_limit_changes_nothing(embedder: Embedder) -> None:
    start = "harbour storm " * embedder.max_tokens
    rows = embedder.embed([start + "one end", start + "another end " * 50], Role.DOCUMENT).rows
    assert rows[0] @ rows[1] >= 0.9999 * np.linalg.norm(rows[0]) * np.linalg.norm(rows[1])


def test_equal_texts_have_equal_rows(embedder: Embedder) -> None:
    rows = embedder.embed(["storm", "bridge", "storm"], Role.QUERY).rows
    np.testing.assert_array_equal(rows[0], rows[2])


def test_several_threads_may_embed_at_once(embedder: Embedder) -> None:
    texts = [f"story number {number} of the day" for number in range(8)]
    expected = embedder.embed(texts, Role.DOCUMENT).rows
    least: list[float] = []

    def work(place: int) -> None:
        row = embedder.embed([texts[place]], Role.DOCUMENT).rows[0]
        least.append(float(row @ expected[place]))

    threads = [threading.Thread(target=work, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(least) == 8
    assert min(least) >= 0.999


def test_says_what_it_is(embedder: Embedder) -> None:
    assert str(embedder.dim) in embedder.fingerprint.split(":")
    assert str(embedder.max_tokens) in embedder.fingerprint.split(":")
    assert embedder.name
    assert embedder.runtime
    assert embedder.max_chars >= embedder.max_tokens
