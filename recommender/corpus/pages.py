"""A page of a site as a corpus record."""

from typing import Any

from recommender.corpus.markup import http_url
from recommender.corpus.reader import Rejected, story_or_rejected
from recommender.corpus.streams import decode_page
from recommender.readmore import html_article
from recommender.stories import Story

MAX_PAGE = 8 << 20
"""Longest page, in bytes."""

_SHORTEST = 140
"""Letters of a body below which a page with neither date nor section is no article but a list or a form."""


def page_story(
    data: bytes, url: str, place: str, charset: str | None = None, hints: dict[str, Any] | None = None
) -> Story | Rejected:
    """The story of a page that was found at `url`; `hints` are what a sitemap says of it, behind the page."""
    try:
        page = html_article(decode_page(data, charset), url)
    except ValueError as error:
        return Rejected(place, str(error))
    record = page.to_record(in_text=True)
    record = (hints or {}) | {name: value for name, value in record.items() if value}
    record["url"] = http_url(record.get("url")) or url
    if len(page.text) < _SHORTEST and not (record.get("published") or record.get("section")):
        return Rejected(place, "no article on this page")
    return story_or_rejected(place, record)
