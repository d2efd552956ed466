"""The list for readers as HTML: the same elements that the widget makes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from recommender.engine.options import MAX_LIMIT, Options
from recommender.service.pages import render
from recommender.service.questions import FLOOR, View
from recommender.service.reader_dates import written

FIELDS = ("id", "title", "url", "image", "date_published", "language", "fallback")
"""Fields of a hit that a list for readers is made of."""

_WEB = re.compile(r"https?://[^\s/?#]+[^\s]*\Z", re.IGNORECASE)


READERS = Options(limit=5, min_score=FLOOR, fields=FIELDS)
"""What a list for readers asks for where its page says nothing else."""


def wider(options: Options) -> Options:
    """The options that find enough stories: those without a web address are left out afterwards."""
    return replace(options, limit=min(MAX_LIMIT, 2 * options.limit + 10), fields=FIELDS, explain=False)


def listed(hits: Iterable[Mapping[str, Any]], limit: int) -> list[dict[str, Any]]:
    """The hits that a list for readers shows: those with a title and an http(s) URL, at most `limit`.

    Each with its `date` in its own language; where that is not known, in that of the first story whose language is.
    """
    shown: list[dict[str, Any]] = []
    for hit in hits:
        if hit.get("title") and is_web(hit.get("url")):
            picture = hit.get("image")
            if not isinstance(picture, Mapping) or not is_web(picture.get("url")):
                picture = None
            shown.append({**hit, "image": picture})
        if len(shown) == limit:
            break
    usual = next((hit["language"] for hit in shown if hit.get("language")), None)
    for hit in shown:
        hit["date"] = day_of(hit.get("date_published"), hit.get("language") or usual)
    return shown


def is_web(url: Any) -> bool:
    """Whether this is an absolute http or https URL."""
    return isinstance(url, str) and _WEB.match(url) is not None


def day_of(moment: Any, language: str | None) -> tuple[str, str] | None:
    """The day of a date or date-time as `2026-03-02` and as a reader of the language writes it."""
    try:
        day = date.fromisoformat(str(moment)[:10])
    except ValueError:
        return None
    return day.isoformat(), written(day, language)


def render_fragment(hits: Iterable[Mapping[str, Any]], limit: int, view: View) -> str:
    """The list as HTML; an empty text where nothing can be listed, so that no heading stands alone."""
    shown = listed(hits, limit)
    return render("fragment.html", hits=shown, view=view) if shown else ""
