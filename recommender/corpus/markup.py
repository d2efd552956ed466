"""Headlines, names and addresses inside a feed, an export or a page, as they may be shown."""

import html
import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from recommender.readmore import is_tracking
from recommender.readmore.records import complete_url

_ANY_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>")
_HTTP = re.compile(r"https?://[^\s/]", re.IGNORECASE)


def plain_line(text: str) -> str:
    """A headline or a name without tags and entities, on one line."""
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = _ANY_TAG.sub("", text)
    return " ".join(text.split())


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
