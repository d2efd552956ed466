"""Which part of a page holds the article."""

import re

from selectolax.lexbor import LexborNode

_MARKED = ("[itemprop=articleBody]", "article", "main", "[role=main]")
_NAMED = re.compile(
    r"article-?(?:body|text|content)|entry-content|post-?(?:body|content)|story-?(?:body|text|content)", re.I
)
_MIN_TEXT = 200
_MAX_BLOCKS = 3_000


def main_part(body: LexborNode) -> LexborNode:
    """The element that is marked as the article, else the one that holds the most prose of its own, else the body."""
    for selector in _MARKED:
        found = body.css(selector)
        if found:
            return max(found, key=_length_of_paragraphs) if len(found) > 1 else found[0]
    return _densest(body) or body


def _length_of_paragraphs(node: LexborNode) -> int:
    return sum(len(paragraph.text(deep=True)) for paragraph in node.css("p"))


def _densest(body: LexborNode) -> LexborNode | None:
    """The block with most text in paragraphs right below it; a block that is named as an article's body counts twice.

    None where no block holds the greater part of the page's paragraphs: then the page has no shape to go by.
    """
    own: dict[int, int] = {}
    nodes: dict[int, LexborNode] = {}
    total = 0
    for place, paragraph in enumerate(body.css("p")):
        parent = paragraph.parent
        if place >= _MAX_BLOCKS or parent is None:
            break
        length = len(paragraph.text(deep=True)) - 2 * sum(len(link.text(deep=True)) for link in paragraph.css("a"))
        total += max(length, 0)
        nodes[parent.mem_id] = parent
        own[parent.mem_id] = own.get(parent.mem_id, 0) + max(length, 0)
    if not own:
        return None
    best = max(own, key=lambda key: own[key] * (2 if _is_named(nodes[key]) else 1))
    if own[best] < _MIN_TEXT or own[best] * 2 < total or nodes[best].mem_id == body.mem_id:
        return None
    return nodes[best]


def _is_named(node: LexborNode) -> bool:
    attributes = node.attributes
    return _NAMED.search(" ".join(attributes.get(name) or "" for name in ("class", "id"))) is not None
