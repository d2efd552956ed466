"""WARC archives: the pages in them (extra `warc`)."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from recommender.corpus.markup import http_url
from recommender.corpus.pages import MAX_PAGE, page_story
from recommender.corpus.reader import FileReader, Rejected
from recommender.corpus.streams import DAMAGED
from recommender.errors import MissingExtra
from recommender.parallel import ParallelMap
from recommender.stories import Story

_PAGES = ("text/html", "application/xhtml+xml")


class Warc(FileReader):
    """A WARC file, plain or gzip (`CorpusReader`): every HTML answer with status 200 is a page."""

    def __init__(self, path: Path, place: str | None = None) -> None:
        try:
            import warcio.archiveiterator
            import warcio.exceptions
        except ImportError:
            raise MissingExtra("reading WARC", "warc") from None
        self._iterator = warcio.archiveiterator.ArchiveIterator
        # What the library raises on damaged records: it takes their headers for granted.
        damaged = (ValueError, AttributeError, TypeError, LookupError, ArithmeticError, *DAMAGED)
        self._errors = (warcio.exceptions.ArchiveLoadFailed, *damaged)
        super().__init__(path, place)

    def __iter__(self) -> Iterator[Story | Rejected]:
        self.position = 0
        with ParallelMap(_story, _size) as parallel:
            for _, item in parallel.map(self._pages()):
                yield item
        self.position = self.size_bytes

    def _pages(self) -> Iterator["_Page | Rejected"]:
        number = 0
        try:
            with self._path.open("rb") as file:
                for record in self._iterator(file):
                    number += 1
                    self.position = min(file.tell(), self.size_bytes)
                    headers = record.http_headers
                    if record.rec_type != "response" or headers is None or headers.get_statuscode() != "200":
                        continue
                    kind, _, parameters = (headers.get_header("Content-Type") or "").lower().partition(";")
                    if kind.strip() not in _PAGES:
                        continue
                    address = http_url(record.rec_headers.get_header("WARC-Target-URI"))
                    place = f"{self.name}: record {number}"
                    data = record.content_stream().read(MAX_PAGE + 1)
                    if address is None:
                        yield Rejected(place, "a page without an http(s) address")
                    elif len(data) > MAX_PAGE:
                        yield Rejected(place, f"{address} is longer than {MAX_PAGE:,} bytes")
                    else:
                        charset = parameters.partition("charset=")[2].strip(" \"'") or None
                        yield _Page(data, address, f"{place} ({address})", charset)
        except self._errors as error:
            yield Rejected(f"{self.name}: record {number + 1}", f"the archive is damaged or cut off here ({error})")


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
