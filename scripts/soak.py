#!/usr/bin/env python3
"""Mixed load on a server of our own: reads, writes, withdrawals, three rebuilds with promotion, one rollback.

Counts failed answers, answers that mix two generations, and withdrawn stories that were seen in an answer to a question
asked after the withdrawal was acknowledged; compares memory after the second half with that after the first. Loopback
only, in a temporary folder, with the hashing embedder; it ends by itself.

    .venv/bin/python scripts/soak.py [--minutes 10] [--clients 16] [--stories 2000] [--workers 1]
"""

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from statistics import mean, quantiles
from typing import Any
from urllib.parse import quote, urlencode

from trial import KEY, SUBJECTS, VERBS, Client, Server, invented, serving, write_corpus

LEAST = {"answers": 101, "changes": 11}
"""However slow the machine is, the load goes on until there are so many."""
PATIENCE = 300.0
NEVER = ("failed answers", "answers of two generations", "withdrawn stories seen", "builds that failed")
LONG = 10.0
"""Minutes from which on memory and the time of the rollback are judged too: before, caches are still filling."""
MOST_GROWTH, ROLLBACK_MS = 1.05, 1_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--stories", type=int, default=2_000)
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        report = Soak(Path(folder), arguments).run()
    print(json.dumps(report, indent=2))
    bad = any(report[name] for name in NEVER)
    if arguments.minutes >= LONG:
        bad |= report["memory, ratio"] > MOST_GROWTH or report["rollback, ms"] >= ROLLBACK_MS
    return int(bad)


class Soak:
    """One run."""

    def __init__(self, folder: Path, arguments: argparse.Namespace) -> None:
        self.clients, self.stories, self.workers = arguments.clients, arguments.stories, arguments.workers
        self.seconds = arguments.minutes * 60
        self.folder, self.corpus = folder, folder / "corpus.jsonl"
        self.counts: Counter[str] = Counter()
        self.examples: list[str] = []
        self.milliseconds: list[float] = []
        self.memory: list[tuple[float, float]] = []
        self.gone: dict[str, float] = {}
        self.lock = threading.Lock()

    def run(self) -> dict[str, Any]:
        write_corpus(self.corpus, self.records(1))
        with serving(self.folder, self.corpus, workers=self.workers) as server:
            self.server = server
            self.load(server)
            self.counts["stop, seconds"] = round(server.stop())
        return self.report()

    def records(self, version: int) -> list[dict[str, Any]]:
        """The same stories with another mark in every headline: an answer with two marks is of two generations."""
        draw = random.Random(7)  # noqa: S311
        records = []
        for number in range(self.stories):
            story = invented(number, draw)
            pointer = f"{draw.choice(SUBJECTS)} {draw.choice(VERBS)} the {draw.choice(SUBJECTS)}"
            records.append({**story, "title": f"{story['title']} mark{version}", "read_more": [{"title": pointer}]})
        return records

    def load(self, server: Server) -> None:
        until = time.monotonic() + self.seconds
        writers = max(1, self.clients // 8)
        jobs = [self.rebuilder] + [self.writer] * writers + [self.reader] * (self.clients - writers - 1)
        threads = [threading.Thread(target=job, args=(number, until)) for number, job in enumerate(jobs)]
        for thread in threads:
            thread.start()
        began = time.monotonic()
        while not self.is_over(until):
            self.memory.append((time.monotonic() - began, server.memory()))
            time.sleep(min(1.0, self.seconds / 40))
        for thread in threads:
            thread.join(2 * PATIENCE)

    def is_over(self, until: float) -> bool:
        now = time.monotonic()
        is_enough = all(self.counts[name] >= least for name, least in LEAST.items())
        return now > until + PATIENCE or (now > until and is_enough)

    def reader(self, number: int, until: float) -> None:
        draw, client = random.Random(number), self.server.client()  # noqa: S311
        while not self.is_over(until):
            name = f"c{draw.randrange(self.stories)}" if draw.random() < 0.8 else f"live-{draw.randrange(50)}"
            text = f"{draw.choice(SUBJECTS)} {draw.choice(VERBS)} {draw.choice(SUBJECTS)}"
            path = draw.choice([
                "/v1/related?" + urlencode({"id": name, "limit": 10, "explain": draw.choice(["true", "false"])}),
                "/v1/related?" + urlencode({"id": name}), "/v1/related?" + urlencode({"text": text}),
                "/v1/related/fragment?" + urlencode({"id": name}), f"/v1/stories/{name}", "/v1/index",
            ])  # fmt: skip
            began = time.monotonic()
            status, body = client.ask("GET", path)
            self.milliseconds.append((time.monotonic() - began) * 1_000)
            self.check(path, status, body, began)

    def check(self, path: str, status: int, body: bytes, began: float) -> None:
        self.counts["answers"] += 1
        if status not in (200, 404):
            self.fail("failed answers", f"{status} {path} {body[:200]!r}")
            return
        if status == 404:
            return
        text = body.decode()
        marks = {mark for mark in ("mark1", "mark2", "mark3", "mark4") if mark in text}
        if len(marks) > 1 and "/v1/index" not in path:
            self.fail("answers of two generations", f"{marks} {path}")
        if "fragment" in path or path == "/v1/index":
            return
        answer = json.loads(text)
        shown = {hit["id"] for hit in answer.get("hits", [])} | {one["id"] for one in answer.get("rejected", [])}
        shown |= {one["id"] for hit in answer.get("hits", []) for one in hit.get("mentioned_by") or []}
        shown |= {one["id"] for ones in answer.get("links", {}).values() for one in ones}
        with self.lock:
            seen = [name for name in shown if self.gone.get(name, began) < began]
        for name in seen:
            self.fail("withdrawn stories seen", f"{name} {path}")

    def writer(self, number: int, until: float) -> None:
        draw, client = random.Random(1_000 + number), self.server.client()  # noqa: S311
        turn = 0
        while not self.is_over(until):
            turn += 1
            mine = f"live-{number * 10 + draw.randrange(10)}"
            if draw.random() < 0.5:
                title = f"{draw.choice(SUBJECTS)} {draw.choice(VERBS)} {draw.choice(SUBJECTS)} live {turn}"
                record = {
                    "title": title, "text": f"{title} " * 5, "language": "en", "published": "2026-10-01",
                    "read_more": [{"title": f"{draw.choice(SUBJECTS)} {draw.choice(VERBS)} soon"}], "status": "usable",
                }  # fmt: skip
                self.change(client, mine, "PUT", record)
            elif draw.random() < 0.8:
                name = draw.choice([mine, f"c{draw.randrange(self.stories // 20) * self.clients + number}"])
                if self.change(client, name, "PATCH", {"status": "canceled"}):
                    time.sleep(draw.uniform(0, 0.2))
                    self.change(client, name, "PATCH", {"status": "usable"})
            else:
                self.change(client, mine, "DELETE", None)
            time.sleep(0.02)

    def change(self, client: Client, name: str, method: str, body: Any) -> bool:
        hides = method == "DELETE" or (body or {}).get("status") == "canceled"
        if not hides:
            with self.lock:
                self.gone.pop(name, None)
        status, answer = client.ask(method, f"/v1/stories/{quote(name)}", body, KEY)
        self.counts["changes"] += 1
        if status not in (200, 201, 404):
            self.fail("failed answers", f"{status} {method} {name} {answer[:200]!r}")
        if hides and status == 200:
            with self.lock:
                self.gone[name] = time.monotonic()
        return status == 200

    def rebuilder(self, number: int, until: float) -> None:
        client, began = self.server.client(), time.monotonic()
        for turn in range(3):
            self.pause(began + self.seconds * (0.1 + 0.25 * turn), until)
            write_corpus(self.corpus, self.records(turn + 2))
            status, body = client.ask("POST", "/v1/index/builds", key=KEY)
            if status != 202:
                self.fail("builds that failed", f"{status} {body[:200]!r}")
                continue
            location = f"/v1/index/builds/{json.loads(body)['id']}"
            record: dict[str, Any] = {"state": "enqueued"}
            while record["state"] in ("enqueued", "running") and time.monotonic() < until + PATIENCE:
                time.sleep(0.2)
                record = json.loads(client.ask("GET", location, key=KEY)[1])
            self.counts["builds"] += 1
            if record["state"] != "succeeded":
                self.fail("builds that failed", json.dumps(record))
        self.pause(began + self.seconds * 0.85, until)
        before = time.monotonic()
        status, body = client.ask("POST", "/v1/index/rollback", key=KEY)
        self.counts["rollback, ms"] = round((time.monotonic() - before) * 1_000)
        if status != 200:
            self.fail("failed answers", f"{status} rollback {body[:200]!r}")

    def pause(self, moment: float, until: float) -> None:
        time.sleep(max(0.0, min(moment, until) - time.monotonic()))

    def fail(self, what: str, example: str) -> None:
        self.counts[what] += 1
        if len(self.examples) < 10:
            self.examples.append(f"{what}: {example}")
            print(self.examples[-1], file=sys.stderr, flush=True)

    def report(self) -> dict[str, Any]:
        ends, means = self.memory_in((0.4, 0.5), (0.9, 1.0)), self.memory_in((0.1, 0.5), (0.5, 1.0))
        cuts = quantiles(self.milliseconds, n=100) if len(self.milliseconds) > 1 else [0.0] * 99
        return {
            "minutes": self.seconds / 60, "clients": self.clients, "stories": self.stories, "workers": self.workers,
            **{name: self.counts[name] for name in NEVER}, **self.counts,
            "reads a second": round(len(self.milliseconds) / self.seconds),
            "read, ms": {"p50": round(cuts[49], 1), "p95": round(cuts[94], 1), "p99": round(cuts[98], 1)},
            "memory after each half, MB": [round(value) for value in ends],
            "memory, ratio": round(ends[1] / max(ends[0], 1), 3),
            "memory of each half on average, MB": [round(value) for value in means],
            "examples": self.examples,
        }  # fmt: skip

    def memory_in(self, *spans: tuple[float, float]) -> list[float]:
        """Mean memory in some spans of the run, as shares of it."""
        return [
            mean([value for at, value in self.memory if first <= at / self.seconds < last] or [0])
            for first, last in spans
        ]


if __name__ == "__main__":
    sys.exit(main())
