"""What a service answers before it has an index to answer from."""

import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recommender.errors import ModelError
from recommender.service import run
from recommender.settings import Settings
from scripts.trial import free_port


class Start:
    """A service whose index does not come, until it is told that it never will."""

    def __init__(self, workers: int, folder: Path) -> None:
        self.port = free_port()
        self.waits, self.over = threading.Event(), threading.Event()
        settings = Settings(index=folder, port=self.port, workers=workers, cors_origins=("https://gazette.example",))
        self.thread = threading.Thread(target=self._serve, args=(settings,))
        self.error: Exception | None = None

    def _serve(self, settings: Settings) -> None:
        try:
            run.serve(settings)
        except ModelError as error:
            self.error = error

    def load(self, settings: Settings) -> Any:
        self.waits.set()
        assert self.over.wait(60)
        raise ModelError("there is no such model")

    def ask(self, method: str, path: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()


@pytest.fixture(params=[1, 2], ids=["one process", "workers"])
def start(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Start]:
    one = Start(request.param, tmp_path)
    monkeypatch.setattr(run, "open_recommender", one.load)
    monkeypatch.setattr(run, "log_to_stderr", lambda settings: None)
    monkeypatch.setattr(run, "share_arenas", lambda: None)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")  # as `share` leaves it is for a process that serves
    one.thread.start()
    assert one.waits.wait(60)
    yield one
    one.over.set()
    one.thread.join(60)


@pytest.mark.parametrize("path", ["/readyz", "/v1/related?text=ferries", "/", "/no/such/page"])
def test_whoever_asks_is_told_to_come_again(start: Start, path: str) -> None:
    answer, body = start.ask("GET", path, Origin="https://gazette.example")
    assert (answer.status, answer.headers["content-type"]) == (503, "application/problem+json")
    problem = json.loads(body)
    assert problem["type"] == "/docs#problem-not-ready"
    assert problem["detail"] == "the service is loading its index; try again in 1 s"
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "https://gazette.example"


def test_the_process_lives(start: Start) -> None:
    answer, body = start.ask("GET", "/healthz")
    assert (answer.status, body) == (200, b'{"status":"ok"}')


def test_head_and_preflight_are_answered(start: Start) -> None:
    answer, body = start.ask("HEAD", "/readyz")
    assert (answer.status, body) == (503, b"")
    asks = {"Origin": "https://gazette.example", "Access-Control-Request-Method": "GET"}
    assert start.ask("OPTIONS", "/v1/related", **asks)[0].status == 204


def test_nothing_listens_any_more_when_the_index_does_not_come(start: Start) -> None:
    start.ask("GET", "/readyz")
    start.over.set()
    start.thread.join(60)
    assert str(start.error) == "there is no such model"
    for _ in range(200):
        try:
            start.ask("GET", "/readyz")
        except ConnectionError:
            return
    pytest.fail("the port is open")
