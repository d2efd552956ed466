"""One article a file: text, Markdown, HTML."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.corpus import Rejected, open_corpus
from recommender.corpus.article import HTML, MARKDOWN, TEXT, article_record
from recommender.dates import Moment
from recommender.readmore import html_article
from recommender.records import content_id, story_from_record
from recommender.stories import ReadMore, Story

FRONT = """---
title: Storm: the night it came
id: hl-1
url: https://ledger.example/storm
published: 2026-02-05T07:00:00Z
section: City
source: The Ledger
language: en
authors: Ines Okafor, Bo Lind
tags: [storm, "harbour, old"]
edition: 3
---
"""
MORE = (
    ReadMore("Ferries are tied up in the harbour"),
    ReadMore("Timetable for the winter", "https://ledger.example/t"),
)
TEXTS = {
    TEXT: (
        ".txt",
        "The storm came.\n\nIt left.\n\nRead more:\n- Ferries are tied up in the harbour\n"
        "- [Timetable for the winter](/t)\n",
    ),
    MARKDOWN: (
        ".md",
        "The **storm** came.\n\nIt left.\n\n## Read more\n\n* Ferries are tied up in the harbour\n"
        "* [Timetable for the winter](/t)\n",
    ),
    HTML: (
        ".html",
        "<p>The <b>storm</b> came.</p><p>It left.</p><h2>Read more</h2><ul>"
        "<li>Ferries are tied up in the harbour</li><li><a href='/t'>Timetable for the winter</a></li></ul>",
    ),
}


def read(path, data):
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    (item,) = open_corpus(path)
    return item


@pytest.mark.parametrize("form", TEXTS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_every_form_with_front_matter(tmp_path, form, line_end):
    suffix, text = TEXTS[form]
    story = read(tmp_path / f"a{suffix}", (FRONT + text).replace("\n", line_end))
    assert story == Story(
        id="hl-1",
        title="Storm: the night it came",
        text="The storm came.\n\nIt left.",
        url="https://ledger.example/storm",
        published=Moment.parse("2026-02-05T07:00:00Z"),
        section="City",
        source="The Ledger",
        language="en",
        authors=("Ines Okafor", "Bo Lind"),
        tags=("storm", "harbour, old"),
        read_more=MORE,
        extra={"edition": "3"},
    )


def test_the_users_own_file(data_folder):
    (story,) = open_corpus(data_folder / "seed" / "nato_defense_production.txt")
    assert story.title == ""
    assert story.text.startswith("NATO countries are")
    assert len(story.read_more) == 4
    assert story.id == content_id("", story.text)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Storm hits the harbour\n\nIt came at night.", "Storm hits the harbour"),
        ("\n Who won?\n \nNobody did.", "Who won?"),
        ("The storm came at night.\n\nIt left.", ""),
        ("Storm hits the harbour\nIt came at night.", ""),
        ("Storm hits the harbour", ""),
        ("In the harbour,\n\nit was dark.", ""),
        ("Word " * 50 + "\n\nIt was dark.", ""),
    ],
)
def test_the_headline_of_a_plain_text(text, title):
    record = article_record(text, TEXT)
    assert record["title"] == title
    assert " ".join(f"{title} {record['text']}".split()) == " ".join(text.split())


def test_markdown():
    text = "# Storm hits the *harbour*\n\nIt came\nat night.\n\n- one\n- two\n\n<script>x</script>Last words.\n"
    text += "Read more:\n- A wet day"
    record = article_record(text, MARKDOWN)
    assert record["title"] == "Storm hits the harbour"
    assert record["text"] == "It came\nat night.\n\n- one\n- two\n\nLast words."
    assert record["read_more"] == [{"title": "A wet day"}]


@pytest.mark.parametrize(
    ("said", "authors"),
    [
        ("author:\n  name: Ann Bee\n  email: a@paper.example", ("Ann Bee",)),
        ("authors:\n  - name: Ann Bee\n  - Bo Lind\n  - email: x@paper.example", ("Ann Bee", "Bo Lind")),
        ("author:\n  email: a@paper.example", ()),
    ],
)
def test_authors_in_front_matter_may_be_said_at_length(said, authors):
    story = story_from_record(article_record(f"---\ntitle: One\n{said}\n---\nText.", MARKDOWN))
    assert story.authors == authors


def test_front_matter_comes_before_what_the_page_says():
    page = '<html lang="de"><head><meta name="author" content="B"></head><h1>Page</h1><p>Text.</p></html>'
    record = article_record(f"---\ntitle: Mine\nlang: en\nread_more:\n- title: Other\n  id: o\n---\n{page}", HTML)
    story = story_from_record(record)
    assert (story.title, story.language, story.authors) == ("Mine", "en", ("B",))
    assert story.read_more == (ReadMore("Other", id="o"),)


def test_a_page_keeps_its_own_fields(tmp_path):
    html = (
        '<html lang="en"><head><link rel="canonical" href="https://a.example/x"></head><h1>One</h1><p>Text.</p></html>'
    )
    assert read(tmp_path / "a.htm", html) == story_from_record(html_article(html).to_record())


ENCODED = {
    "UTF-8 with mark": ("a.txt", "\ufeffПогода добра.".encode()),
    "UTF-16 with mark": ("a.txt", "Погода добра.".encode("utf-16")),
    "declared by the page": ("a.html", '<meta charset="windows-1251"><p>Погода добра.'.encode("cp1251")),
    "declared by http-equiv": (
        "a.html",
        '<meta http-equiv="Content-Type" content="text/html; charset=koi8-u"><p>Погода добра.'.encode("koi8-u"),
    ),
    "declared wrongly": ("a.html", '<meta charset="iso-8859-1"><p>Погода добра.'.encode()),
}


@pytest.mark.parametrize(("name", "data"), ENCODED.values(), ids=ENCODED.keys())
def test_encodings(tmp_path, name, data):
    assert read(tmp_path / name, data).text == "Погода добра."


def test_latin_1_is_read_as_browsers_do(tmp_path):
    assert read(tmp_path / "a.html", b'<meta charset="ISO-8859-1"><p>\x93caf\xe9\x94').text == "“café”"


REJECTED = {
    "not UTF-8": ("a.txt", b"caf\xe9 au lait", "not UTF-8: byte 0xe9 at offset 3"),
    "no encoding of pages": ("a.html", b'<meta charset="punycode"><p>caf\xe9', "not UTF-8"),
    "not as declared": ("a.html", b'<meta charset="euc-jp"><p>caf\xe9', "euc-jp"),
    "empty": ("a.txt", b"", "neither a title nor a text"),
    "spaces": ("a.md", b" \n\t\n", "neither a title nor a text"),
    "emoji": ("a.txt", "🙂 👍".encode(), "neither a title nor a text"),
    "only a block": ("a.txt", b"Read more:\n- An older story", "neither a title nor a text"),
    "malformed date": ("a.txt", b"---\npublished: last week\n---\nText.", "'last week' is not a date"),
    "open front matter": ("a.md", b"---\ntitle: One\n\nText.", "without a closing line"),
    "prose in front matter": ("a.md", b"---\ntitle: One\nand more\n: x\n---\nText.", "front matter"),
    "aliases": ("a.md", b"---\na: &a [x]\nb: *a\n---\nText.", "aliases"),
    "tags of Python": ("a.md", b"---\na: !!python/object/apply:os.getcwd []\n---\nText.", "front matter"),
    "broken YAML": ("a.md", b"---\ntitle: [x\n---\nText.", "front matter, line"),
    "deep YAML": ("a.md", b"---\na: " + b"[" * 9_000 + b"\n---\nText.", "front matter"),
    "broken gzip": ("a.txt.gz", b"\x1f\x8b\x08broken", "cannot be read"),
}


@pytest.mark.parametrize(("name", "data", "reason"), REJECTED.values(), ids=REJECTED.keys())
def test_what_is_no_article_is_rejected_with_its_place(tmp_path, name, data, reason):
    item = read(tmp_path / name, data)
    assert isinstance(item, Rejected)
    assert item.place == name
    assert reason in item.reason


def test_a_rule_is_no_front_matter(tmp_path):
    text = "---\nThe storm came.\n---\nIt left."
    assert read(tmp_path / "a.txt", text).text == text


@given(st.sampled_from([TEXT, MARKDOWN, HTML]), st.text(max_size=100))
def test_any_text_is_a_record_or_says_why_not(form, text):
    assert isinstance(article_record(text, form)["text"], str)


@given(st.text(max_size=60))
def test_any_front_matter_is_read_or_refused(fields):
    with contextlib.suppress(ValueError):
        article_record(f"---\ntitle: {fields}\n---\nText.", TEXT)
