import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.embedding.batches import plan, round_up


@given(st.lists(st.integers(0, 512), max_size=200), st.integers(1, 4_096), st.integers(1, 64))
def test_every_text_is_in_one_batch_within_the_limits(lengths: list[int], max_tokens: int, max_rows: int) -> None:
    batches = plan(np.array(lengths, np.int64), max_tokens, max_rows)
    assert sorted(np.concatenate([*batches, np.empty(0, np.int64)]).tolist()) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) <= max_rows
        assert len(batch) == 1 or len(batch) * round_up(max(lengths[place] for place in batch)) <= max_tokens


def test_batches_hold_texts_of_similar_length_the_longest_first() -> None:
    batches = plan(np.array([10, 200, 11, 199, 12]), max_tokens=416, max_rows=3)
    assert [batch.tolist() for batch in batches] == [[1, 3], [4, 2, 0]]


def test_lengths_are_rounded_to_few_values() -> None:
    assert [round_up(length) for length in (1, 4, 5, 32, 33, 48, 256)] == [4, 4, 8, 32, 48, 48, 256]
