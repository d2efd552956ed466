"""BM25: its constants and its formulas."""

import numpy as np
from numpy.typing import NDArray

from recommender.vectors import Float32

K1 = 3.0
B = 0.9
IDF_POWER = 1.5
"""BM25's saturation and length normalisation (Robertson & Zaragoza 2009) and a power on its idf: high values, because
the query is a whole article, whose rare words say what it is about; chosen on links that editors made
(`docs/evaluation.md`)."""

TITLE_K1 = 1.2
TITLE_B = 0.3
"""The same for titles, where a word stands once and lengths differ little."""


def inverse_document_frequency(frequency: NDArray[np.integer | np.floating], rows: int) -> Float32:
    """ln(1 + (N - df + 1/2) / (df + 1/2)), never negative (as in Lucene)."""
    return np.log1p((rows - frequency + 0.5) / (frequency + 0.5)).astype(np.float32)


def length_norm(lengths: NDArray[np.integer], k1: float = K1, b: float = B) -> Float32:
    """k1 (1 - b + b length / mean length) of each row."""
    mean = max(float(lengths.mean()) if len(lengths) else 1.0, 1.0)
    return (k1 * (1 - b + b * lengths / mean)).astype(np.float32)


def saturate(tf: Float32, norm: Float32) -> Float32:
    """BM25's tf (k1 + 1) / (tf + norm)."""
    result: Float32 = tf * np.float32(K1 + 1) / (tf + norm)
    return result
