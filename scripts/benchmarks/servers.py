"""Servers under test, each a process on 127.0.0.1, and the load that is sent to them."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

from benchmarks import load
from benchmarks.setting import CACHE, BenchError, Setting

HEAD = "Host: 127.0.0.1\r\nConnection: keep-alive\r\n"


@dataclass(frozen=True)
class Server:
    """A running server; `ready_s` from its start to its first answer."""

    name: str
    port: int
    process: int
    ready_s: float

    def processes(self) -> list[int]:
        """Its process and all that descend from it."""
        children: dict[int, list[int]] = {}
        for status in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):  # it ended meanwhile
                children.setdefault(int(_stat(status)[1]), []).append(int(status.parent.name))
        found = [self.process]
        for one in found:
            found += children.get(one, [])
        return found

    def memory(self) -> dict[str, int]:
        """Memory of all its processes in MB, mapped pages included.

        `resident_mb` counts a page once in each process that holds it, `proportional_mb` shares it out among them (the
        whole machine's: a page that others map too counts less), `of_files_mb` is the resident part that belongs to
        files, `peak_mb` the sum of the processes' highest.
        """
        text = ""
        for process in self.processes():
            with contextlib.suppress(OSError):
                text += Path(f"/proc/{process}/status").read_text() + Path(f"/proc/{process}/smaps_rollup").read_text()
        names = {"resident_mb": "VmRSS", "proportional_mb": "Pss", "of_files_mb": "RssFile", "peak_mb": "VmHWM"}
        sizes = {name: re.findall(rf"^{field}:\s+(\d+) kB", text, re.MULTILINE) for name, field in names.items()}
        return {name: sum(map(int, found)) // 1024 for name, found in sizes.items()}

    def cpu_seconds(self) -> dict[int, float]:
        """Processor time of each of its processes: it does not grow when others use the cores, as the clock's does."""
        used = {}
        for process in self.processes():
            with contextlib.suppress(OSError):
                fields = _stat(Path(f"/proc/{process}/stat"))
                used[process] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return used

    def settle(self) -> None:
        """Wait until it rests: other workers than the one that answered first may still be starting."""
        before, deadline = -1.0, time.perf_counter() + 60
        while (used := sum(self.cpu_seconds().values())) > before + 0.02 and time.perf_counter() < deadline:
            before = used
            time.sleep(0.5)


@dataclass(frozen=True)
class Measured:
    """What a load found."""

    clients: int
    requests: int
    per_s: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    load_cpu_ms: float
    busiest: float | None

    def row(self, who: str) -> dict[str, Any]:
        row = {
            "who": who,
            "clients": self.clients,
            "requests": self.requests,
            "requests/s": self.per_s,
            "p50 ms": self.p50_ms,
            "p99 ms": self.p99_ms,
            "server's CPU ms/request": self.cpu_ms,
            "load's CPU ms/request": self.load_cpu_ms,
        }
        return row if self.busiest is None else row | {"busiest process' share": self.busiest}


@contextlib.contextmanager
def running(
    name: str, command: Sequence[object], port: int, path: str, environment: dict[str, str]
) -> Iterator[Server]:
    """A server process, from its first answer at `path` on; stopped at the end."""
    CACHE.mkdir(parents=True, exist_ok=True)
    log = CACHE / f"{name}.log"
    with log.open("wb") as file:
        begun = time.perf_counter()
        process = subprocess.Popen(list(map(str, command)), stdout=file, stderr=file, env=environment, cwd=CACHE)
        try:
            while not _answers(port, path):
                if process.poll() is not None or time.perf_counter() - begun > 300:
                    raise BenchError(f"{name} did not start:\n{log.read_text()[-2_000:]}")
                time.sleep(0.02)
            server = Server(name, port, process.pid, time.perf_counter() - begun)
            server.settle()
            yield server
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


@contextlib.contextmanager
def recommender(setting: Setting, index: Path | None = None, cached: bool = False) -> Iterator[Server]:
    """This recommender, by default without its cache of answers."""
    port = free_port()
    environment = setting.environment() | {
        "RECOMMENDER_CACHE_ANSWERS": "10000" if cached else "0",
        "RECOMMENDER_LOG_LEVEL": "warning",
    }
    del environment["RECOMMENDER_THREADS"]  # a server's default is the fastest: one thread
    command = [sys.executable, "-m", "recommender", "serve", "--index", index or setting.index(), "--port", port]
    command += ["--workers", setting.workers]
    with running("recommender", command, port, "/readyz", environment) as server:
        yield server


def send(server: Server, requests: Sequence[str], clients: int) -> Measured:
    """Send every request once, by so many clients at a time; the generator is a process of its own."""
    plan = {"port": server.port, "clients": min(clients, len(requests)), "requests": list(requests)}
    before = server.cpu_seconds()
    done = subprocess.run(
        [sys.executable, load.__file__], input=json.dumps(plan), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BenchError(f"the load on {server.name} failed: {done.stderr[-1_000:]}")
    found = json.loads(done.stdout)
    if wrong := {status: count for status, count in found["statuses"].items() if status not in ("200", "304")}:
        raise BenchError(f"{server.name} answered with {wrong}")
    seconds = sorted(found["seconds"])
    cuts = quantiles(seconds, n=100) if len(seconds) > 1 else seconds * 99
    used = [after - before.get(process, 0.0) for process, after in server.cpu_seconds().items()]
    return Measured(
        clients=clients,
        requests=len(seconds),
        per_s=len(seconds) / found["wall_s"],
        p50_ms=cuts[49] * 1_000,
        p99_ms=cuts[98] * 1_000,
        cpu_ms=sum(used) / len(seconds) * 1_000,
        load_cpu_ms=found["own_cpu_s"] / len(seconds) * 1_000,
        busiest=max(used) / max(sum(used), 1e-9) if len(used) > 1 else None,
    )


def get(path: str, headers: str = "") -> str:
    """A GET request."""
    return f"GET {path} HTTP/1.1\r\n{HEAD}{headers}\r\n"


def post(path: str, content: Any) -> str:
    """A POST request of JSON."""
    body = json.dumps(content)
    return f"POST {path} HTTP/1.1\r\n{HEAD}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"


def fetch(server: Server, path: str) -> tuple[dict[str, str], bytes]:
    """One answer, its headers in lower case."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=60) as answer:
        return {name.lower(): value for name, value in answer.headers.items()}, answer.read()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _answers(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _stat(path: Path) -> list[str]:
    """What stands in a process' `stat` behind its name: state, parent, …"""
    return path.read_text().rpartition(")")[2].split()
