"""What trials of the service share: a server of their own on 127.0.0.1, in a temporary folder, and clients of it."""

import contextlib
import fcntl
import http.client
import json
import os
import random
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "recommender" / "sample"
SUBJECTS = "storm harbour ferry council museum budget election school hospital bridge tram market trial flood".split()
VERBS = "opens closes delays rebuilds debates cancels celebrates repairs questions funds".split()
MODEL = "hashing:64"
KEY = "trial-key"
_PATIENCE = 120.0


class Client:
    """One connection that is kept open."""

    def __init__(self, port: int, timeout: float = 60.0) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

    def close(self) -> None:
        """Close it."""
        self._connection.close()

    def ask(self, method: str, path: str, body: Any = None, key: str = "") -> tuple[int, bytes]:
        """The status and body of an answer; status 0 where there was none."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        for last in (False, True):
            try:
                self._connection.request(method, path, None if body is None else json.dumps(body), headers)
                response = self._connection.getresponse()
                return response.status, response.read()
            except (http.client.HTTPException, OSError):  # an idle connection that the server has closed
                self._connection.close()
                if last:
                    return 0, b"no answer"
        raise AssertionError


@dataclass(frozen=True)
class Server:
    """A running service; its workers are children of `process`."""

    port: int
    process: "subprocess.Popen[bytes]"
    log: Path

    def client(self, timeout: float = 60.0) -> Client:
        """A connection to it."""
        return Client(self.port, timeout)

    def memory(self) -> float:
        """MB of its own, the workers' too (not a build's: that is in a session of its own)."""
        session, total = os.getsid(self.process.pid), 0
        for path in Path("/proc").glob("[0-9]*/status"):
            with contextlib.suppress(OSError, ProcessLookupError):
                status = dict(re.findall(r"^(PPid|RssAnon):\s+(\d+)", path.read_text(), re.MULTILINE))
                own = int(path.parent.name)
                is_worker = int(status["PPid"]) == self.process.pid and os.getsid(own) == session
                if own == self.process.pid or is_worker:
                    total += int(status.get("RssAnon", 0))
        return total / 1024

    def stop(self) -> float:
        """Ask it to stop; the seconds that it took."""
        began = time.monotonic()
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return time.monotonic() - began


def invented(number: int, draw: random.Random) -> dict[str, Any]:
    """A story of the words above."""
    return {
        "id": f"c{number}", "title": f"{' '.join(draw.choices(SUBJECTS, k=4))} {number}", "language": "en",
        "text": " ".join(draw.choices([*SUBJECTS, *VERBS], k=60)),
        "published": f"2026-0{draw.randint(1, 9)}-{draw.randint(1, 28):02d}", "url": f"https://news.example/{number}",
    }  # fmt: skip


def write_corpus(path: Path, records: list[dict[str, Any]]) -> None:
    """Replace a corpus in one step."""
    temporary = path.with_suffix(".new")
    temporary.write_text("".join(json.dumps(record) + "\n" for record in records))
    temporary.replace(path)


@contextlib.contextmanager
def serving(folder: Path, corpus: Path, **settings: object) -> Iterator[Server]:
    """Build an index of a corpus, and serve it until the block ends.

    Args:
        folder: gets the index and the log.
        corpus: also what rebuilds read.
        settings: other than the usual ones, by name.
    """
    index, log = folder / "index", folder / "server.log"
    given: dict[str, object] = {
        "index": index, "corpora": corpus, "model": MODEL, "admin_key": KEY, "log_level": "warning", **settings
    }  # fmt: skip
    variables = {f"RECOMMENDER_{name.upper()}": str(value) for name, value in given.items()}
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | variables
    command = [sys.executable, "-m", "recommender"]
    with log.open("wb") as out:
        done = subprocess.run([*command, "build", corpus], stdout=out, stderr=out, cwd=folder, env=environment)
        if done.returncode:
            raise SystemExit(f"the index was not built:\n{log.read_text()[-2_000:]}")
        port = free_port()
        process = subprocess.Popen(
            [*command, "serve", "--port", str(port)], stdout=out, stderr=out, cwd=folder, env=environment
        )
        server = Server(port, process, log)
        try:
            _wait_ready(server)
            yield server
        finally:
            if process.poll() is None:
                server.stop()
            _wait_for_build(index)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for_build(index: Path) -> None:
    """A build outlives the server: let it end before its folder goes."""
    lock = index / "builds" / ".lock"
    if lock.exists():
        with lock.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)


def _wait_ready(server: Server) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and server.process.poll() is None:
        with contextlib.closing(server.client()) as client:
            if client.ask("GET", "/readyz")[0] == 200:
                return
        time.sleep(0.05)
    raise SystemExit(f"the server did not start:\n{server.log.read_text()[-2_000:]}")
