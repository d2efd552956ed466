"""Pointers as entries of a record: merged, each once, their addresses complete."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin, urlsplit

from recommender.readmore.keys import canonical_url, normalise_headline
from recommender.records import pointer_record
from recommender.stories import ReadMore


def merge_pointers(listed: list[Any], pointers: tuple[ReadMore, ...], base: str | None) -> list[Any]:
    """The entries of a record's `read_more`, then those pointers that share neither headline nor URL with one of them.

    Relative URLs of the new ones are completed from `base`, the record's own URL.
    """
    merged = list(listed)
    known = {key for entry in listed for key in _keys(entry)}
    for pointer in pointers:
        url = complete_url(pointer.url, base)
        entry = {**pointer.to_record(), "url": url} if url else pointer.to_record()
        keys = _keys(entry)
        if known.isdisjoint(keys):
            merged.append(entry)
        known.update(keys)
    return merged


def complete_url(url: str | None, base: str | None) -> str | None:
    """A URL made absolute, where the base is known; an address inside the page alone ("#top") is none."""
    if not url or url.startswith("#"):
        return None
    if not base or (url.startswith(("http://", "https://")) and "/." not in url):
        return url
    is_plain = "/." not in url and ";" not in url
    if url.startswith("/") and url[1:2] != "/" and is_plain and (origin := _origin(base)):
        return origin + url  # as nearly all of a page are, and joined ten times as fast
    try:
        return urljoin(base, url)
    except ValueError:
        return url


@lru_cache(maxsize=64)
def _origin(base: str) -> str | None:
    """Scheme and host of an http(s) address."""
    try:
        parts = urlsplit(base)
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else None


def _keys(entry: object) -> set[str]:
    entry = pointer_record(entry)
    if not isinstance(entry, Mapping):
        return set()
    title, url = entry.get("title"), entry.get("url")
    keys = {"title " + normalise_headline(title)} if isinstance(title, str) and title else set()
    return keys | ({"url " + canonical_url(url)} if isinstance(url, str) and url else set())
