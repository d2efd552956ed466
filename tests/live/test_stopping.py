"""A service that is told to stop, as it is run: it says so first, and finishes what it began."""

import http.client
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.trial import KEY, SAMPLE, Server, serving

STORY = b'{"id": "n%d", "title": "Herring number %d"}\n'


@pytest.fixture(params=[1, 2], ids=["one process", "workers"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path, SAMPLE, workers=request.param, drain_seconds=1) as server:
        yield server


def test_what_was_begun_is_finished_and_readiness_falls_first(server: Server) -> None:
    kept = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    kept.request("GET", "/readyz")
    assert kept.getresponse().read().startswith(b'{"status":"ready"')
    bulk = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    bulk.putrequest("POST", "/v1/stories/bulk")
    for name, value in (
        ("Authorization", f"Bearer {KEY}"), ("Content-Type", "application/x-ndjson"), ("Transfer-Encoding", "chunked")
    ):  # fmt: skip
        bulk.putheader(name, value)
    bulk.endheaders()
    parts = [b"".join(STORY % (number, number) for number in range(start, start + 60)) for start in (0, 60)]
    bulk.send(b"%x\r\n%s\r\n" % (len(parts[0]), parts[0]))
    server.process.terminate()
    statuses = set()
    until = time.monotonic() + 20
    while 503 not in statuses and time.monotonic() < until:
        kept.request("GET", "/readyz")
        answer = kept.getresponse()
        answer.read()
        statuses.add(answer.status)
    assert 503 in statuses
    kept.request("GET", "/v1/related?id=hl-0101")
    assert kept.getresponse().status == 200
    bulk.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(parts[1]), parts[1]))
    lines = bulk.getresponse().read().splitlines()
    assert [json.loads(line)["result"] for line in lines] == ["created"] * 120
    server.process.wait(30)
    assert "error" not in server.log.read_text().replace("0 errors", "")
    for one in (kept, bulk):
        one.close()
