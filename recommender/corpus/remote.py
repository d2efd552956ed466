"""A URL to the stories behind it: a feed, a sitemap, one page, or a file of any form that is read from disk too."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser

from recommender.corpus.answers import Document
from recommender.corpus.documents import PAGE, SITEMAP
from recommender.corpus.fetch import Fetcher, Limits
from recommender.corpus.forms import STREAMED, form_of_document, reader_of
from recommender.corpus.pages import page_story
from recommender.corpus.reader import Rejected
from recommender.corpus.sitemap import MAX_PAGES, SitemapPages
from recommender.corpus.spec import Spec
from recommender.corpus.streams import decode_page, is_legacy_encoding
from recommender.corpus.temporary import disk_faults, temporary_path
from recommender.errors import CorpusError
from recommender.progress import Progress, Silent
from recommender.readmore.guard import check_depth
from recommender.stories import Story

_BEGINNING = 256 << 10
_TOLD = 100_000_000
"""Bytes between two looks at how far a long file is."""
_PAGES = (PAGE, "html")
_READ_WHOLE = (*_PAGES, SITEMAP)
"""Forms for which no file is needed: they are short."""
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

    def __init__(self, spec: Spec, fetcher: Fetcher | None = None, progress: Progress | None = None) -> None:
        self.name = spec.target
        self._spec = spec
        self._max_pages = spec.number("max_pages", MAX_PAGES)
        self._fetcher = fetcher or Fetcher(Limits(private=spec.flag("private")))
        self._progress = progress or Silent()

    def __iter__(self) -> Iterator[Story | Rejected]:
        with temporary_path() as path:
            form, document = self._fetch(path)
            if form in _READ_WHOLE:
                yield from self._whole(form, replace(document, data=path.read_bytes()))
            else:
                yield from self._file(form, document, path)

    def _fetch(self, path: Path) -> tuple[str, Document]:
        """Write what comes to a file. Its beginning tells its form, and that how long it may be."""
        limits = self._fetcher.limits
        with self._fetcher.open(self.name) as answer, disk_faults(), path.open("wb") as file:
            blocks = answer.blocks()
            begun = b""
            while len(begun) < _BEGINNING and (block := next(blocks, b"")):
                begun += block
            document = Document(answer.url, begun, answer.headers)
            form = self.form_of(document)
            if form in STREAMED:
                answer.allow(limits.file_size, limits.file_seconds)
            count = 0
            of = f" of {answer.length / 1e6:,.0f}" if answer.length else ""
            for block in chain([begun], blocks):
                file.write(block)
                before, count = count, count + len(block)
                if before // _TOLD < count // _TOLD:
                    self._progress.note(f"{count / 1e6:,.0f}{of} MB of {self.name} are fetched")
        return form, document

    def form_of(self, document: Document) -> str:
        """What was fetched: as the options say, or as its beginning, its name and its media type do.

        Raises:
            CorpusError: nothing tells, as it is empty or of a strange kind.
        """
        form = self._spec.options.get("format") or form_of_document(document, self.name)
        kind = document.kind
        if form is None and not document.data:
            raise CorpusError(f"{self.name}: the answer is empty")
        if form is None and kind and not kind.startswith("text/") and "html" not in kind and "xml" not in kind:
            raise CorpusError(f"{self.name}: {kind} is no form that is known; if it is one, say #format=…")
        return form or PAGE

    def stories(self, document: Document) -> Iterator[Story | Rejected]:
        """The stories of what was fetched."""
        form = self.form_of(document)
        if form in _READ_WHOLE:
            yield from self._whole(form, document)
            return
        with temporary_path() as path:
            with disk_faults():
                path.write_bytes(document.data or b"")
            yield from self._file(form, document, path)

    def _whole(self, form: str, document: Document) -> Iterator[Story | Rejected]:
        """The stories of a page, or behind a sitemap."""
        if form == SITEMAP:
            return iter(SitemapPages(self.name, self._fetcher, self._max_pages, document))
        return iter([self._page(document)])

    def _file(self, form: str, document: Document, path: Path) -> Iterator[Story | Rejected]:
        """The stories of any other document, whose bytes are in a file."""
        spec, charset = self._spec, document.charset or ""
        if is_legacy_encoding(charset):
            spec = replace(spec, options={"encoding": charset, **spec.options})
        reader = reader_of(path, self.name, form, spec, fetched=document)
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
