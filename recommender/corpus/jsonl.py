"""JSON Lines: one record a line, plain, gzip or zstd, read as a stream."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn

from recommender.corpus.naming import Naming, Sought, record_story, with_advice
from recommender.corpus.reader import MOST_BLANK, FileReader, Rejected
from recommender.corpus.streams import DAMAGED, Stream, not_utf8
from recommender.errors import RecordError
from recommender.parallel import ParallelMap
from recommender.stories import Story

MAX_LINE = 64 << 20
"""Longest line, in bytes."""

_TOGETHER = 256
"""Lines that go to a process at once: one takes a tenth of a millisecond to read."""

_BOM = b"\xef\xbb\xbf"
_PACKED = {b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"PK\x03\x04": "zip", b"7z\xbc\xaf": "7-Zip"}


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_decoder = json.JSONDecoder(parse_constant=_refuse)


class JsonLines(FileReader):
    """A file of records (`CorpusReader`); `place` is what its records' places begin with."""

    def __init__(
        self, path: Path, place: str | None = None, max_line: int = MAX_LINE, naming: Naming | None = None
    ) -> None:
        super().__init__(path, place)
        self._max_line = max_line
        self._naming = naming

    def __iter__(self) -> Iterator[Story | Rejected]:
        sought = Sought(self.name, self._naming)
        parse = partial(_parse, naming=self._naming) if self._naming else _parse
        with ParallelMap(parse, _size, _TOGETHER) as parallel:
            lines = self._filled()
            items = parallel.map(_watched(lines, sought) if self._naming else lines)
            yield from with_advice((item for _, item in items), self.name)
        yield from sought.missing()

    def _filled(self) -> Iterator["_Line | Rejected"]:
        """The lines that are not blank, up to where the file is damaged."""
        number = 0
        try:
            with Stream.open(self._path) as stream:
                for number, line in self._lines(stream):
                    if number == 1 and isinstance(line, bytes) and (reason := _other_format(line)):
                        yield Rejected(self.name, reason)
                        return
                    if isinstance(line, Rejected):
                        yield line
                    elif line and not line.isspace():
                        yield _Line(f"{self.name}:{number}", line)
        except DAMAGED as error:
            yield Rejected(
                f"{self.name}:{number + 1}",
                f"the file is damaged or cut off here ({error}); what stands before was read: fetch or write it again",
            )

    def _lines(self, stream: Stream) -> Iterator[tuple[int, bytes | Rejected]]:
        """Lines by number, from 1."""
        number = blank = 0
        limit = self._max_line
        while line := stream.data.readline(limit + 1):
            number += 1
            blank = blank + 1 if line == b"\n" else 0
            if blank > MOST_BLANK:
                raise OSError(f"more than {MOST_BLANK:,} blank lines")
            if blank:
                continue
            if len(line) <= limit or line.endswith(b"\n"):
                yield number, line.removeprefix(_BOM) if number == 1 else line
                continue
            while line and not line.endswith(b"\n"):
                line = stream.data.readline(1 << 20)
            yield number, Rejected(f"{self.name}:{number}", f"the line is longer than {limit:,} bytes")


@dataclass(frozen=True)  # without slots: its pickle is read in a third of the time
class _Line:
    place: str
    data: bytes

    def __str__(self) -> str:
        return self.place


def _watched(lines: Iterator[_Line | Rejected], sought: Sought) -> Iterator[_Line | Rejected]:
    for line in lines:
        if isinstance(line, _Line):
            sought.look(line.data)
        yield line


def _size(line: _Line | Rejected) -> int:
    return len(line.data) if isinstance(line, _Line) else 0


def _parse(line: _Line | Rejected, naming: Naming | None = None) -> Story | Rejected:
    if isinstance(line, Rejected):
        return line
    try:
        return record_story(_decoder.decode(line.data.decode("utf-8")), naming)
    except UnicodeDecodeError as error:
        reason = not_utf8(error)
    except json.JSONDecodeError as error:
        reason = f"broken JSON: {error.msg.removesuffix(' at')} at column {error.pos + 1}"
    except RecursionError:
        reason = "broken JSON: nested too deep"
    except RecordError as error:
        reason = str(error)
    except ValueError as error:
        reason = f"broken JSON: {error}"
    return Rejected(line.place, reason)


def _other_format(line: bytes) -> str | None:
    """Why a file that begins with this line is certainly no JSON Lines."""
    if line.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16: save it as UTF-8"
    if line.startswith(b"[") or line.strip() == b"{":
        return "JSON, but not one record a line: convert it, for instance with: jq -c '.[]' FILE > FILE.jsonl"
    for sign, name in _PACKED.items():
        if line.startswith(sign):
            return f"packed by {name}: unpack it, or pack it with gzip or zstd"
    return "a tar archive: unpack it, and name the folder" if line[257:262] == b"ustar" else None
