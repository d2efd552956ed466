"""A URL to the stories behind it: a feed, a JSON Feed, a sitemap, or one page."""

import io
import json
from collections.abc import Iterator
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser

from recommender.corpus.documents import FEED, JSON, SITEMAP, WORDPRESS, json_items, sniff
from recommender.corpus.feeds import feed_items
from recommender.corpus.fetch import Document, Fetcher, Limits
from recommender.corpus.naming import Naming
from recommender.corpus.pages import page_story
from recommender.corpus.reader import Rejected
from recommender.corpus.sitemap import MAX_PAGES, SitemapPages
from recommender.corpus.spec import Spec
from recommender.corpus.streams import decode_page, decode_text
from recommender.corpus.wordpress import wordpress_posts
from recommender.errors import CorpusError
from recommender.readmore.guard import check_depth
from recommender.stories import Story

_FEEDS = ", ".join(
    f'link[rel~="alternate"][type="application/{kind}"]' for kind in ("rss+xml", "atom+xml", "feed+json")
)


class Remote:
    """What a URL answers (`CorpusReader`): fetched anew at every reading.

    Raises, when it is read:
        FetchRefused: the address may not be fetched.
        FetchFailed: it does not answer.
        CorpusError: what it answers is no corpus.
    """

    def __init__(self, spec: Spec, fetcher: Fetcher | None = None) -> None:
        self.name = spec.target
        self.size_bytes: int | None = None
        self.position = 0
        self._spec = spec
        self._max_pages = spec.number("max_pages", MAX_PAGES)
        self._fetcher = fetcher or Fetcher(Limits(private=spec.flag("private")))

    def __iter__(self) -> Iterator[Story | Rejected]:
        document = self._fetcher.get(self.name)
        self.position = len(document.data or b"")
        yield from self.stories(document)

    def stories(self, document: Document) -> Iterator[Story | Rejected]:
        """The stories of what was fetched."""
        data = document.data or b""
        form = self._spec.options.get("format") or sniff(data)
        if form in (FEED, WORDPRESS):
            read = io.BytesIO(data).read
            return (
                wordpress_posts(read, self.name)
                if form == WORDPRESS
                else feed_items(read, self.name, document.url, document.charset)
            )
        if form == SITEMAP or data.startswith(b"\x1f\x8b"):
            return iter(SitemapPages(self.name, self._fetcher, self._max_pages, document))
        if form in (JSON, "jsonfeed", "ninjs"):
            return self._json(data, document.url)
        return iter([self._page(document)])

    def _json(self, data: bytes, url: str) -> Iterator[Story | Rejected]:
        try:
            naming = Naming(self._spec.columns) if self._spec.columns else None
            return json_items(json.loads(decode_text(data)), data, self.name, url, naming)
        except (ValueError, RecursionError) as error:
            raise CorpusError(f"{self.name}: broken JSON ({error})") from None

    def _page(self, document: Document) -> Story | Rejected:
        data = document.data or b""
        item = page_story(data, document.url, self.name, document.charset)
        if isinstance(item, Story) and (item.published or self._spec.options.get("format") == "page"):
            return item
        feeds = feeds_of(decode_page(data, document.charset), document.url)
        if feeds:
            raise CorpusError(f"{self.name} is a page; it names these feeds: {', '.join(feeds)}")
        return item


def feeds_of(html: str, url: str) -> list[str]:
    """The feeds that a page names."""
    try:
        check_depth(html)
    except ValueError:  # the page itself was rejected for it
        return []
    found = (node.attributes.get("href") or "" for node in LexborHTMLParser(html).css(_FEEDS))
    return list(dict.fromkeys(urljoin(url, href) for href in found if href))[:10]
