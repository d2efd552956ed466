"""Render a part of a page as text: paragraphs, list items with "- ", links and nesting in the signs of `links`."""

from collections.abc import Set as AbstractSet

from selectolax.lexbor import LexborNode

from recommender.readmore.links import NESTED, signed_link
from recommender.readmore.records import complete_url

_BLOCKS = frozenset(
    [
        *("address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt"),
        *("fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup"),
        *("hr", "legend", "li", "main", "menu", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td"),
        *("tfoot", "th", "thead", "tr", "ul"),
    ]
)
_LISTS = frozenset({"ul", "ol"})


def render(root: LexborNode, base: str | None = None, skip: AbstractSet[int] = frozenset()) -> str:
    """The text below `root`, in order of the page.

    `base` completes the addresses of links; nodes in `skip` are left out, with all below them.

    It walks the tree without recursion, so the depth of a page does not matter.
    """
    block_of = {root.mem_id: root.mem_id}
    link_of: dict[int, str] = {}
    depth_of: dict[int, int] = {}
    page = _Text(root.mem_id)
    for node in root.traverse(include_text=True):
        parent = node.parent
        if parent is None or node.mem_id == root.mem_id:
            continue
        if parent.mem_id not in block_of or node.mem_id in skip:
            continue  # neither it nor what is below it
        block, link = block_of[parent.mem_id], link_of.get(parent.mem_id)
        if node.is_text_node:
            page.say(node.text(deep=False), block, link)
        elif node.is_element_node:
            tag = node.tag or ""
            depth = depth_of.get(parent.mem_id, 0) + (tag in _LISTS)
            if depth:
                depth_of[node.mem_id] = depth
            if tag == "a" and (href := (node.attributes.get("href") or "").strip()):
                link = complete_url(href, base)
            if tag == "br":
                page.break_line()
            elif tag in _BLOCKS:
                block = node.mem_id
                page.begin(block, tag, depth)
            block_of[node.mem_id] = block
            if link:
                link_of[node.mem_id] = link
    page.end_paragraph()
    return page.text()


class _Text:
    """Collects paragraphs; a paragraph ends where text of another block begins."""

    def __init__(self, root: int) -> None:
        self._block = root
        self._runs: list[tuple[str, str | None]] = []
        self._lines: list[str] = []
        self._is_item = False
        self._depth = 0
        self._paragraphs: list[tuple[bool, str]] = []

    def say(self, words: str, block: int, link: str | None) -> None:
        if block != self._block:
            self.end_paragraph()
            self._block = block
        self._runs.append((words, link))

    def begin(self, block: int, tag: str, depth: int) -> None:
        self.end_paragraph()
        self._block = block
        self._is_item = tag == "li" or (self._is_item and tag not in _LISTS)
        self._depth = depth

    def break_line(self) -> None:
        if line := _line(self._runs):
            self._lines.append(line)
        self._runs = []

    def end_paragraph(self) -> None:
        self.break_line()
        if self._lines:
            mark = NESTED * (self._depth - 1) + "- " if self._is_item else ""
            self._paragraphs.append((self._is_item, mark + "\n".join(self._lines)))
            self._lines, self._is_item = [], False

    def text(self) -> str:
        pieces: list[str] = []
        for place, (is_item, paragraph) in enumerate(self._paragraphs):
            if place:
                pieces.append("\n" if is_item and self._paragraphs[place - 1][0] else "\n\n")
            pieces.append(paragraph)
        return "".join(pieces)


def _line(runs: list[tuple[str, str | None]]) -> str:
    """One line of the runs, spaces collapsed; neighbouring runs of one link are one link."""
    merged: list[tuple[str, str | None]] = []
    for words, link in runs:
        if merged and merged[-1][1] == link:
            merged[-1] = (merged[-1][0] + words, link)
        else:
            merged.append((words, link))
    parts = []
    for words, link in merged:
        shown = " ".join(words.split())
        if link is None or not shown:
            parts.append(words)
        else:
            before = " " if words[0].isspace() else ""
            parts.append(f"{before}{signed_link(shown, link)}{' ' if words[-1].isspace() else ''}")
    return " ".join("".join(parts).split())
