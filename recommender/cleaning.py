"""A record to a clean story, for a build and a live change alike: without what no reader sees or what is no article."""

import html
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from recommender.edges import without_edges
from recommender.errors import RecordError
from recommender.readmore import cut_record
from recommender.records import story_from_record
from recommender.stories import ReadMore, Story

_INVISIBLE = dict.fromkeys(
    [0xAD, 0x200B, 0x2060, 0xFEFF, *range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)
_SPACES = dict.fromkeys([0x09, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " ")
_LINES = dict.fromkeys([0x0B, 0x0C, 0x85, 0x2028, 0x2029], "\n")
_CONTROLS = dict.fromkeys([*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0), 0xFFFC], " ")
_TABLE: Mapping[int, str | None] = _CONTROLS | _SPACES | _LINES | _INVISIBLE
_ODD = re.compile("[" + "".join(map(chr, sorted(_TABLE.keys()))).replace("\\", "") + "\r]")
_ENTITY = re.compile(r"&(?:#\d{2,6}|#[xX][0-9a-fA-F]{2,5}|[a-zA-Z]{2,10});")
_NEXT = "[\u0080-\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"
_MOJIBAKE = re.compile(f"(?:[ÂÃÐÑÅÄÎ]{_NEXT}|â{_NEXT}{{2}}|ð{_NEXT}{{3}})+")
_SPACE_RUN = re.compile(r"[ ]{2,}")
_INLINE = re.compile(
    r"<(a|abbr|b|cite|em|font|i|mark|q|s|small|span|strong|sub|sup|u)(?:\s[^<>]*)?>([^<>]*)</\1\s*>|<br\s*/?>", re.I
)
"""Markup of a headline: in pairs, so that one that speaks of a tag, or names a share ("<GE>"), keeps it."""
_NESTED = 4

_DEEPEST = 100
"""Levels of lists and objects in a field of a record's own: whatever writes it or sends it on takes a call for each."""


def story_of(record: Any) -> Story:
    """The clean story of a record whose body is as it was written, markup and read-more block in it.

    Raises:
        RecordError: it is no story.
    """
    return clean_story(story_from_record(cut_record(record) if isinstance(record, Mapping) else record))


def clean_story(story: Story) -> Story:
    """The story with clean characters in all that is shown, headlines without markup, and a body without bylines and
    boxes at its ends.

    The headlines that it points to are cleaned as those of stories are: they are compared with them, and shown.

    Raises:
        RecordError: a field of its own holds a number that JSON cannot say, so that no answer could show it, or is
            nested too deep.
    """
    for name, value in story.extra.items():
        if not isinstance(value, str):
            _check(name, value)
    authors, tags = (tuple(filter(None, map(clean_line, names))) for names in (story.authors, story.tags))
    clean: dict[str, Any] = {
        "title": clean_headline(story.title),
        "text": without_edges(clean_text(story.text), authors).strip(),
        "section": clean_line(story.section or "") or None,
        "source": clean_line(story.source or "") or None,
        "authors": authors,
        "tags": tags,
        "read_more": tuple(_clean_pointer(pointer) for pointer in story.read_more),
    }
    changed = {name: value for name, value in clean.items() if value != getattr(story, name)}
    return replace(story, **changed) if changed else story


def _clean_pointer(pointer: ReadMore) -> ReadMore:
    title = clean_headline(pointer.title)
    return pointer if title == pointer.title else replace(pointer, title=title)


def _check(name: str, value: Any) -> None:
    """Refuse a field's value that could not be written or sent on."""
    waiting = [(value, 0)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, float):
            if not math.isfinite(value):
                raise RecordError(name, "holds a number that is infinite or none, which JSON cannot say")
        elif isinstance(value, list | tuple | Mapping):
            if depth == _DEEPEST:
                raise RecordError(name, f"is nested deeper than {_DEEPEST} levels")
            inside = value.values() if isinstance(value, Mapping) else value
            waiting.extend((item, depth + 1) for item in inside)


def clean_text(text: str) -> str:
    """Without invisible and control characters, odd spaces, left-over entities and UTF-8 read as Windows-1252."""
    if text.isascii() and not _ODD.search(text) and "&" not in text and "  " not in text:
        return text
    if "&" in text:
        text = _ENTITY.sub(_unescape, text)
    if _MOJIBAKE.search(text):
        text = _MOJIBAKE.sub(_repair, text)
    if _ODD.search(text):
        text = _ODD.sub(_plain, text.replace("\r\n", "\n").replace("\r", "\n"))
    return _SPACE_RUN.sub(" ", text)


def clean_line(text: str) -> str:
    """The same on one line."""
    return " ".join(clean_text(text).split())


def clean_headline(text: str) -> str:
    """The same without inline markup (`The <em>Gazette</em> wins`)."""
    if "<" in text:
        for _ in range(_NESTED):
            text, found = _INLINE.subn(lambda tag: " " if tag[2] is None else tag[2], text)
            if not found:
                break
    return clean_line(text)


def _plain(match: re.Match[str]) -> str:
    return _TABLE[ord(match[0])] or ""


def _unescape(match: re.Match[str]) -> str:
    return html.unescape(match[0])


def _repair(match: re.Match[str]) -> str:
    try:
        return b"".join(_byte(sign) for sign in match[0]).decode("utf-8")
    except UnicodeError:
        return match[0]


def _byte(sign: str) -> bytes:
    """A character of Windows-1252, which leaves five bytes open: those stand for themselves."""
    return sign.encode("latin-1" if "\x80" <= sign <= "\x9f" else "cp1252")
