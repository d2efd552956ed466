"""Files that are one document with many stories: feeds, WordPress exports, JSON Feed, ninjs, JSON lists."""

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from recommender.corpus.feeds import feed_items
from recommender.corpus.jsonfeed import is_json_feed, json_feed_items
from recommender.corpus.naming import Naming, Sought, inside, record_story, usual_path, with_advice
from recommender.corpus.ninjs import is_ninjs, ninjs_items
from recommender.corpus.reader import FileReader, Rejected, story_or_rejected
from recommender.corpus.streams import DAMAGED, Stream, decode_text
from recommender.corpus.wordpress import wordpress_posts
from recommender.errors import CorpusError
from recommender.stories import Story

MAX_JSON = 64 << 20
"""Longest JSON document, which is read whole."""

FEED, SITEMAP, WORDPRESS, JSON, PAGE = "feed", "sitemap", "wordpress", "json", "page"

_HEAD = 64 << 10
_ROOT = re.compile(r"<(?:[\w-]+:)?(rss|rdf|feed|urlset|sitemapindex|html|!doctype html)\b", re.IGNORECASE)
_ROOTS = {"rss": FEED, "rdf": FEED, "feed": FEED, "urlset": SITEMAP, "sitemapindex": SITEMAP}
_WXR = re.compile(r"wordpress\.org/export/|<wp:wxr_version", re.IGNORECASE)


def sniff(head: bytes) -> str | None:
    """Which of the forms a document has, by its beginning."""
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    text = head[:_HEAD].decode(encoding, "replace").lstrip("\ufeff \t\r\n")
    if text.startswith(("{", "[")):
        return JSON
    root = _ROOT.search(text, 0, 8_192) if text.startswith("<") else None
    if root is None:
        return None
    form = _ROOTS.get(root[1].lower(), PAGE)
    return WORDPRESS if form == FEED and _WXR.search(text) else form


class DocumentFile(FileReader):
    """Such a file (`CorpusReader`); `form` is one of FEED, WORDPRESS, JSON.

    `url` and `charset` are where it was fetched and the encoding that was stated there, `records` is where the list of
    records stands in a JSON document.

    Raises, when it is read:
        CorpusError: it was fetched, and is no JSON: what an address answers may be whole the next time, which a reject
            does not say.
    """

    def __init__(
        self,
        path: Path,
        form: str,
        place: str | None = None,
        naming: Naming | None = None,
        url: str | None = None,
        charset: str | None = None,
        records: str | None = None,
    ) -> None:
        super().__init__(path, place)
        self._form = form
        self._naming = naming
        self._url = url
        self._charset = charset
        self._records = records

    def __iter__(self) -> Iterator[Story | Rejected]:
        try:
            with Stream.open(self._path) as stream:
                yield from self._items(stream)
        except DAMAGED as error:
            yield Rejected(self.name, f"the file is damaged or cut off ({error}); what stands before was read")

    def _items(self, stream: Stream) -> Iterator[Story | Rejected]:
        if self._form == WORDPRESS:
            return wordpress_posts(stream.read_some, self.name)
        if self._form == FEED:
            return feed_items(stream.read_some, self.name, self._url, self._charset)
        data = stream.data.read(MAX_JSON + 1)
        try:
            return _json_items(_within(_json(data), self._records), data, self.name, self._url, self._naming)
        except ValueError as error:
            if self._url:
                raise CorpusError(f"{self.name}: {error}") from None
            return iter([Rejected(self.name, str(error))])


def _json(data: bytes) -> object:
    if len(data) > MAX_JSON:
        advice = "convert it, for instance with: jq -c '.[]' FILE > FILE.jsonl"
        raise ValueError(f"a JSON document longer than {MAX_JSON:,} bytes: {advice}")
    try:
        return json.loads(decode_text(data))
    except RecursionError:
        raise ValueError("broken JSON: nested too deep") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"broken JSON: {error}") from None


def _json_items(
    document: object, data: bytes, place: str, url: str | None, naming: Naming | None
) -> Iterator[Story | Rejected]:
    """The stories of a JSON document (`data` is what it was read from): a JSON Feed, ninjs, or corpus records.

    The first two say themselves what their fields are: `naming` is for records.
    """
    if is_json_feed(document):
        assert isinstance(document, dict)
        yield from json_feed_items(document, place, url)
        return
    inner = document.get("items") if isinstance(document, dict) else document
    if is_ninjs(document) or (isinstance(inner, list) and inner and is_ninjs(inner[0])):
        yield from ninjs_items(document, place)
        return
    yield from with_advice(_record_items(document, place, naming), place)
    sought = Sought(place, naming)
    sought.look(data)
    yield from sought.missing()


def _record_items(document: object, place: str, naming: Naming | None) -> Iterator[Story | Rejected]:
    """The stories of a list of records, or of one record."""
    make = partial(record_story, naming=naming)
    for number, record in enumerate(document if isinstance(document, list) else [document], 1):
        item = story_or_rejected(f"{place}: item {number}", record, make)
        if isinstance(item, Rejected) and item.reason.startswith("title:") and record is document:
            where = max(_lists(document), key=_promise, default=("", {}))[0]
            more = f"; or, if the records are in a list inside it: #records={where}" if where else ""
            item = Rejected(item.place, item.reason + more)
        yield item


def _within(document: object, path: str | None) -> object:
    """What stands in a document under a path such as `response.results`.

    Raises:
        ValueError: nothing does.
    """
    if not path:
        return document
    found = inside(document, path.split("."))
    if found is None:
        raise ValueError(f"there is nothing under {path!r} (#records)")
    return found


def _lists(document: object, deep: int = 4) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where an object, as most APIs answer, has lists of objects, and the first of each."""
    for name, value in document.items() if isinstance(document, dict) and deep else ():
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, dict):
            if first is not value:
                yield str(name), first
            yield from ((f"{name}.{inner}", one) for inner, one in _lists(first, deep - 1))


def _promise(found: tuple[str, dict[str, Any]]) -> tuple[bool, int]:
    """How likely a list is that of the stories: its first record has a title, and a long text."""
    record = found[1]
    text = usual_path(record, "text")
    return usual_path(record, "title") is not None, len(str(inside(record, text.split(".")))) if text else 0
