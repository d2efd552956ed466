"""What is asked: a query, as a request says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recommender.cleaning import story_of
from recommender.engine.options import BY_NAME, Options, parse_options
from recommender.errors import InputError, RecordError, TooLarge
from recommender.stories import Story

QUERIES = ("id", "url", "text", "story")


@dataclass(frozen=True, slots=True)
class Query:
    """Exactly one of a story's id, its URL, any text, or a story that need not be in the index."""

    id: str | None = None
    url: str | None = None
    text: str | None = None
    story: Story | None = None


def parse_request(
    given: Mapping[str, Any], max_text: int = 1_000_000, besides: Sequence[str] = ()
) -> tuple[Query, Options]:
    """Read a query and its options from a request's parameters or JSON body.

    Values may be of their JSON type, or strings as in a query string; lists stand for repeated parameters.

    Args:
        given: values by name.
        max_text: most bytes of a text.
        besides: names that the caller has read already; named where another is unknown.

    Raises:
        InputError: an unknown name, a wrong value, none or several of id, url, text, story.
    """
    if unknown := [name for name in given if name not in BY_NAME and name not in QUERIES]:
        known = ", ".join((*QUERIES, *besides, *BY_NAME))
        raise InputError(str(unknown[0])[:80], f"is no parameter; there are: {known}")
    return _query({name: given[name] for name in QUERIES if given.get(name) is not None}, max_text), parse_options(
        {name: value for name, value in given.items() if name in BY_NAME}
    )


def _query(given: dict[str, Any], max_text: int) -> Query:
    if len(given) != 1:
        said = "none was" if not given else f"{' and '.join(given)} were"
        raise InputError("query", f"give exactly one of id, url, text or story; {said} given")
    name, value = next(iter(given.items()))
    if name == "story":
        if not isinstance(value, Mapping):
            raise InputError("story", "expected an object with a title or a text")
        try:
            story = story_of(value)
        except RecordError as error:
            raise InputError(f"story.{error.field}", error.reason) from None
        _check_size("story", story.title + story.text, max_text)
        return Query(story=story)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, str):
        raise InputError(name, "expected one string")
    if not value.strip():
        raise InputError(name, "is empty")
    _check_size(name, value, max_text)
    if name == "text" and not any(character.isalnum() for character in value):
        raise InputError("text", "holds no letter or digit to search for")
    if name == "text":
        return Query(text=value)
    return Query(id=value.strip()) if name == "id" else Query(url=value.strip())


def _check_size(name: str, text: str, most: int) -> None:
    size = len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
    if size > most:
        raise TooLarge(name, f"has {size:,} bytes, at most {most:,} are allowed")
