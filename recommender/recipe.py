"""The text recipe: what of a story, or of a query, is embedded."""

import re

from recommender.stories import Story

RECIPE = "title-lead/1"
"""Names the recipe in a manifest; it changes with every change of the text that is embedded."""

_READ_AHEAD = 4
"""So many times the wanted length is read of a body: markup and spaces go away."""

_URL = re.compile(r"<?\b(?:https?://|www\.)[^\s<>()\[\]]+>?")
_MARKDOWN_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_WORD = re.compile(r"\w+")
_CLOSING = re.compile(r"[.!?…:;,\"'”’»)\]]*[\s–—|-]*")
_PUNCTUATION = " .!?…:;,\"'”’»)]–—-"
_STOP = re.compile(r"[\"'”’»)\]]*(?:[.!?…:。！？]|\s*(?:\n|\Z|[–—|]|-\s))")
_ENDS_SENTENCE = (".", "!", "?", "…", ":", "。", "！", "？", '"', "”", "»")


def embedding_text(story: Story, max_chars: int) -> str:
    """The headline and the beginning of the body, on one line, at most `max_chars` characters, cut between words.

    A headline that the body begins with is not said twice. URLs are left out, the words of links stay.
    """
    title = clean(story.title, max_chars)
    text = story.text[: max_chars * _READ_AHEAD]
    end = _end_of_title(story.title, text)
    if end and not _is_apart(story.title, text, end):
        return clean(text, max_chars)  # its first sentence has the headline's words and goes on
    lead = clean(_behind(text, end), max_chars)
    if not title or not lead:
        return title or lead
    return cut(f"{title}{'' if title.endswith(_ENDS_SENTENCE) else '.'} {lead}", max_chars)


def body_without_title(title: str, text: str) -> str:
    """The body, without a repetition of the headline at its beginning."""
    end = _end_of_title(title, text)
    return _behind(text, end) if end and _is_apart(title, text, end) else text


def clean(text: str, max_chars: int) -> str:
    """A text on one line, without URLs, at most `max_chars` characters."""
    text = text[: max_chars * _READ_AHEAD]
    if "](" in text:
        text = _MARKDOWN_LINK.sub(r"\1", text)
    if "://" in text or "www." in text:
        text = _URL.sub(" ", text)
    return cut(" ".join(text.split()), max_chars)


def cut(text: str, max_chars: int) -> str:
    """The text up to `max_chars` characters, ending between words where there is a space."""
    if len(text) <= max_chars:
        return text
    end = text.rfind(" ", 0, max_chars + 1)
    return text[: end if end > 0 else max_chars].rstrip()


def _end_of_title(title: str, text: str) -> int:
    """Where the headline's words end in a text that begins with them; 0 where it does not."""
    said = title.rstrip(_PUNCTUATION)
    if said and said[-1].isalnum() and text.startswith(said) and not _WORD.match(text, len(said)):
        return len(said)
    words = _WORD.findall(title)
    cut_off = len(words) - 1 if title.rstrip().endswith(("…", "...")) else -1
    end = 0
    found = _WORD.finditer(text)
    for place, word in enumerate(words):
        match = next(found, None)
        if match is None:
            return 0
        said, wanted = match[0].casefold(), word.casefold()
        if said != wanted and not (place == cut_off and said.startswith(wanted)):
            return 0
        end = match.end()
    return end


def _is_apart(title: str, text: str, end: int) -> bool:
    """Whether a headline at the beginning of a text stands for itself there, and is not the beginning of a sentence."""
    if title.rstrip().endswith(("…", "...")):
        return False
    if _STOP.match(text, end):
        return True
    return text[end : end + 20].lstrip(" \"'”’»)]")[:1].isupper() and title.count(" ") >= 4


def _behind(text: str, end: int) -> str:
    match = _CLOSING.match(text, end) if end else None
    return text[match.end() :] if match else text[end:]
