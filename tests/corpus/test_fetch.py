"""Fetching from sites that mean no good."""

import gzip
import threading
import time

import pytest

from recommender.corpus.addresses import FetchRefused, is_public, target_of
from recommender.corpus.answers import FetchFailed
from recommender.corpus.fetch import Fetcher, Limits


def fetcher(**limits):
    return Fetcher(Limits(**({"private": True, "pause": 0.0, "seconds": 2.0} | limits)), sleep=lambda _: None)


def test_redirects(site):
    def to(where):
        def answer(handler):
            handler.send_response(302)
            handler.send_header("Location", where)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        return answer

    site.pages["/a"] = to("/b")
    site.set("/b", b"here")
    document = fetcher().get(site.url("/a"))
    assert (document.url, document.data) == (site.url("/b"), b"here")
    site.pages["/x"], site.pages["/y"] = to("/y"), to("/x")
    with pytest.raises(FetchFailed, match="in a circle"):
        fetcher().get(site.url("/x"))
    for number in range(9):
        site.pages[f"/{number}"] = to(f"/{number + 1}")
    with pytest.raises(FetchFailed, match="more than 5 redirects"):
        fetcher().get(site.url("/0"))
    for target in (
        "file:///etc/passwd",
        "ftp://a.example/x",
        "javascript:alert(1)",
        "http://me:pw@a.example/",
    ):
        site.pages["/z"] = to(target)
        with pytest.raises(FetchRefused):
            fetcher().get(site.url("/z"))


def test_an_answer_that_never_ends(site):
    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(2_000):
                handler.wfile.write(b"<item>" * 10_000)
        except OSError:
            pass

    site.pages["/feed"] = endless
    with pytest.raises(FetchFailed, match="longer than 1,000,000 bytes"):
        fetcher(size=1_000_000).get(site.url("/feed"))


@pytest.mark.parametrize("in_head", [True, False])
def test_an_answer_that_trickles(site, in_head):
    def trickle(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"" if in_head else b"\r\n"))
        try:
            for _ in range(100):
                handler.wfile.write(b"X-Slow: 1\r\n" if in_head else b"x")
                handler.wfile.flush()
                time.sleep(0.1)
        except OSError:
            pass

    site.pages["/feed"] = trickle
    begun = time.monotonic()
    with pytest.raises(FetchFailed, match=r"no full answer within 0\.6 s"):
        fetcher(seconds=0.6).get(site.url("/feed"))
    assert time.monotonic() - begun < 3


def test_a_packed_answer(site):
    site.set("/good", gzip.compress(b"hello"), Content_Encoding="gzip")
    assert fetcher().get(site.url("/good")).data == b"hello"
    site.set("/bomb", gzip.compress(bytes(50_000_000)), Content_Encoding="gzip")
    with pytest.raises(FetchFailed, match="unpacks to more than"):
        fetcher(size=1_000_000).get(site.url("/bomb"))
    site.set("/bad", b"\x1f\x8bnonsense", Content_Encoding="gzip")
    with pytest.raises(FetchFailed, match="damaged"):
        fetcher().get(site.url("/bad"))


def test_a_packed_answer_of_several_members_is_read_to_its_end(site):
    """A web server calls a file that was packed in pieces, `cat a.gz b.gz`, one that it packed itself."""
    packed = gzip.compress(b"hello ") + gzip.compress(b"there")
    site.set("/good", packed, Content_Encoding="gzip")
    assert fetcher().get(site.url("/good")).data == b"hello there"
    site.set("/cut", packed[:-9], Content_Encoding="gzip")
    with pytest.raises(FetchFailed, match=r"damaged on the way \(Compressed file ended"):
        fetcher().get(site.url("/cut"))


def test_an_answer_that_stops_is_not_taken_for_whole(site):
    """Of one without a length the end is where the line goes down, as it does when the time is over."""
    done = threading.Event()

    def stop(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n<rss>")
        for block in (b"half", b" of"):
            handler.wfile.write(block)
            handler.wfile.flush()
            done.wait(10 if block == b" of" else 0.3)

    site.pages["/feed"] = stop
    with pytest.raises(FetchFailed, match=r"no full answer within 0\.5 s"):
        fetcher(seconds=0.5).get(site.url("/feed"))
    done.set()


def test_an_answer_that_is_cut_off(site):
    def cut(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"x" * 10)
        handler.close_connection = True

    site.pages["/feed"] = cut
    with pytest.raises(FetchFailed):
        fetcher().get(site.url("/feed"))


def test_robots(site):
    site.set("/robots.txt", b"User-agent: *\nDisallow: /private*.xml\nCrawl-delay: 3\n")
    site.set("/private/feed.xml", b"x")
    site.set("/feed", b"x")
    slept = []
    polite = Fetcher(Limits(private=True, pause=0.5), sleep=slept.append)
    with pytest.raises(FetchRefused, match=r"robots\.txt"):
        polite.get(site.url("/private/feed.xml"))
    polite.get(site.url("/feed"))
    polite.get(site.url("/feed"))
    assert max(slept) > 2.5
    assert site.asked == ["/robots.txt", "/feed", "/feed"]


def test_rules_that_have_changed_are_obeyed_the_next_day(site, monkeypatch):
    site.set("/feed", b"x")
    following, day = fetcher(), time.monotonic()
    following.get(site.url("/feed"))
    site.set("/robots.txt", b"User-agent: *\nDisallow: /feed\n")
    following.get(site.url("/feed"))
    monkeypatch.setattr(time, "monotonic", lambda: day + 86_500)
    with pytest.raises(FetchRefused, match=r"robots\.txt"):
        following.get(site.url("/feed"))
    assert site.asked == ["/robots.txt", "/feed", "/feed", "/robots.txt"]


def test_a_site_whose_rules_cannot_be_read_is_left_alone(site):
    def broken(handler):
        handler.send_response(500)
        handler.end_headers()

    site.pages["/robots.txt"] = broken
    site.set("/feed", b"x")
    with pytest.raises(FetchFailed, match="500"):
        fetcher().get(site.url("/feed"))


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://localhost/", "http://0.0.0.0/", "http://[::1]/", "http://169.254.169.254/latest", "http://10.0.0.1/",
     "http://[::ffff:10.0.0.1]/", "http://2130706433/", "http://0x7f.1/", "http://[64:ff9b::7f00:1]/", "http://[fe80::1]/"],
)  # fmt: skip
def test_ones_own_network_is_refused(url):
    with pytest.raises((FetchRefused, FetchFailed)):
        Fetcher(Limits(seconds=2.0), sleep=lambda _: None).get(url)


def test_public_addresses():
    assert is_public("93.184.216.34")
    assert is_public("2606:2800:220:1::1")
    for address in ("192.168.1.1", "100.64.0.1", "224.0.0.1", "::", "nonsense", "2002:7f00:1::", "::ffff:127.0.0.1"):
        assert not is_public(address)


@pytest.mark.parametrize("url", ["", "http:///x", "http://a b/", "http://a.example:99999/", "//a.example/x"])
def test_what_is_no_address(url):
    with pytest.raises(FetchRefused):
        target_of(url)
