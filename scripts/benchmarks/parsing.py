"""Reading pages, Markdown and WARC: parsed in one process, and by one for each processor, in turns."""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.report import Report
from benchmarks.setting import CACHE, Command, Setting

_STORIES = "digitalgov.jsonl.gz"
_PAGE = 100_000
_LINK = '<li><a href="/topic/{0}" class="nav__link nav__link--level-2">Topic {0}</a></li>\n'
_SCRIPT = "<script>window.dataLayer = window.dataLayer || []; dataLayer.push({0});</script>\n"


def parse(setting: Setting, arguments: argparse.Namespace) -> Report:
    """The same corpora alone and shared; each reading is a process of its own, started in turns."""
    count = len(os.sched_getaffinity(0))
    rows = []
    for kind, path in _corpora(setting, arguments.documents).items():
        readings: dict[int, list[dict[str, float]]] = {1: [], count: []}
        for _ in range(arguments.rounds):
            for processes, found in readings.items():
                found.append(_read(setting, path, processes))
        alone, shared = ({name: median(one[name] for one in found) for name in found[0]} for found in readings.values())
        rows.append(
            {
                "corpus": kind,
                "documents": int(alone["documents"]),
                "alone, s": alone["s"],
                f"{count} processes, s": shared["s"],
                "times faster": alone["s"] / shared["s"],
                "alone, CPU s": alone["cpu"],
                f"{count} processes, CPU s": shared["cpu"],
                "processors used": shared["cpu"] / shared["s"],
                "load": os.getloadavg()[0],
            }
        )
    return Report("parse", setting.machine(), rows, notes=[f"medians of {arguments.rounds} readings, in turns"])


def _corpora(setting: Setting, documents: int) -> dict[str, Path]:
    """Pages of 100 kB, Markdown files with front matter, and the pages as one WARC, made of real stories."""
    folder = CACHE / f"parsed-{documents}"
    if not folder.exists():
        unfinished = folder.with_suffix(".tmp")
        shutil.rmtree(unfinished, ignore_errors=True)
        (unfinished / "pages").mkdir(parents=True)
        (unfinished / "markdown").mkdir()
        stories = [record for record in setting.records(_STORIES) if len(record["text"]) > 1_000]
        with (unfinished / "pages.warc").open("wb") as archive:
            for number, record in zip(range(documents), cycle(stories), strict=False):
                page = _page(record).encode()
                (unfinished / f"pages/{number}.html").write_bytes(page)
                (unfinished / f"markdown/{number}.md").write_text(_markdown(record), encoding="utf-8")
                archive.write(_response(f"https://news.example/{number}", page))
        unfinished.rename(folder)
    return {"HTML": folder / "pages", "Markdown": folder / "markdown", "WARC": folder / "pages.warc"}


def _page(record: dict[str, Any]) -> str:
    body = "\n".join(f"<p>{part}</p>" for part in record["text"].split("\n") if part.strip())
    head = f"<html lang=en><head><title>{record['title']}</title></head><body><nav><ul>"
    links = "".join(_LINK.format(number) for number in range(200))
    start = f"{head}{links}</ul></nav><main><article><h1>{record['title']}</h1>{body}</article></main>"
    filling = [
        f'<aside class="teaser"><h3><a href="/{number}">Another story of the day, number {number}</a></h3></aside>'
        + _SCRIPT.format(json.dumps({"slot": number, "data": "x" * 400}))
        for number in range(max(0, _PAGE - len(start)) // 600)
    ]
    return start + "".join(filling) + "</body></html>"


def _markdown(record: dict[str, Any]) -> str:
    front = {name: record[name] for name in ("title", "published", "section") if record.get(name)}
    lines = "".join(f"{name}: {json.dumps(value)}\n" for name, value in front.items())
    return f"---\n{lines}---\n{record['text']}\n"


def _response(url: str, page: bytes) -> bytes:
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nContent-Type: application/http; msgtype=response"
    )
    return f"{head}\r\nContent-Length: {len(answer)}\r\n\r\n".encode() + answer + b"\r\n\r\n"


def _read(setting: Setting, path: Path, processes: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.parsing", str(path), str(processes)]
    environment = setting.environment()
    environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[1]), environment["PYTHONPATH"]])
    done = subprocess.run(command, capture_output=True, env=environment, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _main(path: str, processes: int) -> None:
    """Read a corpus by so many processes; prints what it took."""
    from recommender import parallel
    from recommender.corpus import Rejected, open_corpus

    parallel.processors = lambda: processes
    begun = time.perf_counter()
    items: Iterator[object] = iter(open_corpus(path))
    documents = sum(not isinstance(item, Rejected) for item in items)
    seconds = time.perf_counter() - begun
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps({"documents": documents, "s": seconds, "cpu": sum(one.ru_utime + one.ru_stime for one in used)}))


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--documents", type=int, default=1_500)
    parser.add_argument("--rounds", type=int, default=3)


COMMANDS = {"parse": Command("reading HTML, Markdown and WARC in one process and in several", parse, _arguments)}

if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]))
