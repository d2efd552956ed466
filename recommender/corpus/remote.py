"""A URL to the stories behind it: a feed, a sitemap, one page, or a file of any form that is read from disk too."""

import io
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser

from recommender.corpus.documents import FEED, PAGE, SITEMAP, WORDPRESS, json_stories
from recommender.corpus.feeds import feed_items
from recommender.corpus.fetch import Document, Fetcher, Limits
from recommender.corpus.forms import JSON_FORMS, form_of_document, reader_of
from recommender.corpus.naming import naming_of
from recommender.corpus.pages import page_story
from recommender.corpus.reader import Rejected
from recommender.corpus.sitemap import MAX_PAGES, SitemapPages
from recommender.corpus.spec import Spec
from recommender.corpus.streams import DAMAGED, Stream, decode_page, is_legacy_encoding
from recommender.corpus.temporary import as_file
from recommender.corpus.wordpress import wordpress_posts
from recommender.errors import CorpusError
from recommender.readmore.guard import check_depth
from recommender.stories import Story

_PAGES = (PAGE, "html")
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

    def form_of(self, document: Document) -> str:
        """What was fetched: as the options say, or as its beginning, its name and its media type do.

        Raises:
            CorpusError: nothing tells.
        """
        form = self._spec.options.get("format") or form_of_document(document, self.name)
        kind = document.kind
        if form is None and kind and not kind.startswith("text/") and "html" not in kind and "xml" not in kind:
            raise CorpusError(f"{self.name}: {kind} is no form that is known; if it is one, say #format=…")
        return form or PAGE

    def stories(self, document: Document) -> Iterator[Story | Rejected]:
        """The stories of what was fetched."""
        form = self.form_of(document)
        if form == SITEMAP:
            return iter(SitemapPages(self.name, self._fetcher, self._max_pages, document))
        if form in _PAGES:
            return iter([self._page(document)])
        if form in (FEED, WORDPRESS, *JSON_FORMS):
            return self._document(document, form)
        return self._file(document, form)

    def _document(self, document: Document, form: str) -> Iterator[Story | Rejected]:
        """The stories of one that is read as it came, unpacked on the way."""
        try:
            with Stream.of(io.BytesIO(document.data or b"")) as stream:
                if form == FEED:
                    yield from feed_items(stream.read_some, self.name, document.url, document.charset)
                elif form == WORDPRESS:
                    yield from wordpress_posts(stream.read_some, self.name)
                else:
                    yield from self._json(stream, document.url)
        except DAMAGED as error:
            yield Rejected(self.name, f"damaged or cut off ({error}); what stands before was read")

    def _json(self, stream: Stream, url: str) -> Iterator[Story | Rejected]:
        try:
            return json_stories(stream, self.name, url, naming_of(self._spec.columns))
        except ValueError as error:  # what an address answers may be whole the next time, which a reject does not say
            raise CorpusError(f"{self.name}: {error}") from None

    def _file(self, document: Document, form: str) -> Iterator[Story | Rejected]:
        """The stories of one for whose form there is a reader of files."""
        spec, charset = self._spec, document.charset or ""
        if is_legacy_encoding(charset):
            spec = replace(spec, options={"encoding": charset, **spec.options})
        with as_file(document.data or b"") as path:
            reader = reader_of(path, self.name, form, spec)
            if reader is None:
                raise CorpusError(f"{self.name}: nothing at an address is read as {form}")
            for item in reader:
                yield _found_at(item, document.url) if form in ("text", "markdown") else item

    def _page(self, document: Document) -> Story | Rejected:
        data = document.data or b""
        item = page_story(data, document.url, self.name, document.charset)
        if isinstance(item, Story) and (item.published or self._spec.options.get("format") in _PAGES):
            return item
        feeds = feeds_of(decode_page(data, document.charset), document.url)
        if feeds:
            raise CorpusError(f"{self.name} is a page; it names these feeds: {', '.join(feeds)}")
        return item


def _found_at(item: Story | Rejected, url: str) -> Story | Rejected:
    """An article that says no address of its own has the one where it was found."""
    if isinstance(item, Rejected) or item.url:
        return item
    return replace(item, url=url, id=url if item.id.startswith("sha256:") else item.id)


def feeds_of(html: str, url: str) -> list[str]:
    """The feeds that a page names."""
    try:
        check_depth(html)
    except ValueError:  # the page itself was rejected for it
        return []
    found = (node.attributes.get("href") or "" for node in LexborHTMLParser(html).css(_FEEDS))
    return list(dict.fromkeys(urljoin(url, href) for href in found if href))[:10]
