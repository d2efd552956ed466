"""Lines at the edges of a body that are no part of its article: bylines, and boxes ("Subscribe to …")."""

import re

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
    r"share this:?\Z|click to (?:share on|email a link|print \()|"
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


def without_edges(text: str, authors: tuple[str, ...] = ()) -> str:
    """A body without the lines at its beginning and end that are a byline or a box ("Subscribe to …")."""
    lines = text.split("\n")
    filled = [place for place, line in enumerate(lines) if line.strip()]
    if len(filled) < 3:
        return text
    edges = dict.fromkeys(filled[:_EDGE] + filled[-_EDGE:])
    dropped = {place for place in edges if _is_box(lines[place])}
    dropped |= {place for place in filled[:3] + filled[-1:] if _is_byline(lines[place], authors)}
    if not dropped or len(dropped) == len(filled):
        return text
    kept = [line for place, line in enumerate(lines) if place not in dropped]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _is_box(line: str) -> bool:
    """Whether a line asks to subscribe, follow or share, or states rights."""
    line = line.strip()
    if not line or len(line) > _LONGEST:
        return False
    start = _BOX_MARKS.match(line)
    return _BOX.match(line) is not None or (start is not None and _BOX.match(line, start.end()) is not None)


def _is_byline(line: str, authors: tuple[str, ...] = ()) -> bool:
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
