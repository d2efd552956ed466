"""Dates in the lists for readers, as a reader of each story's language writes them."""

from datetime import date

import pytest

from recommender.service.fragment import day_of, listed, render_fragment
from recommender.service.questions import View
from recommender.service.reader_dates import written

SPOKEN = {
    "de": "2. März 2026",
    "en": "2 March 2026",
    "fr": "2 mars 2026",
    "ja": "2026年3月2日",
    "iw": "2 במרץ 2026",  # Hebrew's old code, as Java writes it
}


def hit(language, number=1, **more):
    return {
        "title": f"Story {number}", "url": f"https://x.example/{number}", "date_published": "2026-03-02T23:30:00Z",
        "language": language, **more,
    }  # fmt: skip


@pytest.mark.parametrize(("language", "text"), SPOKEN.items())
def test_a_day_in_a_language(language, text):
    assert written(date(2026, 3, 2), language) == text


@pytest.mark.parametrize("language", [None, "", "tlh", "und", "english", "root", "c", "../de", "de\n", "12", "de_de"])
def test_a_language_that_is_none_gets_a_date_that_all_can_read(language):
    assert written(date(2026, 3, 2), language) == "2026-03-02"


@pytest.mark.parametrize("moment", [None, "", "soon", "2026-02-30"])
def test_what_is_no_day(moment):
    assert day_of(moment, "de") is None


def test_a_list_has_each_date_in_its_storys_language():
    markup = render_fragment([hit(language, number) for number, language in enumerate(SPOKEN)], 10, View())
    for text in SPOKEN.values():
        assert f'datetime="2026-03-02">{text}</time>' in markup


def test_a_story_of_no_known_language_follows_its_list():
    shown = listed([hit(None, 1), hit("fr", 2), hit("de", 3), hit("tlh", 4)], 10)
    assert [one["date"][1] for one in shown] == ["2 mars 2026", "2 mars 2026", "2. März 2026", "2026-03-02"]
    (alone,) = listed([hit(None)], 10)
    assert alone["date"] == ("2026-03-02", "2026-03-02")


def test_what_is_not_shown_does_not_tell_the_language():
    shown = listed([hit("de", 1, url=None), hit(None, 2), hit("fr", 3)], 1)
    assert [one["date"][1] for one in shown] == ["2026-03-02"]
