"""Text to terms for lexical search: words, folded, without stop words, stemmed as the language wants it."""

import re
import unicodedata
from functools import lru_cache
from threading import Lock
from typing import Any

ANALYSIS = "word-stem/1"
"""Name of this way of making terms; a lexical index made in another way does not fit it."""

_MAX_WORD = 64
_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
"""Scripts written without spaces between words: Thai, Lao, Burmese, Khmer, kana, Han."""

_ENGLISH = frozenset(
    """a about above after again against all also am an and any are aren as at be because been before being below
    between both but by can cannot could couldn did didn do does doesn doing don down during each few for from further
    had hadn has hasn have haven having he her here hers herself him himself his how i if in into is isn it its itself
    just let ll me might more most must mustn my myself no nor not now of off on once only or other our ours ourselves
    out over own per re same shall shan she should shouldn so some such than that the their theirs them themselves then
    there these they this those through to too under until up upon us ve very via was wasn we were weren what when
    where whether which while who whom whose why will with within without won would wouldn yet you your yours yourself
    yourselves""".split()
)
"""Function words only: longer lists take words that carry news ("state", "home", "research")."""

_STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish",
    "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian",
    "ne": "nepali", "nl": "dutch", "no": "norwegian", "nb": "norwegian", "nn": "norwegian", "pl": "polish",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil",
    "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
"""Languages with a Snowball stemmer, and its name."""


class Analyzer:
    """Makes the terms of one language (None: English's rules)."""

    def __init__(self, language: str | None) -> None:
        self.language = language
        self._stop = _stop_words(language)
        self._stem = _stemmer(language)
        self._terms: dict[str, str | None] = {}
        self._lock = Lock()  # Snowball's stemmers keep state

    def terms(self, text: str) -> list[str]:
        """The terms of a text in its order, repeated as they stand."""
        found = []
        words = _WORD.findall(fold(text))
        with self._lock:
            for word in words:
                term = self._terms.get(word, "")
                if term == "":
                    term = self._remember(word)
                if term is not None:
                    found.append(term)
                elif _UNSPACED.match(word):
                    found += [word[i : i + 2] for i in range(max(1, len(word) - 1))]
        return found

    def _remember(self, word: str) -> str | None:
        if len(self._terms) > 200_000:
            self._terms.clear()
        term: str | None
        if word in self._stop or (len(word) == 1 and not word.isdigit()) or _UNSPACED.match(word):
            term = None
        elif word.isdigit():
            return word[:_MAX_WORD]  # not worth remembering: every day brings others
        elif self._stem is None:
            term = word[:_MAX_WORD]
        else:
            term = self._stem.stemWord(word[:_MAX_WORD])
        self._terms[word] = term
        return term


@lru_cache(maxsize=64)
def analyzer(language: str | None) -> Analyzer:
    """The analyzer of a language; an unknown one gets words without stemming."""
    return Analyzer(language)


def words_of(text: str) -> list[str]:
    """The words of a text as they are written."""
    return _WORD.findall(text)


def fold(text: str) -> str:
    """Case folded, compatibility forms unified, soft hyphens gone."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).replace("\u00ad", "").replace("\u0301", "")
    return text.casefold()


def _stop_words(language: str | None) -> frozenset[str]:
    if language in (None, "en"):
        return _ENGLISH
    from stop_words import AVAILABLE_LANGUAGES, LANGUAGE_MAPPING, get_stop_words

    if language not in LANGUAGE_MAPPING and language not in AVAILABLE_LANGUAGES:
        return frozenset()
    return frozenset(word for line in get_stop_words(language) for word in _WORD.findall(fold(line)))


def _stemmer(language: str | None) -> Any:
    name = _STEMMERS.get(language or "en")
    if name is None:
        return None
    import Stemmer

    return Stemmer.Stemmer(name)
