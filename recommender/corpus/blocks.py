"""A body that is a tree of blocks, as the editors of headless systems keep it, as markup: one rule for all of them.

A block holds its words (`text`, `value`, `content`, `body`), or the blocks and the pieces of a line that it is made of
(`children`, `content`, `content_elements`, `blocks`, `items`). What has neither, a picture for one, says nothing here.
"""

import html
from collections.abc import Iterator, Mapping
from typing import Any

from recommender.errors import RecordError
from recommender.readmore.bodies import looks_like_html

_WORDS = ("text", "value", "content", "body")
_MARKUP = ("processed", "rendered", "html")
_LISTS = ("content", "children", "content_elements", "blocks", "items", "value")
_OBJECTS = ("root", "document", "data", "value")
_KINDS = ("type", "_type", "nodeType")
_PIECES = frozenset(
    "text span link autolink hyperlink entry-hyperlink asset-hyperlink a linebreak hardbreak mention".split()
)
"""Kinds that are parts of a line."""
_DEEPEST = 60


def markup_of_blocks(body: Any) -> str:
    """The body as HTML, a paragraph for each block that holds words.

    Raises:
        RecordError: it is nested too deep.
    """
    return "\n".join(f"<p>{block}</p>" for block in _blocks(body, 0) if block.strip())


def is_block(node: Mapping[str, Any]) -> bool:
    """Whether an object looks like a block: it has words, or what it is made of."""
    return not node.keys().isdisjoint({*_WORDS, *_MARKUP, *_LISTS, *_OBJECTS})


def _blocks(node: Any, depth: int) -> Iterator[str]:
    _check(depth)
    if isinstance(node, str):
        yield _marked(node)
    elif isinstance(node, list):
        for item in node:
            yield from _blocks(item, depth + 1)
    elif isinstance(node, Mapping):
        whole = _first(node, _MARKUP)
        if whole is not None:
            yield whole
            return
        words = _first(node, _WORDS)
        if words is not None:
            url = _address(node)
            line = _with_spans(words, node.get("spans"))
            yield _linked(line, url) if url else line
        inner = _inner(node)
        if any(map(_is_piece, _listed(inner))) and inner in (node.get("content"), node.get("children")):
            links = {str(mark.get("_key")): _address(mark) for mark in _objects(node.get("markDefs"))}
            yield "".join(_line(item, links, depth + 1) for item in inner)
        else:
            yield from _blocks(inner, depth + 1)


def _line(node: Any, links: Mapping[str, str | None], depth: int) -> str:
    """A piece of a line, with the link that it is or that a mark of it says."""
    _check(depth)
    if not isinstance(node, Mapping):
        return _marked(node) if isinstance(node, str) else ""
    if _kind(node).lower().endswith("break"):
        return "<br>"
    words = _first(node, _WORDS)
    pieces = _listed(_inner(node)) if words is None else ()
    line = _marked(words or "") + "".join(_line(item, links, depth + 1) for item in pieces)
    marks = node.get("marks")
    marked = (links.get(mark) if isinstance(mark, str) else _address(mark) for mark in _listed(marks))
    url = _address(node) or next(filter(None, marked), None)
    return _linked(line, url) if url and line.strip() else line


def _with_spans(words: str, spans: Any) -> str:
    """The words of a block with the links that are told by where they begin and end (Prismic)."""
    line, done = "", 0
    for span in _objects(spans):
        start, end, url = span.get("start"), span.get("end"), _address(span)
        if url and isinstance(start, int) and isinstance(end, int) and done <= start < end <= len(words):
            line += _marked(words[done:start]) + _linked(_marked(words[start:end]), url)
            done = end
    return line + _marked(words[done:])


def _inner(node: Mapping[str, Any]) -> Any:
    """The blocks or pieces that one is made of."""
    inner = next((node[name] for name in _LISTS if isinstance(node.get(name), list) and node[name]), None)
    return inner or next((node[name] for name in _OBJECTS if isinstance(node.get(name), Mapping)), None)


def _is_piece(node: Any) -> bool:
    """Whether it is part of a line: by its kind, or as it has words and no kind. (Arc calls a paragraph `text`, too,
    and has its words in `content`.)
    """
    if not isinstance(node, Mapping) or isinstance(node.get("content"), str):
        return False
    kind = _kind(node)
    return kind.lower() in _PIECES if kind else isinstance(node.get("text"), str)


def _kind(node: Mapping[str, Any]) -> str:
    return _first(node, _KINDS) or ""


def _first(node: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    return next((value for name in names if isinstance(value := node.get(name), str)), None)


def _address(node: Any) -> str | None:
    """Where a node leads, as it or its attributes say."""
    holders = [node, *map(node.get, ("data", "attrs", "fields"))] if isinstance(node, Mapping) else []
    found = (_first(holder, ("url", "href", "uri")) for holder in holders if isinstance(holder, Mapping))
    return next(filter(None, found), None)


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in _listed(value) if isinstance(item, Mapping)]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _check(depth: int) -> None:
    if depth > _DEEPEST:
        raise RecordError("text", f"is nested deeper than {_DEEPEST} levels")


def _linked(line: str, url: str) -> str:
    return f'<a href="{html.escape(url)}">{line}</a>'


def _marked(words: str) -> str:
    """Words as HTML, where they are not that already."""
    return words if looks_like_html(words) else html.escape(words, quote=False).replace("\n", "<br>")
