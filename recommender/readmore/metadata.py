"""What the head of a page says of its article: JSON-LD first, then Open Graph and its like, then the page itself."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from recommender.news_dates import news_date
from recommender.readmore.records import complete_url

_ARTICLE = re.compile(r"(?:\w*Article|BlogPosting|LiveBlogPosting|Report)\Z")
_MAX_JSON = 2_000_000
_MAX_NODES = 5_000
_ALIASES = {
    "published": ("article:published_time", "date", "dc.date", "dcterms.created", "parsely-pub-date", "pubdate"),
    "modified": ("article:modified_time", "og:updated_time", "last-modified", "dcterms.modified"),
    "section": ("article:section", "parsely-section", "section"),
    "source": ("og:site_name", "application-name"),
    "image": ("og:image", "twitter:image"),
    "authors": ("author", "article:author", "parsely-author"),
}


def page_fields(tree: LexborHTMLParser, url: str | None) -> dict[str, Any]:
    """The fields of a corpus record that a page's head states; a date that cannot be read is left out.

    `headline` is the article's own; `body` its text where JSON-LD holds it.
    """
    stated = json_ld_article(tree)
    meta = _metas(tree)
    canonical = _attribute(tree, "link[rel=canonical]", "href") or meta.get("og:url") or stated.get("url")
    address = complete_url(canonical, url)
    if address is None or not address.lower().startswith(("http://", "https://")):
        address = url
    found: dict[str, Any] = {name: stated.get(name) or _first(meta, names) for name, names in _ALIASES.items()}
    author = found["authors"]
    found["authors"] = [author] if isinstance(author, str) and not author.startswith("http") else author or None
    if isinstance(found["authors"], str):
        found["authors"] = None
    found["published"] = found["published"] or _attribute(tree, "time[datetime]", "datetime")
    found |= {name: news_date(found[name]) for name in ("published", "modified")}
    found |= {
        "url": address,
        "language": _attribute(tree, "html", "lang") or stated.get("language") or meta.get("og:locale"),
        "image": complete_url(found["image"], address),
        "tags": stated.get("tags"),
        "headline": stated.get("headline") or meta.get("og:title"),
        "body": stated.get("body"),
    }
    return {name: value for name, value in found.items() if value}


def json_ld_article(tree: LexborHTMLParser) -> dict[str, Any]:
    """The fields of the first NewsArticle (or its like) in a page's JSON-LD."""
    for node in tree.css('script[type="application/ld+json"]'):
        text = node.text(deep=True)
        if len(text) > _MAX_JSON:
            continue
        try:
            loaded = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue  # a page with broken JSON-LD is still a page
        things = list(_things(loaded))
        named = {thing["@id"]: thing for thing in things if isinstance(thing.get("@id"), str)}
        for thing in filter(_is_article, things):
            return _article({name: _followed(value, named) for name, value in thing.items()})
    return {}


def _followed(value: Any, named: Mapping[str, Mapping[str, Any]]) -> Any:
    """What is said of a thing where another place of the document says it, and only its `@id` stands here."""
    if isinstance(value, list):
        return [_followed(item, named) for item in value[:50]]
    if isinstance(value, dict) and isinstance(value.get("@id"), str):
        return {**named.get(value["@id"], {}), **value}
    return value


def _things(loaded: Any) -> Iterator[Mapping[str, Any]]:
    """Every object of a document, outer ones first."""
    waiting, seen = [loaded], 0
    while waiting and seen < _MAX_NODES:
        thing = waiting.pop(0)
        seen += 1
        if isinstance(thing, list):
            waiting = thing[:_MAX_NODES] + waiting
        elif isinstance(thing, dict):
            yield thing
            waiting += [thing[name] for name in ("@graph", "mainEntity", "mainEntityOfPage") if name in thing]


def _is_article(thing: Mapping[str, Any]) -> bool:
    kinds = thing.get("@type")
    return any(
        isinstance(kind, str) and _ARTICLE.match(kind) for kind in (kinds if isinstance(kinds, list) else [kinds])
    )


def _article(thing: Mapping[str, Any]) -> dict[str, Any]:
    authors = [name for author in _listed(thing.get("author")) if (name := _name(author))]
    tags = thing.get("keywords")
    pictures = _listed(thing.get("image")) + _listed(thing.get("thumbnailUrl"))
    fields = {
        "headline": _text(thing.get("headline")) or _text(thing.get("name")),
        "published": _text(thing.get("datePublished")) or _text(thing.get("dateCreated")),
        "modified": _text(thing.get("dateModified")),
        "section": next((name for entry in _listed(thing.get("articleSection")) if (name := _text(entry))), ""),
        "source": next((name for entry in _listed(thing.get("publisher")) if (name := _name(entry))), ""),
        "image": next((url for entry in pictures if (url := _picture(entry))), ""),
        "language": _name(thing.get("inLanguage")),
        "url": _text(thing.get("url")) or _address(thing.get("mainEntityOfPage")),
        "body": _text(thing.get("articleBody")),
        "authors": authors,
        "tags": [tag.strip() for tag in tags.split(",")]
        if isinstance(tags, str)
        else [_text(tag) for tag in _listed(tags)],
    }
    fields["tags"] = [tag for tag in fields["tags"] if tag]
    return {name: value for name, value in fields.items() if value}


def _listed(value: Any) -> list[Any]:
    return value[:50] if isinstance(value, list) else [] if value is None else [value]


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _name(value: Any) -> str:
    return _text(value.get("name") or value.get("alternateName")) if isinstance(value, dict) else _text(value)


def _address(value: Any) -> str:
    return (
        _text(value.get("url") or value.get("@id") or value.get("contentUrl"))
        if isinstance(value, dict)
        else _text(value)
    )


def _picture(value: Any) -> str:
    """The address of a picture; its `@id` is none."""
    return _text(value.get("url") or value.get("contentUrl")) if isinstance(value, dict) else _text(value)


def _metas(tree: LexborHTMLParser) -> dict[str, str]:
    """The first content of every named `meta`."""
    found: dict[str, str] = {}
    for node in tree.css("meta[content]"):
        attributes = node.attributes
        content = " ".join((attributes.get("content") or "").split())
        for key in ("property", "name", "itemprop"):
            name = (attributes.get(key) or "").strip().lower()
            if name and content:
                found.setdefault(name, content)
    return found


def _first(meta: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((meta[name] for name in names if name in meta), "")


def _attribute(tree: LexborHTMLParser, selector: str, name: str) -> str:
    node = tree.css_first(selector)
    return " ".join((node.attributes.get(name) or "").split()) if node else ""
