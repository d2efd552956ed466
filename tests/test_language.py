"""Telling a text's language."""

import pytest

from recommender.language import ENOUGH, detect_language

TEXTS = {
    "en": "The council has approved the budget for the new bridge over the harbour after a long debate.",
    "de": "Der Stadtrat hat nach langer Debatte den Haushalt für die neue Brücke über den Hafen beschlossen.",
    "fr": "Le conseil municipal a approuvé le budget du nouveau pont sur le port après un long débat.",
    "uk": "Міська рада після тривалих дебатів ухвалила бюджет на новий міст через гавань.",
    "es": "El ayuntamiento aprobó el presupuesto del nuevo puente sobre el puerto tras un largo debate.",
    "zh": "市议会经过长时间的辩论后批准了海港新桥的预算，工程将于明年春天开始，预计三年内完工。",
}


@pytest.mark.parametrize("language", TEXTS)
def test_a_sentence_is_enough(language: str) -> None:
    assert detect_language(TEXTS[language]) == language
    assert detect_language(TEXTS[language], ["en", language, "pl"]) == language


@pytest.mark.parametrize("text", ["", "Brexit", "2026 2027 2028 2029 2030 2031 2032", "!" * 100, "a" * (ENOUGH - 1)])
def test_what_is_too_short_is_not_guessed(text: str) -> None:
    assert detect_language(text) is None


def test_one_language_to_choose_from_is_that_one() -> None:
    assert detect_language(TEXTS["de"], ["fr"]) == "fr"


def test_languages_that_are_not_told_apart_are_not_considered() -> None:
    assert detect_language(TEXTS["en"], ["la", "qu"]) == "en"
