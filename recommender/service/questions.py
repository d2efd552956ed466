"""What a GET asks: its query string, read once and normalised, so that equal questions share one answer."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from recommender.engine.options import Options
from recommender.engine.query import Query, parse_request
from recommender.errors import InputError

RELATED = "/v1/related"
FRAGMENT = "/v1/related/fragment"
ROUTES = (RELATED, FRAGMENT)

DEFAULT_HEADING = "Read more"
FLOOR = 0.15
"""Least score in a list for readers (widget, fragment, export) where none is given: rather a short list than one filled
with what has little to do with the story. Of the links that editors made and the top ten held, 1 % scored less on each
of two large corpora, 7 % on the small sample; at 0.2 it is 4, 6 and 17 %."""
_VIEW = ("heading", "heading_level", "thumbnails")
_REMEMBERED = 2_000
_REMEMBERED_BYTES = 1_024
_MAX_FIELDS = 1_200


@dataclass(frozen=True, slots=True)
class View:
    """How a fragment looks: its heading (empty: none), the heading's level, and whether it has pictures."""

    heading: str = DEFAULT_HEADING
    level: int = 2
    thumbnails: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A route, what is asked there, and how the answer looks; equal questions have equal answers."""

    route: str
    query: Query
    options: Options
    view: View | None = None

    def address(self, route: str | None = None, **changes: Any) -> str:
        """The path and query string that ask this, on this or another route, with some options changed."""
        pairs: list[tuple[str, Any]] = [
            (name, value) for name in ("id", "url", "text") if (value := getattr(self.query, name)) is not None
        ]
        for field in fields(Options):
            value = changes.get(field.name, getattr(self.options, field.name))
            if value == (FLOOR if field.name == "min_score" and (route or self.route) == FRAGMENT else field.default):
                continue
            if isinstance(value, tuple):
                pairs += [(field.name, one) for one in value]
            else:
                pairs.append((field.name, str(value).lower() if isinstance(value, bool) else value))
        return f"{route or self.route}?{urlencode(pairs)}"


class Questions:
    """Reads query strings, and remembers those read last."""

    def __init__(self, max_text: int) -> None:
        self._max_text = max_text
        self._short: Callable[[str, bytes], Question] = lru_cache(_REMEMBERED)(self._read)

    def read(self, route: str, query_string: bytes) -> Question:
        """The question in a query string.

        Raises:
            InputError: an unknown name, or a wrong value.
        """
        read = self._short if len(query_string) <= _REMEMBERED_BYTES else self._read
        return read(route, query_string)

    def _read(self, route: str, query_string: bytes) -> Question:
        given = read_pairs(query_string)
        looks = _VIEW if route == FRAGMENT else ()
        view = _view({name: given.pop(name) for name in looks if name in given}) if looks else None
        if "story" in given:
            raise InputError("story", "send a story with POST")
        floor = {"min_score": [str(FLOOR)]} if route == FRAGMENT else {}
        query, options = parse_request(floor | given, self._max_text, looks)
        return Question(route, query, options, view)


def read_pairs(query_string: bytes) -> dict[str, list[str]]:
    """The values of a query string, or of a form, by name.

    Raises:
        InputError: it is not UTF-8, or has too many values.
    """
    given: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(query_string.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except UnicodeDecodeError:
        raise InputError("query string", "is not UTF-8") from None
    except ValueError:
        raise InputError("query string", f"has more than {_MAX_FIELDS} values") from None
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    return given


def _view(given: dict[str, list[str]]) -> View:
    for name, values in given.items():
        if len(values) > 1:
            raise InputError(name, f"expected one value, got {len(values)}")
    one = {name: value[0] for name, value in given.items()}
    heading = " ".join(one.get("heading", DEFAULT_HEADING).split())
    if len(heading) > 200:
        raise InputError("heading", f"has {len(heading)} characters, at most 200 are allowed")
    level = one.get("heading_level", "2")
    if level not in tuple("123456"):
        raise InputError("heading_level", f"{level[:40]!r} is none of 1 to 6")
    thumbnails = one.get("thumbnails", "false").lower()
    if thumbnails not in ("true", "false", "1", "0", ""):
        raise InputError("thumbnails", f"{thumbnails[:40]!r} is not true or false")
    return View(heading, int(level), thumbnails in ("true", "1", ""))
