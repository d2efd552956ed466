import re
import tracemalloc
import zlib
from collections import Counter

import numpy as np
import pytest

from recommender.embedding import HashingEmbedder, Role
from recommender.errors import ModelError


def similarity(one: str, other: str) -> float:
    rows = HashingEmbedder(512).embed([one, other], Role.DOCUMENT).rows
    return float(rows[0] @ rows[1])


def test_shared_words_make_texts_similar() -> None:
    headline = "Council approves the new bridge"
    assert similarity(headline, "COUNCIL approves: the NEW bridge!") == pytest.approx(1.0)
    close = similarity(headline, "The new bridge is approved by the council")
    far = similarity(headline, "Storm closes harbour for two days")
    assert close > 0.6
    assert abs(far) < 0.2


def test_is_the_same_everywhere() -> None:
    row = HashingEmbedder(8).embed(["a storm"], Role.QUERY).rows[0]
    expected = np.array([-1, 4, 4, -2, 0, 1, 1, -1], np.float32)
    np.testing.assert_allclose(row, expected / np.linalg.norm(expected), atol=1e-6)


@pytest.mark.parametrize("text", ["a storm", "Storm after storm after storm", "東京で 新しい橋 橋 橋", "x " * 99])
def test_is_what_its_description_says(text: str) -> None:
    expected = np.zeros(64)
    for word, count in Counter(re.findall(r"\w+", text.lower())).items():
        parts = [f"<{word}>"[start : start + 3] for start in range(len(word))]
        for feature, weight in [(word, 1.0), *((part, 0.25) for part in parts)]:
            code = zlib.crc32(feature.encode())
            expected[(code >> 1) % 64] += np.sqrt(count) * weight * (1 if code % 2 else -1)
    row = HashingEmbedder(64).embed([text], Role.DOCUMENT).rows[0]
    np.testing.assert_allclose(row, expected / np.linalg.norm(expected), atol=1e-6)


def test_words_are_not_remembered() -> None:
    embedder = HashingEmbedder(64)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(2_000):
        embedder.embed([f"word{number}"], Role.QUERY)
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert held < 10_000


def test_words_without_spaces_share_their_parts() -> None:
    assert similarity("東京で新しい橋が開通", "東京で新しい橋が完成") > 0.25
    assert abs(similarity("東京で新しい橋が開通", "大雨のため学校は休み")) < 0.1


@pytest.mark.parametrize(("dim", "max_tokens"), [(4, 10), (64, 0)])
def test_refuses_useless_sizes(dim: int, max_tokens: int) -> None:
    with pytest.raises(ModelError, match=f"not {dim} and {max_tokens}"):
        HashingEmbedder(dim, max_tokens)
