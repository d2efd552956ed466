"""CSV and TSV: a row a story, read as a stream."""

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path

from recommender.corpus.columns import Columns
from recommender.corpus.reader import MOST_BLANK, FileReader, Rejected
from recommender.corpus.spec import Spec
from recommender.corpus.streams import DAMAGED, Stream
from recommender.errors import CorpusError
from recommender.stories import Story

MAX_LINE = 16 << 20
"""Longest line, and longest cell, in bytes."""

_TOLD = 64
_DELIMITERS = ",;\t|"
_BAD = "\udcff"


class Delimited(FileReader):
    """A file of comma- or tab-separated values (`CorpusReader`); its first line names the columns."""

    def __init__(self, path: Path, spec: Spec, place: str | None = None) -> None:
        super().__init__(path, place)
        self._spec = spec
        self._encoding = spec.options.get("encoding", "utf-8")
        try:
            codecs.lookup(self._encoding)
        except LookupError:
            raise CorpusError(f"{self.name}: no encoding {self._encoding!r}") from None

    def __iter__(self) -> Iterator[Story | Rejected]:
        self.position = line = 0
        try:
            with Stream.open(self._path) as stream:
                csv.field_size_limit(MAX_LINE)
                lines = self._lines(stream)
                header = next(lines, "")
                if header.startswith(("\ufffe", "\0")) or "\0" in header[:4]:
                    yield Rejected(self.name, "UTF-16: save it as UTF-8")
                    return
                delimiter = self._delimiter(header)
                names = self._names(header, delimiter)
                columns = Columns(self.name, names, self._spec.columns)
                rows = csv.reader(lines, delimiter=delimiter)
                while True:
                    line = rows.line_num + 2
                    try:
                        row = next(rows)
                    except StopIteration:
                        break
                    except csv.Error as error:
                        yield Rejected(f"{self.name}:{line}", f"{error} (a quotation mark that is never closed?)")
                        continue
                    if any(row):
                        yield self._item(columns, names, row, f"{self.name}:{line}")
        except DAMAGED as error:
            yield Rejected(f"{self.name}:{line + 1}", f"the file is damaged or cut off here ({error})")
        self.position = self.size_bytes

    def _item(self, columns: Columns, names: list[str], row: list[str], place: str) -> Story | Rejected:
        if len(row) > len(names) and any(row[len(names) :]):
            return Rejected(place, f"has {len(row)} cells, the first line names {len(names)} columns")
        if any(_BAD in cell for cell in row):
            return Rejected(place, f"not {self._encoding}: save it as UTF-8, or say #encoding=…")
        return columns.item(place, dict(zip(names, row, strict=False)))

    def _lines(self, stream: Stream) -> Iterator[str]:
        number = blank = 0
        while data := stream.data.readline(MAX_LINE):
            if not number % _TOLD:
                self.position = stream.position
            if not number:
                data = data.removeprefix(codecs.BOM_UTF8)
            number += 1
            blank = blank + 1 if data == b"\n" else 0
            if blank > MOST_BLANK:
                raise OSError(f"more than {MOST_BLANK:,} blank lines")
            try:
                yield data.decode(self._encoding)
            except UnicodeDecodeError:
                yield data.decode("ascii", "replace").replace("\ufffd", _BAD)

    def _names(self, header: str, delimiter: str) -> list[str]:
        try:
            return [name.strip() for name in next(csv.reader([header], delimiter=delimiter), [])]
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
