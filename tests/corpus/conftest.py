"""A server on this machine that answers as sites do, well or badly."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from recommender.corpus.fetch import Fetcher, Limits


class Site:
    """Pages by path: bytes, or a function of the handler; `asked` lists what was fetched."""

    def __init__(self, address):
        self.address = address
        self.pages = {}
        self.headers = {}
        self.asked = []

    def url(self, path):
        return self.address + path

    def set(self, path, body, **headers):
        self.pages[path] = body
        self.headers[path] = {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture
def site(monkeypatch):
    # A fetcher that is given no sleep does not sleep: this machine needs no pause between two questions.
    monkeypatch.setattr(Fetcher.__init__, "__defaults__", (None, lambda seconds: None))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            here.asked.append(self.path)
            page = here.pages.get(self.path)
            if callable(page):
                page(self)
                return
            headers = here.headers.get(self.path, {})
            etag = headers.get("ETag")
            if page is None:
                self.send_response(404)
                self.end_headers()
            elif etag and self.headers.get("If-None-Match") == etag:
                self.send_response(304)
                self.end_headers()
            else:
                self.send_response(200)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    here = Site(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield here
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def fetcher():
    """One that waits for nobody, and may ask this machine."""
    return Fetcher(Limits(private=True, pause=0.0, seconds=5.0), sleep=lambda seconds: None)
