"""The options of an answer: one table says the type, limits and meaning of each."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recommender.dates import Moment
from recommender.errors import InputError
from recommender.language_codes import language_code
from recommender.stories import KINDS

BACKGROUND, LATEST, FOLLOWUP, ANY = "background", "latest", "followup", "any"
MODES = (BACKGROUND, LATEST, FOLLOWUP, ANY)
MAX_LIMIT = 100
MAX_OFFSET = 1_000

_NUMBER = re.compile(r"\s*[+-]?[0-9.]+(e[+-]?[0-9]+)?\s*\Z", re.IGNORECASE)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw]?)\Z")
_HOURS = {"s": 1 / 3600, "m": 1 / 60, "": 1.0, "h": 1.0, "d": 24.0, "w": 168.0}


@dataclass(frozen=True)
class Option:
    """One option: `kind` is integer, number, texts (repeatable), choice, flag, date or duration."""

    name: str
    kind: str
    default: Any
    about: str
    example: Any = None
    low: float = 0
    high: float = math.inf
    choices: tuple[str, ...] = ()


OPTIONS = (
    Option("limit", "integer", 10, "how many stories, at most", 5, 1, MAX_LIMIT),
    Option("offset", "integer", 0, "how many of the best to skip", 10, 0, MAX_OFFSET),
    Option("section", "texts", (), "only stories of these sections", "World"),
    Option("language", "texts", (), "only stories in these languages (ISO 639)", "en"),
    Option("source", "texts", (), "only stories of these sources", "The Harbour Ledger"),
    Option("kind", "texts", (), "only articles, or only headlines without an article", "article", choices=KINDS),
    Option("published_after", "date", None, "only stories of this day or instant, or later, or undated", "2026-02-01"),
    Option(
        "published_before", "date", None, "only stories of this day or instant, or earlier, or undated", "2026-03-01"
    ),
    Option("exclude", "texts", (), "ids or URLs of stories to leave out", "hl-0007"),
    Option("min_score", "number", 0.0, "leave out what scores less; from 0.5 on a story is likely related", 0.5, 0, 1),
    Option(
        "mode",
        "choice",
        None,
        "`background`: past only, the default for a known story; `latest`: the newer the better; "
        "`followup`: newer only; `any`: the default for text",
        "background",
        choices=MODES,
    ),
    Option(
        "half_life", "duration", 48.0, "mode `latest`: age that halves a score; hours, or `8h`, `3d`", "8h", 0.01, 1e6
    ),
    Option("diversity", "number", 0.0, "0 = pure relevance, 1 = as varied as can be", 0.2, 0, 1),
    Option(
        "collapse",
        "choice",
        "story",
        "`story`: copies and updates of one story take one slot; `none`: each its own",
        "story",
        choices=("story", "none"),
    ),
    Option(
        "linked",
        "choice",
        "include",
        "`exclude`: leave out what the story's own editors linked to",
        "include",
        choices=("include", "exclude"),
    ),
    Option("explain", "flag", False, "add reasons to each hit, and what was left out and why", True),
    Option("fields", "texts", (), "fields of a hit to return, repeated or by commas; `*` = all of them", "title"),
    Option(
        "on_empty",
        "choice",
        "none",
        "`latest`: fill an empty answer with the newest stories, marked `fallback`",
        "none",
        choices=("none", "latest"),
    ),
)
BY_NAME = {option.name: option for option in OPTIONS}


@dataclass(frozen=True, slots=True)
class Options:
    """Checked options; `half_life` is in hours, `mode` None = what suits the query."""

    limit: int = 10
    offset: int = 0
    section: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    published_after: Moment | None = None
    published_before: Moment | None = None
    exclude: tuple[str, ...] = ()
    min_score: float = 0.0
    mode: str | None = None
    half_life: float = 48.0
    diversity: float = 0.0
    collapse: str = "story"
    linked: str = "include"
    explain: bool = False
    fields: tuple[str, ...] = ()
    on_empty: str = "none"


def parse_options(given: Mapping[str, Any]) -> Options:
    """Read the options alone.

    Raises:
        InputError: a wrong value.
    """
    return Options(**{name: _value(BY_NAME[name], value) for name, value in given.items() if value is not None})


def _value(option: Option, value: Any) -> Any:
    name = option.name
    if option.kind == "texts":
        return _texts(option, value)
    if isinstance(value, list):
        if len(value) != 1:
            raise InputError(name, f"expected one value, got {len(value)}")
        value = value[0]
    if option.kind in ("integer", "number"):
        return _number(option, value)
    if option.kind == "flag":
        return _flag(name, value)
    if not isinstance(value, str) and not (option.kind == "duration" and _is_number(value)):
        raise InputError(name, "expected a string")
    if option.kind == "choice":
        if value not in option.choices:
            raise InputError(name, f"{value[:40]!r} is none of {', '.join(option.choices)}")
        return value
    if option.kind == "date":
        try:
            return Moment.parse(value)
        except ValueError as error:
            raise InputError(name, str(error)) from None
    return _duration(option, value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(option: Option, value: Any) -> Any:
    whole = option.kind == "integer"
    wanted = "a whole number" if whole else "a number"
    try:
        if isinstance(value, str) and not _NUMBER.match(value):  # Python reads `1_0` and digits of other scripts too
            raise ValueError
        if not _is_number(value) and not isinstance(value, str):
            raise ValueError
        number = int(value) if whole and not isinstance(value, float) else float(value)
    except (ValueError, OverflowError):
        raise InputError(option.name, f"{str(value)[:40]!r} is not {wanted}") from None
    if isinstance(number, float) and (not math.isfinite(number) or (whole and number != int(number))):
        raise InputError(option.name, f"{value!r} is not {wanted}")
    if not option.low <= number <= option.high:
        raise InputError(option.name, f"is {str(value)[:40]}, allowed are {option.low:g} to {option.high:g}")
    return int(number) if whole else number


def _flag(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    known = {"true": True, "1": True, "false": False, "0": False}
    if not isinstance(value, str) or value.lower() not in known:
        raise InputError(name, f"{str(value)[:40]!r} is not true or false")
    return known[value.lower()]


def _texts(option: Option, value: Any) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) for item in items):
        raise InputError(option.name, "expected a string or a list of strings")
    if option.name in ("fields", "kind"):
        items = [part for item in items for part in item.split(",")]
    items = [item.strip() for item in items]
    if option.name == "language":  # `en-US`, as pages state it, means the stories whose language is `en`
        items = [language_code(item) or item for item in items]
    if not all(items):
        raise InputError(option.name, "is empty")
    if len(items) > 1_000:
        raise InputError(option.name, f"has {len(items)} values, at most 1000 are allowed")
    for item in items:
        if option.choices and item not in option.choices:
            raise InputError(option.name, f"{item[:40]!r} is none of {', '.join(option.choices)}")
    return tuple(dict.fromkeys(items))


def _duration(option: Option, value: Any) -> float:
    match = _DURATION.match(str(value).strip().lower())
    if not match:
        raise InputError(option.name, f"{str(value)[:40]!r} is no duration; write hours, or `8h`, `3d`, `2w`")
    hours = float(match[1]) * _HOURS[match[2]]
    if not option.low <= hours <= option.high:
        raise InputError(option.name, f"is {hours:g} hours, allowed are {option.low:g} to {option.high:g}")
    return hours
