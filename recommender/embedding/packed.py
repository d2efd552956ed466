"""A vector as the files that keep single ones hold it: the cache, and the journal of live changes."""

import zlib

import numpy as np
from numpy.typing import NDArray

from recommender.embedding.query_encoder import Encoded


def pack(vector: NDArray[np.floating], truncated: bool) -> bytes:
    """Little-endian float16, dim numbers; truncated, 1 byte; CRC-32 of these, 4 bytes, little-endian."""
    content = vector.astype("<f2", copy=False).tobytes() + bytes([truncated])
    return content + zlib.crc32(content).to_bytes(4, "little")


def unpack(packed: bytes, dim: int) -> Encoded | None:
    """The vector; None if these are not the bytes of one that was packed."""
    content, checksum = packed[:-4], packed[-4:]
    if len(content) != 2 * dim + 1 or zlib.crc32(content).to_bytes(4, "little") != checksum:
        return None
    return Encoded(np.frombuffer(content, "<f2", dim).astype(np.float32), bool(content[-1]))
