"""Bylines and boxes at the edges of a body go; what only begins like one stays."""

import pytest

from recommender.edges import without_edges

BODY = "The harbour opened at noon.\n\nNobody came to see it."


@pytest.mark.parametrize(
    "line",
    [
        "By Ann Bee", "By ANN BEE and Jo Lee", "By Ann Bee, The Gazette - 4 May 2024", "Von Anna Kern und Jo Berg",
        "Автор: Ірина Коваль", "Par Zoé Petit", "Ann Bee", "ann bee",
        "Subscribe to our newsletter", "» Follow us on Telegram", "Get breaking news updates in your inbox",
        "Advertisement", "© 2024 The Gazette", "Share this:", "Click to share on Facebook",
        "Підпишіться на наш канал", "Alle Rechte vorbehalten", "Реклама",
    ],
)  # fmt: skip
def test_a_byline_or_a_box_goes(line: str) -> None:
    assert without_edges(f"{line}\n\n{BODY}", ("Ann Bee",)) == BODY
    assert without_edges(f"{BODY}\n\n{line}", ("Ann Bee",)) == BODY


@pytest.mark.parametrize(
    "line",
    [
        "By midnight the harbour was empty.", "Von hier aus sieht man das Meer.", "Par hasard il pleuvait.",
        "Advertisement revenue fell by a third.", "Subscribers of the library may stay.", "Following us was a gull.",
    ],
)  # fmt: skip
def test_a_sentence_that_begins_like_one_stays(line: str) -> None:
    for text in (f"{line}\n\n{BODY}", f"{BODY}\n\n{line}"):
        assert without_edges(text) == text


def test_what_stands_in_the_middle_or_is_all_there_is_stays() -> None:
    lines = [f"Line {number} of the story is here." for number in range(14)]
    middle = "\n".join([*lines[:7], "Advertisement", *lines[7:]])
    assert without_edges(middle) == middle
    assert without_edges("By Ann Bee\nAdvertisement\nFollow us on Telegram") == (
        "By Ann Bee\nAdvertisement\nFollow us on Telegram"
    )
    assert without_edges("By Ann Bee\n\nShort.") == "By Ann Bee\n\nShort."
