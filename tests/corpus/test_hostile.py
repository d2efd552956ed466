"""Input that is made to break a reader, or to spoil an index: it costs little, and what is wrong is said."""

import gzip
import json
import subprocess
import sys
import time

import pytest
import samples
import zstandard

from recommender.corpus import Rejected, open_corpus, xmlstream
from recommender.corpus.sitemap import sitemap_entries
from recommender.stories import Story


def read(path, data):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass"))
    begun = time.monotonic()
    items = list(open_corpus(path))
    assert time.monotonic() - begun < 120  # a guard against hanging, not a measure
    return [item for item in items if isinstance(item, Story)], [item for item in items if isinstance(item, Rejected)]


def feed(item, head=""):
    return f"<?xml version='1.0'?>{head}<rss><channel><item><title>Good story</title></item>{item}</channel></rss>"


LAUGHS = "<!DOCTYPE rss [<!ENTITY a0 'ha'>" + "".join(
    f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12)
) + "]>"  # fmt: skip
OUTSIDE = "<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/passwd'><!ENTITY % y SYSTEM 'http://127.0.0.1/y'> %y;]>"
QUADRATIC = f"<!DOCTYPE rss [<!ENTITY a '{'a' * 100_000}'>]>"


@pytest.mark.parametrize("head", [LAUGHS, OUTSIDE, QUADRATIC], ids=["laughs", "external", "quadratic"])
def test_entities_of_a_documents_own(tmp_path, head):
    stories, (rejected,) = read(tmp_path / "a.rss", feed("<item><title>&a11;&x;&a;</title></item>", head))
    assert stories == []
    assert "entities of its own" in rejected.reason


def test_a_document_type_elsewhere_is_not_fetched(tmp_path):
    stories, rejected = read(tmp_path / "a.rss", feed("", "<!DOCTYPE rss PUBLIC 'x' 'http://127.0.0.1:9/rss.dtd'>"))
    assert (len(stories), rejected) == (1, [])


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("<item>" + "<x>" * 100_000, "depth"),
        (f"<item><title>{'x' * 20_000_000}</title></item>", "too long"),
        ("<item><title>cut", "broken XML"),
        ("<item><title>x</nothing></item>", "mismatch"),
        ("<item \x01 a=1>x</item>", "broken XML"),
    ],
    ids=["deep", "long text", "cut off", "mismatch", "no attribute"],
)
def test_broken_feeds_keep_what_stands_before(tmp_path, item, reason):
    stories, (rejected,) = read(tmp_path / "a.xml", feed(item))
    assert [story.title for story in stories] == ["Good story"]
    assert reason in rejected.reason


def test_an_endless_item_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(xmlstream, "MAX_ELEMENT", 1 << 20)  # of the true length a test takes a minute to read
    long = "<item><title>Long story</title>" + "<x>y</x>" * 100_000 + "</item>"
    stories, (rejected,) = read(tmp_path / "a.xml", feed(long + "<item>" + "<x>y</x>" * 200_000))
    assert [story.title for story in stories] == ["Good story", "Long story"]
    assert "longer than 1,048,576 bytes" in rejected.reason


NOISE = "<!-- a note --><?xm version='1.0'?>"


def test_notes_and_instructions_inside_elements_are_no_text(tmp_path):
    item = f"<item>{NOISE}<title>Ferry{NOISE} stops</title><link>https://a.example/{NOISE}1</link></item>"
    stories, rejected = read(tmp_path / "a.rss", feed(item))
    assert [(one.title, one.url) for one in stories[1:]] == [("Ferry stops", "https://a.example/1")]
    assert rejected == []
    place = f"<url>{NOISE}<loc>https://a.example/{NOISE}1</loc>{NOISE}</url>".encode()
    listed = list(sitemap_entries(b"<urlset>" + place + b"</urlset>", "https://a.example/sitemap.xml"))
    assert [one.url for one in listed] == ["https://a.example/1"]


BEHIND = """
import io
from recommender.corpus.xmlstream import elements
behind = "Über Brücken & Fähren. " * 3_000
data = f"<rss>{f'<item><title>A</title></item>{behind}' * 40}</rss>".encode()
print(sum(1 for _ in elements(io.BytesIO(data).read, frozenset({"item"}))))
"""


def test_text_between_elements_that_comes_in_pieces():
    """The parser writes on in a text that it has begun; in a process of its own, which a fault would end."""
    done = subprocess.run([sys.executable, "-c", BEHIND], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "40\n"), done.stderr


def test_signs_that_are_no_text(tmp_path):
    stories, rejected = read(
        tmp_path / "a.xml",
        feed("<item><title>A\x00B\x1b \u202ereversed\u202c\ufeff &#0;&#xD800;&#1;&nbsp;&bogus; AT&T</title></item>"),
    )
    assert not rejected
    assert stories[1].title == "A B reversed &bogus; AT&T"


def test_mixed_encodings(tmp_path):
    mixed = feed("<item><title>X</title></item>").encode().replace(b"X", b"caf\xe9 caf\xc3\xa9 \x93x\x94")
    stories, rejected = read(tmp_path / "a.xml", mixed)
    assert (stories[1].title, rejected) == ("café café “x”", [])
    stories, _ = read(tmp_path / "b.csv", "title,text\nCafÃ© â€“ one,The â€œtextâ€\u009d of itâ€™s story\n")
    assert (stories[0].title, stories[0].text) == ("Café – one", "The “text” of it’s story")


@pytest.mark.parametrize("kind", ["<div>", "<ul><li>", "<font><div></div>", "<blockquote><b>"])
def test_deep_html(tmp_path, kind):
    markup = kind * 100_000 + "words"
    for name, data in (
        ("a.html", markup),
        ("b.xml", feed(f"<item><title>Deep</title><description><![CDATA[{markup}]]></description></item>")),
        ("c.csv", f'title,text\nDeep,"<p>{markup}"\n'),
        ("d.json", json.dumps([{"uri": "urn:x", "headline": "Deep", "versioncreated": "", "body_xhtml": markup}])),
    ):
        stories, (rejected,) = read(tmp_path / name, data)
        assert "nested deeper than 512" in rejected.reason
        assert len(stories) == (1 if name == "b.xml" else 0)


@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.html"])
@pytest.mark.parametrize(
    "text",
    ["> " * 50_000 + "x", "[" * 50_000, "*" * 100_000, "- " * 50_000, "`" * 100_001, "<" * 100_000, "![](" * 9_000,
     "&" * 100_000, "x" * 10_000_000, "Read more:\n" * 20_000, "a\n" * 50_000],
    ids=["quotes", "brackets", "stars", "lists", "ticks", "angles", "images", "ampersands", "one word", "cues",
         "lines"],
)  # fmt: skip
def test_articles_that_parsers_choke_on(tmp_path, name, text):
    stories, rejected = read(tmp_path / name, "A good line of words\n\n" + text)
    assert len(stories) + len(rejected) == 1


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.xml", "a.txt", "a.json"])
def test_bombs(tmp_path, pack, name):
    begin = {"a.csv": b"title,text\n", "a.xml": b"<rss>", "a.json": b"["}.get(name, b"")
    fill = b"\n" if name in ("a.jsonl", "a.csv") else b" "
    data = pack(begin + fill * (18_000_000 if fill == b"\n" else 100_000_000))
    (tmp_path / f"{name}.gz").write_bytes(data)
    items = list(open_corpus(tmp_path / f"{name}.gz"))
    assert all(isinstance(item, Rejected) for item in items)
    assert len(items) == 1


def test_lines_without_end(tmp_path):
    stories, rejected = read(
        tmp_path / "a.csv", b'title,text\nOne story,x\n"' + b"y" * 40_000_000 + b"\nTwo stories,z\n"
    )
    assert stories[0].title == "One story"
    assert rejected
    stories, rejected = read(
        tmp_path / "b.jsonl", b'{"title": "One story"}\n' + b"x" * 70_000_000 + b'\n{"title": "Two"}\n'
    )
    assert (len(stories), len(rejected)) == (2, 1)


def test_surrogates(tmp_path):
    stories, rejected = read(
        tmp_path / "a.jsonl", b'{"title": "A \\ud800 story \\udfff \\u0000", "text": "\\ud83d\\ude00 ok"}'
    )
    assert not rejected
    assert stories[0].text == "\U0001f600 ok"
    stories[0].title.encode()
    read(tmp_path / "b.txt", "A \ud800 story\n\nText of it.")
    stories, _ = read(
        tmp_path / "c.json", json.dumps([{"uri": "urn:1", "headline": "A \ud800 b", "versioncreated": "2024-05-04"}])
    )
    stories[0].title.encode()


SCRIPT = "<script>alert(1)</script>"


def test_script_is_text_or_nothing(tmp_path):
    item = (
        f"<item><title><![CDATA[Story {SCRIPT} <img src=x onerror=alert(1)>]]></title><link>javascript:alert(1)</link>"
        f"<media:content xmlns:media='http://search.yahoo.com/mrss/' medium='image' url='data:text/html,x'/>"
        f"<description><![CDATA[<p>Text {SCRIPT}<a href='javascript:x'>words</a></p>]]></description></item>"
    )
    stories, _ = read(tmp_path / "a.xml", feed(item))
    story = stories[1]
    assert (story.url, story.image, story.read_more) == (None, None, ())
    assert "<" not in story.title
    assert story.text == "Text words"


def test_json_that_is_too_deep_or_long(tmp_path):
    _, (rejected,) = read(tmp_path / "a.json", "[" * 200_000)
    assert "nested too deep" in rejected.reason
    _, (rejected,) = read(tmp_path / "b.json", b"[" + b" " * (65 << 20))
    assert "jq -c" in rejected.reason
    _, rejected = read(tmp_path / "c.json", '{"title": NaN, "text": 1e999}')
    assert rejected


def test_front_matter_that_hurts(tmp_path):
    for number, head in enumerate(
        ("a: &a [x]\nb: *a", "a: [" + "[" * 5_000, "x: !!python/object/apply:os.system ['true']", "a: " + "x" * 70_000)
    ):
        stories, rejected = read(tmp_path / f"{number}.md", f"---\n{head}\n---\nText.")
        assert len(stories) + len(rejected) == 1
    for number, head in enumerate(("a = [" * 3_000, "a = " + "{b=" * 3_000, "a = 1\na = 2")):
        _, (rejected,) = read(tmp_path / f"t{number}.md", f"+++\n{head}\n+++\nText.")
        assert "front matter" in rejected.reason


def test_pages_of_a_sitemap_that_names_itself(site):
    site.set(
        "/sitemap.xml",
        f"<sitemapindex><sitemap><loc>{site.url('/sitemap.xml')}</loc></sitemap></sitemapindex>".encode(),
    )
    assert list(open_corpus(f"{site.url('/sitemap.xml')}#private=yes")) == []
    for number in range(9):
        body = f"<sitemapindex><sitemap><loc>{site.url(f'/s{number + 1}.xml')}</loc></sitemap></sitemapindex>"
        site.set(f"/s{number}.xml", body.encode())
    (rejected,) = open_corpus(f"{site.url('/s0.xml')}#private=yes")
    assert "deeper than 3" in rejected.reason


def test_a_good_feed_after_all_that(tmp_path):
    stories, rejected = read(tmp_path / "a.xml", samples.RSS)
    assert (len(stories), len(rejected)) == (3, 1)
