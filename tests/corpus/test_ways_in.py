"""Each kind of source, with its stories, links and rejects counted by hand."""

import csv
import gzip
import io
import json
import re
import sqlite3
import sys
import tempfile
from pathlib import Path

import pytest
import samples
import zstandard

from recommender.corpus import Rejected, open_corpus
from recommender.corpus.sitemap import sitemap_entries
from recommender.corpus.streams import Stream
from recommender.errors import CorpusError
from recommender.stories import Story


def read(path, name=None):
    items = list(open_corpus(name or path))
    return [item for item in items if isinstance(item, Story)], [item for item in items if isinstance(item, Rejected)]


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def pointers(story):
    return [(pointer.title, pointer.url, pointer.kind) for pointer in story.read_more]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"])
def test_rss(tmp_path, pack):
    (one, two, three), (rejected,) = read(write(tmp_path / "feed.xml", pack(samples.RSS.encode())))
    assert one.id == one.url == "https://gazette.example/1"
    assert one.title == "Bridge & tunnel open"
    assert one.text == "The bridge was closed for years until Monday.\n\nIt opened at last."
    assert str(one.published) == "2024-05-04T07:11:12Z"
    assert (one.section, one.tags, one.authors, one.language) == ("City", ("Bridges",), ("Ann Bee",), "en")
    assert one.source == "The Gazette"
    assert one.image.url == "https://gazette.example/1.jpg"
    assert pointers(one) == [
        ("Council votes for the repair", "https://gazette.example/3", None),
        ("", "https://gazette.example/2", "in_text"),
        ("", "https://elsewhere.example/x", "in_text"),  # a build leaves it out, if no corpus has it
    ]
    assert (two.text, str(two.published)) == ("The bridge was closed & nobody knows why.", "2024-05-03T06:00:00Z")
    assert (three.title, three.url, three.published) == ("Bad link", None, None)
    assert rejected.place == "feed.xml:19"


def test_atom_and_rdf(tmp_path):
    (one, two), rejected = read(write(tmp_path / "atom.xml", samples.ATOM))
    assert not rejected
    assert (one.title, one.text, one.url) == ("Міст & тунель", "Міст закрили.", "https://gazeta.example/1")
    assert (str(one.published), str(one.modified)) == ("2024-05-04T07:00:00Z", "2024-05-05T10:00:00Z")
    assert (one.section, one.authors) == ("Місто", ("Оля",))
    assert pointers(one) == [
        ("Рада голосує за ремонт", "https://gazeta.example/3", None),
        ("", "https://gazeta.example/2", "in_text"),
    ]
    assert two.text == "Другий міст закрили."
    assert (two.image.url, pointers(two)) == ("https://gazeta.example/2.jpg", [("", "https://gazeta.example/1", None)])
    assert (one.language, two.language) == ("uk", "uk")
    (old,), _ = read(write(tmp_path / "old.rdf", samples.RDF))
    assert (old.title, str(old.published), old.source) == ("One", "2004-05-04T08:00:00Z", "Old Wire")


def test_json_feed(tmp_path):
    (one, two), rejected = read(write(tmp_path / "feed.json", samples.JSON_FEED))
    assert [item.place for item in rejected] == ["feed.json: item 3", "feed.json: item 4"]
    assert pointers(one) == [("", "https://gazette.example/2", "in_text")]
    assert (one.section, one.authors, str(one.published)) == ("City", ("Ann Bee",), "2024-05-04T07:11:12Z")
    assert pointers(two) == [("Council votes for it", None, None)]


def test_a_wordpress_export(tmp_path):
    (one, two), rejected = read(write(tmp_path / "export.xml", samples.WXR))
    assert not rejected
    assert one.title == "Bridge & tunnel open"
    assert one.text == "The bridge was closed for years.\n\nIt opened at last. A bridge"
    assert pointers(one) == [
        ("Council votes for the repair", "https://gazette.example/2024/03/vote/", None),
        ("", "https://gazette.example/2024/04/closed/", "in_text"),
    ]
    assert (one.section, one.tags, str(one.modified)) == ("City", ("Bridges",), "2024-05-05T10:00:00Z")
    assert (two.status, two.text) == ("withheld", "The bridge was closed.")


def test_ninjs(tmp_path):
    (one,), rejected = read(write(tmp_path / "1.json", samples.NINJS))
    assert not rejected
    assert (one.id, one.title, one.section) == ("http://agency.example/items/1", "Bridge opens", "economy")
    assert one.text == "The bridge was closed for years.\n\nIt opened."
    assert (one.image.url, one.image.width, one.authors) == ("https://agency.example/1.jpg", 600, ("Ann Bee",))
    (pointer,) = one.read_more
    assert (pointer.id, pointer.title) == ("http://agency.example/items/0", "Council votes for it")
    (two,), _ = read(write(tmp_path / "2.json", samples.NINJS_2))
    assert (two.title, two.text, two.status) == ("The main headline", "The body.", "canceled")


DATES = {
    "RFC 822": ("Wed, 04 Mar 2026 12:00:00 +0200", "2026-03-04T10:00:00Z"),
    "seconds": ("1772618400", "2026-03-04T10:00:00Z"),
    "milliseconds": ("1772618400000", "2026-03-04T10:00:00Z"),
    "a number": (1_772_618_400, "2026-03-04T10:00:00Z"),
    "digits": ("20260304", "2026-03-04"),
    "written out": ("March 4, 2026", "2026-03-04"),
    "long ago": ("1605-07-01", "1605-07-01"),
}


@pytest.mark.parametrize(("date", "written"), DATES.values(), ids=DATES.keys())
def test_a_date_says_the_same_in_a_table_and_in_records(tmp_path, date, written):
    record = {"title": "One", "published": date, "modified": date, "embargoed": date}
    line = json.dumps(record)
    table = io.StringIO()
    csv.writer(table).writerows([record.keys(), record.values()])
    for name, text in [("a.jsonl", line), ("a.json", f"[{line}]"), ("a.csv", table.getvalue())]:
        (story,), _ = read(write(tmp_path / name, text))
        assert [str(story.published), str(story.modified), str(story.embargoed)] == [written] * 3, name


@pytest.mark.parametrize("nothing", ["", "NULL", "\\N", "NaN", "NaT", "None", "<NA>", "0000-00-00 00:00:00"])
def test_what_programs_write_for_no_date_is_none_in_a_table(tmp_path, nothing):
    (story,), rejected = read(write(tmp_path / "a.csv", f"title,published,section\nOne,{nothing},City\n"))
    assert (story.published, story.section, rejected) == (None, "City", [])


@pytest.mark.parametrize(
    ("date", "reason"),
    [
        ("soon", "'soon' is not a date"),
        ("03/04/2026", "which is the day and which the month"),
        (7, "'7' is not a date"),
    ],
)
def test_what_is_no_date_is_rejected_in_a_table_and_in_records(tmp_path, date, reason):
    line = json.dumps({"title": "One", "published": date})
    for name, text in [("a.jsonl", line), ("a.json", f"[{line}]"), ("a.csv", f"title,published\nOne,{date}\n")]:
        stories, (rejected,) = read(write(tmp_path / name, text))
        assert not stories
        assert rejected.reason.startswith("published: ")
        assert reason in rejected.reason, name


def test_a_list_of_records(tmp_path):
    stories, rejected = read(write(tmp_path / "a.json", '[{"title": "One story"},\n{"x": 1}, 7]'))
    assert [story.title for story in stories] == ["One story"]
    assert [item.place for item in rejected] == ["a.json: item 2", "a.json: item 3"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_tables_of_text(tmp_path, delimiter):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(
        [
            ["Headline", "Body", "Link", "Date", "Keywords", "desk", "Words"],
            [
                'A "quoted", one; of|two\tparts',
                "First line\nsecond line",
                "https://a.example/1",
                "4 May 2024",
                "a, b",
                "City",
                7,
            ],
            [
                "Two",
                "<p>HTML <a href='https://a.example/1'>here</a></p>",
                "https://a.example/2",
                "1714817472",
                "",
                "",
                "",
            ],
            ["Three", "x", "", "04/05/2024", "", "", ""],
            ["", "", "", "", "", "", "9"],
        ]
    )
    (one, two), (date, nothing) = read(write(tmp_path / "a.csv", "\ufeff" + out.getvalue()))
    assert one.title == 'A "quoted", one; of|two parts'
    assert (one.text, one.section, one.tags) == ("First line\nsecond line", "City", ("a", "b"))
    assert (str(one.published), one.extra) == ("2024-05-04", {"Words": "7"})
    assert (two.text, pointers(two)) == ("HTML here", [("", "https://a.example/1", "in_text")])
    assert (date.place, nothing.place) == ("a.csv:5", "a.csv:6")
    assert "04/05/2024" in date.reason


def test_columns_by_name(tmp_path):
    path = write(tmp_path / "a.tsv", "kopf\tinhalt\tname\nEin Titel\tDer Text\tx\n")
    (story,), _ = read(path, f"{path}#title=kopf&text=inhalt")
    assert (story.title, story.text, story.extra) == ("Ein Titel", "Der Text", {"name": "x"})
    with pytest.raises(CorpusError, match=r"no column 'nix' .*there are kopf, inhalt, name"):
        read(path, f"{path}#title=nix")
    with pytest.raises(CorpusError, match=r"--map title=COLUMN"):
        read(write(tmp_path / "b.csv", "a,b\n1,2\n"))
    with pytest.raises(CorpusError, match="no option 'nix'"):
        read(path, f"{path}#nix=1")


@pytest.mark.parametrize("pieces", [1, 900], ids=["one line", "lines"])
@pytest.mark.parametrize("mark", ['"', ""], ids=["quoted", "bare"])
def test_a_row_that_is_too_long_is_one_reject_and_no_part_of_it_a_story(tmp_path, monkeypatch, mark, pieces):
    monkeypatch.setattr("recommender.corpus.delimited.MAX_ROW", 50_000)
    cell = f'The bridge, ""they" said, is {"closed; " * 9_000}'.replace('""they"', '""they""' if mark else "they")
    cell = "\n".join([cell, *["Who, when, why, how"] * pieces]) if mark else cell.replace(",", ";")
    table = f"title,text\nOne story,x\nTwo stories,{mark}{cell}{mark}\nThree stories,z\n"
    stories, (rejected,) = read(write(tmp_path / "a.csv", table))
    assert [story.title for story in stories] == ["One story", "Three stories"]
    assert (rejected.place, rejected.reason) == ("a.csv:3", "the row is longer than 50,000 bytes")


def test_blank_lines_before_the_names_and_spaces_behind_commas(tmp_path):
    table = '\n \r\n\ntitle, text\nOne story, "x, y"\nTwo stories, z, z\n'
    (story,), (rejected,) = read(write(tmp_path / "a.csv", table))
    assert (story.title, story.text, rejected.place) == ("One story", "x, y", "a.csv:6")
    (story,), _ = read(write(tmp_path / "b.csv", 'title,text\nOne story, "x" and y\n'))
    assert story.text == '"x" and y', "where the names have none, a space is part of its cell"
    assert read(write(tmp_path / "c.csv", "\n\n")) == ([], [])


def test_a_quotation_mark_that_is_never_closed_swallows_nothing_in_silence(tmp_path):
    text = 'title,text\nOne story,x\nTwo stories,"y\nThree stories,z\n'
    stories, (rejected,) = read(write(tmp_path / "a.csv", text))
    assert [story.title for story in stories] == ["One story"]
    assert rejected.place == "a.csv:3"
    assert "never closed" in rejected.reason
    stories, rejects = read(write(tmp_path / "b.csv", 'title,text\nOne story,x\nTwo stories,"y\nz"'))
    assert [story.text for story in stories] == ["x", "y\nz"], "the last line needs no line end"
    assert not rejects


def test_what_excel_writes(tmp_path):
    (story,), _ = read(write(tmp_path / "a.csv", "\ufeffsep=;\r\ntitle;text\r\nOne, two;x\r\n"))
    assert (story.title, story.text) == ("One, two", "x")
    with pytest.raises(CorpusError, match=r"a.csv: its lines end with CR alone"):
        read(write(tmp_path / "a.csv", "title,text\rOne story,x\r"))


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_quotation_marks_behind_backslashes(tmp_path, end):
    rows = [
        r"title,text,section",
        r'"He said \"no\", twice","It is in C:\new\, they say: \"",City',
        r'One,"ends in a backslash \\",Port',
        r'Two,"of two',
        r'lines, \"both\" of them",Port',
    ]
    text = (end or "\n").join(rows) + end
    for file in (write(tmp_path / "a.csv", text), write(tmp_path / "a.csv.gz", gzip.compress(text.encode()))):
        stories, rejects = read(file)
        assert not rejects
        assert [story.title for story in stories] == ['He said "no", twice', "One", "Two"]
        assert [story.text.splitlines() for story in stories] == [
            ['It is in C:\\new\\, they say: "'],
            ["ends in a backslash \\"],
            ["of two", 'lines, "both" of them'],
        ]
        assert [story.section for story in stories] == ["City", "Port", "Port"]


@pytest.mark.parametrize(
    ("rows", "texts"),
    [
        ([r'One,"lies in C:\",City', r'Two,"a ""b"" c:\\d",City'], ["lies in C:\\", r'a "b" c:\\d']),
        ([r'One,"lies in C:\",City', r"Two,x", r'Three,"y\",Port'], ["lies in C:\\", "x", "y\\"]),
        ([r"One,a 5\" nail,City", r"Two,x,City"], [r"a 5\" nail", "x"]),
        ([r'One,"he said \"no\"",City', r"Two,x"], [r'he said \no\""', "x"]),
    ],
    ids=["ordinary", "a short row", "bare", "neither form"],
)
def test_backslashes_of_a_table_that_is_not_known_to_escape_stay(tmp_path, rows, texts):
    stories, rejects = read(write(tmp_path / "a.csv", "\n".join(["title,text,section", *rows]) + "\n"))
    assert [story.text for story in stories] == texts
    assert not rejects


def test_columns_of_one_name_are_kept_apart(tmp_path):
    (story,), _ = read(write(tmp_path / "a.csv", "title,text,title,category,category\nOne,x,Two,City,Port\n"))
    assert (story.title, story.section) == ("One", "City")
    assert story.extra == {"title_2": "Two", "category_2": "Port"}


def test_a_table_without_a_line_has_no_story(tmp_path):
    assert read(write(tmp_path / "a.csv", "")) == ([], [])


@pytest.mark.parametrize("encoding", ["klingon", "base64", "rot13", "undefined"])
def test_an_encoding_that_is_none_of_text_is_named(tmp_path, encoding):
    with pytest.raises(CorpusError, match=f"a.csv: no encoding '{encoding}'"):
        open_corpus(f"{write(tmp_path / 'a.csv', 'title,text')}#encoding={encoding}")


def test_damaged_tables(tmp_path):
    stories, (rejected,) = read(write(tmp_path / "a.csv", b"title,text\nOne story,caf\xe9\nTwo stories,x\n"))
    assert [story.title for story in stories] == ["Two stories"]
    assert (rejected.place, "encoding=" in rejected.reason) == ("a.csv:2", True)
    path = write(tmp_path / "b.csv", b"title,text\nOne story,caf\xe9\n")
    (story,), _ = read(path, f"{path}#encoding=latin-1")
    assert story.text == "café"
    stories, rejected = read(write(tmp_path / "c.csv", "title,text\nOne,a\nTwo,b,c,d\nThree,c\n"))
    assert ([story.title for story in stories], len(rejected)) == (["One", "Three"], 1)


def test_parquet(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    import datetime

    table = arrow.table(
        {
            "headline": ["One story", "Two stories", None],
            "body": ["First.", "Second.", None],
            "published_at": [datetime.datetime(2024, 5, 4, 10), None, None],
            "tags": [["a", "b"], [], None],
            "views": [1, 2, 3],
        }
    )
    parquet.write_table(table, tmp_path / "a.parquet")
    (one, _two), (rejected,) = read(tmp_path / "a.parquet")
    assert (one.title, one.tags, str(one.published), one.extra) == (
        "One story",
        ("a", "b"),
        "2024-05-04T10:00:00Z",
        {"views": 1},
    )
    assert rejected.place == "a.parquet: row 3"
    data = (tmp_path / "a.parquet").read_bytes()
    _, (rejected,) = read(write(tmp_path / "b.parquet", data[:-20]))
    assert "damaged" in rejected.reason


def test_parquet_with_times_to_the_nanosecond(tmp_path):
    """As pandas writes them, in a column that is a field or in any other."""
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    times = arrow.array([1_714_806_672_000_000_001, None], arrow.timestamp("ns", "Europe/Kyiv"))
    parquet.write_table(arrow.table({"title": ["One", "Two"], "date": times, "seen": times}), tmp_path / "a.parquet")
    (one, two), rejected = read(tmp_path / "a.parquet")
    assert (str(one.published), two.published, rejected) == ("2024-05-04T07:11:12Z", None, [])


def test_a_database(tmp_path):
    pytest.importorskip("sqlalchemy")
    with sqlite3.connect(tmp_path / "news.db") as file:
        file.execute("CREATE TABLE stories (id INTEGER, headline TEXT, body TEXT, day TEXT)")
        rows = [
            (1, "One story", "First.", "2024-05-04"),
            (2, "Two: 50%", "Second & #1", "2024-05-05"),
            (3, None, None, None),
        ]
        file.executemany("INSERT INTO stories VALUES (?, ?, ?, ?)", rows)
    file.close()
    (one, _two), (_rejected,) = read(None, f"sql:sqlite:///{tmp_path}/news.db#table=stories&published=day")
    assert (one.id, one.title, str(one.published)) == ("1", "One story", "2024-05-04")
    query = "SELECT headline AS title, body AS text FROM stories WHERE headline LIKE '%: 5%' AND body LIKE '%&%#%'"
    (story,), _ = read(None, f"sql:sqlite:///{tmp_path}/news.db#query={query}")
    assert story.title == "Two: 50%"
    with pytest.raises(CorpusError, match="no database at"):
        read(None, f"sql:sqlite:///{tmp_path}/nothing.db#table=x")
    with pytest.raises(CorpusError, match="the query failed: no such table"):
        read(None, f"sql:sqlite:///{tmp_path}/news.db#table=missing")
    with pytest.raises(CorpusError, match=r"say what to read"):
        read(None, f"sql:sqlite:///{tmp_path}/news.db")
    with pytest.raises(CorpusError) as caught:
        read(None, "sql:postgresql+nodriver://me:secret@db.example/x#table=y")
    assert "secret" not in str(caught.value)


def test_sites_with_front_matter(tmp_path):
    for name, text in samples.FRONT_MATTER.items():
        write(tmp_path / "site" / name, text)
    stories, rejected = read(tmp_path / "site")
    assert not rejected
    by_title = {story.title: story for story in stories}
    assert len(by_title) == 5
    bridge, closed, vote = by_title["Bridge opens"], by_title["Bridge closed"], by_title["Council votes"]
    assert str(bridge.published) == "2024-05-04T07:11:12Z"
    assert (bridge.tags, bridge.section, vote.section) == (("bridge", "river"), "city", "City Hall")
    assert str(vote.published) == "2024-05-02T08:00:00Z"
    assert {(pointer.id, pointer.kind) for pointer in bridge.read_more if pointer.id} == {
        (vote.id, None),
        (closed.id, "in_text"),
    }
    assert [pointer.url for pointer in bridge.read_more if not pointer.id] == ["https://elsewhere.example/x"]
    assert [pointer.id for pointer in closed.read_more] == [bridge.id]
    ferry, island = by_title["Ferry line"], by_title["The island"]
    assert (str(ferry.published), island.status) == ("2024-05-01", "withheld")
    assert [pointer.id for pointer in ferry.read_more] == [island.id]
    assert all("http" not in story.text and "{" not in story.text for story in stories)
    assert all(story.url is None for story in stories)


def test_addresses_of_a_site(tmp_path):
    for name, text in samples.FRONT_MATTER.items():
        write(tmp_path / "site" / name, text)
    stories, _ = read(None, f"{tmp_path}/site#base=https://news.example")
    assert "https://news.example/city/bridge/" in {story.url for story in stories}
    stories, _ = read(None, f"{tmp_path}/site#base=https://news.example&permalink=/:year/:month/:slug.html")
    assert "https://news.example/2024/05/ferry.html" in {story.url for story in stories}


@pytest.mark.parametrize(
    ("permalink", "dated", "undated"),
    [
        ("/:year/:month/:day/:slug/", "https://news.example/2024/01/04/three/", None),
        ("/:section/:title.html", "https://news.example/city/three.html", "https://news.example/city/four.html"),
        ("/:categories/:path/", "https://news.example/city/city/three/", "https://news.example/city/city/four/"),
    ],
)
def test_a_permalink_has_the_day_that_the_page_says_or_makes_no_address(tmp_path, permalink, dated, undated):
    head = '<meta property="article:published_time" content="2024-01-04T10:00:00Z">'
    text = "<body><h1>The {} bridge</h1><p>The bridge is closed for a year.</p>"
    write(tmp_path / "site" / "city" / "three.html", f"<head>{head}</head>{text.format('third')}")
    write(tmp_path / "site" / "city" / "four.html", text.format("fourth"))
    stories, _ = read(None, f"{tmp_path}/site#base=https://news.example&permalink={permalink}")
    assert {story.title: story.url for story in stories} == {"The third bridge": dated, "The fourth bridge": undated}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("base=https://news.example&permalink=/:year/:foo/", "permalink has no ':foo'; there are :year, :month"),
        ("base=nope", "base is 'nope', expected an address such as https://news.example"),
    ],
)
def test_an_address_of_a_site_that_cannot_be_is_refused(tmp_path, options, says):
    write(tmp_path / "site" / "a.md", "# The bridge\n\nIt is closed.")
    with pytest.raises(CorpusError, match=says):
        read(None, f"{tmp_path}/site#{options}")


BODY = (
    "<p>The bridge was closed for years because nobody would pay for it, and it <a href='/{other}'>rusted</a>.</p>" * 3
)


def page(number, title="Bridge opens"):
    body = (
        BODY.format(other=3 - number)
        + '<h3>Read more</h3><ul><li><a href="/3">Council votes for the repair</a></li></ul>'
    )
    return samples.PAGE.format(title=title, url=f"/{number}", body=body).encode()


def test_a_sitemap_with_the_pages_behind_it(site):
    site.set(
        "/sitemap.xml", f"<sitemapindex><sitemap><loc>{site.url('/news.xml')}</loc></sitemap></sitemapindex>".encode()
    )
    entries = "".join(
        f"<url><loc>{site.url(f'/{number}')}</loc><news:news><news:title>T{number}</news:title>"
        f"<news:publication_date>2024-05-04</news:publication_date></news:news></url>"
        for number in (1, 2, 404)
    )
    head = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">'
    site.set("/news.xml", gzip.compress(f"{head}{entries}<url><loc>ftp://x/y</loc></url></urlset>".encode()))
    site.set("/1", page(1), Content_Type="text/html")
    site.set("/2", page(2, "Bridge closed"), Content_Type="text/html")
    stories, rejected = read(None, f"{site.url('/sitemap.xml')}#private=yes")
    assert [story.title for story in stories] == ["Bridge opens", "Bridge closed"]
    one = stories[0]
    assert one.url == site.url("/1")
    assert (one.section, one.source, one.authors, one.tags) == (
        "City",
        "The Gazette",
        ("Ann Bee",),
        ("bridge", "river"),
    )
    assert str(one.published) == "2024-05-04T07:11:12Z"
    assert one.text.startswith("The bridge was closed")
    assert not re.search("cookies|©|Gazette|Council", one.text)
    assert pointers(one) == [
        ("Council votes for the repair", site.url("/3"), None),
        ("", site.url("/2"), "in_text"),
    ]
    assert sorted(item.place.removeprefix(site.address) for item in rejected) == ["/404", "/news.xml:1"]
    (_,), (more,) = read(None, f"{site.url('/news.xml')}#private=yes&max_pages=1")
    assert "more than 1 pages" in more.reason


def test_a_page_that_a_sitemap_names_by_its_places_is_one_story(site):
    locations = "".join(f"<url><loc>{site.url(path)}</loc></url>" for path in ("/1#start", "/1", "/1#end"))
    site.set("/map.xml", f"<urlset>{locations}</urlset>".encode())
    site.set("/1", page(1), Content_Type="text/html")
    (story,), rejected = read(None, f"{site.url('/map.xml')}#private=yes")
    assert (story.id, rejected) == (site.url("/1"), [])


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
@pytest.mark.parametrize("where", ["address", "file"])
def test_a_packed_sitemap_and_one_that_is_cut_off(site, tmp_path, pack, where):
    entries = "".join(f"<url><loc>{site.url(f'/{number}')}</loc></url>" for number in range(1, 5_000))
    site.set("/1", page(1), Content_Type="text/html")
    packed = pack(f"<urlset>{entries}</urlset>".encode())
    for data in (packed, packed[:-10]):
        site.set("/map.xml", data)
        path = write(tmp_path / "map.xml.gz", data)
        name = f"{site.url('/map.xml') if where == 'address' else path}#private=yes&max_pages=1"
        (story,), rejected = read(None, name)
        assert story.url == site.url("/1")
        assert "more than 1 pages" in rejected[0].reason
    rest = " ".join(map(str, range(60_000)))
    packed = pack(f"<urlset><url><loc>{site.url('/1')}</loc></url><!-- {rest} --></urlset>".encode())[:-9]
    site.set("/map.xml", packed)
    path = write(tmp_path / "map.xml.gz", packed)
    _, (rejected,) = read(None, f"{site.url('/map.xml') if where == 'address' else path}#private=yes")
    assert re.match(r"damaged or cut off \(.*\); what stands before was read", rejected.reason)


def test_urls(site):
    site.set("/feed", samples.RSS.encode(), Content_Type="application/rss+xml")
    stories, rejected = read(None, f"{site.url('/feed')}#private=yes")
    assert (len(stories), len(rejected)) == (3, 1)
    site.set("/1", page(1))
    (story,), _ = read(None, f"{site.url('/1')}#private=yes")
    assert story.title == "Bridge opens"
    site.set("/", b"<html><link rel=alternate type=application/rss+xml href=/feed><p>Welcome")
    with pytest.raises(CorpusError, match=r"is a page; it names these feeds: http://127.0.0.1:\d+/feed"):
        read(None, f"{site.url('/')}#private=yes")
    with pytest.raises(CorpusError, match="404"):
        read(None, f"{site.url('/nothing')}#private=yes")


def warc_record(path, status, kind, body):
    answer = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n\r\n".encode() + body
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{path}>\r\nWARC-Date: 2024-05-04T10:11:12Z\r\n"
    )
    head += f"WARC-Target-URI: https://gazette.example{path}\r\nContent-Type: application/http; msgtype=response\r\n"
    return gzip.compress(f"{head}Content-Length: {len(answer)}\r\n\r\n".encode() + answer + b"\r\n\r\n")


def warc():
    records = [
        ("/1", "200 OK", "text/html; charset=utf-8", page(1)),
        ("/2", "200 OK", "text/html", page(2, "Bridge closed")),
        ("/3", "404 Not Found", "text/html", b"no"),
        ("/4", "200 OK", "image/png", b"PNG"),
        ("/5", "200 OK", "text/html", b"<p>hello"),
    ]
    return b"".join(warc_record(*record) for record in records)


def test_warc(tmp_path):
    pytest.importorskip("warcio")
    write(tmp_path / "a.warc.gz", warc())
    (one, two), (rejected,) = read(tmp_path / "a.warc.gz")
    assert (one.url, two.title) == ("https://gazette.example/1", "Bridge closed")
    assert pointers(two)[1] == ("", "https://gazette.example/1", "in_text")
    assert "no article" in rejected.reason
    data = (tmp_path / "a.warc.gz").read_bytes()
    assert isinstance(read(write(tmp_path / "b.warc.gz", data[: len(data) // 2]))[1][-1], Rejected)


def test_a_warc_is_read_however_it_is_packed_and_says_where_it_is_cut_off(tmp_path):
    pytest.importorskip("warcio")
    packed = warc()
    data = gzip.decompress(packed)
    whole, _ = read(write(tmp_path / "a.warc", data))
    assert len(whole) == 2
    for name, content in (("b.warc.gz", gzip.compress(data)), ("c.warc.zst", zstandard.compress(data))):
        assert read(write(tmp_path / name, content))[0] == whole
    in_a_page = data.index(b"WARC-Target-URI: https://gazette.example/2") + 700
    cuts = [("d.warc", data[:in_a_page])]
    cuts += [("e.warc.gz", packed[:end]) for end in range(len(packed) // 3, len(packed) - 8, 97)]
    for name, content in cuts:
        stories, rejects = read(write(tmp_path / name, content))
        assert stories == whole[: len(stories)]
        assert "damaged or cut off here" in rejects[-1].reason, f"{name}, {len(content)} bytes"
        assert "NoneType" not in rejects[-1].reason


def test_a_missing_part_is_named(tmp_path, monkeypatch):
    from recommender.errors import MissingExtra

    for module, name, extra in (
        ("pyarrow", write(tmp_path / "a.parquet", b"x"), "parquet"),
        ("warcio", write(tmp_path / "a.warc", b"x"), "warc"),
        ("sqlalchemy", "sql:sqlite:///x#table=y", "sql"),
    ):
        for part in [key for key in sys.modules if key == module or key.startswith(f"{module}.")]:
            monkeypatch.delitem(sys.modules, part)
        monkeypatch.setitem(sys.modules, module, None)
        said = re.escape(f"{sys.executable} -m pip install 'related-articles-recommender[{extra}]'")
        with pytest.raises(MissingExtra, match=f"{said}$"):
            list(open_corpus(name))


def test_a_missing_driver_is_named_by_the_package_that_brings_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "MySQLdb", None)
    with pytest.raises(
        CorpusError, match=rf"MySQLdb is not installed: {re.escape(sys.executable)} -m pip install mysqlclient$"
    ):
        read(None, "sql:mysql://me:secret@db.example/x#table=y")


def test_a_file_of_a_folder_that_cannot_be_opened_is_rejected(tmp_path, monkeypatch):
    write(tmp_path / "all" / "a.xml", samples.RSS)
    write(tmp_path / "all" / "b.jsonl", '{"title": "Bridge opens"}')
    really = Stream.open

    def refuse(path):
        if path.name == "a.xml":
            raise PermissionError(13, "Permission denied")
        return really(path)

    monkeypatch.setattr(Stream, "open", refuse)
    (story,), (rejected,) = read(tmp_path / "all")
    assert (story.title, rejected) == (
        "Bridge opens",
        Rejected("all/a.xml", "cannot be read: Permission denied"),
    )


@pytest.mark.parametrize("size", [10, 100_000])
def test_a_folder_of_temporary_files_that_is_full_is_named(tmp_path, monkeypatch, size):
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: Path("/dev/full").open("w+b"))  # noqa: SIM115
    monkeypatch.setattr(tempfile, "tempdir", "/scratch")
    path = write(tmp_path / "a.csv", "title,text\nBridge opens," + "x" * size + "\n")
    with pytest.raises(CorpusError, match=r"temporary files, /scratch, cannot be written .No space.*set TMPDIR"):
        read(path)


def test_a_folder_of_every_kind(tmp_path):
    write(tmp_path / "all" / "feed.xml", samples.RSS)
    write(tmp_path / "all" / "item.json", samples.NINJS)
    write(tmp_path / "all" / "package.json", json.dumps({"name": "site", "version": "1"}))
    write(tmp_path / "all" / "table.csv", "title,text\nA table,has rows\n")
    write(tmp_path / "all" / "style.xml", "<xsl/>")
    corpus = open_corpus(tmp_path / "all")
    assert len([item for item in corpus if isinstance(item, Story)]) == 5


RELATIVE = """<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>The Gazette</title><atom:link rel="self" href="https://feeds.example/gazette"/>
<image><url>/logo.png</url><link>https://logo.example/</link></image>
<link>https://gazette.example/</link>
<item><title>One story</title><link>/1</link><media:content url="/1.jpg" medium="image"/>
<description>&lt;p&gt;It &lt;a href="/2"&gt;was closed&lt;/a&gt;.&lt;/p&gt;</description></item>
<item><title>Two stories</title><guid isPermaLink="true">news/2</guid></item>
<item><title>Three stories</title><guid>3</guid></item>
<item><title>Four stories</title><guid>https://gazette.example/4</guid></item>
<item xml:base="https://other.example/a/"><title>Five stories</title><link>5</link>
<description>&lt;p&gt;It &lt;a href="6"&gt;was closed&lt;/a&gt;.&lt;/p&gt;</description></item>
</channel></rss>"""
RELATIVE_ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://gazette.example/news/"><title>G</title>
<link rel="self" href="https://feeds.example/atom"/><link rel="alternate" href="/"/>
<entry><title>One story</title><id>urn:1</id><link href="1"/>
<content type="html" xml:base="pages/">&lt;p&gt;It &lt;a href="2"&gt;was closed&lt;/a&gt;.&lt;/p&gt;</content></entry>
<entry xml:base="ftp://files.example/"><title>Two stories</title><id>urn:2</id><link href="2"/></entry></feed>"""
SELF_ONLY = """<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="https://gazette.example/news/atom"/>
<entry><title>One story</title><id>urn:1</id><link href="1"/></entry></feed>"""


def test_relative_addresses_of_a_feed_in_a_file_are_completed(tmp_path):
    stories, _ = read(write(tmp_path / "rss.xml", RELATIVE))
    assert [story.url for story in stories] == [
        "https://gazette.example/1",
        "https://gazette.example/news/2",
        None,
        "https://gazette.example/4",
        "https://other.example/a/5",
    ]
    assert [story.id for story in stories][2] == "3"
    assert stories[0].image.url == "https://gazette.example/1.jpg"
    assert pointers(stories[0]) == [("", "https://gazette.example/2", "in_text")]
    assert pointers(stories[4]) == [("", "https://other.example/a/6", "in_text")]
    (one, two), _ = read(write(tmp_path / "atom.xml", RELATIVE_ATOM))
    assert (one.url, two.url) == ("https://gazette.example/news/1", "https://gazette.example/news/2")
    assert pointers(one) == [("", "https://gazette.example/news/pages/2", "in_text")]
    (one,), _ = read(write(tmp_path / "self.xml", SELF_ONLY))
    assert one.url == "https://gazette.example/news/1"
    item = {"id": "1", "url": "/1", "image": "/1.jpg", "content_html": "<p>It <a href='/2'>was</a>.</p>"}
    feed = {"version": "https://jsonfeed.org/version/1.1", "home_page_url": "https://gazette.example/", "items": [item]}
    (one,), _ = read(write(tmp_path / "feed.json", json.dumps(feed)))
    assert (one.url, one.image.url) == ("https://gazette.example/1", "https://gazette.example/1.jpg")
    assert pointers(one) == [("", "https://gazette.example/2", "in_text")]


SOON = "is not a date that can be told"
FEED_DATES = """<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
<item><title>One story</title><pubDate>soon</pubDate></item>
<item><title>Two stories</title><pubDate>soon</pubDate><dc:date>2024-05-04</dc:date></item>
<item><title>Three stories</title><pubDate>Sat, 04 May 2024 10:00:00 GMT</pubDate><updated>99/99/2024</updated></item>
<item><title>Four stories</title><pubDate></pubDate></item>
</channel></rss>"""


def test_an_item_with_a_date_that_cannot_be_told_is_rejected_as_a_record_is(tmp_path):
    (two, four), (one, three) = read(write(tmp_path / "feed.xml", FEED_DATES))
    assert (str(two.published), four.published) == ("2024-05-04", None)
    assert (one.place, three.place) == ("feed.xml:2", "feed.xml:4")
    assert one.reason.startswith(f"pubdate: 'soon' {SOON}")
    assert three.reason.startswith("updated: '99/99/2024' does not say which is the day")
    items = [{"id": "1", "title": "One", "date_published": "soon"}, {"id": "2", "title": "Two", "date_modified": 7}]
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": items}
    stories, (one, two) = read(write(tmp_path / "feed.json", json.dumps(feed)))
    assert not stories
    assert one.reason.startswith(f"date_published: 'soon' {SOON}")
    assert two.reason.startswith(f"date_modified: '7' {SOON}")
    item = json.loads(samples.NINJS)
    stories, (one,) = read(write(tmp_path / "1.json", json.dumps(item | {"embargoed": "soon"})))
    assert not stories
    assert one.reason.startswith(f"embargoed: 'soon' {SOON}")


def test_dates_of_a_wordpress_export(tmp_path):
    good, gmt = (
        "<pubDate>Sat, 04 May 2024 10:11:12 +0000</pubDate>",
        "<![CDATA[2024-05-04 10:11:12]]></wp:post_date_gmt>",
    )
    assert good in samples.WXR
    text = samples.WXR.replace(good, "<pubDate>Mon, 30 Nov -0001 00:00:00 +0000</pubDate>")
    stories, rejected = read(write(tmp_path / "a.xml", text))
    assert (len(stories), rejected) == (2, []), "the post's own date comes before that of the feed"
    text = samples.WXR.replace(gmt, "0000-00-00 00:00:00</wp:post_date_gmt>").replace(good, "")
    (one, _), _ = read(write(tmp_path / "b.xml", text))
    assert one.published is None, "so WordPress writes that there is none"
    text = samples.WXR.replace(gmt, "soon</wp:post_date_gmt>")
    (two,), (one,) = read(write(tmp_path / "c.xml", text.replace(good, "")))
    assert (two.title, one.reason[:22]) == ("Closed", "post_date_gmt: 'soon' ")


def test_the_pictures_of_a_sitemap_are_no_pages_of_it():
    entry = b"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://i.example/i"
     xmlns:news="http://n.example/n"><url><loc>https://gazette.example/1</loc>
     <news:news><news:title>Bridge opens</news:title></news:news>
     <image:image><image:loc>https://gazette.example/1.jpg</image:loc><image:title>The bridge</image:title>
     </image:image></url></urlset>"""
    (found,) = sitemap_entries(entry, "https://gazette.example/sitemap.xml")
    assert (found.url, found.hints) == ("https://gazette.example/1", {"title": "Bridge opens"})


def wordpress_item(name, kind="post", password=""):
    return (
        f"<item><title>{name}</title><link>https://gazette.example/{name}/</link><dc:creator>ann</dc:creator>"
        f"<content:encoded>Text of {name}.</content:encoded><wp:status>publish</wp:status>"
        f"<wp:post_type>{kind}</wp:post_type><wp:post_password>{password}</wp:post_password></item>"
    )


def wordpress(*items):
    head = samples.WXR.partition("<item>")[0]
    author = "<wp:author><wp:author_login>ann</wp:author_login><wp:author_display_name>Ann Bee</wp:author_display_name>"
    return f"{head}{author}</wp:author>{''.join(items)}</channel></rss>"


def test_authors_of_a_wordpress_export_have_names_and_protected_posts_are_withheld(tmp_path):
    (one, two), rejected = read(
        write(tmp_path / "a.xml", wordpress(wordpress_item("One"), wordpress_item("Two", password="x")))
    )
    assert not rejected
    assert (one.authors, one.status, two.status) == (("Ann Bee",), "usable", "withheld")


def test_a_wordpress_export_of_other_types_than_posts_says_so(tmp_path):
    items = [wordpress_item("One", "article"), wordpress_item("Two", "article"), wordpress_item("About", "page")]
    stories, (rejected,) = read(write(tmp_path / "a.xml", wordpress(*items)))
    assert not stories
    assert rejected.reason.startswith("no post was published, but 2 of the type 'article': give what /wp-json/wp/v2/")
    assert read(write(tmp_path / "b.xml", wordpress(wordpress_item("About", "page")))) == ([], [])


def test_ninjs_of_several_bodies_and_people(tmp_path):
    item = {
        "uri": "urn:agency:1", "type": "text", "versioncreated": "2024-05-05T10:11:12Z", "by": "By Ann Bee",
        "headlines": [{"value": "Bridge opens"}], "people": [{"name": "The Mayor"}],
        "bodies": [
            {"role": "text", "contenttype": "text/plain", "value": "It was closed."},
            {"role": "html5", "contenttype": "text/html", "value": "<h1>Bridge opens</h1><p>It was <b>closed</b>.</p>"},
            {"role": "nitf", "contenttype": "application/xml", "value": "<NITF><H>AGENCY-7</H><P>It was closed.</P>"},
        ],
    }  # fmt: skip
    (story,), _ = read(write(tmp_path / "1.json", json.dumps(item)))
    assert (story.text, story.authors) == ("It was closed.", ("Ann Bee",))


@pytest.mark.parametrize(("stated", "status"), [("published", "usable"), ("draft", "withheld")])
def test_the_status_and_picture_of_front_matter(tmp_path, stated, status):
    text = f"---\ntitle: One\nstatus: {stated}\nheroImage: /blog/a.jpg\nupdatedDate: 2024-05-05\n---\nText.\n"
    write(tmp_path / "site" / "one.md", text)
    (story,), _ = read(tmp_path / "site", f"{tmp_path / 'site'}#base=https://gazette.example")
    assert (story.status, str(story.modified)) == (status, "2024-05-05")
    assert story.image.url == "https://gazette.example/blog/a.jpg"


def test_structures_in_parquet(tmp_path):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    row = {
        "headline": "Bridge opens", "section": {"id": 3, "name": "City"}, "authors": [{"name": "Ann Bee"}],
        "image": {"src": "https://gazette.example/1.jpg", "width": 600}, "related": [12, 15],
    }  # fmt: skip
    parquet.write_table(arrow.Table.from_pylist([row]), tmp_path / "a.parquet")
    (story,), rejected = read(tmp_path / "a.parquet")
    assert not rejected
    assert (story.section, story.authors, story.image.width) == ("City", ("Ann Bee",), 600)
    assert [pointer.id for pointer in story.read_more] == ["12", "15"]
