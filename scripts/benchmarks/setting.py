"""What every benchmark stands on: the machine, the data, the index, and where things are kept (`.cache`)."""

import argparse
import gzip
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.report import Report

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "bench"
CORPUS = "current_events_2002_2024.jsonl.gz"
MODEL = "all-MiniLM-L6-v2"


class BenchError(Exception):
    """A benchmark that cannot run, and why."""


@dataclass(frozen=True)
class Command:
    """A sub-command: what it measures, its own arguments, and the work."""

    about: str
    run: Callable[["Setting", argparse.Namespace], Report]
    arguments: Callable[[argparse.ArgumentParser], Any] = lambda parser: None


@dataclass(frozen=True)
class Setting:
    """The data, the index, the processor threads of a program and the processes of a server."""

    data: Path
    given_index: Path | None
    threads: int
    workers: int

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> "Setting":
        return cls(arguments.data.resolve(), arguments.index, arguments.threads, getattr(arguments, "workers", 1))

    def file(self, name: str) -> Path:
        path = self.data / name
        if not path.is_file():
            raise BenchError(
                f"no {name} in {self.data}: set RECOMMENDER_DATA or --data to the folder of real news data"
            )
        return path

    def records(self, name: str, count: int | None = None) -> Iterator[dict[str, Any]]:
        with gzip.open(self.file(name), "rt", encoding="utf-8") as lines:
            yield from map(json.loads, islice(lines, count))

    def index(self) -> Path:
        """A built index of the large corpus; built once, some minutes."""
        if self.given_index:
            return self.given_index.resolve()
        path = CACHE / "index"
        if not (path / "live.json").exists():
            note("building an index of the whole corpus in .cache (some minutes, once)")
            self.recommender("build", self.file(CORPUS), "--index", path)
        return path

    def recommender(self, *arguments: object) -> None:
        """Run the command line, in a process of its own."""
        CACHE.mkdir(parents=True, exist_ok=True)
        log = CACHE / "last.log"
        with log.open("wb") as file:
            command = [sys.executable, "-m", "recommender", *map(str, arguments)]
            done = subprocess.run(command, stdout=file, stderr=file, cwd=CACHE, env=self.environment(), check=False)
        if done.returncode:
            raise BenchError(f"recommender {arguments[0]} failed:\n{log.read_text()[-2_000:]}")

    def environment(self) -> dict[str, str]:
        threads = str(max(1, self.threads // self.workers))
        return os.environ | {
            "PYTHONPATH": os.environ.get("BENCH_SOURCE", str(ROOT)),
            "OMP_NUM_THREADS": threads,
            "RECOMMENDER_THREADS": threads,
            "TOKENIZERS_PARALLELISM": "false",
        }

    def machine(self) -> dict[str, Any]:
        lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
        return {
            "processor": model or platform.machine(),
            "cpus": len(os.sched_getaffinity(0)),
            "threads": self.threads,
            "workers": self.workers,
            "python": platform.python_version(),
            "commit": commit(),
            "load_before": round(os.getloadavg()[0], 2),
        }


def commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def note(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
