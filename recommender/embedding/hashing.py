"""An embedder without a model: for tests, examples and machines that have nothing else."""

import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.embedding.embedder import CHARS_PER_TOKEN, Embedded, Role, readable
from recommender.errors import ModelError
from recommender.vectors import Float32, normalise

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
            codes, weights = _features(Counter(words[: self.max_tokens]))
            np.add.at(rows[place], (codes >> 1) % self.dim, np.where(codes & 1, weights, -weights))
            if not rows[place].any():  # signs may cancel out in a short text
                rows[place, 0] = 1.0
        return Embedded(normalise(rows), truncated)

    def close(self) -> None:
        """Nothing is held."""


def _features(words: Mapping[str, int]) -> tuple[NDArray[np.uint32], Float32]:
    """CRC-32 and weight of each feature of words that stand so many times.

    None are remembered: making them is as fast as looking them up one by one, and live texts bring ever new words.
    """
    codes: list[int] = []
    weights: list[float] = []
    for word, count in words.items():
        marked = f"<{word}>"
        trigrams = [marked[start : start + 3] for start in range(len(marked) - 2)]
        codes += [zlib.crc32(feature.encode()) for feature in (word, *trigrams)]
        weights += [count**0.5, *[count**0.5 / 4] * len(trigrams)]
    return np.array(codes, np.uint32), np.array(weights, np.float32)
