"""Memory of a build: the real corpus several times over, and what the process holds in each step."""

import argparse
import gzip
import json
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.report import Report
from benchmarks.setting import CACHE, CORPUS, BenchError, Command, Setting, note

_EVERY = 0.25
_MB = 1e6
_DONE = re.compile(r"(?P<step>\S.*?)(?:: [\d,]+ \w+)? in [\d.]+ s\Z")
_KINDS = ("RssAnon", "RssFile", "RssShmem")


def ingest(setting: Setting, arguments: argparse.Namespace) -> Report:
    """Build copies of the corpus; what is resident by step, in MB: anonymous pages, and those mapped from files."""
    corpus = CACHE / f"{arguments.copies}-times.jsonl.gz"
    if not corpus.exists():
        note(f"writing {corpus.name} (once)")
        _write_copies(setting, corpus, arguments.copies)
    index = CACHE / "ingested"
    shutil.rmtree(index, ignore_errors=True)
    command = [sys.executable, "-m", "recommender", "build", corpus, "--index", index, "--model", arguments.model]
    samples = _watch(list(map(str, command)), setting)
    manifest = _manifest(index)
    vectors = manifest.rows * manifest.embedder["dim"] * 4 / _MB
    shutil.rmtree(index)
    rows = [
        {
            "step": step,
            "s": len(of_step) * _EVERY,
            "anonymous": max(one.anonymous for one in of_step),
            "mapped": max(one.mapped for one in of_step),
            "resident": max(one.anonymous + one.mapped for one in of_step),
        }
        for step, of_step in samples.items()
        if of_step
    ]
    ratios = {
        f"{manifest.rows:,} stories; vectors (stories x dimensions x 4 bytes), MB": vectors,
        "anonymous at the peak, without vectors, MB": max(row["anonymous"] for row in rows) - vectors,
        "resident at the peak, without vectors, MB": max(row["resident"] for row in rows) - vectors,
    }
    return Report("ingest", setting.machine(), rows, ratios)


@dataclass(frozen=True)
class _Sample:
    """Megabytes of a process and its children."""

    anonymous: float
    mapped: float


@dataclass
class _Watched:
    """Samples by the step in which they were taken; those of a step that is not over wait."""

    by_step: dict[str, list[_Sample]] = field(default_factory=dict)
    waiting: list[_Sample] = field(default_factory=list)

    def is_over(self, step: str) -> None:
        self.by_step.setdefault(step, []).extend(self.waiting)
        self.waiting = []


def _watch(command: list[str], setting: Setting) -> dict[str, list[_Sample]]:
    """Run a build and look at it until it ends."""
    watched = _Watched()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=CACHE, env=setting.environment()
    )
    said: list[str] = []

    def listen() -> None:
        for line in process.stderr or ():
            said.append(line)
            note(line.rstrip())
            if found := _DONE.match(line.rstrip()):
                watched.is_over(found["step"])

    listener = threading.Thread(target=listen)
    listener.start()
    while process.poll() is None:
        watched.waiting.append(_sample(process.pid))
        time.sleep(_EVERY)
    listener.join()
    if process.returncode:
        raise BenchError(f"the build failed:\n{''.join(said)[-2_000:]}")
    watched.is_over("The end")
    return watched.by_step


def _sample(pid: int) -> _Sample:
    held = dict.fromkeys(_KINDS, 0.0)
    for one in _family(pid):
        for kind, kilobytes in re.findall(r"(Rss\w+):\s+(\d+) kB", _read(Path(f"/proc/{one}/status"))):
            held[kind] += int(kilobytes) * 1_024 / _MB
    return _Sample(held["RssAnon"] + held["RssShmem"], held["RssFile"])


def _family(pid: int) -> Iterator[int]:
    yield pid
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in _read(thread).split():
            yield from _family(int(child))


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it has ended
        return ""


def _write_copies(setting: Setting, corpus: Path, copies: int) -> None:
    """The corpus over and over: every copy has ids and URLs of its own, and its links lead to itself."""
    corpus.parent.mkdir(parents=True, exist_ok=True)
    unfinished = corpus.with_suffix(".tmp")
    with gzip.open(unfinished, "wt", compresslevel=1, encoding="utf-8") as file:
        for number in range(copies):
            for record in setting.records(CORPUS):
                file.write(json.dumps(_copy(record, number), ensure_ascii=False) + "\n")
    unfinished.rename(corpus)


def _copy(record: dict[str, Any], number: int) -> dict[str, Any]:
    if not number:
        return record
    pointers = [_own(pointer, number) for pointer in record["read_more"]]
    return _own(record, number) | {"read_more": pointers}


def _own(named: dict[str, Any], number: int) -> dict[str, Any]:
    own = dict(named)
    if named.get("id"):
        own["id"] = f"{named['id']}-{number}"
    if named.get("url"):
        own["url"] = f"{named['url']}?copy={number}"
    return own


def _manifest(index: Path) -> Any:
    from recommender.generation import IndexFolder, read_manifest

    folder = IndexFolder(index)
    return read_manifest(folder.folder_of(folder.live_name()))


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--copies", type=int, default=10)
    parser.add_argument("--model", default="hashing:16")


COMMANDS = {"ingest": Command("memory of a build of a million stories, by step", ingest, _arguments)}
