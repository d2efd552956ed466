"""Stories out of pages of HTML."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.readmore import html_article
from recommender.records import story_from_record
from recommender.stories import ReadMore

PAGE = """<!doctype html><html lang="en-GB"><head>
<title>Bridge opens | The Gazette</title>
<link rel="canonical" href="/2024/bridge">
<meta property="og:site_name" content="The Gazette"><meta property="og:image" content="/b.jpg">
<meta property="article:published_time" content="2024-05-01T10:00:00Z">
<meta property="article:section" content="City"><meta name="author" content="Ann Bee">
<style>p {{}}</style></head>
<body><header><nav><a href="/">Home of the Gazette</a></nav></header>
<main><article><h1>Bridge&nbsp;opens</h1>
<p>The bridge <a href="/mayor">opened</a> on <b>Mon</b>day&nbsp;&amp; closed.<script>alert("x")</script></p>
<ul><li>first point</li><li><p>second point</p></li></ul>
{block}
<p>It rained.<br>Hard.</p></article></main>
<footer><h3>Related</h3><ul><li><a href="/legal">Terms and conditions of use</a></li></ul></footer></body></html>"""

ONE = ReadMore("Council votes for it", "https://a.example/one")
TWO = ReadMore("Ferry line closes after years", "https://b.example/two?x=1")

BLOCKS = {
    "heading and list": '<h3>Read more:</h3><ul><li><a href="/one">Council votes for it</a></li>'
    '<li><a href="https://b.example/two?x=1"><span>Ferry</span> line closes after years</a>'
    " <time>1 May</time></li></ul>",
    "strong and ordered list": "<p><strong>Читайте також:</strong></p><ol>"
    '<li><p><a href="/one">Council votes for it</a></p></li>'
    '<li><a href="https://b.example/two?x=1">Ferry line closes after years</a></li></ol>',
    "div in a section": "<section><div><div>Lire aussi</div></div><div><ul>"
    '<li><a href="one">Council votes for it</a></li><li>'
    '<a href="//b.example/two?x=1">Ferry line closes after years</a></ul></div></section>',
    "paragraphs": '<p>Read also: <a href="/one">Council votes for it</a></p>'
    '<p><b>Related:</b> <a href="https://b.example/two?x=1">Ferry line closes after years</a></p>',
    "line breaks": '<p>Read more:<br><a href="/one">Council votes for it</a><br>'
    '<a href="https://b.example/two?x=1">Ferry line closes after years</a></p>',
    "cue inside the link": '<p><a href="/one">Read more: Council votes for it</a></p>'
    '<p><a href="https://b.example/two?x=1">Read more: Ferry line closes after years</a></p>',
    "named aside": '<aside class="c-related box"><h2>From the desk</h2><a href="/one"><img src="x.png"></a>'
    '<a href="/one"><h3>Council votes for it</h3></a>'
    '<a href="https://b.example/two?x=1">Ferry line closes after years</a></aside>',
    "aside with a cue": '<aside><h4>More on this story</h4><ul><li><a href="/one">Council votes for it</a></li>'
    '<li><a href="https://b.example/two?x=1">Ferry line closes after years</a></li></ul></aside>',
    "named navigation": '<nav aria-label="Related stories"><ul><li><a href="/one">Council votes for it</a></li>'
    '<li><a href="https://b.example/two?x=1">Ferry line closes after years</a></li></ul></nav>',
    "outside the article": '</article><section><h2>Related</h2><ul><li><a href="/one">Council votes for it</a></li>'
    '<li><a href="https://b.example/two?x=1">Ferry line closes after years</a></li></ul></section><article>',
    "footer of the article": '<footer><h4>See also</h4><ul><li><a href="/one">Council votes for it</a></li>'
    '<li><a href="https://b.example/two?x=1">Ferry line closes after years</a></li></ul></footer>',
}


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS.keys())
def test_read_more_links_in_every_form(block):
    page = html_article(PAGE.format(block=block), "https://a.example/2024?id=1".replace("/2024?id=1", "/x"))
    if 'href="one"' in block:
        page_one = ReadMore(ONE.title, "https://a.example/2024/one")
        assert page.read_more == (page_one, TWO)
    else:
        assert page.read_more == (ONE, TWO)
    for word in ("Council", "Ferry", "Read", "Related", "Terms", "alert", "Home"):
        assert word not in page.text


def test_body_and_head():
    page = html_article(PAGE.format(block=""), "https://a.example/x")
    assert page.title == "Bridge opens"
    assert page.text == "The bridge opened on Monday & closed.\n\n- first point\n- second point\n\nIt rained.\nHard."
    story = story_from_record(page.to_record())
    assert story.url == story.id == "https://a.example/2024/bridge"
    assert str(story.published) == "2024-05-01T10:00:00Z"
    assert (story.section, story.language, story.source, story.authors) == ("City", "en", "The Gazette", ("Ann Bee",))
    assert story.image.url == "https://a.example/b.jpg"
    assert page.read_more == ()


TRAPS = {
    "button": '<p><a href="/one">Read more</a></p>',
    "box of a button": '<div class="read-more"><a href="/one">Read more</a></div>',
    "newsletter": "<h3>Related</h3><ul><li><a href='/n'>Subscribe to our newsletter</a></li></ul>",
    "sources": '<h3>Sources</h3><ul><li><a href="/one">Minutes of the council</a></li></ul>',
    "prose": '<p>Read more about it in <a href="/one">the minutes of the council</a>.</p>',
    "class of a wrapper": '<div class="has related content"><p>'
    'The mayor spoke at <a href="/one">the bridge</a> for an hour.</p></div>',
}


@pytest.mark.parametrize("block", TRAPS.values(), ids=TRAPS.keys())
def test_look_alikes(block):
    page = html_article(PAGE.format(block=block), "https://a.example/x")
    assert page.read_more == ()
    assert page.text.startswith("The bridge opened")


def test_pages_without_marks_of_an_article():
    page = html_article("<title>One</title><div>First part.<p>Second part.</p>third <i>part</i></div><nav>menu</nav>")
    assert (page.title, page.text) == ("One", "First part.\n\nSecond part.\n\nthird part")
    assert html_article("just words").text == "just words"
    assert html_article("").text == ""


def test_an_unreadable_date_is_no_date():
    assert "published" not in html_article('<meta property="article:published_time" content="last week">x').fields


def test_relative_links_of_a_page_without_an_address_stay_relative():
    page = html_article('<p>Text.</p><h2>Read more</h2><ul><li><a href="/one">Council votes for it</a></ul>')
    assert page.read_more == (ReadMore("Council votes for it", "/one"),)


PIECES = st.lists(
    st.sampled_from(
        [
            "<p>",
            "</p>",
            "<ul>",
            "<li>",
            "</ul>",
            "<a href='/x'>",
            "</a>",
            "<h3>",
            "Read more:",
            "Related",
            "Some words here",
            "<aside class=related>",
            "</aside>",
            "<article>",
            "</article>",
            "<br>",
            "<",
            ">",
            "&",
            "\x01",
            "\0",
            "<table>",
            "<td>",
            "<template>",
            "<svg>",
            "<base href='//['>",
            "<a href='http://['>",
            "<script>",
            "<!--",
            "<h1>",
        ]
    )
    | st.text(max_size=5),
    max_size=25,
)


@given(PIECES.map("".join))
def test_never_raises(html):
    page = html_article(html, "https://a.example/x")
    assert not {"\x01", "\x02", "\x03"} & set(page.text + page.title + "".join(p.title for p in page.read_more))


def test_deep_pages():
    page = html_article("<div>word " * 500 + "<h3>Read more</h3><ul><li><a href=/x>One two three</a></ul>")
    assert page.text.count("word") == 500
    assert len(page.read_more) == 1
    with pytest.raises(ValueError, match="nested deeper than 512"):
        html_article("<div>word " * 100_000)  # the parser takes half a minute for these


def test_flat_pages_are_not_deep():
    assert html_article("<p>word<br><img src=x><li>word<td>word" * 5_000).text.count("word") == 15_000


def test_the_name_of_a_group_of_links_is_no_headline():
    groups = "".join(
        f"<li>{name}<ul><li><a href='/{number}'>Story of {number} words</a></li></ul></li>"
        for number, name in enumerate(("City", "<h4>World</h4>", "<a href='/sport'>Sport</a>"))
    )
    page = html_article(f"<p>The body.</p><p>Read more:</p><ul>{groups}</ul>", "https://a.example/x")
    assert page.text == "The body."
    assert [pointer.title for pointer in page.read_more] == [
        "Story of 0 words", "Story of 1 words", "Sport", "Story of 2 words",
    ]  # fmt: skip


def test_a_nested_list_of_a_body_is_read_as_lines():
    html = (
        "<p>Bring:</p><ul><li>food<ol><li>bread</li><li>salt<ul><li>coarse</li></ul></li></ol></li><li>water</li></ul>"
    )
    assert html_article(html).text == "Bring:\n\n- food\n- bread\n- salt\n- coarse\n- water"


def test_what_json_ld_says_in_another_place_of_it():
    graph = [
        {"@type": "NewsArticle", "headline": "Bridge opens", "image": {"@id": "#image"}, "author": [{"@id": "#ann"}],
         "publisher": {"@id": "#paper", "@type": "Organization"}},
        {"@type": "ImageObject", "@id": "#image", "url": "https://a.example/1.jpg"},
        {"@type": "Person", "@id": "#ann", "name": "Ann Bee"},
        {"@type": "Organization", "@id": "#paper", "name": "Gazette"},
    ]  # fmt: skip
    page = '<script type="application/ld+json">{}</script><meta property="og:image" content="/og.jpg"><p>Text.</p>'
    fields = html_article(page.format(json.dumps({"@graph": graph})), "https://a.example/1").fields
    assert (fields["image"], fields["authors"], fields["source"]) == ("https://a.example/1.jpg", ["Ann Bee"], "Gazette")
    fields = html_article(page.format(json.dumps({"@graph": graph[:1]})), "https://a.example/1").fields
    assert fields["image"] == "https://a.example/og.jpg", "the name of a picture that is nowhere said is no picture"
