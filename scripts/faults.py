#!/usr/bin/env python3
"""Kill -9 at random moments, and random damage to the files of a generation: what is lost, what is served wrongly?

Kills: a process changes stories while another builds, promotes, rolls back and prunes; both are killed at random
moments, then the index is started again. Every acknowledged change must be there (of the change in progress either
side), nothing hidden may be seen, and every start must succeed. Damage: a flipped byte or a cut in each file of a
generation in turn; opening it must be refused with a typed error. All in a temporary folder, with the hashing embedder.

    .venv/bin/python scripts/faults.py [--rounds 300] [--seed 1]
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before faiss: its threads would not survive a fork

import argparse
import contextlib
import json
import random
import select
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from recommender.embedding import HashingEmbedder, QueryEncoder  # noqa: E402
from recommender.engine import Options, Query, Recommender  # noqa: E402
from recommender.errors import IndexFault, NotFound, RecommenderError  # noqa: E402
from recommender.generation import Generation, IndexFolder, live_manifest  # noqa: E402
from recommender.live import Changes  # noqa: E402
from recommender.rebuild import rebuild  # noqa: E402
from recommender.settings import Settings  # noqa: E402

STORIES = 40
PATIENCE = 120
"""Seconds after which a writer that says nothing has failed."""
WORDS = "storm harbour wall ferry gull council fish boat pier tide light fog rope mast sail net crab dock".split()

State = tuple[str, str]
"""("shown", title), ("hidden", ""), or ("none", "")."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        kills = Kills(Path(folder), arguments.seed)
        kills.run(arguments.rounds)
        damage = damaged(IndexFolder(kills.settings.index), arguments.rounds, random.Random(arguments.seed))  # noqa: S311
    report = {"kills": dict(kills.counts), "damage": dict(damage)}
    print(json.dumps(report, indent=2))
    bad = sum(kills.counts[name] for name in ("lost", "failed starts", "wrong answers", "silent writers"))
    return 1 if bad or damage["served"] or damage["untyped errors"] else 0


class Kills:
    """An index that is changed, built and killed; `allowed` has the states that each story may be in."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311
        self.corpus = folder / "corpus.jsonl"
        self.settings = Settings(index=folder / "index", model="hashing:64", keep_generations=2)
        self.counts: Counter[str] = Counter()
        records = [self.record(f"s{number}", "corpus") for number in range(STORIES)]
        self.corpus.write_text("".join(json.dumps(record) + "\n" for record in records))
        rebuild(self.settings, [self.corpus], force=True)
        self.allowed: dict[str, set[State]] = {one["id"]: {("shown", one["title"])} for one in records}

    def record(self, name: str, version: str) -> dict[str, Any]:
        words = [self.random.choice(WORDS) for _ in range(6)]
        return {
            "id": name, "title": f"{' '.join(words)} {name} {version}", "text": " ".join(words * 3), "language": "en",
            "published": f"2026-01-{self.random.randint(1, 28):02d}", "read_more": [{"title": " ".join(words[:4])}],
        }  # fmt: skip

    def run(self, rounds: int) -> None:
        began = time.monotonic()
        for number in range(rounds):
            jobs: list[Callable[[Callable[[Any], None]], None]] = [
                self.write,
                self.random.choice([self.build, self.turn]),
            ]
            children = [start(lambda say, job=job: job(say)) for job in jobs]
            # The first change takes a while: most are let make it, the others may be killed before.
            if self.random.random() < 0.75:
                self.await_change(children[0])
            self.listen(children[0], self.random.uniform(0.0, 0.9))
            for child in children:
                child.kill()
            self.listen(children[0], 0)
            self.counts["kills"] += len(children)
            self.check()
            if number % 20 == 19:
                elapsed = time.monotonic() - began
                print(
                    f"{number + 1} of {rounds} rounds, {elapsed:.0f} s: {dict(self.counts)}",
                    file=sys.stderr,
                    flush=True,
                )

    def await_change(self, writer: "Child") -> None:
        """Listen until a change is acknowledged, however slow the machine is."""
        self.counts["awaited"] += 1
        before, until = self.counts["acknowledged"], time.monotonic() + PATIENCE
        while self.counts["acknowledged"] == before:
            if time.monotonic() > until:
                self.counts["silent writers"] += 1
                print(f"no change was acknowledged in {PATIENCE} s", file=sys.stderr)
                return
            self.listen(writer, 0.05)

    def listen(self, child: "Child", seconds: float) -> None:
        """Take what the writer says for that long: what it is about to do, and what was acknowledged."""
        for line in child.lines(seconds):
            name, state, done = line["id"], tuple(line["state"]), line["done"]
            self.allowed[name] = {state} if done else self.allowed.get(name, {("none", "")}) | {state}
            self.counts["acknowledged"] += done

    def write(self, say: Callable[[Any], None]) -> None:
        draw = random.Random(os.getpid())  # noqa: S311
        changes = self.changes()
        for number in range(10_000):
            name = f"s{draw.randrange(STORIES + 10)}"
            how = draw.choice(["put", "put", "put", "withdraw", "restore", "delete"])
            record = self.record(name, f"{os.getpid()}.{number}") | {"status": "usable"}
            state = {"put": ("shown", record["title"]), "withdraw": ("hidden", ""), "delete": ("none", "")}.get(how)
            if how == "restore":
                how, state = "put", ("shown", record["title"])
            say({"id": name, "state": state, "done": False})
            try:
                if how == "put":
                    changes.put(record, who="faults")
                elif how == "withdraw":
                    changes.patch(name, status="canceled", who="faults")
                else:
                    changes.delete(name, who="faults")
            except NotFound:
                say({"id": name, "state": ("none", ""), "done": True})
                continue
            say({"id": name, "state": state, "done": True})

    def build(self, say: Callable[[Any], None]) -> None:
        os.setpriority(os.PRIO_PROCESS, 0, 5)
        for _ in range(100):
            with contextlib.suppress(IndexFault):
                rebuild(self.settings, [self.corpus], force=True)

    def turn(self, say: Callable[[Any], None]) -> None:
        index = IndexFolder(self.settings.index)
        draw = random.Random(os.getpid())  # noqa: S311
        for _ in range(1_000):
            with contextlib.suppress(IndexFault):
                if draw.random() < 0.4:
                    index.rollback()
                elif draw.random() < 0.7:
                    index.promote(draw.choice(index.names()))
                else:
                    with index.lock():
                        index.prune(2)

    def open(self) -> Recommender:
        index = IndexFolder(self.settings.index)
        live_manifest(index)
        return Recommender(index, QueryEncoder(HashingEmbedder(64)))

    def changes(self) -> Changes:
        return self.open().changes()

    def check(self) -> None:
        """Start, and compare what is served with what was acknowledged."""
        try:
            engine = self.open()
        except RecommenderError as error:
            self.counts["failed starts"] += 1
            print(f"failed start: {error}", file=sys.stderr)
            return
        try:
            for name, allowed in self.allowed.items():
                try:
                    found: State = ("shown", str(engine.story(name)["title"]))
                except NotFound:
                    found = ("hidden", "")
                if found not in allowed and not (found[0] == "hidden" and ("none", "") in allowed):
                    self.counts["lost"] += 1
                    print(f"{name} is {found}, may be {allowed}", file=sys.stderr)
                self.allowed[name] = {found} if found[0] == "shown" else allowed & {("hidden", ""), ("none", "")}
            shown = {name for name, states in self.allowed.items() if next(iter(states), ("",))[0] == "shown"}
            for words in (" ".join(WORDS[:6]), " ".join(WORDS[6:])):
                for hit in engine.related(Query(text=words), Options(limit=100, collapse="none", mode="any")).hits:
                    if hit.id not in shown and not hit.id.startswith("headline:"):
                        self.counts["wrong answers"] += 1
                        print(f"{hit.id} is in an answer", file=sys.stderr)
            self.counts["starts"] += 1
        finally:
            engine.close()


class Child:
    """A process of ours, and what it says, a JSON object a line."""

    def __init__(self, pid: int, pipe: int) -> None:
        self.pid = pid
        self._pipe = pipe
        self._rest = b""

    def lines(self, seconds: float) -> Iterator[Any]:
        until = time.monotonic() + seconds
        while True:
            left = until - time.monotonic() if seconds else 0
            if left < 0 or not select.select([self._pipe], [], [], left)[0]:
                return
            part = os.read(self._pipe, 1 << 16)
            if not part:
                return
            *whole, self._rest = (self._rest + part).split(b"\n")
            yield from map(json.loads, whole)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def start(job: Callable[[Callable[[Any], None]], None]) -> Child:
    """Run a job in a copy of this process, which has no other threads now."""
    read, write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(write)
        return Child(pid, read)
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        job(lambda value: os.write(write, json.dumps(value).encode() + b"\n") and None)
        time.sleep(60)  # whoever started it ends it
    finally:
        os._exit(1)


def damaged(index: IndexFolder, rounds: int, draw: random.Random) -> Counter[str]:
    """Damage a file of the live generation, try to open it, and put the file back."""
    counts: Counter[str] = Counter()
    folder = index.folder_of(index.live_name())
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size]
    for number in range(rounds):
        path = files[number % len(files)]
        content = path.read_bytes()
        place = draw.randrange(len(content))
        if draw.random() < 0.25:
            harmed = content[:place]
        else:
            harmed = content[:place] + bytes([content[place] ^ draw.randint(1, 255)]) + content[place + 1 :]
        path.write_bytes(harmed)
        try:
            Generation(folder).close()
            counts["served"] += 1
            print(f"served: {path.relative_to(folder)} at {place} of {len(content)}", file=sys.stderr)
        except IndexFault as error:
            counts[type(error).__name__] += 1
        except Exception as error:
            counts["untyped errors"] += 1
            print(f"{path.relative_to(folder)}: {type(error).__name__}: {error}", file=sys.stderr)
        finally:
            path.write_bytes(content)
    counts["rounds"], counts["files"] = rounds, len(files)
    return counts


if __name__ == "__main__":
    sys.exit(main())
