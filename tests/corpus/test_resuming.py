"""A download that breaks off is gone on with where the server gives parts, and never with another document's."""

import gzip
import json
import re

import pytest

from recommender.corpus.answers import FetchFailed
from recommender.corpus.fetch import Fetcher, Limits
from recommender.corpus.remote import Remote
from recommender.corpus.resuming import RESUMPTIONS
from recommender.corpus.spec import parse_spec

BODY = bytes(range(256)) * 4_000
PIECE = 300_000


class Broken:
    """A file whose answers end after a piece each; `asked` are the ranges that were asked for."""

    def __init__(self, body=BODY, piece=PIECE, falls_at=(), **headers):
        self.body, self.piece, self.falls_at = body, piece, falls_at
        self.headers = {"Accept-Ranges": "bytes", "ETag": '"one"'} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        self.asked = []

    def __call__(self, handler):
        wanted, same = handler.headers.get("Range"), handler.headers.get("If-Range")
        self.asked.append(wanted)
        if len(self.asked) in self.falls_at:
            handler.send_response(503)
            handler.end_headers()
            return
        begin = 0
        if wanted and same in (self.headers.get("ETag"), self.headers.get("Last-Modified")):
            begin = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1])
            handler.send_response(206)
            handler.send_header("Content-Range", f"bytes {begin}-{len(self.body) - 1}/{len(self.body)}")
        else:
            handler.send_response(200)
        for name, value in self.headers.items():
            if value is not None:
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(self.body) - begin))
        handler.end_headers()
        handler.wfile.write(self.body[begin : begin + self.piece])


@pytest.fixture
def slept():
    return []


@pytest.fixture
def fetcher(slept):
    return Fetcher(Limits(private=True, pause=0.0, seconds=5.0), sleep=slept.append)


@pytest.mark.parametrize(
    "headers", [{}, {"ETag": None, "Last_Modified": "Mon, 02 Mar 2026 07:30:00 GMT"}], ids=["tag", "date"]
)
def test_what_broke_off_is_gone_on_with(site, fetcher, slept, headers):
    site.pages["/a"] = file = Broken(**headers)
    assert fetcher.get(site.url("/a")).data == BODY
    assert file.asked == [None, *(f"bytes={begin}-" for begin in range(PIECE, len(BODY), PIECE))]
    assert slept == [1.0, 2.0, 4.0]


def test_what_is_packed_for_the_way_is_gone_on_with_as_it_is_packed(site, fetcher):
    packed = gzip.compress(BODY, mtime=0)
    site.pages["/a"] = file = Broken(packed, len(packed) // 2 + 1, Content_Encoding="gzip")
    assert fetcher.get(site.url("/a")).data == BODY
    assert len(file.asked) == 2


def test_a_server_that_fails_for_a_while_is_asked_again(site, fetcher):
    site.pages["/a"] = Broken(piece=len(BODY) // 2, falls_at=(2, 3))
    assert fetcher.get(site.url("/a")).data == BODY


def test_it_is_tried_a_few_times_for_a_whole_body(site, fetcher):
    site.pages["/a"] = file = Broken(piece=1_000)
    with pytest.raises(FetchFailed, match="/a: cut off, 1,018,000 bytes are missing"):
        fetcher.get(site.url("/a"))
    assert len(file.asked) == RESUMPTIONS + 1


@pytest.mark.parametrize(
    "headers",
    [{"Accept_Ranges": None}, {"Accept_Ranges": "none"}, {"ETag": None}, {"ETag": 'W/"one"'}],
    ids=["unsaid", "none", "no mark", "weak mark"],
)
def test_who_gives_no_parts_is_not_asked_for_them(site, fetcher, headers):
    site.pages["/a"] = file = Broken(**headers)
    with pytest.raises(FetchFailed, match="/a: cut off, 724,000 bytes are missing"):
        fetcher.get(site.url("/a"))
    assert file.asked == [None]


def test_what_has_changed_meanwhile_is_not_mixed(site, fetcher):
    before = Broken()

    def changing(handler):
        before(handler)
        before.headers["ETag"] = '"two"'

    site.pages["/a"] = changing
    with pytest.raises(FetchFailed, match="/a: cut off"):
        fetcher.get(site.url("/a"))
    assert len(before.asked) == 2


@pytest.mark.parametrize("said", ["bytes 5-{last}/{all}", "bytes {begin}-{last}/{less}", "bytes {begin}-{begin}/{all}"])
def test_a_part_that_was_not_asked_for_is_not_taken(site, fetcher, said):
    asked = []

    def answer(handler):
        asked.append(handler.headers.get("Range"))
        first = len(asked) == 1
        handler.send_response(200 if first else 206)
        handler.send_header("Accept-Ranges", "bytes")
        handler.send_header("ETag", '"one"')
        handler.send_header("Content-Length", str(len(BODY) if first else len(BODY) - PIECE))
        if not first:
            numbers = {"begin": PIECE, "last": len(BODY) - 1, "all": len(BODY), "less": len(BODY) - 1}
            handler.send_header("Content-Range", said.format(**numbers))
        handler.end_headers()
        handler.wfile.write(BODY[:PIECE] if first else BODY[PIECE:])

    site.pages["/a"] = answer
    with pytest.raises(FetchFailed, match="/a: cut off"):
        fetcher.get(site.url("/a"))
    assert asked == [None, f"bytes={PIECE}-"]


def test_a_corpus_is_whole_however_often_it_broke_off(site, fetcher):
    ids = [f"s{number}" for number in range(900)]
    lines = "".join(json.dumps({"id": one, "title": f"Story {one}"}) + "\n" for one in ids).encode()
    site.pages["/a.jsonl"] = Broken(lines, len(lines) // 3)
    assert [story.id for story in Remote(parse_spec(site.url("/a.jsonl")), fetcher)] == ids
