"""What the browser tests play on: a publisher's web server on an origin of its own, and the service itself."""

import json
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import uvicorn

from recommender.rebuild import rebuild
from recommender.service import create_app
from recommender.serving import open_recommender
from recommender.settings import Settings

SAMPLE = Path(__file__).resolve().parents[2] / "recommender" / "sample"
KEY = "a secret of the newsroom"

Page = tuple[int, dict[str, str], bytes]


class Publisher:
    """A newspaper's web server: pages that a test puts there, and pictures. Asked-for paths are in `asked`."""

    def __init__(self) -> None:
        image = 200, {"content-type": "image/png"}, picture()
        self.pages: dict[str, Page] = {"/picture.png": image, "/favicon.ico": image}
        self.folders: dict[str, Path] = {}
        self.asked: list[str] = []
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                publisher.asked.append(path)
                status, headers, body = publisher.find(path)
                self.send_response(status)
                for name, value in {**headers, "content-length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def put(self, path: str, content: str, **headers: str) -> str:
        """Publish a page; its address."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = 200, {"content-type": "text/html; charset=utf-8", **named}, content.encode()
        return self.origin + path

    def serve(self, prefix: str, folder: Path) -> str:
        """Publish a folder of files, for pages of any origin; its address."""
        self.folders[prefix] = folder
        return self.origin + prefix

    def find(self, path: str) -> Page:
        for prefix, folder in self.folders.items():
            file = folder / path.removeprefix(prefix).lstrip("/")
            if path.startswith(prefix) and file.is_file():
                kind = {"json": "application/json", "html": "text/html; charset=utf-8"}[path.rpartition(".")[2]]
                return 200, {"content-type": kind, "access-control-allow-origin": "*"}, file.read_bytes()
        return self.pages.get(path, (404, {}, b""))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def picture() -> bytes:
    """A small PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((90, 120, 10 * row, 255)) * 16 for row in range(12))
    header = struct.pack(">IIBBBBB", 16, 12, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def extra_stories(origin: str) -> list[dict[str, Any]]:
    """Beside the sample: stories with pictures, and stories that mean harm. They keep to themselves: all on trams."""
    image = {"url": f"{origin}/picture.png", "width": 640, "height": 480, "alt": "A tram"}
    hostile = '<img src=x onerror="window.harmed=1">Tram "depot" & <script>window.harmed=2</script> tram line'
    stories = [
        {"title": "Tram line 4 opens to the depot", "url": "https://trams.example/line-4"},
        {"title": "Tram depot: line 4 brings noise", "url": "https://trams.example/noise"},
        {"title": "Tram drivers ask for a warmer depot on line 4", "url": "https://trams.example/warm"},
        {"title": hostile, "url": 'https://trams.example/"><script>window.harmed=3</script>'},
        {"title": "Tram line 4 depot, scripted", "url": "javascript:window.harmed=4"},
        {"title": "Tram line 4 depot, in data", "url": "data:text/html,<script>window.harmed=5</script>"},
    ]
    pictures = [{"image": image}] * 4 + [{"image": {"url": "javascript:window.harmed=6", "width": 1, "height": 1}}] * 2
    return [
        {
            "id": f"tram/{number}#x", "text": f"{one['title']}. The tram depot of line 4 is at the end of line 4.",
            "published": f"2026-01-{number:02}", "section": "Trams", "language": "en", **one, **more,
        }
        for number, (one, more) in enumerate(zip(stories, pictures, strict=True), 1)
    ]  # fmt: skip


def make_index(folder: Path, origin: str) -> Settings:
    """An index of the sample and the extra stories, in two generations: the older one lacks a tram story."""
    settings = Settings(index=folder / "index", model="hashing", admin_key=(KEY,))
    stories, corpus = extra_stories(origin), folder / "extra.jsonl"
    for count in (len(stories) - 1, len(stories)):
        corpus.write_text("".join(json.dumps(story) + "\n" for story in stories[:count]))
        rebuild(settings, [SAMPLE, corpus], force=True)
    return settings


@contextmanager
def running(settings: Settings) -> Iterator[str]:
    """The service as it is run, in a thread; its address."""
    app = create_app(settings, open_recommender(settings))
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="on", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the service did not start"
        thread.join(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
