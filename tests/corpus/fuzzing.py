"""Damaged input for every reader, and what must hold of whatever it makes of it."""

# ruff: noqa: E501

import contextlib
import gzip
import io
import json
import random
import socketserver
import sqlite3
import threading
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field

import samples
import zstandard

from recommender.cleaning import story_of
from recommender.corpus import Rejected, open_corpus
from recommender.corpus.answers import Document, FetchFailed
from recommender.corpus.fetch import Fetcher, Limits
from recommender.corpus.remote import Remote
from recommender.corpus.robots import Rules
from recommender.corpus.sitemap import SitemapPages
from recommender.corpus.spec import parse_spec
from recommender.errors import RecommenderError, RecordError
from recommender.ingest import prepare
from recommender.readmore import split_read_more
from recommender.records import MAX_ID, story_from_record
from recommender.stories import Story, dump_record

SLOWEST = 10.0
"""Seconds that a damaged sample of some kilobytes may take on a busy machine."""

TOKENS = [
    b"<", b">", b"</", b"]]>", b"<![CDATA[", b"<!--", b"&", b"&#0;", b"&amp;", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b'"', b"'", b"{", b"[",
    b"---\n", b"+++\n", b"\\u0000", b"\\ud800", b"javascript:x", b"http://[", b"\r", b"\n\n", b"9" * 400, b"-1", b"1e999", b"null", b"<div>" * 600,
    b"Read more:\n- ", b"{{< ref ", b"{% post_url ", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"<?xml version='1.0' encoding='utf-7'?>", b"\t", b",", b";",
    b"\x01a\x02b\x03", b"\xe2\x80\xae", b"\xc2\xad", b"0001-01-01", b"9999-12-31T23:59:60+14:00", b"<a href='//x'>", b"<br>", b"\xc3\x83\xc2\xa9",
]  # fmt: skip

SITEMAP = (
    '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://gazette.example/1</loc>'
    "<lastmod>2024-05-04</lastmod><news:news><news:title>One</news:title><news:publication_date>2024-05-04T10:00Z"
    "</news:publication_date></news:news></url><url><loc>/2</loc></url></urlset>"
)
INDEX = "<sitemapindex><sitemap><loc>https://gazette.example/a.xml</loc></sitemap><sitemap><loc>/b.xml.gz</loc></sitemap></sitemapindex>"
PAGE = samples.PAGE.format(title="T", url="/1", body="<p>Some <a href='/2'>text</a></p><h3>Read more</h3><ul><li>A b c")
CSV = 'title,text,url,date\n"One, story","First\nline",https://a.example/1,2024-05-04\nTwo,<p>x <a href="/2">y</a></p>,,4 May 2024\n'
ROBOTS = "User-agent: *\nDisallow: /a*b$\nCrawl-delay: 3\nAllow: /\nSitemap: https://gazette.example/s.xml\n"
HTTP = "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml; charset=utf-8\r\nContent-Encoding: identity\r\nETag: x\r\nContent-Length: {}\r\n\r\n{}"


def parquet():
    import pyarrow
    import pyarrow.parquet

    out = io.BytesIO()
    table = {"title": ["One", "Two"] * 50, "text": ["Some text"] * 100, "date": ["2024-05-04"] * 100}
    pyarrow.parquet.write_table(pyarrow.table(table), out)
    return out.getvalue()


def warc():
    import warcio  # noqa: F401
    from test_ways_in import page, warc_record

    records = [warc_record(f"/{number}", "200 OK", "text/html", page(number)) for number in (1, 2)]
    return gzip.decompress(b"".join(records))


def sqlite():
    import sqlalchemy  # noqa: F401

    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE stories (title TEXT, text TEXT, url TEXT, published TEXT, tags TEXT)")
    row = ("One", "Some <p>text</p>", "https://a.example/1", "2024-05-04", '["a", "b"]')
    base.executemany("INSERT INTO stories VALUES (?, ?, ?, ?, ?)", [row] * 40)
    base.commit()
    data = base.serialize()
    base.close()
    return data


def of_file(data, name, folder, draw):
    """As a file, or sometimes in a folder that is a site."""
    inner = folder / "site"
    inner.mkdir(exist_ok=True)
    path = inner / name
    path.write_bytes(data)
    return open_corpus(inner if name.endswith(("md", "html")) and draw.random() < 0.5 else path)


def of_pages(data, name, folder, draw):
    """A good page for every address of a damaged sitemap, or damaged pages behind a good one."""

    class Web:
        def get(self, url, conditions=None, *, size=None):
            if draw.random() < 0.1:
                raise FetchFailed(f"{url}: no")
            return Document(url, PAGE.encode() if "xml" in name else data, {"content-type": "text/html"})

    listed = data if "xml" in name else SITEMAP.encode()
    return SitemapPages("https://gazette.example/s.xml", Web(), 20, Document("https://gazette.example/s.xml", listed))


def of_address(data, name, folder, draw):
    """What a URL answers, of whatever kind it is."""
    spec = parse_spec("https://gazette.example/x")
    remote = Remote(spec, Fetcher(Limits(pause=0.0), sleep=lambda seconds: None))
    remote._fetcher.get = lambda url, conditions=None, *, size=None: (_ for _ in ()).throw(FetchFailed("no"))
    kind = draw.choice(["", "text/html; charset=koi8-r", "text/xml; charset=utf-16", 'x; charset="', "charset=zz"])
    return remote.stories(Document("https://gazette.example/x", data, {"content-type": kind}))


def of_database(data, name, folder, draw):
    """A damaged file of a database, or a sound one with damaged values."""
    path = folder / "a.sqlite"
    path.unlink(missing_ok=True)
    if name == "values.sqlite":
        base = sqlite3.connect(path)
        base.execute("CREATE TABLE stories (title, text, url, published, tags, read_more, image, digest)")
        odd = [data[:60], data.decode("utf-8", "replace"), 5, -1e300, None, b"\xff", "x"]
        sound = ["One", "Two <p>x</p><p>y</p>", "https://a.example/1", "2024-05-04", '["a"]', "Two | Three", None, None]
        values = [draw.choice(odd) if draw.random() < 0.3 else value for value in sound]
        base.execute("INSERT INTO stories VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
        base.commit()
        base.close()
    else:
        path.write_bytes(data)
    return open_corpus(f"sql:sqlite:///{path}#table=stories")


def of_wire(data, name, folder, draw):
    """What a server answers, head and all."""

    class Answer(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.settimeout(1)
            with contextlib.suppress(OSError):
                robots = b"robots" in self.request.recv(65_536).split(b"\r\n")[0]
                self.request.sendall(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n" if robots else data)

    with socketserver.TCPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        try:
            fetcher = Fetcher(Limits(private=True, pause=0.0, seconds=2.0, size=1 << 20), sleep=lambda seconds: None)
            spec = parse_spec(f"http://127.0.0.1:{server.server_address[1]}/feed")
            return list(Remote(spec, fetcher))
        finally:
            server.shutdown()
            thread.join()


def of_record(data, name, folder, draw):
    """A record as `PUT` gets it: any JSON in any field."""
    text = data.decode("utf-8", "surrogateescape" if draw.random() < 0.5 else "replace")
    odd = [
        text,
        text[:50],
        None,
        5,
        -1.5,
        True,
        [],
        [text],
        [None],
        [{"title": text}],
        [[]],
        {},
        {"url": text},
        "2024-05-04",
        "https://a.example/1",
    ]
    names = [*Story.__dataclass_fields__, "", "\ud800", "edition"]
    record = {"title": "One", "text": text} | {draw.choice(names): draw.choice(odd) for _ in range(draw.randrange(6))}
    try:
        return [story_of(record)]
    except RecordError as error:
        return [Rejected("record", str(error))]


def of_robots(data, name, folder, draw):
    """A robots.txt: read, and asked."""
    rules = Rules(data.decode("utf-8", "replace"))
    assert rules.allows("https://gazette.example/a/b") in (True, False)
    assert rules.delay >= 0
    return []


def of_text(data, name, folder, draw):
    """A body: what is cut from it was in it."""
    text = data.decode("utf-8", "replace")
    body, pointers = split_read_more(text)
    assert pointers or body == text
    return []


READERS = {
    "a.rss": (samples.RSS, of_file),
    "a.atom": (samples.ATOM, of_file),
    "a.rdf": (samples.RDF, of_file),
    "feed.json": (samples.JSON_FEED, of_file),
    "a.wxr": (samples.WXR, of_file),
    "n.json": (samples.NINJS, of_file),
    "n2.json": (samples.NINJS_2, of_file),
    "records.json": ('[{"title": "One", "text": "<p>x</p><p>y</p>"}, {"title": "Two", "published": "2024-05-04"}]', of_file),
    "a.html": (PAGE, of_file),
    "a.md": (samples.FRONT_MATTER["content/city/bridge.md"], of_file),
    "b.md": (samples.FRONT_MATTER["_posts/2024-05-01-ferry.md"], of_file),
    "c.md": (samples.FRONT_MATTER["content/city/closed.md"], of_file),
    "a.csv": (CSV, of_file),
    "a.tsv": (CSV.replace(",", "\t"), of_file),
    "a.jsonl": ('{"title": "One", "text": "<p>a</p><p>b <a href=\'/2\'>c</a></p>", "url": "https://a.example/1", "read_more": [{"title": "Two"}], "published": "2024-05-04"}\n{"title": "Two"}\n', of_file),
    "b.jsonl.gz": (gzip.compress(b'{"title": "One", "text": "x"}\n' * 20, mtime=0), of_file),
    "c.jsonl.zst": (zstandard.compress(b'{"title": "One", "text": "x"}\n' * 20), of_file),
    "a.txt": ("A headline\n\nThe body.\n\nRead more:\n- One story of it\n", of_file),
    "a.parquet": (parquet, of_file),
    "a.warc": (warc, of_file),
    "sitemap.xml": (SITEMAP, of_pages),
    "index.xml": (INDEX, of_pages),
    "sitemap.xml.gz": (gzip.compress(SITEMAP.encode(), mtime=0), of_pages),
    "pages": (PAGE, of_pages),
    "address: feed": (samples.RSS, of_address),
    "address: page": (PAGE, of_address),
    "address: JSON": (samples.JSON_FEED, of_address),
    "a.sqlite": (sqlite, of_database),
    "values.sqlite": ('One <p>x</p> 2024-05-04 ["a"]', of_database),
    "HTTP": (HTTP.format(len(samples.RSS.encode()), samples.RSS), of_wire),
    "robots.txt": (ROBOTS, of_robots),
    "PUT": ("<p>By Ann Bee</p><p>It <a href='/2'>is</a>.</p>\n\nRead more:\n- One story\n\nSubscribe now", of_record),
    "bodies": ("It is.\n\n**READ MORE FROM THE DESK:**\n\n- [One (3 May)](/1)\n- Two stories | x\n\n(read also: It was so)\n", of_text),
}  # fmt: skip
"""For each reader a sound sample, and how a damaged one is read."""


def mutated(data, draw):
    """The same bytes with some damage."""
    data = bytearray(data)
    for _ in range(draw.choice([1, 1, 2, 3, 8, 30])):
        place = draw.randrange(len(data) + 1)
        kind = draw.randrange(6)
        if kind == 0:
            data[place:place] = draw.choice(TOKENS)
        elif kind == 1:
            del data[place : place + draw.choice([1, 2, 10, 100])]
        elif kind == 2 and place < len(data):
            data[place] = draw.randrange(256)
        elif kind == 3:
            end = place + draw.choice([5, 50, 500])
            data[place:place] = data[place:end] * draw.choice([1, 2, 40])
        elif kind == 4:
            data[place : place + 3] = draw.randbytes(3)
        elif draw.random() < 0.2:
            del data[place:]
    return bytes(data)


@dataclass
class Report:
    """What fuzzing a reader came to; `findings` are what went wrong, with the input that did it."""

    reader: str
    seconds: float = 0.0
    inputs: int = 0
    counts: Counter = field(default_factory=Counter)
    slowest: float = 0.0
    findings: dict[str, bytes] = field(default_factory=dict)


def fuzz(reader, seconds, folder, seed=0):
    """Damage a reader's sample for so many seconds."""
    sample, read = READERS[reader]
    sample = sample() if callable(sample) else sample
    data = sample if isinstance(sample, bytes) else sample.encode()
    draw = random.Random(f"{reader} {seed}" if seed else reader)
    report = Report(reader)
    begun = time.monotonic()
    while not report.inputs or time.monotonic() - begun < seconds:
        bad = mutated(data, draw)
        at = time.process_time()
        try:
            with contextlib.redirect_stderr(io.StringIO()):  # warcio writes of every odd record
                for item in read(bad, reader, folder, draw):
                    check(item)
                    report.counts["stories" if isinstance(item, Story) else "rejected"] += 1
        except RecommenderError:
            report.counts["refused"] += 1
        except Exception as error:
            *_, place = traceback.extract_tb(error.__traceback__)
            where = f"{place.filename.rpartition('/')[2]}:{place.lineno}"  # one finding for each place
            known = any(said.startswith(f"{where} ") for said in report.findings)
            if not known:
                report.findings[f"{where} {type(error).__name__}: {error}"[:200]] = bad
        took = time.process_time() - at
        report.slowest = max(report.slowest, took)
        if took > SLOWEST:
            report.findings.setdefault(f"took {took:.0f} s", bad)
        report.inputs += 1
    report.seconds = time.monotonic() - begun
    return report


def check(item):
    """What holds of every item of a reader."""
    assert isinstance(item, Story | Rejected)
    if isinstance(item, Rejected):
        assert item.place, "a reject without its place"
        assert item.reason, "a reject without a reason"
        dump_record({"place": item.place, "reason": item.reason}).decode()
        return
    line = dump_record(item.to_record())
    assert dump_record(story_from_record(json.loads(line)).to_record()) == line, "does not survive a round trip"
    assert item.id, "no id"
    assert len(item.id) <= MAX_ID
    for text in (item.title, item.text):
        text.encode()
        assert not any(sign in text for sign in "\0\x01\x02\x03\ufeff"), "signs that nobody sees"
    assert "\n" not in item.title
    assert "javascript:" not in (item.url or "").lower()[:20] or item.url.startswith("http") or item.extra is not None
    prepare(item, 1_000)
