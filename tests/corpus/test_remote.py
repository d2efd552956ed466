"""What an address answers is read as the same file on disk is: told by options, beginning, name and media type."""

import gzip
import io
import json

import pytest
import samples
import zstandard
from test_ways_in import page, warc_record

from recommender.corpus import Rejected
from recommender.corpus.fetch import Limits
from recommender.corpus.follow import Follower
from recommender.corpus.memory import Memory
from recommender.corpus.remote import Remote
from recommender.corpus.spec import parse_spec
from recommender.errors import CorpusError
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
