#!/usr/bin/env python3
"""Ten times as many questions as the service can answer: each gets 200 or 503 in time, and soon all is well again.

A server of our own is asked by a few clients as fast as it answers: that is its capacity. Then questions come at ten
times that rate, whether those before were answered or not, each new one distinct; afterwards a single client looks how
long it takes until it is answered at once. Loopback only, in a temporary folder, with the hashing embedder; it ends by
itself.

Times are from the sending of a question to the reading of its answer. `own delay` is the longest that this program was
away from its connections: by so much each time can be too long through no fault of the service.

    .venv/bin/python scripts/overload.py [--seconds 20] [--times 10] [--stories 3000] [--workers 1]
"""

import argparse
import itertools
import json
import random
import selectors
import socket
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.parse import urlencode

from trial import SUBJECTS, Server, invented, serving, write_corpus

LIMIT = 10.0
"""The service's limit of time for a request, seconds."""
SOON = 2.0
"""So soon after the load a question must be answered, and at once."""
AT_ONCE = 0.5
CONNECTIONS = 600
GIVEN_UP = 60.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--times", type=float, default=10.0)
    parser.add_argument("--stories", type=int, default=3_000)
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="overload-") as folder:
        corpus = Path(folder) / "corpus.jsonl"
        draw = random.Random(7)  # noqa: S311
        write_corpus(corpus, [invented(number, draw) for number in range(arguments.stories)])
        with serving(Path(folder), corpus, workers=arguments.workers, request_timeout=LIMIT) as server:
            report = Overload(server).run(arguments.seconds, arguments.times)
    print(json.dumps(report, indent=2))
    good = not report["other answers"] and not report["too late"] and report["well again, s"] <= SOON
    return 0 if good and report["answers"].get("200") else 1


@dataclass(eq=False)
class Exchange:
    """A question on its connection, and what came of its answer so far."""

    connection: socket.socket
    began: float
    came: bytearray = field(default_factory=bytearray)

    def take(self, data: bytes) -> int | None:
        """What came next; the status once the answer is complete, 0 if it never will be."""
        if not data:
            return 0
        self.came += data
        head, end, body = self.came.partition(b"\r\n\r\n")
        if not end:
            return None
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        return int(head[9:12]) if len(body) >= length else None


class Overload:
    """One run against a server: one thread that waits for all connections, so that it costs the machine little."""

    def __init__(self, server: Server) -> None:
        self._address = "127.0.0.1", server.port
        self._draw = random.Random(1)  # noqa: S311
        self._number = itertools.count()
        self._selector = selectors.DefaultSelector()
        self._idle: list[socket.socket] = []
        self._asked: set[Exchange] = set()
        self._looked = time.monotonic()
        self._delay = 0.0
        self.answers: Counter[int] = Counter()
        self.seconds: dict[int, list[float]] = {}

    def run(self, seconds: float, times: float) -> dict[str, Any]:
        self._closed(1.0)
        capacity = self._closed(max(2.0, seconds / 5))
        self.answers, self.seconds, self._delay = Counter(), {}, 0.0
        sent, unsent = self._flood(capacity * times, seconds)
        again = self._well_again(time.monotonic())
        while self._asked:
            self._look(0.1)
        late = sum(one > LIMIT + 1 for ones in self.seconds.values() for one in ones)
        return {
            "capacity, a second": round(capacity, 1), "sent, a second": round(sent / seconds, 1),
            "not sent, no connection free": unsent,
            "answers": {str(status): count for status, count in sorted(self.answers.items())},
            "answered 200, a second": round(self.answers[200] / seconds, 1),
            "other answers": sum(count for status, count in self.answers.items() if status not in (200, 503)),
            "too late": late,
            "200, ms": _spread(self.seconds.get(200, [])), "503, ms": _spread(self.seconds.get(503, [])),
            "well again, s": round(again, 2), "own delay, ms": round(self._delay * 1_000),
        }  # fmt: skip

    def _closed(self, seconds: float) -> float:
        """Questions a second that eight clients get answered, one after another."""
        until, count = time.monotonic() + seconds, 0
        for _ in range(8):
            self._ask()
        while self._asked:
            for status in self._look(0.1).values():
                if time.monotonic() < until:
                    count += status == 200
                    self._ask()
        return count / seconds

    def _flood(self, rate: float, seconds: float) -> tuple[int, int]:
        """Ask at a rate as far as there are connections; the numbers of questions that were sent, and that were not."""
        began, sent, unsent = time.monotonic(), 0, 0
        while (now := time.monotonic()) < began + seconds:
            due = int((now - began) * rate) - sent - unsent
            free = CONNECTIONS - len(self._asked)
            for _ in range(min(due, free)):
                self._ask()
            sent += min(due, free)
            unsent += max(0, due - free)
            self._look(0.001)
        return sent, unsent

    def _well_again(self, ended: float) -> float:
        """Seconds from the end of the load to the first question that was answered at once."""
        while True:
            mine = self._ask()
            while mine in self._asked:
                answered = self._look(0.01)
                at_once = time.monotonic() - mine.began < AT_ONCE
                if (answered.get(mine) == 200 and at_once) or mine.began > ended + GIVEN_UP:
                    return mine.began - ended
            self._pause(0.05)

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._look(left)

    def _ask(self) -> Exchange:
        """Ask something that nobody has asked."""
        text = f"{' '.join(self._draw.choices(SUBJECTS, k=5))} {next(self._number)}"
        connection = self._idle.pop() if self._idle else socket.create_connection(self._address, GIVEN_UP)
        exchange = Exchange(connection, time.monotonic())
        connection.sendall(f"GET /v1/related?{urlencode({'text': text})} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        self._selector.register(connection, selectors.EVENT_READ, exchange)
        self._asked.add(exchange)
        return exchange

    def _look(self, seconds: float) -> dict[Exchange, int]:
        """Read what comes within so long; the questions that have their answer now, and its status: 0 is none."""
        self._delay = max(self._delay, time.monotonic() - self._looked)
        done: dict[Exchange, int] = {}
        for key, _ in self._selector.select(seconds):
            exchange: Exchange = key.data
            try:
                status = exchange.take(exchange.connection.recv(1 << 18))
            except (OSError, ValueError):
                status = 0
            if status is not None:
                done[exchange] = status
        self._looked = now = time.monotonic()
        done |= dict.fromkeys((one for one in self._asked if now - one.began > GIVEN_UP), 0)
        for exchange, status in done.items():
            self._finish(exchange, status, now)
        return done

    def _finish(self, exchange: Exchange, status: int, now: float) -> None:
        self._selector.unregister(exchange.connection)
        self._asked.discard(exchange)
        if status:
            self._idle.append(exchange.connection)
        else:
            exchange.connection.close()
        self.answers[status] += 1
        self.seconds.setdefault(status, []).append(now - exchange.began)


def _spread(seconds: list[float]) -> dict[str, float]:
    if len(seconds) < 2:
        return {}
    cuts = quantiles(seconds, n=100)
    return {
        name: round(value * 1_000, 1) for name, value in (("p50", cuts[49]), ("p99", cuts[98]), ("most", max(seconds)))
    }


if __name__ == "__main__":
    sys.exit(main())
