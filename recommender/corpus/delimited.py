"""CSV and TSV: a row a story, read as a stream."""

import codecs
import contextlib
import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from recommender.corpus.columns import Columns
from recommender.corpus.escapes import SAMPLE, is_escaped, unescaped
from recommender.corpus.reader import MOST_BLANK, FileReader, Rejected
from recommender.corpus.spec import Spec
from recommender.corpus.streams import DAMAGED, Stream
from recommender.errors import CorpusError
from recommender.stories import Story

MAX_ROW = 16 << 20
"""Longest row, in bytes."""

_DELIMITERS = ",;\t|"
_BAD = "\udcff"
_PROSE = re.compile(rb'[^",;\t|\r\n]+')
_SAID = re.compile(r"sep=(.)\r?\n?\Z", re.IGNORECASE)
_OPEN = "a quotation mark opens here that is never closed: this row and those behind it cannot be told apart"


class Delimited(FileReader):
    """A file of comma- or tab-separated values (`CorpusReader`); its first line names the columns."""

    def __init__(self, path: Path, spec: Spec, place: str | None = None) -> None:
        super().__init__(path, place)
        self._spec = spec
        self._encoding = spec.options.get("encoding", "utf-8")
        try:
            "a".encode(self._encoding)
        except (LookupError, ValueError):  # no such thing, or one of Python's that is not for text
            raise CorpusError(f"{self.name}: no encoding {self._encoding!r}") from None
        self._is_read = self._is_long = False
        self._in_row = 0

    def __iter__(self) -> Iterator[Story | Rejected]:
        line = 0
        try:
            with Stream.open(self._path) as stream:
                csv.field_size_limit(1 << 30)  # rows are held shorter than that here
                lines = self._lines(stream)
                header, delimiter, first = self._header(lines)
                if header.startswith(("\ufffe", "\0")) or "\0" in header[:4]:
                    yield Rejected(self.name, "UTF-16: save it as UTF-8")
                    return
                if not header.strip():
                    return
                names = self._names(header, delimiter)
                columns = Columns(self.name, names, self._spec.columns, self._spec.base)
                # Written by hand, a table may have a space behind each comma, where a quotation mark then stands too.
                spaced = 0 < header.count(delimiter) == header.count(f"{delimiter} ")
                if self._is_escaped(len(names), delimiter, spaced, first):
                    lines = map(unescaped, lines)
                rows = csv.reader(lines, delimiter=delimiter, skipinitialspace=spaced)
                while True:
                    line = rows.line_num + first + 1
                    self._is_long, self._in_row = False, 0
                    try:
                        row = next(rows)
                    except StopIteration:
                        break
                    except csv.Error as error:
                        yield Rejected(f"{self.name}:{line}", str(error))
                        continue
                    if self._is_read:  # a row that is whole ends with its line
                        yield Rejected(f"{self.name}:{line}", _OPEN)
                    elif self._is_long:
                        yield Rejected(f"{self.name}:{line}", f"the row is longer than {MAX_ROW:,} bytes")
                    elif any(row):
                        yield self._item(columns, names, row, f"{self.name}:{line}")
        except DAMAGED as error:
            yield Rejected(f"{self.name}:{line + 1}", f"the file is damaged or cut off here ({error})")

    def _header(self, lines: Iterator[str]) -> tuple[str, str, int]:
        """The line that names the columns, what parts them, and the number of that line."""
        header, number = "", 0
        while not header.strip() and (line := next(lines, "")):
            header, number = line, number + 1
        said = _SAID.match(header)  # Excel writes, and hides, a first line that says it
        if said is None:
            return header, self._delimiter(header), number
        return next(lines, ""), self._delimiter(said[1]), number + 1

    def _is_escaped(self, width: int, delimiter: str, spaced: bool, first: int) -> bool:
        data = b""
        with Stream.open(self._path) as stream, contextlib.suppress(*DAMAGED):
            while len(data) < SAMPLE and (block := stream.read_some(1 << 20)):
                data += block
        lines = [f"{line}\n" for line in data.decode(self._encoding, "replace").split("\n")]
        return is_escaped(lines[first : None if len(data) < SAMPLE else -1], width, delimiter, spaced)

    def _item(self, columns: Columns, names: list[str], row: list[str], place: str) -> Story | Rejected:
        if len(row) > len(names) and any(row[len(names) :]):
            return Rejected(place, f"has {len(row)} cells, the first line names {len(names)} columns")
        if any(_BAD in cell for cell in row):
            return Rejected(place, f"not {self._encoding}: save it as UTF-8, or say #encoding=…")
        return columns.item(place, dict(zip(names, row, strict=False)))

    def _lines(self, stream: Stream) -> Iterator[str]:
        self._is_read = False
        number = blank = 0
        while data := self._line(stream):
            if not number:
                data = data.removeprefix(codecs.BOM_UTF8)
            number += 1
            blank = blank + 1 if data == b"\n" else 0
            if blank > MOST_BLANK:
                raise OSError(f"more than {MOST_BLANK:,} blank lines")
            try:
                yield data.decode(self._encoding)
            except UnicodeError:
                yield data.decode("ascii", "replace").replace("\ufffd", _BAD)
        self._is_read = True

    def _line(self, stream: Stream) -> bytes:
        """The next line. Of a row that is too long only what tells where it ends is kept: cut anywhere, its prose would
        be taken for rows.
        """
        line = stream.data.readline(MAX_ROW)
        self._in_row += len(line)
        if self._in_row < MAX_ROW:
            return line
        self._is_long = True
        kept, block = b"", line
        while block:
            kept += _PROSE.sub(b"x", block)
            if len(kept) > MAX_ROW:
                raise OSError(f"a row far longer than {MAX_ROW:,} bytes")
            block = b"" if block.endswith(b"\n") else stream.data.readline(1 << 20)
        return kept

    def _names(self, header: str, delimiter: str) -> list[str]:
        if "\r" in header.rstrip("\r\n"):
            raise CorpusError(f"{self.name}: its lines end with CR alone; save it with LF or CR LF")
        try:
            return _apart(name.strip() for name in next(csv.reader([header], delimiter=delimiter), []))
        except csv.Error as error:
            raise CorpusError(f"{self.name}: its first line names no columns ({error})") from None

    def _delimiter(self, header: str) -> str:
        given = self._spec.options.get("delimiter")
        if given:
            given = {"tab": "\t", "\\t": "\t"}.get(given, given)
            if len(given) != 1:
                raise CorpusError(f"{self.name}: the delimiter is {given!r}, expected one character or tab")
            return given
        return max(_DELIMITERS, key=header.count)


def _apart(names: Iterable[str]) -> list[str]:
    """Names of columns, those that come again with a number: the first one is the field, none is lost."""
    seen: Counter[str] = Counter()
    apart = []
    for name in names:
        seen[name] += 1
        apart.append(f"{name}_{seen[name]}" if name and seen[name] > 1 else name)
    return apart
