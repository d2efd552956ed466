"""A record whose body is as it was written, with markup and read-more block, becomes what the contract means."""

import html
import re
from collections.abc import Mapping
from typing import Any

from recommender.errors import RecordError
from recommender.readmore.page import html_article
from recommender.readmore.records import merge_pointers
from recommender.readmore.text import split_read_more
from recommender.stories import ReadMore

_TAG = re.compile(
    r"<(?:p|br|div|a|ul|ol|li|h[1-6]|img|em|strong|b|i|span|blockquote|figure|table|section|article)\b[^<>]*/?>|</\w+>",
    re.I,
)
_BLOCK = re.compile(r"</(?:p|div|li|ul|ol|h[1-6]|blockquote|figure|section|article|table)\s*>|<br\s*/?>", re.I)
_BEGIN = re.compile(
    r"\s*<(?:p|div|ul|ol|h[1-6]|blockquote|figure|section|article|table|br)(?:\s+[\w-]+\s*=[^<>]*)?\s*/?>", re.I
)
_ANCHOR = re.compile(r"<a\s[^<>]*\bhref\s*=[^<>]*>", re.I)
_PARAGRAPH = re.compile(r"<(?:p|div|br)\b", re.I)
_BLANK_LINE = re.compile(r"\n\s*\n")
_LOOKED_AT = 20_000


def looks_like_html(text: str) -> bool:
    """Whether a text that may be HTML holds its tags."""
    return "<" in text and _TAG.search(text, 0, _LOOKED_AT) is not None


def is_html_body(text: str) -> bool:
    """Whether a text of which nobody says that it may be HTML is a body in HTML, and not one that speaks of tags."""
    if "<" not in text:
        return False
    begins = _BEGIN.match(text) or _ANCHOR.search(text, 0, _LOOKED_AT)
    return begins is not None or len(_BLOCK.findall(text, 0, _LOOKED_AT)) > 1


def cut_record(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The record with the markup of its `text` read and its read-more blocks parsed into `read_more`; itself where
    there is neither.

    Pointers that the record already lists are not listed twice. It is done before `story_from_record`, so that an id
    made of the content is that of the cut text. A field of a wrong type is left for that function to refuse.

    Raises:
        RecordError: the markup is nested too deep.
    """
    text, listed = record.get("text"), record.get("read_more")
    if not isinstance(text, str) or not isinstance(listed, list | None):
        return record
    base = url if isinstance(url := record.get("url"), str) else None
    try:
        body, pointers = _html(text, base) if is_html_body(text) else split_read_more(text)
    except ValueError as error:
        raise RecordError("text", str(error)) from None
    if not pointers and body == text:
        return record
    return {**record, "text": body, "read_more": merge_pointers(listed or [], pointers, base)}


def body_fields(markup: str, url: str | None) -> dict[str, Any]:
    """The fields `text` and `read_more` of a body that may be HTML; its links are pointers of the kind `in_text`.

    Raises:
        ValueError: it is nested too deep.
    """
    if looks_like_html(markup):
        text, pointers = _html(markup, url)
    else:
        plain = html.unescape(markup) if "&" in markup else markup
        text, pointers = split_read_more(plain.replace("\r\n", "\n"))
    return {"text": text, "read_more": merge_pointers([], pointers, url)}


def with_paragraphs(markup: str) -> str:
    """HTML in which a blank line is a paragraph, as editors write it: the same with its tags."""
    parts = _BLANK_LINE.split(markup.replace("\r\n", "\n"))
    if len(parts) == 1 or _PARAGRAPH.search(markup):
        return markup
    return "".join(f"<p>{part}</p>" for part in parts if part.strip()).replace("\n", "<br>")


def _html(markup: str, url: str | None) -> tuple[str, tuple[ReadMore, ...]]:
    page = html_article(with_paragraphs(markup), url)
    heading = "" if page.title in page.text else page.title  # a body has none of its own: it is its first line
    return f"{heading}\n\n{page.text}".strip(), page.read_more + page.in_text
