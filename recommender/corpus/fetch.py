"""Fetch a document over HTTP: bounded in size, time and redirects, polite, and only from where it may."""

import contextlib
import http.client
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import urljoin

from recommender import __version__
from recommender.corpus.addresses import FetchRefused, Target, resolve, target_of
from recommender.corpus.answers import Answer, Deadline, Document, FetchFailed, GoOn, headers_of
from recommender.corpus.resuming import FIRST_WAIT, RESUMPTIONS, is_rest, range_headers
from recommender.corpus.robots import AGENT, ROBOTS, Rules

_AGENT = f"{AGENT}/{__version__} (related-articles recommender)"
_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/xml, text/html;q=0.9, */*;q=0.5"
)

RULES_SECONDS = 86_400.0
"""How long a site's robots.txt is gone by (RFC 9309: a day at most); sources are followed for months."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a fetch may cost; `file_size` and `file_seconds` hold for a corpus that is kept on disk while it is read."""

    size: int = 64 << 20
    seconds: float = 60.0
    file_size: int = 8 << 30
    file_seconds: float = 4 * 3_600.0
    redirects: int = 5
    pause: float = 0.5
    private: bool = False


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
        with self.open(url, conditions, size=size) as answer:
            return answer.whole()

    @contextlib.contextmanager
    def open(
        self, url: str, conditions: Mapping[str, str] | None = None, *, size: int | None = None
    ) -> Iterator[Answer]:
        """Ask for a document, whose body is then read from the answer.

        Raises:
            FetchRefused, FetchFailed: as of `get`.
        """
        seen: list[str] = []
        with contextlib.ExitStack() as stack:
            while True:
                if not self._allowed(url):
                    raise FetchRefused(f"{url}: its site's robots.txt asks not to fetch it")
                answer = stack.enter_context(self._once(url, conditions or {}, size or self.limits.size))
                if answer.location is None:
                    yield answer
                    return
                stack.close()
                seen.append(url)
                url = urljoin(url, answer.location)
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
                with self._once(url, {}, 500_000) as answer:
                    if answer.location is None:
                        return Rules((answer.whole().data or b"").decode("utf-8", "replace"))
                    url = urljoin(url, answer.location)
        except FetchFailed as error:
            if error.status >= 500:
                raise
        return Rules("")

    @contextlib.contextmanager
    def _once(self, url: str, conditions: Mapping[str, str], size: int) -> Iterator[Answer]:
        """What one address answers, be it that it is elsewhere."""
        target = target_of(url)
        deadline = Deadline(self.limits.seconds)
        with contextlib.ExitStack() as stack:
            ask = partial(self._ask, target, deadline, stack)
            try:
                response = ask(conditions)
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise deadline.failed(url, error) from None
            go_on = self._going_on(ask, response, deadline)
            answer = Answer(url, response, size, deadline, go_on)
            if answer.location is None and response.status not in (200, 304):
                wait = _seconds(answer.headers.get("retry-after"))
                raise FetchFailed(
                    f"{url}: {response.status} {response.reason}", status=response.status, retry_after=wait
                )
            yield answer

    def _ask(
        self, target: Target, deadline: Deadline, stack: contextlib.ExitStack, headers: Mapping[str, str]
    ) -> http.client.HTTPResponse:
        """The head of an answer, on a line that the stack closes."""
        self._wait(target.host, self._rules.get(target.site))
        connection = stack.enter_context(contextlib.closing(self._connect(target)))
        stack.callback(deadline.cancel)
        deadline.watch(connection.sock)
        always = {"User-Agent": _AGENT, "Accept": _ACCEPT, "Accept-Encoding": "gzip"}
        connection.request("GET", target.path, headers=always | dict(headers))
        response = stack.enter_context(contextlib.closing(connection.getresponse()))
        if deadline.is_over():  # a head that was cut short reads like a whole one
            raise TimeoutError
        return response

    def _going_on(
        self,
        ask: Callable[[Mapping[str, str]], http.client.HTTPResponse],
        response: http.client.HTTPResponse,
        deadline: Deadline,
    ) -> GoOn:
        """What asks for the rest of an answer that broke off, a few times for a whole body."""
        first = headers_of(response)
        waits = iter([FIRST_WAIT * 2**count for count in range(RESUMPTIONS)])

        def go_on(begin: int) -> http.client.HTTPResponse | None:
            wanted = range_headers(first, begin) if response.status == 200 else None
            for wait in waits if wanted else ():
                if deadline.is_over():
                    break
                self._sleep(wait)
                with contextlib.suppress(OSError, http.client.HTTPException, ValueError, FetchFailed):  # not yet
                    rest = ask(wanted or {})
                    if is_rest(rest.status, headers_of(rest), first, begin):
                        return rest
                    if rest.status < 500:  # it has changed meanwhile, or there are no parts of it
                        break
            return None

        return go_on

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


def _seconds(text: str | None) -> float | None:
    return min(float(text), 86_400.0) if text and text.isdecimal() else None
