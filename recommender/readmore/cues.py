"""The lines by which editors announce other stories: "Read more:", "Читайте також:" and their like."""

import re
import unicodedata
from dataclasses import dataclass

from recommender.readmore.phrases import CUES, NAMING_CUES, cue_word

_NAMED = 4
"""Words that such a name has at most."""
_FIRST_WORDS = {phrase.split()[0] for phrase in (*CUES, *NAMING_CUES)}
_LONGEST = max(len(phrase.split()) for phrase in CUES)

_A_WORD = r"(?:\w{1,2}\.(?=\s)|\w[\w'’ʼ]*)"  # "см." is one
_FIRST_WORD = re.compile(rf"[^\w\[]*({_A_WORD})")
_HEAD = re.compile(rf"[^\w\[]*((?:{_A_WORD}\s+){{0,{_LONGEST - 1}}}{_A_WORD})")
_WORD = re.compile(r"\S+")
_COLON = re.compile(r"[\s*_]*(?:[:：]|(?<=\s)(?:>>|[-–—>»|→➤►▶➡])(?=\s))[\s*_]*")
_FULL_STOP = re.compile(r"[*_]*\.[*_]*\s+")
_NAME = re.compile(r"[^.!?,;()\[\]\x01-\x03]+")
_NO_WORDS = re.compile(r"[\W_]*")
_MARKED = re.compile(r"[-*+•–—·]\s")

MAX_LINE = 2_000
"""A longer line is prose and no cue, nor a headline (its URLs may be long)."""


@dataclass(frozen=True, slots=True)
class Cue:
    """How a line begins with a cue.

    `colon`: the cue ends in a colon or dash; `weak`: it is also said of other things; `loud`: it stands in capitals;
    `rest`: what follows it on the line; `marked`: the line itself stands in a bulleted list.
    """

    colon: bool
    weak: bool
    loud: bool
    rest: str
    marked: bool


def find_cue(line: str) -> Cue | None:
    """The cue that a line begins with, or None; leading bullets, emoji and Markdown signs do not matter."""
    if len(line) > MAX_LINE:
        return None
    line = unicodedata.normalize("NFC", line.strip())
    first = _FIRST_WORD.match(line)
    if first is None or cue_word(first[1]) not in _FIRST_WORDS:
        return None
    head = _HEAD.match(line)
    if head is None:
        return None
    found = list(_WORD.finditer(line, head.start(1), head.end(1)))
    words = [cue_word(word[0]) for word in found]
    for count in range(len(words), 0, -1):
        phrase = " ".join(words[:count])
        if (weak := CUES.get(phrase)) is not None:
            return _cue(line, head.start(1), found[count - 1].end(), weak)
        if (topic := NAMING_CUES.get(phrase)) is not None:
            named = _naming(line, head.start(1), count, topic)
            if named is not None:
                return named
    return None


def _naming(line: str, start: int, count: int, topic: bool) -> Cue | None:
    """A cue that names where the stories are from, or what they are about, alone on its line or before a colon."""
    head, colon, _ = line[start:].partition(":")
    words = head.split()
    if not count < len(words) <= count + _NAMED or not _NAME.fullmatch(head):
        return None
    is_name = words[-1][0].isupper()
    if (topic or not colon) and not is_name:
        return None
    return _cue(line, start, start + len(head.rstrip()), weak=not ((colon and is_name) or head.isupper()))


def _cue(line: str, start: int, end: int, weak: bool) -> Cue:
    loud = line[start:end].isupper()  # nobody shouts prose
    colon = _COLON.match(line, end) or (_FULL_STOP.match(line, end) if loud else None)
    rest = line[colon.end() if colon else end :].strip()
    if line.startswith("(") and rest.endswith(")") and "(" not in rest:  # all of it in brackets
        rest = rest[:-1].rstrip()
    if _NO_WORDS.fullmatch(rest):
        rest = ""
    marked = _MARKED.match(line, 0, start) is not None
    return Cue(colon=colon is not None, weak=weak, loud=loud, rest=rest, marked=marked)


def is_cue(text: str) -> bool:
    """Whether a text is nothing but a cue, as on a button."""
    cue = find_cue(text)
    return cue is not None and not cue.rest
