"""Which texts are encoded together: pure numpy."""

import numpy as np

from recommender.vectors import Int64


def round_up(length: int) -> int:
    """A batch's length: the next multiple of 4 up to 32 tokens, of 16 above: few shapes, little padding."""
    step = 4 if length <= 32 else 16
    return -(-length // step) * step


def plan(lengths: Int64, max_tokens: int, max_rows: int) -> list[Int64]:
    """Cut texts of these lengths (n,) into batches of similar length, the longest first.

    A batch holds at most `max_rows` texts and, padded, about `max_tokens` tokens. Every text is in one batch.
    """
    order = np.argsort(-lengths, kind="stable").astype(np.int64)
    batches: list[Int64] = []
    start = 0
    while start < len(order):
        longest = round_up(int(lengths[order[start]]))
        size = max(1, min(max_rows, max_tokens // max(longest, 1)))
        batches.append(order[start : start + size])
        start += size
    return batches
