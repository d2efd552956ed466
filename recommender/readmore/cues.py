"""The lines by which editors announce other stories: "Read more:", "Читайте також:" and their like."""

import re
import unicodedata
from dataclasses import dataclass
from itertools import product

# Phrases are parted by ";", alternatives of a word by "/"; "_" joins the words of one alternative.
_STRONG = """
read more/also/next; also read; read more on this; read more on this/the story/topic/subject
related; related article/articles/story/stories/news/content/coverage/post/posts/reading/links; more related stories
more on this; more on this/the story/topic/subject; more stories/coverage; more like this; read; read this
read this next
icymi; in case you missed it; editor's/editors' picks/choice; top stories; from the archive/archives
keep reading; up next; the story so far
recommended/suggested stories/articles/reading/posts/for_you; read our story/report/analysis/interview/investigation
see also; you may/might also like; you may/might be_interested_in/also_be_interested_in; don't miss

читайте; читайте/читати/читай також/ще/далі; читайте/також на цю тему; також читайте; читайте більше
дивіться/дивись також; також по/за темі/темою
за темою; по темі; до теми; ще/більше за/по темою/темі; на цю/цю_ж тему; більше на цю тему
цікаве/цікаво за/по темою/темі; новини/матеріали/статті за/по темою/темі
детальніше; докладніше; детальніше/докладніше/читайте в/у матеріалі/статті
більше/детальніше/докладніше читайте/читайте_тут
рекомендуємо/радимо; рекомендуємо/радимо прочитати/почитати; що почитати; що почитати за/по темою/темі
пов'язані/схожі новини/статті/матеріали

читайте; читайте/читать/читай также/ещё/еще/далее; читайте/также на эту тему; также читайте; смотрите/смотри также
по теме; ещё/еще/больше/также по теме
подробнее; подробнее/читайте в материале/статье; рекомендуем/советуем; рекомендуем/советуем прочитать/почитать
что почитать; что почитать по теме; об этом читайте; об этом читайте здесь/также
подробнее/больше читайте/читайте_здесь; другие материалы по теме; новости/материалы/статьи по теме
связанные/похожие новости/статьи/материалы

lesen sie auch/mehr/weiter/dazu/hierzu/hier; lesen sie dazu/hierzu auch; lesen sie auch dazu; lies auch/mehr
mehr lesen
mehr zum thema; mehr zu diesem thema; passend zum thema; weitere artikel; weitere artikel zum thema; siehe auch
auch lesenswert/spannend; lesetipp; lesetipps; mehr dazu lesen_sie/hier/lesen_sie_hier
lesen sie unsere/unser/unseren reportage/analyse/bericht/interview
das könnte sie interessieren/auch_interessieren; verwandte/ähnliche artikel/themen/beiträge; auch interessant

à/a lire aussi/également; lire/lisez aussi/également; lire plus; à/a voir aussi; voir aussi; sur le même sujet/thème
à/a lire/relire; relire; à/a lire sur le même sujet/thème; à/a lire sur ce sujet; nos articles/dossiers
nos articles sur le/ce sujet
lire/lisez notre/nos article/articles/dossier/reportage/enquête/analyse/entretien/interview/portrait/récit
plus sur ce sujet; articles liés/similaires/connexes/associés; à/a découvrir aussi

lea; lee; leer/lea/lee más/también; ver/vea/véase también; le/te puede interesar; le/te puede interesar también
también le/te puede interesar; puede interesarle; más sobre este/el tema; más noticias
lectura/lecturas recomendada/recomendadas; lee/lea nuestro/nuestra reportaje/entrevista
sigue leyendo; te recomendamos
noticias/artículos/contenido/contenidos/notas relacionadas/relacionados/relacionado; relacionado; relacionados

czytaj; przeczytaj; zobacz; czytaj/przeczytaj/zobacz/sprawdź też/także/również; czytaj więcej/dalej
więcej na ten temat; więcej o tym; polecamy też/także/również; powiązane
powiązane/podobne artykuły; warto przeczytać

leggi; leggi anche/altro; leggi di più; vedi/guarda anche; potrebbe/potrebbero interessarti
ti potrebbe/potrebbero interessare
potrebbe/potrebbero interessarti anche; ti potrebbe/potrebbero interessare anche; articoli/notizie correlati/correlate
sullo stesso argomento/tema; sul tema; leggi l'articolo/l'intervista/l'analisi; letture consigliate
"""

# Said of other things as well (a source, a book, a topic): these announce a list, never one unlinked line.
_WEAK = """
further reading; zum thema; mehr dazu; weiterlesen; en savoir plus; pour en savoir plus; más información
para saber más; también en este periódico/diario
polecamy; approfondimenti; per approfondire
"""

# Followed by the name of an outlet, a desk or a topic: "More from Health".
_NAMING = """
more from/in; read more from/in/on; mehr aus/von/zu; plus de; más de; altro da/su; altre notizie da/su; więcej z
більше з/про; больше из/о; ещё из/о
"""
_NAMED = 4
"""Words that such a name has at most."""


def _expand(phrases: str) -> set[str]:
    split = [part.split() for part in phrases.replace("\n", ";").split(";") if part.strip()]
    return {
        " ".join(words).replace("_", " ")
        for phrase in split
        for words in product(*(alternatives.split("/") for alternatives in phrase))
    }


_CUES = dict.fromkeys(_expand(_STRONG), False) | dict.fromkeys(_expand(_WEAK), True)
"""Every cue, and whether it is a weak one."""
_NAMING_CUES = _expand(_NAMING)
_FIRST_WORDS = {phrase.split()[0] for phrase in (*_CUES, *_NAMING_CUES)}
_LONGEST = max(len(phrase.split()) for phrase in _CUES)

_FIRST_WORD = re.compile(r"[^\w\[]*(\w[\w'’ʼ]*)")
_HEAD = re.compile(rf"[^\w\[]*((?:\w[\w'’ʼ]*\s+){{0,{_LONGEST - 1}}}\w[\w'’ʼ]*)")
_WORD = re.compile(r"\S+")
_COLON = re.compile(r"[\s*_]*(?:[:：]|(?<=\s)[–—>»|→➤►▶➡](?=\s))[\s*_]*")
_NAME = re.compile(r"[^.!?,;()\[\]\x01-\x03]+")
_NO_WORDS = re.compile(r"[\W_]*")
_MARKED = re.compile(r"[-*+•–—·]\s")

MAX_LINE = 2_000
"""A longer line is prose and no cue, nor a headline (its URLs may be long)."""


@dataclass(frozen=True, slots=True)
class Cue:
    """How a line begins with a cue.

    `colon`: the cue ends in a colon or dash; `weak`: it is also said of other things; `rest`: what follows it on the
    line; `marked`: the line itself stands in a bulleted list.
    """

    colon: bool
    weak: bool
    rest: str
    marked: bool


def find_cue(line: str) -> Cue | None:
    """The cue that a line begins with, or None; leading bullets, emoji and Markdown signs do not matter."""
    if len(line) > MAX_LINE:
        return None
    first = _FIRST_WORD.match(line)
    if first is None or _key(first[1]) not in _FIRST_WORDS:
        return None
    line = unicodedata.normalize("NFC", line.strip())
    head = _HEAD.match(line)
    if head is None:
        return None
    found = list(_WORD.finditer(line, head.start(1), head.end(1)))
    words = [_key(word[0]) for word in found]
    for count in range(len(words), 0, -1):
        phrase = " ".join(words[:count])
        if (weak := _CUES.get(phrase)) is not None:
            return _cue(line, head.start(1), found[count - 1].end(), weak)
        if phrase in _NAMING_CUES and (named := _naming(line, head.start(1), count)) is not None:
            return named
    return None


def _naming(line: str, start: int, count: int) -> Cue | None:
    """A cue that names where the stories are from, alone on its line or before a colon."""
    head, colon, _ = line[start:].partition(":")
    words = head.split()
    if not count < len(words) <= count + _NAMED or not _NAME.fullmatch(head):
        return None
    if not colon and not words[-1][0].isupper():
        return None
    return _cue(line, start, start + len(head.rstrip()), weak=not head.isupper())  # nobody shouts prose


def _cue(line: str, start: int, end: int, weak: bool) -> Cue:
    colon = _COLON.match(line, end)
    rest = line[colon.end() if colon else end :].strip()
    if line.startswith("(") and rest.endswith(")") and "(" not in rest:  # all of it in brackets
        rest = rest[:-1].rstrip()
    if _NO_WORDS.fullmatch(rest):
        rest = ""
    return Cue(colon=colon is not None, weak=weak, rest=rest, marked=_MARKED.match(line, 0, start) is not None)


def is_cue(text: str) -> bool:
    """Whether a text is nothing but a cue, as on a button."""
    cue = find_cue(text)
    return cue is not None and not cue.rest


def _key(word: str) -> str:
    return unicodedata.normalize("NFC", word).lower().replace("’", "'").replace("ʼ", "'")
