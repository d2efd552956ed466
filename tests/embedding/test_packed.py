"""The bytes of a vector that is kept alone."""

import numpy as np
import pytest

from recommender.embedding.packed import pack, unpack

VECTOR = np.array([0.5, -1.0, 0.1], np.float32)
BYTES = bytes.fromhex("003800bc662e01b425bb12")


def test_the_bytes_of_a_vector() -> None:
    assert pack(VECTOR, True) == BYTES
    assert pack(VECTOR.astype(np.float16), True) == BYTES


def test_a_vector_is_read_as_it_was_rounded() -> None:
    encoded = unpack(BYTES, 3)
    assert encoded is not None
    assert encoded.vector.dtype == np.float32
    assert encoded.vector.tolist() == VECTOR.astype(np.float16).tolist()
    assert encoded.truncated is True


@pytest.mark.parametrize("place", range(len(BYTES)))
def test_a_changed_byte_is_told(place: int) -> None:
    assert unpack(BYTES[:place] + bytes([BYTES[place] ^ 1]) + BYTES[place + 1 :], 3) is None


@pytest.mark.parametrize(("packed", "dim"), [(BYTES, 2), (BYTES, 4), (BYTES[:-1], 3), (b"", 3)])
def test_a_wrong_size_is_told(packed: bytes, dim: int) -> None:
    assert unpack(packed, dim) is None
