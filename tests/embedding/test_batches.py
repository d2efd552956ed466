import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.embedding.batches import padded, plan, round_up


@given(st.lists(st.integers(0, 512), max_size=200), st.integers(1, 4_096), st.integers(1, 64))
def test_every_text_is_in_one_batch_within_the_limits(lengths: list[int], max_tokens: int, max_rows: int) -> None:
    batches = plan(np.array(lengths, np.int64), max_tokens, max_rows)
    assert sorted(np.concatenate([*batches, np.empty(0, np.int64)]).tolist()) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) <= max_rows
        assert len(batch) == 1 or len(batch) * round_up(max(lengths[place] for place in batch)) <= max_tokens


def test_batches_hold_texts_of_similar_length_the_longest_first() -> None:
    batches = plan(np.array([10, 200, 11, 199, 12, 198]), max_tokens=416, max_rows=4)
    assert [batch.tolist() for batch in batches] == [[1, 3], [5], [4, 2, 0]]


def test_a_batch_is_padded_to_a_rounded_length() -> None:
    ids, mask = padded([np.array([5, 6, 7]), np.array([8]), np.empty(0, np.int64)], pad_id=9, max_length=64)
    assert ids.tolist() == [[5, 6, 7] + [9] * 13, [8] + [9] * 15, [9] * 16]
    assert mask.tolist() == [[1, 1, 1] + [0] * 13] + [[1] + [0] * 15] * 2


def test_a_batch_is_no_longer_than_the_model_reads() -> None:
    ids, mask = padded([np.arange(3), np.arange(17)], pad_id=9, max_length=21)
    assert ids.shape == mask.shape == (2, 21)


@pytest.mark.parametrize(("texts", "rows"), [(1, 1), (3, 3), (5, 6), (6, 6), (13, 16), (17, 32), (64, 64)])
def test_few_texts_have_few_rows_of_padding_and_many_a_power_of_two(texts: int, rows: int) -> None:
    ids, mask = padded([np.array([5])] * texts, pad_id=9, max_length=64)
    assert ids.shape == mask.shape == (rows, 16)
    assert ids[:texts, 0].tolist() == [5] * texts


def test_shapes_are_few() -> None:
    assert len({padded([np.zeros(5)] * count, 0, 256)[0].shape for count in range(1, 257)}) == 12
    lengths = np.random.default_rng(42).integers(1, 257, 20_000)
    shapes = {
        padded([np.zeros(lengths[place])] * len(batch), 0, 256)[0].shape
        for batch in plan(lengths, 4_096, 256)
        for place in batch[:1]
    }
    assert len(shapes) <= 40
    assert [round_up(length) for length in (0, 1, 16, 17, 32, 33, 48, 256)] == [16, 16, 16, 32, 32, 48, 48, 256]
