"""RSS (0.9 to 2.0), RDF and Atom, read as a stream of items."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from recommender.corpus.markup import http_url, plain_line
from recommender.corpus.reader import Rejected, story_read
from recommender.corpus.xmlstream import BrokenXml, elements, local_name, text_of
from recommender.news_dates import stated_date
from recommender.readmore.bodies import body_fields, looks_like_html
from recommender.stories import Story

_ITEMS = frozenset({"item", "entry"})
_BODIES = ("encoded", "content", "description", "summary", "full-text", "fulltext", "body")
_DATES = ("pubdate", "published", "issued", "date", "created", "updated", "modified")
_CHANNELS = ("channel", "feed")
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_CHANGED = ("updated", "modified")


def feed_items(
    read: Callable[[int], bytes], place: str, url: str | None = None, charset: str | None = None
) -> Iterator[Story | Rejected]:
    """The stories of a feed; `url` is where it was fetched. Of one in a file the channel's own link says that."""
    channel: dict[str, str] = {}
    line = 0
    try:
        for name, element, line in elements(read, _ITEMS, charset):
            if name:
                yield story_read(f"{place}:{line}", partial(item_record, element, channel, url))
            else:
                note_channel(element, channel)
    except BrokenXml as error:
        yield Rejected(f"{place}:{line + 1}", f"{error}; what stands before was read")


def note_channel(element: Any, channel: dict[str, str]) -> None:
    """Note what an element that stands outside of the items says of all of them: title, language, link."""
    tag, parent = local_name(element.tag), element.getparent()
    if tag in ("title", "language") and (said := plain_line(text_of(element))):
        channel.setdefault(tag, said)
    elif tag == "link" and parent is not None and local_name(parent.tag) in _CHANNELS:
        link = http_url(element.get("href") or text_of(element), base_of(element, None))
        relation = element.get("rel", "alternate")
        if link and relation in ("alternate", "self"):
            channel.setdefault("link" if relation == "alternate" else "self", link)


def base_of(element: Any, outside: str | None) -> str | None:
    """What the relative addresses in an element are completed with: the `xml:base` of it and of what it stands in."""
    base = outside
    for node in (*reversed([*element.iterancestors()]), element):
        base = http_url(node.get(_BASE), base) or base
    return base


def item_record(element: Any, channel: dict[str, str], base: str | None = None) -> dict[str, Any]:
    """The corpus record of an RSS item or Atom entry; its id is its address, or else its `guid`.

    `base` completes relative addresses; else the channel's link does. `xml:base` comes before both.

    Raises:
        ValueError: its body is nested too deep, or it has a date that cannot be told.
    """
    parts: dict[str, list[Any]] = {}
    for child in element:
        parts.setdefault(local_name(child.tag), []).append(child)
    outside = base or channel.get("link") or channel.get("self")
    base = base_of(element, outside)
    address = _address(parts, base)
    guid = next((text_of(part) for name in ("guid", "id") for part in parts.get(name, ())), None)
    published, changed = _date(parts, _DATES), _date(parts, _CHANGED)
    categories = [word for part in parts.get("category", []) + parts.get("subject", []) if (word := _category(part))]
    record = {
        "id": address or guid,
        "url": address,
        "title": next((title for part in parts.get("title", ()) if (title := plain_line(text_of(part)))), ""),
        "published": published,
        "modified": changed if changed != published else None,
        "section": categories[0] if categories else None,
        "tags": categories[1:],
        "language": next((text_of(part) for part in parts.get("language", ())), None)
        or _stated_language(element)
        or channel.get("language"),
        "source": next((plain_line(text_of(part)) for part in parts.get("source", ()) if not len(part)), None)
        or channel.get("title"),
        "image": _image(parts, base),
        "authors": _authors(parts),
    }
    body, node = _body(parts)
    stated = base_of(element if node is None else node, None)  # if none is, it is as on the page of the story
    inside = base_of(element if node is None else node, outside) if stated else address or base
    fields = body_fields(body, inside)
    fields["read_more"] += _related(parts, base)
    return {name: value for name, value in record.items() if value} | fields


def _date(parts: dict[str, list[Any]], names: Sequence[str]) -> str | None:
    return stated_date((name, text_of(part)) for name in names for part in parts.get(name, ()))


def _stated_language(element: Any) -> str | None:
    """The `xml:lang` of an item, or of what it stands in."""
    return next((lang for node in (element, *element.iterancestors()) if (lang := node.get(_LANGUAGE))), None)


def _address(parts: dict[str, list[Any]], base: str | None) -> str | None:
    candidates = [text_of(part) for part in parts.get("origlink", ())]
    links = [part for part in parts.get("link", ()) if part.get("rel", "alternate") == "alternate"]
    candidates += [part.get("href") or text_of(part) for part in links]
    guids = [(text_of(part), part.get("isPermaLink", "").lower()) for part in parts.get("guid", ())]
    candidates += [guid for guid, is_address in guids if is_address == "true"]
    address = next((url for candidate in candidates if (url := http_url(candidate, base))), None)
    # One of which it is not said is an address only where it is a whole one: many are a mere number.
    return address or next((url for guid, said in guids if not said and (url := http_url(guid))), None)


def _body(parts: dict[str, list[Any]]) -> tuple[str, Any]:
    """The longest of what an item says of itself, the article or its teaser, and the element that holds it."""
    bodies: list[tuple[str, Any]] = []
    for name in _BODIES:
        for part in parts.get(name, ()):
            if part.get("src") or part.get("url"):
                continue  # Media RSS has a `content` too: a picture
            if len(part):  # XHTML in Atom
                bodies.append((_markup(part), part))
            else:
                bodies.append((text_of(part), part))
    return max(bodies, key=lambda body: len(body[0]), default=("", None))


def _markup(part: Any) -> str:
    from lxml import etree

    text: str = etree.tostring(part, encoding="unicode", method="html", with_tail=False)
    return text


def _category(part: Any) -> str:
    return plain_line(part.get("label") or part.get("term") or text_of(part))


def _related(parts: dict[str, list[Any]], base: str | None) -> list[dict[str, Any]]:
    """What an entry of Atom names as related, by address alone: much of it lies elsewhere."""
    links = (http_url(part.get("href"), base) for part in parts.get("link", ()) if part.get("rel") == "related")
    return [{"url": url} for url in links if url]


def _image(parts: dict[str, list[Any]], base: str | None) -> dict[str, Any] | None:
    for name in ("content", "thumbnail", "enclosure", "group", "link"):
        for part in parts.get(name, ()):
            for node in (part, *part):
                url = http_url(node.get("url") or node.get("href"), base)
                kind = node.get("medium") or (node.get("type") or "").partition("/")[0]
                if url and (kind == "image" or (local_name(node.tag) == "thumbnail")):
                    return {"url": url, **_sizes(node)}
    return None


def _sizes(node: Any) -> dict[str, int]:
    found = ((name, node.get(name) or "") for name in ("width", "height"))
    return {name: int(text) for name, text in found if text.isdecimal() and len(text) < 6}


def _authors(parts: dict[str, list[Any]]) -> list[str]:
    names: list[str] = []
    for part in parts.get("creator", []) + parts.get("author", []):
        name = next((text_of(child) for child in part if local_name(child.tag) == "name"), None)
        said = plain_line(text_of(part) if name is None else name)
        if "@" in said and "(" in said:  # RSS writes mail@paper.example (Ann Bee)
            said = said.partition("(")[2].rstrip(") ")
        if said and not looks_like_html(said):
            names.append(said)
    return list(dict.fromkeys(names))
