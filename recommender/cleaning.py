"""A record to a clean story, for a build and a live change alike: without what no reader sees or what is no article."""

import html
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

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

_EDGE = 6
"""Lines at the beginning and at the end of a body that can be a byline or a box."""
_LONGEST = 240

_NAME = r"[^\W\d_][\w.'’-]*(?:\s+(?:[^\W\d_][\w.'’-]*|and|und|et|y|e|i|та|и)){0,5}"
_BYLINE = re.compile(
    rf"(?:(?:By|Written by|Von|Par|Por|Autor|Author|Автор|Автори|Авторы|Tekst|Di|Text|Texte|Texto)\s*:?\s+{_NAME}"
    r"(?:\s*[,|/–—•-]\s*[\w .&'’@-]{2,60})?(?:\s*[,|/–—•-]\s*\d[\w .,:/-]{3,40})?)\.?\Z"
)
_BOX = re.compile(
    r"(?:subscribe (?:to|now|here|today)|"
    r"(?:get|receive) (?:\w+ ){1,3}(?:updates|news|alerts) (?:\w+ )?(?:in|to) your inbox|"
    r"sign up (?:for|to|here|now)\b.*(?:newsletter|email|inbox|updates)|"
    r"(?:get|receive) (?:the|our) (?:latest|best|daily|weekly).*(?:inbox|newsletter|email)|follow us (?:on|at)|"
    r"like us on|join (?:us|our) (?:on|channel|telegram)|share (?:this (?:article|story|post|page)|on)\b|"
    r"click here to (?:subscribe|sign up|read)|"
    r"download (?:our|the) app|support (?:our|independent) journalism|become a (?:member|subscriber)|"
    r"advertisement\Z|advertising\Z|sponsored(?: content)?\Z|story continues below|"
    r"continue reading below|skip to content|"
    r"(?:all rights reserved|©|\(c\) (?:19|20)\d\d|copyright (?:©|\(c\)|(?:19|20)\d\d))|"
    r"(?:the|this) post .{3,200} (?:first )?appeared first on|"
    r"this (?:article|story) (?:was )?(?:originally|first) (?:appeared|published)|"
    r"we use cookies|accept (?:all )?cookies|print this (?:page|article)|"
    r"підпи(?:шіться|шись|суйтесь|суйтеся|сатися)|слідкуйте за нами|читайте нас|реклама\Z|"
    r"подпи(?:шитесь|шись|сывайтесь|саться)|следите за нами|читайте нас|все права защищены|усі права захищені|"
    r"newsletter (?:abonnieren|bestellen)|(?:jetzt )?abonnieren sie|folgen sie uns|anzeige\Z|alle rechte vorbehalten|"
    r"abonnez-vous|inscrivez-vous (?:à|a)|suivez-nous|publicité\Z|tous droits réservés|"
    r"suscr[ií]b(?:ete|ase|irse)|síguenos|publicidad\Z|todos los derechos reservados|"
    r"zapisz się|subskrybuj|obserwuj nas|reklama\Z|wszelkie prawa zastrzeżone|"
    r"iscriviti (?:alla|al)|seguici|pubblicità\Z|tutti i diritti riservati|riproduzione riservata)",
    re.IGNORECASE,
)
_BOX_MARKS = re.compile(r"[\W_]*")


def story_of(record: Any) -> Story:
    """The clean story of a record whose body is as it was written, markup and read-more block in it.

    Raises:
        RecordError: it is no story.
    """
    return clean_story(story_from_record(cut_record(record) if isinstance(record, Mapping) else record))


def clean_story(story: Story) -> Story:
    """The story with clean characters, headlines without markup, and a body without bylines and boxes at its ends.

    The headlines that it points to are cleaned as those of stories are: they are compared with them, and shown.

    Raises:
        RecordError: a field of its own holds a number that JSON cannot say, so that no answer could show it, or is
            nested too deep.
    """
    for name, value in story.extra.items():
        if not isinstance(value, str):
            _check(name, value)
    title = clean_headline(story.title)
    text = clean_body(clean_text(story.text), story.authors).strip()
    section = clean_line(story.section) if story.section else story.section
    pointers = tuple(_clean_pointer(pointer) for pointer in story.read_more)
    if (title, text, section, pointers) == (story.title, story.text, story.section, story.read_more):
        return story
    return replace(story, title=title, text=text, section=section or None, read_more=pointers)


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


def clean_body(text: str, authors: tuple[str, ...] = ()) -> str:
    """A body without the lines at its beginning and end that are a byline or a box ("Subscribe to …")."""
    lines = text.split("\n")
    filled = [place for place, line in enumerate(lines) if line.strip()]
    if len(filled) < 3:
        return text
    edges = dict.fromkeys(filled[:_EDGE] + filled[-_EDGE:])
    dropped = {place for place in edges if is_box(lines[place])}
    dropped |= {place for place in filled[:3] + filled[-1:] if is_byline(lines[place], authors)}
    if not dropped or len(dropped) == len(filled):
        return text
    kept = [line for place, line in enumerate(lines) if place not in dropped]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def is_box(line: str) -> bool:
    """Whether a line asks to subscribe, follow or share, or states rights."""
    line = line.strip()
    if not line or len(line) > _LONGEST:
        return False
    start = _BOX_MARKS.match(line)
    return _BOX.match(line) is not None or (start is not None and _BOX.match(line, start.end()) is not None)


def is_byline(line: str, authors: tuple[str, ...] = ()) -> bool:
    """Whether a line names who wrote the story, and says nothing else."""
    line = line.strip()
    if not line or len(line) > 120:
        return False
    if any(line.casefold() == author.casefold() for author in authors):
        return True
    if not _BYLINE.match(line):
        return False
    words = [word for word in re.split(r"[\s,|/]+", line)[1:] if word[:1].isalpha()]
    small = sum(
        word[0].islower() and word not in ("and", "und", "et", "y", "e", "i", "та", "и", "de", "van", "von")
        for word in words
    )
    return small == 0 and 0 < len(words) <= 8


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
