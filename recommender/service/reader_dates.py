"""Days as readers of a language write them: `2 March 2026`, `2. März 2026`, `2026年3月2日`."""

import re
from datetime import date
from functools import lru_cache

_CODE = re.compile(r"(?!und\Z)[a-z]{2,3}\Z")  # und: not known, which Babel takes for English
_REMEMBERED = 10_000


@lru_cache(_REMEMBERED)
def written(day: date, language: str | None) -> str:
    """A day in the long form of a language; `2026-03-02`, which is read everywhere, where it is none that is known.

    Args:
        day: the day, of the Gregorian calendar.
        language: an ISO 639 code (`de`).
    """
    if language is None or not _CODE.match(language):
        return day.isoformat()
    # Not before a list is asked for: the tables of a language take a megabyte, and its first date some milliseconds.
    from babel.core import UnknownLocaleError
    from babel.dates import format_date

    try:
        # Of English the form that all its readers can read; the widget does the same.
        return format_date(day, "long", "en_GB" if language == "en" else language)
    except UnknownLocaleError:
        return day.isoformat()
