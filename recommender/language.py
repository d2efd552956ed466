"""Which language a text is in, where its record does not say."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

ENOUGH = 24
"""Letters below which a text is too short to tell its language."""

NEWS_LANGUAGES = frozenset(
    """ar bg bn ca cs da de el en es et eu fa fi fr ga gl he hi hr hu hy id is it ja ka ko lt lv mk ms nl no pl pt ro ru
    sk sl sq sr sv sw ta th tr uk ur vi zh""".split()
)
"""Languages that are told apart: more of them would be guessed wrongly more often than met."""

_SAMPLE = 600


def detect_language(text: str, among: Iterable[str] = NEWS_LANGUAGES) -> str | None:
    """The ISO 639-1 code of a text's language, or None where it cannot be told.

    Args:
        text: any text; its first 600 characters are read.
        among: the only languages to consider.
    """
    sample = " ".join(text[:_SAMPLE].split())
    if sum(character.isalpha() for character in sample) < ENOUGH:
        return None
    wanted = frozenset(among) & NEWS_LANGUAGES
    if len(wanted) == 1:
        return next(iter(wanted))
    return str(_identifier(wanted or NEWS_LANGUAGES).classify(sample)[0])


@lru_cache(maxsize=4)
def _identifier(among: frozenset[str]) -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(among & set(identifier.labels))
    return identifier
