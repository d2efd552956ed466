"""Which texts are encoded together, in which shape: pure numpy.

A graph is compiled anew for every shape it meets (milliseconds, and about a megabyte that stays), so shapes are few:
lengths and the numbers of rows are rounded up.
"""

from collections.abc import Sequence

import numpy as np

from recommender.vectors import Int64

TILE = 16
"""Rows of a processor's matrix unit: 24 tokens take as long as 32, and 15 longer than 16."""
_SLACK = 16
"""Tokens of padding that cost nothing worth saving."""
_FEW = (1, 2, 3, 4, 6, 8, 12, 16)
"""Rows of a batch of few texts: a row of padding costs as much as a text."""


def round_up(length: int) -> int:
    """A batch's length: the next multiple of `TILE`."""
    return max(1, -(-length // TILE)) * TILE


def round_up_rows(count: int) -> int:
    """A batch's rows: the next of a few numbers, or power of two."""
    return next((rows for rows in _FEW if rows >= count), 1 << (count - 1).bit_length())


def plan(lengths: Int64, max_tokens: int, max_rows: int) -> list[Int64]:
    """Cut texts of these lengths (n,) into batches (places), the longest first; every text is in one batch.

    A batch holds at most `max_rows` texts and, padded, `max_tokens` tokens (or one text), and none that is much shorter
    than half of the longest.
    """
    order = np.argsort(-lengths, kind="stable").astype(np.int64)
    falling = lengths[order]
    batches: list[Int64] = []
    start = 0
    while start < len(order):
        longest = int(falling[start])
        most = max(1, min(max_rows, max_tokens // round_up(longest)))
        size = 1 << (most.bit_length() - 1)
        similar = int(np.searchsorted(-falling, _SLACK - longest // 2, side="right"))
        end = min(start + size, max(similar, start + 1))
        batches.append(order[start:end])
        start = end
    return batches


def padded(ids: Sequence[Int64], pad_id: int, max_length: int) -> tuple[Int64, Int64]:
    """Token ids and attention mask of a batch, both (rows, length) int64; rows beyond those of `ids` mean nothing.

    None of the `ids` is longer than `max_length`, nor is a row: a model may have no more positions.
    """
    rows = round_up_rows(len(ids))
    length = min(round_up(max(map(len, ids))), max_length)
    batch = np.full((rows, length), pad_id, np.int64)
    mask = np.zeros((rows, length), np.int64)
    mask[:, 0] = 1  # a text of no token at all reads one of padding, so that no row is empty
    for row, values in enumerate(ids):
        batch[row, : len(values)] = values
        mask[row, : len(values)] = 1
    return batch, mask
