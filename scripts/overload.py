#!/usr/bin/env python3
"""Ten times as many questions as the service can answer: each gets 200 or 503 in time, and soon all is well again.

A server of our own is asked by a few clients as fast as it answers: that is its capacity. Then questions come at ten
times that rate, whether those before were answered or not, each new one distinct; afterwards a single client looks how
long it takes until it is answered at once. Loopback only, in a temporary folder, with the hashing embedder; it ends by
itself.

    .venv/bin/python scripts/overload.py [--seconds 20] [--times 10] [--stories 3000] [--workers 1]
"""

import argparse
import asyncio
import itertools
import json
import random
import sys
import tempfile
import time
from collections import Counter
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
            report = asyncio.run(Overload(server).run(arguments.seconds, arguments.times))
    print(json.dumps(report, indent=2))
    good = not report["other answers"] and not report["too late"] and report["well again, s"] <= SOON
    return 0 if good and report["answers"].get("200") else 1


class Overload:
    """One run against a server."""

    def __init__(self, server: Server) -> None:
        self._port = server.port
        self._draw = random.Random(1)  # noqa: S311
        self._number = itertools.count()
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._open = 0
        self.answers: Counter[int] = Counter()
        self.seconds: dict[int, list[float]] = {200: [], 503: []}

    async def run(self, seconds: float, times: float) -> dict[str, Any]:
        await self._closed(1.0)
        capacity = await self._closed(max(2.0, seconds / 5))
        self.answers.clear()
        self.seconds = {200: [], 503: []}
        sent, unsent = await self._flood(capacity * times, seconds)
        ended = time.monotonic()
        again = await self._well_again(ended)
        late = sum(one > LIMIT + 1 for ones in self.seconds.values() for one in ones)
        return {
            "capacity, a second": round(capacity, 1), "sent, a second": round(sent / seconds, 1),
            "not sent, no connection free": unsent,
            "answers": {str(status): count for status, count in sorted(self.answers.items())},
            "answered 200, a second": round(self.answers[200] / seconds, 1),
            "other answers": sum(count for status, count in self.answers.items() if status not in (200, 503)),
            "too late": late,
            "200, ms": _spread(self.seconds[200]), "503, ms": _spread(self.seconds[503]),
            "well again, s": round(again, 2),
        }  # fmt: skip

    async def _closed(self, seconds: float) -> float:
        """Questions a second that eight clients get answered, one after another."""
        until = time.monotonic() + seconds

        async def client() -> int:
            count = 0
            while time.monotonic() < until:
                count += await self._ask() == 200
            return count

        counts = await asyncio.gather(*(client() for _ in range(8)))
        return sum(counts) / seconds

    async def _flood(self, rate: float, seconds: float) -> tuple[int, int]:
        began, tasks, unsent = time.monotonic(), set(), 0
        number = 0
        for number in range(int(rate * seconds)):
            if (wait := began + number / rate - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            elif number % 50 == 0:
                await asyncio.sleep(0)
            if time.monotonic() > began + seconds:
                break
            if self._open >= CONNECTIONS and not self._idle:
                unsent += 1
                continue
            task = asyncio.create_task(self._ask())
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        sent = number + 1 - unsent
        self._left = tasks
        return sent, unsent

    async def _well_again(self, ended: float) -> float:
        """Seconds from the end of the load to the first question that was answered at once."""
        while time.monotonic() < ended + 60:
            began = time.monotonic()
            if await self._ask(count=False) == 200 and time.monotonic() - began < AT_ONCE:
                break
            await asyncio.sleep(0.05)
        again = began - ended
        await asyncio.gather(*self._left)
        return again

    async def _ask(self, count: bool = True) -> int:
        """Ask something that nobody has asked; the status of the answer, 0 where there was none."""
        text = f"{' '.join(self._draw.choices(SUBJECTS, k=5))} {next(self._number)}"
        asked = urlencode({"text": text})
        began, status = time.monotonic(), 0
        try:
            async with asyncio.timeout(60):
                status = await self._exchange(f"GET /v1/related?{asked} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError):
            pass
        if count:
            self.answers[status] += 1
            self.seconds.setdefault(status, []).append(time.monotonic() - began)
        return status

    async def _exchange(self, request: bytes) -> int:
        if self._idle:
            reader, writer = self._idle.pop()
        else:
            self._open += 1
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
        except BaseException:
            self._open -= 1
            writer.close()
            raise
        self._idle.append((reader, writer))
        return int(head[9:12])


def _spread(seconds: list[float]) -> dict[str, float]:
    if len(seconds) < 2:
        return {}
    cuts = quantiles(seconds, n=100)
    return {
        name: round(value * 1_000, 1) for name, value in (("p50", cuts[49]), ("p99", cuts[98]), ("most", max(seconds)))
    }


if __name__ == "__main__":
    sys.exit(main())
