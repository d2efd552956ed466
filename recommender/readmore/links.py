"""Links inside a line of text, and the headlines that a line of a list holds."""

import re
from dataclasses import dataclass

from recommender.readmore.cues import MAX_LINE, is_cue
from recommender.stories import ReadMore

# A page is rendered to text with its links in these signs, which no text holds (see `clean_signs`).
_OPEN, _MIDDLE, _CLOSE = "\x01", "\x02", "\x03"
_SIGNS = (_OPEN, _MIDDLE, _CLOSE)
NESTED = "\x1f"
"""Stands before the bullet of an item once for each list that its own is in; it is a space of no width otherwise."""
_SIGNED = re.compile(r"\x01([^\x01-\x03]*)\x02([^\x01-\x03]*)\x03")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+\Z", re.IGNORECASE)
_LINK = re.compile(
    _SIGNED.pattern + r"|\[((?:[^\[\]]|\[[^\[\]]*\])+)\]"  # Markdown: [words](url "title")
    r"\(\s*<?([^\s()<>]+(?:\([^\s()]*\)[^\s()<>]*)*)>?(?:\s+[\"'(][^\n]*?[\"')])?\s*\)" + r"|<(https?://[^\s<>]+)>"
)
_BARE_URL = re.compile(r"[\s(–—:|-]*\bhttps?://[^\s<>]+?[)\s]*$")
_URL = re.compile(r"https?://[^\s<>]+?(?=[)\s]*$)")
_MARKER = re.compile(r"\s*(?:[-*+•–—·▪◦‣●○■▶►➤➡→»✓]\s+|[•·▪●]|\d{1,2}[.)]\s+)(?=\S)")
_SEPARATORS = re.compile(r"[\s,;|/•·–—&-]*")
_EMPHASIS = re.compile(r"(\*\*|__|\*|_)(.+)\1")
_SENTENCE_END = re.compile(r"\w{3,}[.!?][\"”»’)]*\s+[^\W\d_a-zа-яіїєґ]")
_ABBREVIATION = re.compile(r"(?:\b\w\.|\b(?:Inc|Corp|Ltd|Jr|Sr|Co|St|No)\.|\.\.\.)$")
_PROMOTION = re.compile(
    r"\b(?:subscribe (?:to|now|here|today)|sign up (?:for|to|here|now)|(?:our|the|a|free) newsletter|follow us|"
    r"join (?:us|our)|download (?:our|the) app|підпи(?:шіться|суйтесь|суйтеся|сатися)|подпи(?:шитесь|сывайтесь|саться)|"
    r"newsletter (?:abonnieren|bestellen)|abonnez-vous|inscrivez-vous|suscr[ií]b(?:ete|ase|irse)|iscriviti|"
    r"zapisz się|subskrybuj|folgen sie uns|suivez-nous|síguenos|seguici|реклама\Z)\b|"
    r"\A(?:our|unser\w*|notre|nos|nuestr\w+|(?:la |il |i |le )?nostr\w+|nasz\w*|наш\w*)\b.{0,20}\b(?:newsletter|app|"
    r"podcast|"
    r"facebook\w*|telegram\w*|instagram|whatsapp|youtube|channel|kanal|kanał|canal\w*|канал\w*|lettre|letter|boletín|biuletyn|"
    r"рассылк\w*|розсилк\w*|profil)\b",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\s*\((?:\d{1,2}\.? [^\W\d]{3,10}\.?(?: \d{4})?|[^\W\d]{3,10}\.? \d{1,2}(?:, \d{4})?|"
    r"\d{1,2}[./]\d{1,2}[./](?:\d\d)?\d\d|\d{4}-\d\d-\d\d)\)\Z"
)
"""A day in brackets behind a headline is the list's."""


@dataclass(frozen=True, slots=True)
class Item:
    """A headline as it stands on a line; `linked` where it has a URL."""

    title: str
    url: str | None = None

    @property
    def linked(self) -> bool:
        """Whether the line says where the headline leads."""
        return self.url is not None

    @property
    def words(self) -> int:
        """How many words the headline has."""
        return len(self.title.split())

    def pointer(self) -> ReadMore:
        """The headline as a read-more pointer."""
        return ReadMore(title=self.title, url=self.url)


def signed_link(words: str, url: str) -> str:
    """A link in the signs that `parse_items` reads and `without_links` takes out."""
    return f"{_OPEN}{words}{_MIDDLE}{''.join(clean_signs(url).split())}{_CLOSE}"


def clean_signs(text: str) -> str:
    """The text without the signs, should it hold any."""
    for sign in _SIGNS:
        text = text.replace(sign, "")
    return text


def without_links(text: str) -> str:
    """The text with its signed links reduced to their words; an address is none."""
    return clean_signs(_SIGNED.sub(lambda match: "" if _ADDRESS.match(match[1]) else match[1], text)).replace(
        NESTED, ""
    )


def signed_urls(text: str) -> list[str]:
    """The addresses of a text's signed links, in order."""
    return [match[2] for match in _SIGNED.finditer(text)]


def whole_link(line: str) -> Item | None:
    """The link that is all of a line, or None."""
    match = _LINK.fullmatch(line.strip()) if len(line) <= MAX_LINE else None
    return _linked(match) if match else None


def unmarked(line: str) -> str | None:
    """What follows the bullet or number of a list's line; None where it has none."""
    match = _MARKER.match(line)
    return line[match.end() :].strip() if match else None


def indent(line: str) -> int:
    """How far a line of a list is set in."""
    line = line.expandtabs(4)
    return len(line) - len(line.lstrip())


def parse_items(line: str) -> list[Item]:
    """The headlines on a line: its links, or else its text (a URL at its end is taken as the link)."""
    line = line.strip()
    if len(line) > MAX_LINE:
        return []
    links = list(_LINK.finditer(line))
    if not links:
        return [_plain(line)]
    items = [item for match in links if not is_cue((item := _linked(match)).title)]
    around = _LINK.sub(" ", line)
    if _SEPARATORS.fullmatch(_without_emphasis(around)) or len(around.strip()) <= 40:
        return items
    words = _title(_LINK.sub(lambda match: _linked(match).title, line))
    return [Item(words, _linked(links[0]).url)]


def is_promotion(item: Item) -> bool:
    """Whether a line asks to subscribe or follow, rather than to read a story."""
    return _PROMOTION.search(item.title) is not None


def could_be_headline(item: Item) -> bool:
    """Whether a line of a marked list can be a headline: has words, is not long prose, announces no list of its own."""
    title = item.title
    if is_promotion(item) or title.endswith((":", ";", ",")):
        return False
    if not any(character.isalnum() for character in title):
        return item.linked and not title
    if item.linked:
        return len(title) <= 300
    return len(title) <= 250 and not (title.endswith(".") and len(title) > 120)


def is_clear_headline(item: Item, sentences: bool = False) -> bool:
    """Whether a line without a mark is a headline beyond doubt: linked, or some words, capital first, no full stop.

    With `sentences` it may hold several of them, as where a cue in capitals announces it.
    """
    if item.linked:
        return could_be_headline(item)
    title = item.title
    letters = (character for character in title if character.isalnum())
    return (
        could_be_headline(item)
        and item.words >= 3
        and len(title) <= 180
        and not next(letters, "a").islower()
        and not (title.endswith(".") and not _ABBREVIATION.search(title))
        and (sentences or not _SENTENCE_END.search(title))
        and not _is_enumeration(title)
    )


def _is_enumeration(title: str) -> bool:
    """Whether it is a list of names, as of sources: "Reuters, AP, BBC News"."""
    pieces = title.split(",")
    return len(pieces) > 2 and all(len(piece.split()) <= 2 for piece in pieces)


def _linked(match: re.Match[str]) -> Item:
    url = match[2] or match[4] or match[5]
    return Item(_title(match[1] or match[3] or ""), url)


def _plain(line: str) -> Item:
    bare = _BARE_URL.search(line)
    url = _URL.search(line, bare.start()) if bare else None
    if bare is None or url is None:
        return Item(_title(line))
    return Item(_title(line[: bare.start()]), url[0])


def _without_emphasis(text: str) -> str:
    return text.replace("*", "").replace("_", "")


def _title(text: str) -> str:
    text = " ".join(clean_signs(text).split())
    emphasised = _EMPHASIS.fullmatch(text)
    return _DATE.sub("", emphasised[2].strip() if emphasised else text)
