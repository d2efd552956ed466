"""WARC archives: the pages in them (extra `warc`)."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from recommender.corpus.markup import http_url
from recommender.corpus.pages import MAX_PAGE, page_story
from recommender.corpus.reader import FileReader, Rejected
from recommender.corpus.streams import DAMAGED, Stream
from recommender.errors import MissingExtra
from recommender.parallel import ParallelMap
from recommender.stories import Story

_PAGES = ("text/html", "application/xhtml+xml")


class Warc(FileReader):
    """A WARC file, plain or packed (`CorpusReader`): every HTML answer with status 200 is a page."""

    def __init__(self, path: Path, place: str | None = None) -> None:
        try:
            import warcio.archiveiterator
            import warcio.exceptions
        except ImportError:
            raise MissingExtra("reading WARC", "warc") from None
        self._iterator = warcio.archiveiterator.ArchiveIterator
        # What the library raises on damaged records: it takes their headers for granted.
        damaged = (ValueError, AttributeError, TypeError, LookupError, ArithmeticError, *DAMAGED)
        self._failed = warcio.exceptions.ArchiveLoadFailed
        self._errors = (self._failed, *damaged)
        super().__init__(path, place)

    def __iter__(self) -> Iterator[Story | Rejected]:
        with ParallelMap(_story, _size) as parallel:
            for _, item in parallel.map(self._pages()):
                yield item

    def _pages(self) -> Iterator["_Page | Rejected"]:
        number = 0
        try:
            with Stream.open(self._path) as stream:
                for record in self._iterator(_Unpacked(stream)):
                    number += 1
                    headers = record.http_headers
                    if record.rec_type != "response" or headers is None or headers.get_statuscode() != "200":
                        continue
                    kind, _, parameters = (headers.get_header("Content-Type") or "").lower().partition(";")
                    if kind.strip() not in _PAGES:
                        continue
                    address = http_url(record.rec_headers.get_header("WARC-Target-URI"))
                    place = f"{self.name}: record {number}"
                    data = record.content_stream().read(MAX_PAGE + 1)
                    if len(data) <= MAX_PAGE and record.raw_stream.limit:
                        raise OSError(f"{record.raw_stream.limit:,} bytes of its last record are missing")
                    if address is None:
                        yield Rejected(place, "a page without an http(s) address")
                    elif len(data) > MAX_PAGE:
                        yield Rejected(place, f"{address} is longer than {MAX_PAGE:,} bytes")
                    else:
                        charset = parameters.partition("charset=")[2].strip(" \"'") or None
                        yield _Page(data, address, f"{place} ({address})", charset)
        except self._errors as error:
            why = f" ({error})" if isinstance(error, ValueError | OSError | self._failed) else ""
            yield Rejected(f"{self.name}: record {number + 1}", f"the archive is damaged or cut off here{why}")


class _Unpacked:
    """What the library reads: it takes the end of a packed file that was cut off for its end, and EOFError as well."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def read(self, size: int) -> bytes:
        try:
            return self._stream.read_some(size)
        except EOFError as error:
            raise OSError(str(error)) from None

    def tell(self) -> int:
        return self._stream.position


class _Page(NamedTuple):
    """What `page_story` is asked."""

    data: bytes
    url: str
    place: str
    charset: str | None

    def __str__(self) -> str:
        return self.place


def _size(page: _Page | Rejected) -> int:
    return 0 if isinstance(page, Rejected) else len(page.data)


def _story(page: _Page | Rejected) -> Story | Rejected:
    return page if isinstance(page, Rejected) else page_story(*page)
