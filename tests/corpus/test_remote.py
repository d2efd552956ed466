"""What an address answers is read as the same file on disk is: told by options, beginning, name and media type."""

import contextlib
import gzip
import io
import json
import time

import pytest
import samples
import zstandard
from test_ways_in import page, warc_record

from recommender.corpus import Rejected
from recommender.corpus.answers import FetchFailed
from recommender.corpus.fetch import Fetcher, Limits
from recommender.corpus.follow import Follower
from recommender.corpus.memory import Memory
from recommender.corpus.remote import Remote
from recommender.corpus.spec import parse_spec
from recommender.errors import CorpusError
from recommender.progress import Silent
from recommender.stories import Story

RECORDS = [{"id": str(number), "title": f"Story {number}", "text": "It is told."} for number in range(3)]
LINES = "\n".join(map(json.dumps, RECORDS)).encode()
CSV = b"id,title,text\n" + b"".join(f"{number},Story {number},It is told.\n".encode() for number in range(3))
STORIES = [Story(id=str(number), title=f"Story {number}", text="It is told.") for number in range(3)]
LIST = json.dumps(RECORDS, indent=1).encode()


def read(site, fetcher, path, data, options="", **headers):
    site.set(path, data, **headers)
    return list(Remote(parse_spec(site.url(path) + options), fetcher))


@pytest.mark.parametrize(
    ("path", "data", "options", "kind"),
    [
        ("/export", CSV, "#format=csv", None),
        ("/export", CSV, "#format=csv", "text/html"),
        ("/news.csv", CSV, "", "application/octet-stream"),
        ("/news.csv?day=1", CSV, "", "text/plain"),
        ("/export", CSV, "", "text/csv; charset=utf-8"),
        ("/news.tsv", CSV.replace(b",", b"\t"), "", None),
        ("/export", LINES, "#format=jsonl", None),
        ("/news.jsonl", LINES, "", "application/octet-stream"),
        ("/export", LINES, "", "application/x-ndjson"),
        ("/export", LINES, "", "text/plain"),
        ("/news.json", LINES, "", "application/json"),
        ("/news.json", LIST, "", "application/json"),
        ("/export", LIST, "#format=json", None),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"])
def test_a_file_behind_an_address_is_read_by_the_reader_of_files(site, fetcher, path, data, options, kind, pack):
    headers = {"Content_Type": kind} if kind else {}
    assert read(site, fetcher, path, pack(data), options, **headers) == STORIES


def test_packed_files_of_every_name(site, fetcher):
    for path, data in [("/a.jsonl.gz", LINES), ("/a.csv.gz", CSV), ("/a.json.gz", LIST)]:
        assert read(site, fetcher, path, gzip.compress(data), Content_Type="application/gzip") == STORIES
        # A server that says that it packed the file itself means the same bytes.
        assert read(site, fetcher, path, gzip.compress(data), Content_Encoding="gzip") == STORIES
    feed, rejected = [], []
    for item in read(site, fetcher, "/feed.xml.gz", gzip.compress(samples.RSS.encode())):
        (rejected if isinstance(item, Rejected) else feed).append(item)
    assert feed[0].url == "https://gazette.example/1"
    (one, two) = read(site, fetcher, "/export.xml.gz", gzip.compress(samples.WXR.encode()))
    assert (one.title, two.title) == ("Bridge & tunnel open", "Closed")


def test_a_table_takes_its_columns_delimiter_and_charset(site, fetcher):
    data = "kop;tekst\nBrug open;Het café is dicht.\n".encode("cp1252")
    options = "#title=kop&text=tekst&delimiter=;"
    (story,) = read(site, fetcher, "/a.csv", data, options, Content_Type="text/csv; charset=windows-1252")
    assert (story.title, story.text) == ("Brug open", "Het café is dicht.")
    (rejected,) = read(site, fetcher, "/a.csv", data, options)
    assert rejected.place == site.url("/a.csv") + ":2"


def test_records_take_their_names(site, fetcher):
    data = b'{"kop": "Brug open", "x": {"tekst": "Dicht."}}'
    for path, body in [("/a.jsonl", data), ("/a.json", b"[" + data + b"]"), ("/a", data)]:
        (story,) = read(site, fetcher, path, body, "#title=kop&text=x.tekst")
        assert (story.title, story.text) == ("Brug open", "Dicht.")


def test_articles(site, fetcher):
    body = b"---\ntitle: Bridge opens\n---\nThe bridge [was](/2) closed."
    (story,) = read(site, fetcher, "/story.md", body, Content_Type="text/plain")
    assert (story.title, story.url, story.id) == ("Bridge opens", site.url("/story.md"), site.url("/story.md"))
    (story,) = read(site, fetcher, "/story", b"Bridge opens\n\nThe bridge was closed.", "#format=text")
    assert (story.title, story.text, story.url) == ("Bridge opens", "The bridge was closed.", site.url("/story"))
    (story,) = read(site, fetcher, "/news.csv", page(1, "Bridge opens"), Content_Type="text/html")
    assert story.title == "Bridge opens", "a page that shows a table is a page"


def test_parquet_and_warc(site, fetcher):
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    pytest.importorskip("warcio")
    out = io.BytesIO()
    parquet.write_table(arrow.table({name: [record[name] for record in RECORDS] for name in RECORDS[0]}), out)
    for path in ("/a.parquet", "/export"):
        assert read(site, fetcher, path, out.getvalue(), Content_Type="application/octet-stream") == STORIES
    data = warc_record("/1", "200 OK", "text/html", page(1, "Bridge opens"))
    for path in ("/a.warc.gz", "/export"):
        (story,) = read(site, fetcher, path, data, Content_Type="application/octet-stream")
        assert story.title == "Bridge opens"


@pytest.mark.parametrize(("path", "data"), [("/a.jsonl.gz", LINES * 200), ("/a.xml.gz", samples.RSS.encode() * 9)])
def test_a_file_that_is_cut_off_gives_what_stands_before(site, fetcher, path, data):
    *stories, rejected = read(site, fetcher, path, gzip.compress(data)[:-20])
    assert isinstance(rejected, Rejected)
    assert "cut off" in rejected.reason or "broken XML" in rejected.reason
    assert any(isinstance(item, Story) for item in stories)


@pytest.mark.parametrize(("path", "kind"), [("/feed", "text/html"), ("/feed.xml", ""), ("/a.json", "application/json")])
def test_an_answer_that_is_empty_is_said_to_be(site, fetcher, path, kind):
    with pytest.raises(CorpusError, match=rf"{path}: the answer is empty$"):
        read(site, fetcher, path, b"", Content_Type=kind)
    assert read(site, fetcher, "/a.jsonl", b"") == [], "of a form that its name tells, a file without records"


def test_what_is_no_corpus_is_told_by_its_kind(site, fetcher):
    with pytest.raises(CorpusError, match=r"/a: application/pdf is no form that is known; if it is one, say #format="):
        read(site, fetcher, "/a", b"%PDF-1.7", Content_Type="application/pdf")
    with pytest.raises(CorpusError, match=r"/a.json: broken JSON"):
        read(site, fetcher, "/a.json", b"[1", Content_Type="application/json")
    with pytest.raises(CorpusError, match=r"/a.csv: which column holds the title or the text\? There are x, y"):
        read(site, fetcher, "/a.csv", b"x,y\n1,2\n")


def test_no_temporary_file_is_left(site, fetcher, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    site.set("/a.csv", CSV)
    items = iter(Remote(parse_spec(site.url("/a.csv")), fetcher))
    assert next(items) == STORIES[0]
    assert len(list(tmp_path.iterdir())) == 1
    items.close()
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    with pytest.raises(CorpusError, match=r"the folder of temporary files, .*none, cannot be written"):
        list(Remote(parse_spec(site.url("/a.csv")), fetcher))


class Notes(Silent):
    """Keeps what it is told."""

    def __init__(self):
        self.notes = []

    def note(self, text):
        self.notes.append(text)


def small(**limits):
    given = {"private": True, "pause": 0.0, "seconds": 5.0, "size": 400_000, "file_size": 1_000_000}
    return Fetcher(Limits(**given | limits), sleep=lambda _: None)


@pytest.mark.parametrize("kind", ["jsonl", "csv", "xml"])
def test_a_file_that_is_read_piece_by_piece_may_be_long(site, kind, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    told = "It is told at length. " * 5_000
    item = f"<item><title>Story</title><content:encoded>{told}</content:encoded></item>"
    export = (
        f'<rss xmlns:content="c" xmlns:wp="wordpress.org/export/"><wp:wxr_version>1.2</wp:wxr_version>{item * 4}</rss>'
    )
    lines, rows = json.dumps({"title": "Story", "text": told}) + "\n", f"Story,{told}\n"
    data = {"jsonl": lines * 4, "csv": "title,text\n" + rows * 4, "xml": export}[kind].encode()
    assert [story.title for story in read(site, small(), f"/a.{kind}", data)] == ["Story"] * 4
    with pytest.raises(FetchFailed, match=r"longer than 430,000 bytes; fetch it to a file, and read that"):
        read(site, small(file_size=430_000), f"/a.{kind}", data)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/feed", samples.RSS.encode() + b" " * 500_000),
        ("/page", page(1, "Bridge opens" + " again" * 90_000)),
        ("/a.json", json.dumps(RECORDS).encode() + b" " * 500_000),
        ("/a.txt", b"A headline\n\nA body" + b"." * 500_000),
        ("/sitemap.xml", b"<urlset></urlset>" + b" " * 500_000),
    ],
)
def test_what_is_read_whole_may_not(site, path, data):
    with pytest.raises(FetchFailed, match=r"longer than 400,000 bytes"):
        read(site, small(), path, data)


def test_a_long_file_may_take_its_time(site):
    def slowly(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(LINES.ljust(300_000) + b"\n")
        with contextlib.suppress(OSError):
            for line in (*b"        ", LINES):
                handler.wfile.flush()
                time.sleep(0.05)
                handler.wfile.write(line if isinstance(line, bytes) else bytes([line]))

    site.pages["/a.jsonl"] = site.pages["/a.json"] = slowly
    fetcher = small(size=1 << 20, seconds=0.3, file_seconds=30.0)
    assert list(Remote(parse_spec(site.url("/a.jsonl")), fetcher)) == STORIES * 2
    with pytest.raises(FetchFailed, match=r"no full answer within 0\.3 s"):
        list(Remote(parse_spec(site.url("/a.json#format=json")), fetcher))


def test_it_is_told_how_much_of_a_long_file_has_come(site, monkeypatch):
    monkeypatch.setattr("recommender.corpus.remote._TOLD", 1_000_000)
    data = LINES.ljust(2_500_000)
    site.set("/a.jsonl", data)
    notes = Notes()
    fetcher = small(file_size=1 << 30)
    assert list(Remote(parse_spec(site.url("/a.jsonl")), fetcher, notes)) == STORIES
    address = site.url("/a.jsonl")
    assert notes.notes == [f"{done} of 2 MB of {address} are fetched" for done in (1, 2)]
    site.set("/a.jsonl", gzip.compress(data), Content_Encoding="gzip")
    list(Remote(parse_spec(address), fetcher, notes := Notes()))
    assert notes.notes == [f"{done} MB of {address} are fetched" for done in (1, 2)], "the rest is not known"


def test_broken_json_at_an_address_is_asked_for_again(site, fetcher):
    """A file on disk stays broken, and what else a folder holds is read; what an address answers may be whole later."""
    with pytest.raises(CorpusError, match=r"/a.json: broken JSON: Expecting"):
        read(site, fetcher, "/a.json", b"[1, ")
    with pytest.raises(CorpusError, match=r"/a.json: not UTF-8: byte 0xff at offset 2"):
        read(site, fetcher, "/a.json", b'["\xff"]')


class Index:
    """A list of stories (`Sink`)."""

    def __init__(self):
        self.stories = []

    def current(self, story_id):
        return None

    def is_deleted(self, story_id):
        return False

    def put_many(self, stories):
        self.stories += stories
        return ["created"] * len(stories)


def test_a_file_is_followed_like_a_feed(site, tmp_path):
    memory, index = Memory(tmp_path), Index()
    site.set("/news.jsonl.gz", gzip.compress(LINES), ETag='"1"')
    limits = Limits(private=True, pause=0.0, seconds=5.0)
    follower = Follower([site.url("/news.jsonl.gz")], index, memory, limits=limits, sleep=lambda _: None)
    rounds = [follower.round()[0] for _ in range(2)]
    memory.close()
    assert [(one.outcome, one.created) for one in rounds] == [("read", 3), ("not modified", 0)]
    assert index.stories == STORIES
