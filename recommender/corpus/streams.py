"""Bytes of a file, decompressed where its first bytes (not its name) say gzip or zstd, and their text."""

import gzip
import io
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self, cast

import zstandard

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")
_BLOCK = 2_048
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))

MAX_RATIO = 200
"""A packed file that grows by more than this is a bomb: text does by 3 to 20, and some tables by 100."""
_HARMLESS = 16 << 20
"""What a packed file may grow to before its ratio counts."""


class Bomb(OSError):
    """A small file that unpacks to a huge one."""


DAMAGED = (EOFError, OSError, zlib.error, zstandard.ZstdError)
"""What reading a truncated or altered file raises."""

_DECLARED = re.compile(rb"""<(?:meta|\?xml)\b[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_ENCODING = re.compile(
    r"(?:iso[-_]?8859[-_]?\d{1,2}|latin[-_]?\d|windows[-_]?\d{3,4}|cp\d{3,4}|koi8[-_]?[rut]|x?-?mac[-_]?\w{5,10}|"
    r"gb2312|gbk|gb18030|big5|euc[-_](?:jp|kr)|shift[-_]?jis|us-ascii|ascii)",
    re.IGNORECASE,
)
_AS_WINDOWS = re.compile(r"iso[-_]?8859[-_]?1|latin[-_]?1|us-ascii|ascii", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Stream:
    """An open file: `data` is read (decompressed), `file` says how far."""

    data: BinaryIO
    file: BinaryIO

    @classmethod
    def open(cls, path: Path) -> "Stream":
        """Open a file for reading.

        Raises:
            OSError: it cannot be opened.
        """
        return cls.of(path.open("rb"))

    @classmethod
    def of(cls, file: BinaryIO) -> "Stream":
        """Read what is open already, which is closed with the stream.

        Raises:
            OSError: it cannot be read.
        """
        try:
            start = file.read(4)
            file.seek(0)
        except OSError:
            file.close()
            raise
        if start.startswith(_GZIP):
            return cls(_unpacked(_GzipMembers(file), file), file)
        if start == _ZSTD or _SKIPPABLE.match(start):
            return cls(_unpacked(_ZstdFrames(file), file), file)
        return cls(file, file)

    @property
    def position(self) -> int:
        """Bytes of the file that were read."""
        return self.file.tell()

    def read_some(self, size: int) -> bytes:
        """At most so many bytes, and at least one before the end: of a file that is cut off, all that stands before."""
        return cast(io.BufferedReader, self.data).read1(size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.data.close()
        self.file.close()


def gunzipped(file: BinaryIO) -> BinaryIO:
    """What stands in a gzip stream that can be read once only, and tells how far it was."""
    return _unpacked(_GzipMembers(file), file)


def _unpacked(raw: io.RawIOBase, file: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(_Guarded(raw, file), 1 << 17))


class _Guarded(io.RawIOBase):
    """Unpacked bytes, up to where they are too many for the packed ones that were read."""

    def __init__(self, raw: io.RawIOBase, file: BinaryIO) -> None:
        self._raw = raw
        self._file = file
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        count = self._raw.readinto(cast(bytearray, buffer)) or 0
        self._count += count
        if self._count > _HARMLESS and self._count > MAX_RATIO * self._file.tell():
            raise Bomb(f"it unpacks to more than {MAX_RATIO} times its size")
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _GzipMembers(io.RawIOBase):
    """The content of one or more gzip members.

    The library's own file, asked for a block, forgets what it has of it where the rest is missing.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._members = gzip.GzipFile(fileobj=file)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        target = memoryview(cast(bytearray, buffer)).cast("B")
        data = self._members.read1(len(target))
        target[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._members.close()
        super().close()


class _ZstdFrames(io.RawIOBase):
    """The content of one or more zstd frames.

    The library's own stream reader takes a truncated frame for its end; this one raises EOFError. Input goes in by
    small blocks, which bounds what one of them can grow to.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._input = b""
        self._output = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        target = memoryview(cast(bytearray, buffer)).cast("B")
        while not self._output:
            if not self._more():
                return 0
        count = min(len(target), len(self._output))
        target[:count] = self._output[:count]
        self._output = self._output[count:]
        return count

    def _more(self) -> bool:
        self._input = self._input or self._file.read(_BLOCK)
        if not self._input:
            if self._frame is not None:
                raise EOFError("the last zstd frame is not complete")
            return False
        self._frame = self._frame or zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
        self._output = memoryview(self._frame.decompress(self._input))
        self._input = b""
        if self._frame.eof:
            self._input = self._frame.unused_data
            self._frame = None
        return True


def decode_text(data: bytes, *, is_html: bool = False) -> str:
    """The text of a file: by its byte order mark, else UTF-8, else (in HTML) the charset that the page declares.

    Nothing is guessed: a wrong guess would spoil an index in silence.

    Raises:
        ValueError: it is neither; says at which byte.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _decode(data, encoding)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        declared = _DECLARED.search(data, 0, 4_096) if is_html else None
        name = declared[1].decode("ascii", "replace") if declared else ""
        if is_legacy_encoding(name):
            return _decode(data, "cp1252" if is_latin_1(name) else name)
        raise ValueError(not_utf8(error)) from None


def decode_page(data: bytes, charset: str | None) -> str:
    """The text of a page from the web, as a browser reads it: never refused, odd bytes are marked as such."""
    try:
        return decode_text(data, is_html=True)
    except ValueError:
        name = charset or ""
        known = is_legacy_encoding(name) and not is_latin_1(name)
        return data.decode(name if known else "cp1252", "replace")


def is_legacy_encoding(name: str) -> bool:
    """Whether a declared encoding is one that text was written in before UTF-8."""
    return _ENCODING.fullmatch(name) is not None


def is_latin_1(name: str) -> bool:
    """Whether it is one that browsers, and so its writers, take for Windows-1252."""
    return _AS_WINDOWS.fullmatch(name) is not None


def not_utf8(error: UnicodeDecodeError) -> str:
    """What is wrong with bytes that are not UTF-8, and what to do."""
    byte = error.object[error.start]
    return f"not UTF-8: byte 0x{byte:02x} at offset {error.start}; save it as UTF-8"


def _decode(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise ValueError(f"not readable as {encoding}, which it declares: {error}") from None
