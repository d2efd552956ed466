"""What an answer shows of a story in words: its headline, and the first sentences of its body."""

import re

from recommender.recipe import body_without_title, clean, cut

_WORD = re.compile(r"\w")
_SENTENCE = re.compile(r"(?<=[.!?…。！？])[\"”’»)]*\s+(?=[\"“‘„«(¿¡]*[^\W_a-zа-яіїєґ])")
_ABBREVIATION = re.compile(
    r"(?:\b\w|\b(?:Mr|Mrs|Ms|Dr|St|Gen|Gov|Sen|Rep|Prof|No|vs|Nr|bzw|ca|Sr|Jr|Lt|Col|Sgt|Capt|Maj|Rev|Mt|Ft))\.$"
)
_MONTH = re.compile(r"\b(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.$")
_BOLD = re.compile(r"(?<![\w*])_?\*\*(?!\*)([^*]+)\*\*_?(?![\w*])")
_SHORTCODE = re.compile(r"\[\w+(?:\s+\w+=\"[^\"]*\")+\s*/?\]|\[/\w+\]")
_LEFT_OVER = re.compile(r"(?:[*_=#~-]{3,}(?=[\s\w])|[\s,;:)\]]|\.(?![.\d]))+")
"""What no sentence begins with: rules, and the end of a sentence that was the headline's."""
_HANGING = " ,;"


def summary(title: str, text: str, max_chars: int = 240) -> str:
    """The first sentences of the body, without the headline, as many as fit; a longer first one is cut."""
    rest = _behind_headline(title, text)
    body = _without_marks(clean(body_without_title(title, text) if rest is None else rest, max_chars * 2))
    shown_title = "" if title else display_title(title, text)
    if shown_title and not shown_title.endswith("…"):
        body = body.removeprefix(shown_title).lstrip()
    sentences = _sentences(body)
    shown = sentences[0] if sentences else ""
    for sentence in sentences[1:]:
        if len(shown) + 1 + len(sentence) > max_chars:
            break
        shown += " " + sentence
    return _shorten(shown.rstrip(_HANGING), max_chars) if _WORD.search(shown) else ""


def display_title(title: str, text: str, max_chars: int = 120) -> str:
    """The headline, without a comma that hangs at its end; of a story without one the first sentence of its body."""
    if title:
        return title.rstrip(_HANGING) or title
    sentences = _sentences(_without_marks(clean(text, max_chars * 2)))
    return _shorten(sentences[0], max_chars) if sentences else ""


def _behind_headline(title: str, text: str) -> str | None:
    """What follows the headline that a text begins with sign by sign; None where it does not, or goes on."""
    if not title or not text.startswith(title):
        return None
    rest = text[len(title) :]
    ends = not title[-1].isalnum() and not title.endswith(("…", "..."))
    return rest if ends or not _WORD.search(rest) else None


def _without_marks(text: str) -> str:
    """A text without the signs that made words bold, shortcodes, and what is left over before its first sentence."""
    if "**" in text:
        text = _BOLD.sub(r"\1", text)
    if "[" in text:
        text = _SHORTCODE.sub(" ", text)
    found = _LEFT_OVER.match(text)
    return " ".join((text[found.end() :] if found else text).split())


def _shorten(text: str, max_chars: int) -> str:
    """The text up to `max_chars` characters, cut between words, with "…" where something was cut."""
    return text if len(text) <= max_chars else cut(text, max_chars - 1).rstrip(" ,;:–—-") + "…"


def _sentences(text: str) -> list[str]:
    sentences: list[str] = []
    for piece in _SENTENCE.split(text):
        before = sentences[-1] if sentences else ""
        if _ABBREVIATION.search(before) or (piece[:1].isdigit() and _MONTH.search(before)):
            sentences[-1] += " " + piece
        else:
            sentences.append(piece)
    return [sentence for sentence in sentences if sentence]
