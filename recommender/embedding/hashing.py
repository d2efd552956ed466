"""An embedder without a model: for tests, examples and machines that have nothing else."""

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from recommender.embedding.embedder import CHARS_PER_TOKEN, Embedded, Role, readable
from recommender.errors import ModelError
from recommender.vectors import normalise

_WORD = re.compile(r"\w+")
_VERSION = 1


class HashingEmbedder:
    """Texts that share words are similar, and a little those that share parts of words. Deterministic everywhere.

    Each word, in lower case, is a feature of weight 1, each of its character trigrams (with "<" and ">" at its
    ends) one of weight 1/4. A feature's CRC-32 says where it is added in the row, and with which sign; a word that
    stands n times counts sqrt(n). A text without words is made of its other characters. The roles are the same.
    """

    runtime = "python"

    def __init__(self, dim: int = 256, max_tokens: int = 256) -> None:
        if dim < 8 or max_tokens < 1:
            raise ModelError(f"a hashing embedder needs dim >= 8 and max_tokens >= 1, not {dim} and {max_tokens}")
        self.dim = dim
        self.max_tokens = max_tokens
        self.max_chars = max_tokens * CHARS_PER_TOKEN
        self.name = f"hashing:{dim}"
        self.fingerprint = f"hashing:{dim}:{max_tokens}:v{_VERSION}"

    def embed(self, texts: Sequence[str], role: Role) -> Embedded:
        """Rows (n, dim) float32, unit length."""
        rows = np.zeros((len(texts), self.dim), np.float32)
        truncated = np.zeros(len(texts), np.bool_)
        for place, text in enumerate(texts):
            text, truncated[place] = readable(text, self.max_chars)
            words = _WORD.findall(text.lower()) or text.split() or [""]
            truncated[place] |= len(words) > self.max_tokens
            for word, count in Counter(words[: self.max_tokens]).items():
                weight = count**0.5
                for column, value in _features(word):
                    rows[place, column % self.dim] += weight * value
            if not rows[place].any():  # signs may cancel out in a short text
                rows[place, 0] = 1.0
        return Embedded(normalise(rows), truncated)

    def close(self) -> None:
        """Nothing is held."""


@lru_cache(maxsize=1 << 11)
def _features(word: str) -> tuple[tuple[int, float], ...]:
    """(hash, signed weight) of a word and of its trigrams."""
    return tuple(_weighted(word))


def _weighted(word: str) -> Iterator[tuple[int, float]]:
    marked = f"<{word}>"
    trigrams = [marked[start : start + 3] for start in range(len(marked) - 2)]
    for feature, weight in [(word, 1.0), *((trigram, 0.25) for trigram in trigrams)]:
        code = zlib.crc32(feature.encode())
        yield code >> 1, weight if code & 1 else -weight
