"""HTML inside a feed, an export or a column: its text, its read-more pointers and the links in it."""

import html
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from recommender.readmore import html_article, is_tracking, split_read_more
from recommender.readmore.records import complete_url, merge_pointers

_TAG = re.compile(
    r"<(?:p|br|div|a|ul|ol|li|h[1-6]|img|em|strong|b|i|span|blockquote|figure|table|section|article)\b[^<>]*/?>|</\w+>",
    re.I,
)
_ANY_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>")
_HTTP = re.compile(r"https?://[^\s/]", re.IGNORECASE)


def looks_like_html(text: str) -> bool:
    """Whether a text holds HTML's tags."""
    return "<" in text and _TAG.search(text, 0, 20_000) is not None


def plain_line(text: str) -> str:
    """A headline or a name without tags and entities, on one line."""
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = _ANY_TAG.sub("", text)
    return " ".join(text.split())


def body_fields(markup: str, url: str | None) -> dict[str, Any]:
    """The fields `text` and `read_more` of a body; links of a body in HTML are pointers of the kind `in_text`.

    Raises:
        ValueError: it is nested too deep.
    """
    if not looks_like_html(markup):
        text = html.unescape(markup) if "&" in markup else markup
        body, pointers = split_read_more(text.replace("\r\n", "\n"))
        return {"text": body, "read_more": merge_pointers([], pointers, url)}
    page = html_article(markup, url)
    heading = "" if page.title in page.text else page.title  # a body has none of its own: it is its first line
    entries = merge_pointers([], page.read_more + page.in_text, url)
    return {"text": f"{heading}\n\n{page.text}".strip(), "read_more": entries}


def http_url(text: object, base: str | None = None) -> str | None:
    """An address as a page may show it, completed, without tracking parameters; None for what is no http(s) URL."""
    if not isinstance(text, str) or not text.strip():
        return None
    text = "".join(text.split())
    text = (complete_url(text, base) or "") if base else text
    if not _HTTP.match(text) or len(text) > 2_000:
        return None
    try:
        parts = urlsplit(text)
        query = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=100)
        kept = [(name, value) for name, value in query if not is_tracking(name)]
    except ValueError:
        return None
    return text if len(kept) == len(query) else urlunsplit(parts._replace(query=urlencode(kept), fragment=""))
