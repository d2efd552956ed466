"""Files that are written once: append-only .npy arrays, atomic JSON, checksums, durable renames."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

from recommender.errors import IndexCorrupt, IndexFault

_HEADER_SIZE = 128
_TOGETHER = 4_096


class NpyWriter:
    """Writes a one-dimensional .npy file (format 1.0) whose length is not known beforehand.

    The header is padded to 128 bytes, so that it can be filled in at the end.
    """

    def __init__(self, path: Path, dtype: DTypeLike) -> None:
        self.dtype = np.dtype(dtype).newbyteorder("<")
        self.length = 0
        self._waiting: list[Any] = []
        self._file: BinaryIO = path.open("wb")
        self._file.write(b"\0" * _HEADER_SIZE)

    def put(self, value: Any) -> None:
        """Write one more number; many of them go to the file at once."""
        self._waiting.append(value)
        self.length += 1
        if len(self._waiting) >= _TOGETHER:
            self._flush()

    def append(self, values: NDArray[Any] | Iterable[Any]) -> None:
        """Write `values` after what is there."""
        self._flush()
        self.length += self._write(values)

    def close(self) -> None:
        """Fill in the header."""
        if self._file.closed:
            return
        self._flush()
        text = f"{{'descr': '{self.dtype.str}', 'fortran_order': False, 'shape': ({self.length},), }}"
        magic = b"\x93NUMPY\x01\x00" + (_HEADER_SIZE - 10).to_bytes(2, "little")
        self._file.seek(0)
        self._file.write(magic + text.encode("ascii").ljust(_HEADER_SIZE - 11) + b"\n")
        self._file.close()

    def _flush(self) -> None:
        self._write(self._waiting)
        self._waiting.clear()

    def _write(self, values: NDArray[Any] | Iterable[Any]) -> int:
        array = np.ascontiguousarray(values, dtype=self.dtype)
        self._file.write(array.data if array.size else b"")
        return array.size

    def __enter__(self) -> "NpyWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def save_array(path: Path, values: NDArray[Any]) -> None:
    """Write one whole .npy file, little-endian."""
    np.save(path, values.astype(values.dtype.newbyteorder("<"), copy=False), allow_pickle=False)


def new_array(path: Path, dtype: DTypeLike, length: int) -> "np.memmap[Any, np.dtype[Any]]":
    """A new one-dimensional .npy file, mapped to be filled in any order.

    Its space is taken at once: a mapped page that a full disk has no place for ends the process without a word.

    Raises:
        OSError: the disk has not that much space.
    """
    array = np.lib.format.open_memmap(path, "w+", np.dtype(dtype).newbyteorder("<"), (length,))
    if hasattr(os, "posix_fallocate"):  # macOS has none
        with path.open("rb+") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return array


def map_array(path: Path, dtype: DTypeLike) -> NDArray[Any]:
    """Open a one-dimensional .npy file, memory-mapped and read-only.

    Raises:
        IndexCorrupt: it is missing, no .npy file, or of another type.
    """
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise IndexCorrupt(f"{path}: cannot be read as an array ({error})") from None
    expected = np.dtype(dtype).newbyteorder("<")
    if array.dtype != expected or array.ndim != 1:
        raise IndexCorrupt(f"{path}: holds {array.ndim}-dimensional {array.dtype}, expected 1-dimensional {expected}")
    # A plain ndarray over the same pages: np.memmap's own class makes every slice several times slower.
    return np.asarray(array).view(np.ndarray)


def read_json(path: Path) -> Any:
    """Read a JSON file of an index.

    Raises:
        IndexCorrupt: it is missing or no JSON.
    """
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise IndexCorrupt(f"{path}: cannot be read as JSON ({error})") from None


def write_json(path: Path, value: Any) -> None:
    """Replace a JSON file in one step, durably."""
    write_file(path, (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode())


def write_file(path: Path, content: bytes) -> None:
    """Replace a file in one step, durably: readers see the old content or the new.

    Raises:
        IndexFault: it cannot be written, of a full disk for one; the old content is still there.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise IndexFault(f"{path}: cannot be written ({error.strerror or error})") from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """Make a file's content durable."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def key64(text: str) -> int:
    """A 64-bit key of a text (BLAKE2b): by the birthday bound two of a million texts share one with odds of 3e-8."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "little")
