"""Blocks that are cut, and look-alikes that stay."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recommender.readmore import split_read_more
from recommender.stories import ReadMore

BODY = "The bridge was closed on Monday.\nThe council will meet again in May."
ONE = "Council votes to repair the bridge"
TWO = "Ferry line carries twice as many people"


def titles(text):
    return [pointer.title for pointer in split_read_more(text)[1]]


def test_the_form_that_the_user_showed(data_folder):
    text = (data_folder / "seed" / "nato_defense_production.txt").read_text("utf-8")
    body, pointers = split_read_more(text)
    assert len(pointers) == 4
    assert pointers[0].title.startswith("British Intelligence:")
    assert pointers[3].title.startswith("Frontline report:")
    assert all(pointer == ReadMore(title=pointer.title) for pointer in pointers)
    assert text.startswith(body)
    assert "Read more" not in body
    assert body.count("\n") == text.count("\n") - 5


CUES = """
Read more: ; Read more ; READ MORE: ; Read also: ; Read Also ; Related: ; Related ; Related stories:
More on this: ; More on this story ; See also: ; See also ; **Read more:** ; ### Related ; *See also:*
📌 Read also: ; ▶ Read more: ; Read more： ; Read more on this topic: ; You may also like: ; Читайте також:
Читайте також ; ЧИТАЙТЕ ТАКОЖ: ; Дивіться також: ; За темою: ; Пов’язані новини: ; Пов'язані статті
Читайте также: ; Смотрите также: ; По теме: ; Материалы по теме: ; Ещё по теме ; Читайте ещё: ; Lesen Sie auch:
Mehr zum Thema: ; Mehr zum Thema ; Siehe auch: ; Lesen Sie mehr ; Zum Thema:
Das könnte Sie auch interessieren: ; À lire aussi : ; A lire aussi ; Lire aussi : ; Voir aussi
Sur le même sujet ; Lire également : ; Leer más: ; Lea también: ; Lee también ; Véase también:
Noticias relacionadas: ; También te puede interesar: ; Te puede interesar ; Czytaj także: ; Czytaj też
Zobacz również: ; Przeczytaj także: ; Powiązane artykuły ; Leggi anche: ; Leggi anche ; Vedi anche:
Articoli correlati: ; Ti potrebbe interessare anche: ; Further reading:
"""


@pytest.mark.parametrize("cue", re.split(r" ; |\n", CUES.strip()))
def test_every_cue_announces_a_bulleted_list(cue):
    assert split_read_more(f"{BODY}\n\n{cue}\n- {ONE}\n- {TWO}\n") == (BODY, (ReadMore(ONE), ReadMore(TWO)))


def test_a_cue_in_decomposed_letters():
    assert titles(f"{BODY}\nCzytaj tez\u0307:\n- {ONE}") == [ONE]


FORMS = {
    "dashes": f"- {ONE}\n- {TWO}",
    "stars": f"* {ONE}\n* {TWO}",
    "dots": f"•{ONE}\n• {TWO}",
    "long dashes": f"– {ONE}\n— {TWO}",
    "middle dots": f"· {ONE}\n· {TWO}",
    "numbers": f"1. {ONE}\n2. {TWO}",
    "numbers in brackets": f"1) {ONE}\n2) {TWO}",
    "indented": f"   - {ONE}\n   - {TWO}",
    "a blank line first": f"\n- {ONE}\n- {TWO}",
    "one a paragraph": f"\n- {ONE}\n\n- {TWO}",
    "wrapped": "- Council votes to\n  repair the bridge\n- Ferry line carries\n  twice as many people",
    "bold": f"- **{ONE}**\n- *{TWO}*",
    "no bullets": f"{ONE}\n{TWO}",
    "paragraphs": f"\n{ONE}\n\n{TWO}",
    "carriage returns": f"- {ONE}\r\n- {TWO}\r",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize("cue", ["Read more:", "Читайте також"])
def test_every_form_of_list(cue, form):
    assert split_read_more(f"{BODY}\n{cue}\n{form}") == (BODY, (ReadMore(ONE), ReadMore(TWO)))


LINKED = {
    "Markdown": f"- [{ONE}](https://a.example/1)\n- [{TWO}](https://a.example/2)",
    "Markdown titles": f'- [{ONE}](https://a.example/1 "One")\n- [**{TWO}**](<https://a.example/2>)',
    "Markdown paragraphs": f"\n[{ONE}](https://a.example/1)\n\n[{TWO}](https://a.example/2)\n",
    "URL behind": f"- {ONE} https://a.example/1\n- {TWO} – https://a.example/2",
    "URL in brackets": f"- {ONE} (https://a.example/1)\n- {TWO} (https://a.example/2)",
    "date behind": f"- [{ONE}](https://a.example/1) (4 May)\n- [{TWO}](https://a.example/2), 2024-05-04",
    "on one line": f"[{ONE}](https://a.example/1) | [{TWO}](https://a.example/2)",
}


@pytest.mark.parametrize("form", LINKED.values(), ids=LINKED.keys())
def test_links_give_urls(form):
    expected = (ReadMore(ONE, "https://a.example/1"), ReadMore(TWO, "https://a.example/2"))
    assert split_read_more(f"{BODY}\n\nRead more:\n{form}") == (BODY, expected)


@pytest.mark.parametrize(
    ("line", "pointer"),
    [
        (f"Read more: {ONE}", ReadMore(ONE)),
        (f"Читайте також: {ONE}", ReadMore(ONE)),
        (f"- Related: {ONE}", ReadMore(ONE)),
        (f"**Lire aussi :** {ONE}", ReadMore(ONE)),
        (f"Read also: [{ONE}](https://a.example/1)", ReadMore(ONE, "https://a.example/1")),
        (f"Read also [{ONE}](https://a.example/1)", ReadMore(ONE, "https://a.example/1")),
        (f"[Read more: {ONE}](https://a.example/1)", ReadMore(ONE, "https://a.example/1")),
        ("Read more: https://a.example/1", ReadMore("", "https://a.example/1")),
        ("See also: What the U.S. wants from the U.N.", ReadMore("What the U.S. wants from the U.N.")),
    ],
)
def test_cue_and_headline_on_one_line(line, pointer):
    first, last = BODY.split("\n")
    assert split_read_more(f"{first}\n\n{line}\n\n{last}") == (f"{first}\n\n{last}", (pointer,))


def test_blocks_in_the_middle_and_at_the_end():
    text = f"One.\n\nRead more:\n- {ONE}\n\nTwo.\n\nRead also: {TWO}\n\n"
    text += f"Three.\n\nRelated\n\n- {ONE}\n- A third headline here"
    assert split_read_more(text) == (
        "One.\n\nTwo.\n\nThree.",
        (ReadMore(ONE), ReadMore(TWO), ReadMore("A third headline here")),
    )


def test_an_ordinary_list_below_the_block_stays():
    body, pointers = split_read_more(f"Text.\nRead more:\n- {ONE}\n- {TWO}\n\n- an ordinary item\n- another one")
    assert pointers == (ReadMore(ONE), ReadMore(TWO))
    assert body == "Text.\n\n- an ordinary item\n- another one"


def test_subscription_lines_in_a_block_are_no_headlines():
    text = f"{BODY}\nRead more:\n- {ONE}\n- {TWO}\n- Subscribe to our newsletter"
    assert split_read_more(text) == (BODY, (ReadMore(ONE), ReadMore(TWO)))


TRAPS = {
    "prose about": "Read more about the bridge in the council's minutes.",
    "prose in": "Read more in the report of the committee, which was published in May.",
    "prose, with a colon": "Read more about these projects:\n- The new bridge over the river\n- The old ferry",
    "prose inside": "You can read more: it is all in the library.",
    "a sentence behind the cue": "Read more: the committee published its report on Monday.",
    "a full stop behind the cue": "See also: The committee published its report on Monday.",
    "prose paragraphs": "Read more\n\nThe council met on Monday and voted.\n\nIt meets again in May.",
    "prose paragraphs, colon": "Related:\n\nThe council met on Monday and voted for the plan.\n\nIt meets in May.",
    "wrapped prose": "See also:\nThe committee met in May and decided that the\nprogramme should go on until June.",
    "wrapped sentence": "See also: Our long list of all the platforms and\ntools that they come with.",
    "newsletter box": "Subscribe to our newsletter\n- Daily news in your inbox\n- The best of the week",
    "newsletter under a cue": "Read more:\n- Subscribe to our newsletter\n- Follow us on Twitter and Facebook",
    "newsletter on the line": "Read more: Sign up for our daily newsletter",
    "sources": "Sources:\n- Reuters, 4 May 2024\n- Minutes of the council, April 2024",
    "sources on the line": "Read more: Reuters, AP, BBC News",
    "a source on the line": "Read more: The Guardian",
    "ordinary list": "The plan has three parts:\n- A new bridge for the trams\n- A ferry for the islands\n- A road",
    "list of prose": "See also:\n- "
    + "The committee met in May and decided, after a long debate on costs, on three points. " * 2,
    "tags": "Related:\n- Ukraine\n- Russia\n- NATO",
    "topic words": "Related topics and places were named in the report.",
    "an item of a list": "- Background\n- See also\n- Appendix with all of the tables",
    "button": "[Read more](https://a.example/1)",
    "button above a list": "[Read more](https://a.example/1)\n- A new bridge for the trams\n- A ferry for the islands",
    "cue at the end": "Read more:",
    "cue alone": "Related",
    "heading below a cue": "See also:\n\nActivities and schedule\n\nThe days are full of talks.",
    "system requirements": "Recommended: Windows 10 or later with 8 GB",
    "mehr": "Mehr zum Thema Brücken steht in dem Bericht, den der Rat am Montag vorlegte.",
    "zum Thema": "Zum Thema: Der Rat tagte am Montag in der Stadt",
    "по теме": "По теме заседания высказались все депутаты.",
    "читайте": "Читайте також наші матеріали про міст, які вийшли в травні.",
    "a lower-case start": "Related: a bridge that was never built",
    "sub-list follows": "Related:\nThe three parts of the plan:\n1. bridge\n2. ferry",
    "quotes": "“Read more,” she said. “It helps.”",
    "long line": "Read more: " + "Word " * 600,
}


@pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS.keys())
@pytest.mark.parametrize("place", ["end", "middle"])
def test_look_alikes_stay(trap, place):
    text = f"The bridge was closed.\n\n{trap}"
    if place == "middle":
        text += "\n\nThe council will meet again in May."
    assert split_read_more(text) == (text, ())


def test_a_long_list_is_no_block():
    assert titles(BODY + "\nRead more:\n" + f"- {ONE}\n" * 51) == []
    assert titles(BODY + "\nRead more:\n" + f"{ONE}\n" * 16) == []


def test_nothing_but_a_block():
    assert split_read_more(f"Read more:\n- {ONE}") == ("", (ReadMore(ONE),))


PIECES = st.sampled_from(
    [
        "Read more:",
        "Читайте також",
        "Related",
        "See also: ",
        "- ",
        "1. ",
        "* ",
        "\n",
        "\n\n",
        " ",
        ONE,
        TWO,
        ".",
        "a",
        "[Words here](https://a.example/x)",
        "https://a.example/y",
        "\x01",
        "\x02",
        "\x03",
        "\r",
        "**",
        "[",
        "](",
        ")",
        "<",
    ]
)


@given(st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join)))
@example("\n".join(["Read more:"] * 9) + "\n- One two three")
def test_never_raises_never_adds(text):
    body, pointers = split_read_more(text)
    assert len(body) <= len(text)
    if not pointers:
        assert body == text
    remaining = iter(text)
    assert all(character in remaining for character in body), "the body is what is left of the text"


def test_speed_on_a_hostile_body():
    for piece in (
        "Read more:\n",
        "Read more:\n\n",
        "- ",
        "[",
        "[a](",
        "Related\nA b c d\n",
        "Read more: [a](b) ",
        "\n",
    ):
        split_read_more(piece * (200_000 // len(piece)))


GROUPED = """Read more:
- City
  - Council votes to repair the bridge
  - [Ferries](https://a.example/2)
- **World and business**
    1. North
        * Storm hits the coast of Spain
- Ferry line carries twice as many people
  - Three boats are to be bought
- More from our desk of politics
\t- [Party wins](https://a.example/3)
- [Sport](https://a.example/sport)
  - Rovers win the cup at last
- Opinion"""


def test_the_name_of_a_group_is_no_headline():
    body, pointers = split_read_more(f"{BODY}\n\n{GROUPED}")
    assert body == BODY
    assert [(pointer.title, pointer.url) for pointer in pointers] == [
        (ONE, None),
        ("Ferries", "https://a.example/2"),
        ("Storm hits the coast of Spain", None),
        (TWO, None),
        ("Three boats are to be bought", None),
        ("Party wins", "https://a.example/3"),
        ("Sport", "https://a.example/sport"),
        ("Rovers win the cup at last", None),
        ("Opinion", None),
    ]


def test_the_names_of_groups_do_not_speak_against_a_list():
    groups = "".join(f"- {name}\n  - {ONE}\n" for name in ("City", "World", "Sport"))
    assert split_read_more(f"{BODY}\n\nRecommended:\n{groups}")[0] == BODY


def test_what_is_set_in_below_short_entries_is_no_group():
    assert titles(f"{BODY}\n\nRead more:\n- {ONE}\n- {TWO}\n- Storm\n  - Again") == [ONE, TWO, "Storm", "Again"]
