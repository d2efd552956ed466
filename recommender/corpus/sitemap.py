"""Sitemaps, news sitemaps and their indexes: the pages that they name, fetched and read."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from recommender.corpus.addresses import FetchRefused
from recommender.corpus.answers import Document, FetchFailed
from recommender.corpus.fetch import Fetcher
from recommender.corpus.markup import http_url, plain_line
from recommender.corpus.pages import MAX_PAGE, page_story
from recommender.corpus.reader import Rejected
from recommender.corpus.streams import DAMAGED, Bomb, Stream
from recommender.corpus.xmlstream import BrokenXml, elements, local_name, text_of
from recommender.news_dates import news_date
from recommender.stories import Story

MAX_SITEMAP = 64 << 20
"""Longest sitemap, unpacked (the protocol allows 50 MB)."""
MAX_DEPTH = 3
MAX_PAGES = 100_000

_ENTRIES = frozenset({"url", "sitemap"})
_MEDIA = ("image", "video")
"""Parts of an entry that have an address and a title of their own."""


@dataclass(frozen=True, slots=True)
class SitemapEntry:
    """An address in a sitemap, and what is said of it."""

    url: str
    is_sitemap: bool
    changed: str | None
    hints: dict[str, Any]


def sitemap_entries(data: bytes, url: str) -> Iterator[SitemapEntry | Rejected]:
    """What a sitemap lists."""
    try:
        with Stream.of(io.BytesIO(data)) as stream:
            for name, element, line in elements(_up_to(MAX_SITEMAP, stream), _ENTRIES):
                if name:
                    yield _entry(element, f"{url}:{line}", url)
    except BrokenXml as error:
        yield Rejected(url, f"{error}; what stands before was read")
    except DAMAGED as error:
        yield Rejected(url, f"damaged or cut off ({error}); what stands before was read")


def _up_to(size: int, stream: Stream) -> Callable[[int], bytes]:
    left = size

    def read(most: int) -> bytes:
        nonlocal left
        block = stream.read_some(most)
        left -= len(block)
        if left < 0:
            raise Bomb(f"longer than {size:,} bytes, unpacked")
        return block

    return read


def _entry(element: Any, place: str, url: str) -> SitemapEntry | Rejected:
    nodes = (node for node in element.iter() if not len(node) and local_name(node.getparent().tag) not in _MEDIA)
    said = {local_name(node.tag): text_of(node) for node in nodes}
    address = http_url(said.get("loc", "").partition("#")[0], url)  # a place on a page is no other page
    if address is None:
        return Rejected(place, "an entry without an http(s) address")
    hints = {
        "title": plain_line(said.get("title", "")),
        "published": news_date(said.get("publication_date")),
        "language": said.get("language"),
        "source": plain_line(said.get("name", "")),
    }
    hints = {key: value for key, value in hints.items() if value}
    return SitemapEntry(address, local_name(element.tag) == "sitemap", said.get("lastmod"), hints)


class SitemapPages:
    """The stories behind a sitemap (`CorpusReader`): fetched one by one, in its order."""

    def __init__(self, url: str, fetcher: Fetcher, max_pages: int = MAX_PAGES, first: Document | None = None) -> None:
        self.name = url
        self._fetcher = fetcher
        self._max_pages = max_pages
        self._first = first

    def __iter__(self) -> Iterator[Story | Rejected]:
        count = 0
        for item in self.listed():
            if isinstance(item, Rejected):
                yield item
                continue
            if count >= self._max_pages:
                yield Rejected(self.name, f"more than {self._max_pages:,} pages; the rest is left out (#max_pages=…)")
                return
            count += 1
            yield self.page(item)

    def page(self, item: SitemapEntry) -> Story | Rejected:
        """Fetch and read one page."""
        try:
            document = self._fetcher.get(item.url, size=MAX_PAGE)
        except (FetchFailed, FetchRefused) as error:
            return Rejected(item.url, str(error).removeprefix(f"{item.url}: "))
        if document.kind and "html" not in document.kind:
            return Rejected(item.url, f"no page but {document.kind}")
        return page_story(document.data or b"", document.url, item.url, document.charset, item.hints)

    def listed(self) -> Iterator[SitemapEntry | Rejected]:
        """Every page that the sitemap and those below it name, each once."""
        seen: set[str] = set()
        waiting = [(self.name, 0)]
        while waiting:
            url, depth = waiting.pop(0)
            if url in seen:
                continue
            seen.add(url)
            try:
                document = self._first if self._first and url == self.name else self._fetcher.get(url, size=MAX_SITEMAP)
            except (FetchFailed, FetchRefused) as error:
                yield Rejected(url, str(error).removeprefix(f"{url}: "))
                continue
            inner = []
            for item in sitemap_entries(document.data or b"", document.url):
                if isinstance(item, Rejected):
                    yield item
                elif item.is_sitemap:
                    inner.append((item.url, depth + 1))
                elif item.url not in seen and len(seen) < 4 * MAX_PAGES:
                    seen.add(item.url)
                    yield item
            if inner and depth >= MAX_DEPTH:
                yield Rejected(url, f"sitemaps deeper than {MAX_DEPTH} are not followed")
            else:
                waiting = inner + waiting
