"""Fetch a document over HTTP: bounded in size, time and redirects, polite, and only from where it may."""

import contextlib
import http.client
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin

from recommender import __version__
from recommender.corpus.addresses import FetchRefused, Target, resolve, target_of
from recommender.corpus.robots import AGENT, ROBOTS, Rules
from recommender.errors import CorpusError

_AGENT = f"{AGENT}/{__version__} (related-articles recommender)"
_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/xml, text/html;q=0.9, */*;q=0.5"
)
_REDIRECTS = (301, 302, 303, 307, 308)
_BLOCK = 1 << 16

RULES_SECONDS = 86_400.0
"""How long a site's robots.txt is gone by (RFC 9309: a day at most); sources are followed for months."""


class FetchFailed(CorpusError):
    """A document that did not come; `retry_after` is how many seconds the server asked to wait."""

    def __init__(self, message: str, *, status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Limits:
    """What a fetch may cost."""

    size: int = 64 << 20
    seconds: float = 60.0
    redirects: int = 5
    pause: float = 0.5
    private: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """What came: `url` is where it was found after redirects; `data` is None where it is as it was (304)."""

    url: str
    data: bytes | None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def charset(self) -> str | None:
        """The encoding that the server states."""
        kind = self.headers.get("content-type", "")
        _, sign, name = kind.lower().partition("charset=")
        return name.split(";")[0].strip(" \"'") or None if sign else None

    @property
    def kind(self) -> str:
        """The media type that the server states."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Fetcher:
    """Fetches documents, one at a time; between two from one host lies a pause, as its robots.txt asks."""

    def __init__(self, limits: Limits | None = None, sleep: Callable[[float], None] = time.sleep) -> None:
        self.limits = limits or Limits()
        self._sleep = sleep
        self._last: dict[str, float] = {}
        self._rules: dict[str, Rules] = {}
        self._read_at: dict[str, float] = {}
        self._tls = ssl.create_default_context()

    def get(self, url: str, conditions: Mapping[str, str] | None = None, *, size: int | None = None) -> Document:
        """Fetch a document; `conditions` are headers such as If-None-Match.

        Raises:
            FetchRefused: its address, or one that it redirects to, may not be fetched.
            FetchFailed: it did not come, or is too long.
        """
        seen = []
        while True:
            if not self._allowed(url):
                raise FetchRefused(f"{url}: its site's robots.txt asks not to fetch it")
            document, location = self._once(url, conditions or {}, size or self.limits.size)
            if location is None:
                return document
            seen.append(url)
            url = urljoin(url, location)
            if url in seen:
                raise FetchFailed(f"{seen[0]}: its redirects go round in a circle")
            if len(seen) > self.limits.redirects:
                raise FetchFailed(f"{seen[0]}: more than {self.limits.redirects} redirects")

    def _allowed(self, url: str) -> bool:
        site, now = target_of(url).site, time.monotonic()
        if site not in self._rules or now - self._read_at[site] > RULES_SECONDS:
            self._rules[site], self._read_at[site] = self._read_rules(site), now
        return self._rules[site].allows(url)

    def _read_rules(self, site: str) -> Rules:
        """A site without a readable robots.txt allows all; one whose server fails, or that is refused, is not asked."""
        url = site + ROBOTS
        try:
            for _ in range(self.limits.redirects + 1):
                document, location = self._once(url, {}, 500_000)
                if location is None:
                    return Rules((document.data or b"").decode("utf-8", "replace"))
                url = urljoin(url, location)
        except FetchFailed as error:
            if error.status >= 500:
                raise
        return Rules("")

    def _once(self, url: str, conditions: Mapping[str, str], size: int) -> tuple[Document, str | None]:
        target = target_of(url)
        self._wait(target.host, self._rules.get(target.site))
        deadline = time.monotonic() + self.limits.seconds
        connection: http.client.HTTPConnection | None = None
        watch: threading.Timer | None = None
        try:
            connection = self._connect(target)
            watch = threading.Timer(
                self.limits.seconds, _hang_up, [connection]
            )  # a server that answers a byte a minute
            watch.daemon = True
            watch.start()
            headers = {"User-Agent": _AGENT, "Accept": _ACCEPT, "Accept-Encoding": "gzip", **conditions}
            connection.request("GET", target.path, headers=headers)
            answer = connection.getresponse()
            if time.monotonic() >= deadline:  # a head that was cut short reads like a whole one
                raise TimeoutError
            stated = {name.lower(): value for name, value in answer.getheaders()}
            if answer.status in _REDIRECTS and (location := stated.get("location")):
                return Document(url, None, stated), location
            if answer.status == 304:
                return Document(url, None, stated), None
            if answer.status != 200:
                wait = _seconds(stated.get("retry-after"))
                raise FetchFailed(f"{url}: {answer.status} {answer.reason}", status=answer.status, retry_after=wait)
            data = _unpacked(_read(answer, size, deadline, url), stated.get("content-encoding", ""), size, url)
            return Document(url, data, stated), None
        except (OSError, http.client.HTTPException, ValueError) as error:
            late = time.monotonic() >= deadline - 0.05
            why = f"no full answer within {self.limits.seconds:g} s" if late else str(error) or type(error).__name__
            raise FetchFailed(f"{url}: {why}") from None
        finally:
            if watch:
                watch.cancel()
            if connection:
                connection.close()

    def _connect(self, target: Target) -> http.client.HTTPConnection:
        address = resolve(target, private=self.limits.private)
        seconds = min(self.limits.seconds, 20.0)
        line = socket.create_connection((address, target.port), timeout=seconds)
        try:
            if target.scheme == "https":
                line = self._tls.wrap_socket(line, server_hostname=target.host)
            connection = http.client.HTTPConnection(target.host, target.port, timeout=seconds)
            connection.sock = line
            return connection
        except BaseException:
            line.close()
            raise

    def _wait(self, host: str, rules: Rules | None) -> None:
        pause = max(self.limits.pause, min(rules.delay if rules else 0.0, 10.0))
        rest = self._last.get(host, -1e9) + pause - time.monotonic()
        if rest > 0:
            self._sleep(rest)
        self._last[host] = time.monotonic()


def _hang_up(connection: http.client.HTTPConnection) -> None:
    if connection.sock:
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def _read(answer: http.client.HTTPResponse, size: int, deadline: float, url: str) -> bytes:
    blocks, total = [], 0
    while block := answer.read1(_BLOCK):
        blocks.append(block)
        total += len(block)
        if total > size:
            raise FetchFailed(f"{url}: longer than {size:,} bytes; fetch it to a file, and read that")
        if time.monotonic() > deadline:
            raise TimeoutError
    if answer.length:  # the line went down before all of what was announced
        raise FetchFailed(f"{url}: cut off, {answer.length:,} bytes are missing")
    return b"".join(blocks)


def _unpacked(data: bytes, encoding: str, size: int, url: str) -> bytes:
    if "gzip" not in encoding.lower() and "deflate" not in encoding.lower():
        return data
    try:
        unpacker = zlib.decompressobj(wbits=47)
        unpacked = unpacker.decompress(data, size + 1)
    except zlib.error as error:
        raise FetchFailed(f"{url}: damaged on the way ({error})") from None
    if len(unpacked) > size:
        raise FetchFailed(f"{url}: unpacks to more than {size:,} bytes; fetch it to a file, and read that")
    return unpacked


def _seconds(text: str | None) -> float | None:
    return min(float(text), 86_400.0) if text and text.isdecimal() else None
