"""A record whose body still holds its read-more block becomes the record that the corpus contract means."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

from recommender.readmore.keys import canonical_url, normalise_headline
from recommender.readmore.text import split_read_more
from recommender.stories import ReadMore


def cut_record(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The record with the read-more blocks of its `text` parsed into `read_more`; itself where there are none.

    Pointers that the record already lists are not listed twice. It is done before `story_from_record`, so that an id
    made of the content is that of the cut text. A field of a wrong type is left for that function to refuse.
    """
    text, listed = record.get("text"), record.get("read_more")
    if not isinstance(text, str) or not isinstance(listed, list | None):
        return record
    body, pointers = split_read_more(text)
    if not pointers:
        return record
    base = record.get("url")
    merged = merge_pointers(listed or [], pointers, base if isinstance(base, str) else None)
    return {**record, "text": body, "read_more": merged}


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
    if not base:
        return url
    try:
        return urljoin(base, url)
    except ValueError:
        return url


def _keys(entry: object) -> set[str]:
    if isinstance(entry, str):
        entry = {"title": entry}
    if not isinstance(entry, Mapping):
        return set()
    title, url = entry.get("title"), entry.get("url")
    keys = {"title " + normalise_headline(title)} if isinstance(title, str) and title else set()
    return keys | ({"url " + canonical_url(url)} if isinstance(url, str) and url else set())
