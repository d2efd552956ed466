"""A story out of a page of HTML: headline, body, what its head says of it, and its read-more links."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from recommender.dates import Moment
from recommender.readmore.cues import is_cue
from recommender.readmore.links import Item, clean_signs, could_be_headline, without_links
from recommender.readmore.records import complete_url, merge_pointers
from recommender.readmore.render import render
from recommender.readmore.text import split_read_more
from recommender.stories import ReadMore

_NO_CONTENT = "script, style, noscript, template, svg, form, button, iframe, object, select, dialog, [hidden]"
_FRAME = "nav, footer, aside, figcaption, [role=navigation], [role=banner], [role=contentinfo], body > header"
_MAIN = ("[itemprop=articleBody]", "article", "main", "[role=main]")
_BESIDE = "aside, nav, article footer"
_RELATED = "aside, nav, section, div, ul, ol"
_RELATED_NAME = re.compile(r"(?:^|[-_\s])(?:related|read-?(?:more|also)|see-?also|more-on)(?:[-_\s]|$)", re.IGNORECASE)
_MAX_RELATED = 50


@dataclass(frozen=True, slots=True)
class ParsedPage:
    """What a page says; `fields` are the other fields of a corpus record that its head names."""

    title: str
    text: str
    read_more: tuple[ReadMore, ...] = ()
    fields: dict[str, Any] = field(default_factory=dict)

    def to_record(self) -> dict[str, Any]:
        """The page as a corpus record."""
        pointers = [pointer.to_record() for pointer in self.read_more]
        return {"title": self.title, "text": self.text, **self.fields, "read_more": pointers}


def html_article(html: str, url: str | None = None) -> ParsedPage:
    """Read the article of a page; `url` is its address, where known (its canonical link comes first).

    The body is the text of `[itemprop=articleBody]`, `article` or `main`, else of the whole page without navigation,
    footers and asides. Read-more links are those below or beside a cue ("Read more:"), anywhere in the page, and
    those in a box that is named so (`<aside class="related">`).
    """
    tree = LexborHTMLParser(clean_signs(html.replace("\0", "")))
    head = _head(tree, url)
    title = _title(tree)
    base = head.get("url") or url
    link_base = complete_url(_attribute(tree, "base[href]", "href"), base) or base
    body = tree.body
    if body is None:
        return ParsedPage(title, "", (), head)
    main = _main(body)
    empty = _identities(body.css(_NO_CONTENT))
    boxes, boxed = _boxes(body)
    frame = empty | boxes | _identities(body.css(_FRAME))
    text, pointers = split_read_more(_without_title(render(main, link_base, frame), title))
    for node in body.css(_BESIDE):
        pointers += split_read_more(render(node, link_base, empty | boxes))[1]
    if main.mem_id != body.mem_id:
        pointers += split_read_more(render(body, link_base, frame | {main.mem_id}))[1]
    entries = merge_pointers([], pointers + boxed, link_base)
    found = (ReadMore(entry.get("title", ""), entry.get("url")) for entry in entries)
    return ParsedPage(title, without_links(text), tuple(found), head)


def _without_title(text: str, title: str) -> str:
    first, _, rest = text.partition("\n\n")
    return rest if title and " ".join(without_links(first).split()) == title else text


def _title(tree: LexborHTMLParser) -> str:
    """The page's one `h1`, else its Open Graph title, else the title of the window."""
    headings = [words for node in tree.css("h1") if (words := _words(node))]
    if len(set(headings)) == 1:
        return headings[0]
    named = _meta(tree, "og:title") or (_words(node) if (node := tree.css_first("title")) else "")
    return named or (headings[0] if headings else "")


def _head(tree: LexborHTMLParser, url: str | None) -> dict[str, Any]:
    canonical = _attribute(tree, "link[rel=canonical]", "href") or _meta(tree, "og:url")
    fields = {
        "url": complete_url(canonical, url) or url,
        "published": _date(_meta(tree, "article:published_time") or _attribute(tree, "time[datetime]", "datetime")),
        "modified": _date(_meta(tree, "article:modified_time")),
        "section": _meta(tree, "article:section"),
        "language": _attribute(tree, "html", "lang"),
        "source": _meta(tree, "og:site_name"),
        "image": complete_url(_meta(tree, "og:image"), url),
        "authors": [author] if (author := _meta(tree, "author")) else None,
    }
    return {name: value for name, value in fields.items() if value}


def _meta(tree: LexborHTMLParser, name: str) -> str:
    for key in ("property", "name"):
        if content := _attribute(tree, f'meta[{key}="{name}"]', "content"):
            return content
    return ""


def _attribute(tree: LexborHTMLParser, selector: str, name: str) -> str:
    node = tree.css_first(selector)
    return " ".join((node.attributes.get(name) or "").split()) if node else ""


def _date(text: str) -> str | None:
    """A date that the head states, if it can be read: a page without it is still a page."""
    try:
        return str(Moment.parse(text))
    except ValueError:
        return None


def _main(body: LexborNode) -> LexborNode:
    for selector in _MAIN:
        found = body.css(selector)
        if found:
            return max(found, key=lambda node: sum(len(paragraph.text(deep=True)) for paragraph in node.css("p")))
    return body


def _boxes(body: LexborNode) -> tuple[set[int], tuple[ReadMore, ...]]:
    """The boxes that are named as related links and hold little else, and those links."""
    boxes: set[int] = set()
    pointers: dict[ReadMore, None] = {}
    for node in body.css(_RELATED):
        attributes = node.attributes
        names = " ".join(attributes.get(name) or "" for name in ("class", "id", "aria-label"))
        if not _RELATED_NAME.search(names) or node.css_first("h1, main"):
            continue
        anchors = node.css("a[href]")
        links = [item for anchor in anchors if (item := _link(anchor)).words >= 3 and could_be_headline(item)]
        linked = sum(len(_words(anchor)) for anchor in anchors)
        if 0 < len(links) <= _MAX_RELATED and linked * 2 >= len(_words(node)):
            pointers.update((item.pointer(), None) for item in _one_per_url(links))
            boxes.add(node.mem_id)
    return boxes, tuple(pointers)


def _link(anchor: LexborNode) -> Item:
    heading = anchor.css_first("h2, h3, h4, h5, h6")
    words = _words(heading) if heading else _words(anchor)
    return Item("" if is_cue(words) else words, anchor.attributes.get("href") or "")


def _one_per_url(links: Iterable[Item]) -> list[Item]:
    """A card links its picture, headline and teaser to one address: the first wording stands for it."""
    by_url: dict[str | None, Item] = {}
    for item in links:
        by_url.setdefault(item.url, item)
    return list(by_url.values())


def _words(node: LexborNode) -> str:
    return " ".join(node.text(deep=True, separator=" ").split())


def _identities(nodes: Iterable[LexborNode]) -> set[int]:
    return {node.mem_id for node in nodes}
