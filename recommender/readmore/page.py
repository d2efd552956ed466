"""A story out of a page of HTML: headline, body, what its head says of it, and its read-more links."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from recommender.readmore.cues import is_cue
from recommender.readmore.guard import check_depth
from recommender.readmore.keys import canonical_url
from recommender.readmore.links import Item, clean_signs, could_be_headline, signed_urls, without_links
from recommender.readmore.mainpart import main_part
from recommender.readmore.metadata import page_fields
from recommender.readmore.records import complete_url, merge_pointers
from recommender.readmore.render import render
from recommender.readmore.text import split_read_more
from recommender.stories import ReadMore

_NO_CONTENT = "script, style, noscript, template, svg, form, button, iframe, object, select, dialog, [hidden]"
_FRAME = "nav, footer, aside, figcaption, [role=navigation], [role=banner], [role=contentinfo], body > header"
_BESIDE = "aside, nav, article footer"
_RELATED = "aside, nav, section, div, ul, ol"
_RELATED_NAME = re.compile(r"(?:^|[-_\s])(?:related|read-?(?:more|also)|see-?also|more-on)(?:[-_\s]|$)", re.IGNORECASE)
_MAX_RELATED = 50
_MAX_IN_TEXT = 500

IN_TEXT = "in_text"
"""The kind of a pointer that stood as a link in the body."""


@dataclass(frozen=True, slots=True)
class ParsedPage:
    """What a page says.

    `fields` are the other fields of a corpus record that its head names. `in_text` are the addresses that the body
    links to: pointers by URL alone, as the words of such a link are no headline.
    """

    title: str
    text: str
    read_more: tuple[ReadMore, ...] = ()
    fields: dict[str, Any] = field(default_factory=dict)
    in_text: tuple[ReadMore, ...] = ()

    def to_record(self, *, in_text: bool = False) -> dict[str, Any]:
        """The page as a corpus record; with `in_text` the links of the body are pointers of it as well."""
        pointers = self.read_more + (self.in_text if in_text else ())
        return {"title": self.title, "text": self.text, **self.fields, "read_more": [p.to_record() for p in pointers]}


def html_article(html: str, url: str | None = None, link_base: str | None = None) -> ParsedPage:
    """Read the article of a page or of a piece of HTML.

    `url` is its address, where known (its canonical link comes first); `link_base` completes its links where it is not.

    The body is the text of `[itemprop=articleBody]`, `article` or `main`, else of the whole page without navigation,
    footers and asides. Read-more links are those below or beside a cue ("Read more:"), anywhere in the page, and
    those in a box that is named so (`<aside class="related">`).

    Raises:
        ValueError: its elements are nested too deep.
    """
    check_depth(html)
    tree = LexborHTMLParser(clean_signs(html.replace("\0", "")))
    head = page_fields(tree, url)
    title = _title(tree, str(head.pop("headline", "")))
    stated = str(head.pop("body", ""))
    base = head.get("url") or url
    link_base = complete_url(_base(tree), base) or base or link_base
    body = tree.body
    if body is None:
        return ParsedPage(title, "", (), head)
    main = main_part(body)
    empty = _identities(body.css(_NO_CONTENT))
    boxes, boxed = _boxes(body)
    frame = empty | boxes | _identities(body.css(_FRAME))
    text, pointers = split_read_more(_without_title(render(main, link_base, frame), title))
    for node in body.css(_BESIDE):
        pointers += split_read_more(render(node, link_base, empty | boxes))[1]
    if main.mem_id != body.mem_id:
        pointers += split_read_more(render(body, link_base, frame | {main.mem_id}))[1]
    entries = merge_pointers([], pointers + boxed, link_base)
    found = tuple(ReadMore(entry.get("title", ""), entry.get("url")) for entry in entries)
    shown = without_links(text)
    if len(stated) > 2 * len(shown) + 200:  # a page that a script fills in
        shown = without_links(split_read_more(clean_signs(stated))[0])
    return ParsedPage(title, shown, found, head, _in_text(text, found, base))


def _in_text(text: str, listed: tuple[ReadMore, ...], own: str | None) -> tuple[ReadMore, ...]:
    """Pointers to what the body links to, without itself and what a read-more list names already."""
    known = {canonical_url(pointer.url) for pointer in listed if pointer.url} | ({canonical_url(own)} if own else set())
    found: dict[str, ReadMore] = {}
    for url in signed_urls(text):
        if url.startswith(("http://", "https://")) and (key := canonical_url(url)) not in known:
            found.setdefault(key, ReadMore(url=url, kind=IN_TEXT))
    return tuple(found.values())[:_MAX_IN_TEXT]


def _without_title(text: str, title: str) -> str:
    first, _, rest = text.partition("\n\n")
    return rest if title and " ".join(without_links(first).split()) == title else text


def _title(tree: LexborHTMLParser, stated: str) -> str:
    """The page's one `h1`, else the headline that its head states, else the title of the window."""
    headings = [words for node in tree.css("h1") if (words := _words(node))]
    if len(set(headings)) == 1:
        return headings[0]
    named = stated or (_words(node) if (node := tree.css_first("title")) else "")
    return named or (headings[0] if headings else "")


def _base(tree: LexborHTMLParser) -> str:
    node = tree.css_first("base[href]")
    return (node.attributes.get("href") or "").strip() if node else ""


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
