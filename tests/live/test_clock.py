"""A clock that jumps: an embargo goes by the wall clock, forwards and backwards, in kept answers too."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from recommender.service import create_app
from tests.live.conftest import Desk, story

KEY = {"Authorization": "Bearer secret"}


class Clock:
    """The wall clock, as a test sets it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real, real_ns, self.ahead = time.time, time.time_ns, 0.0
        monkeypatch.setattr(time, "time", lambda: real() + self.ahead)
        monkeypatch.setattr(time, "time_ns", lambda: real_ns() + int(self.ahead * 1e9))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def client(desk: Desk, clock: Clock) -> Iterator[TestClient]:
    with TestClient(create_app(replace(desk.settings, admin_key=("secret",)), desk.open())) as client:
        yield client


def served(client: TestClient) -> str:
    """The generation of an answer; while a new one is opened it may be the one before."""
    answer: str = client.get("/v1/related", params={"text": "herring"}).json()["index"]["generation"]
    return answer


def shown(client: TestClient, etag: str = "") -> tuple[bool, Any]:
    headers = {"If-None-Match": etag} if etag else {}
    answer = client.get("/v1/related", params={"id": "b", "limit": 50}, headers=headers)
    assert answer.status_code == 200, "what is seen has changed, so nothing that a client has still holds"
    return "a" in [hit["id"] for hit in answer.json()["hits"]], answer.headers


def test_an_embargo_follows_the_clock_both_ways(client: TestClient, clock: Clock) -> None:
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86_400))
    assert client.patch("/v1/stories/a", json={"embargoed": until}, headers=KEY).status_code == 200
    seen, early = shown(client)
    assert not seen
    clock.ahead = 2 * 86_400
    seen, late = shown(client, early["etag"])
    assert seen
    clock.ahead = 0.0  # set back: hidden again, at once
    seen, back = shown(client, late["etag"])
    assert not seen
    assert back["etag"] == early["etag"]
    assert client.get("/v1/stories/a").status_code == 404
    clock.ahead = -10 * 86_400
    assert not shown(client)[0]


def test_changes_and_rebuilds_are_kept_in_order_by_a_clock_that_was_set_back(
    desk: Desk, client: TestClient, clock: Clock
) -> None:
    first = desk.folder.live_name()
    clock.ahead = -30 * 86_400
    for number in range(3):
        body = story("n", f"Herring number {number}")
        assert client.put("/v1/stories/n", json=body, headers=KEY).status_code in (200, 201)
    assert client.get("/v1/stories/n").json()["title"] == "Herring number 2"
    desk.rebuild()
    until = time.monotonic() + 20
    while client.get("/readyz").json()["generation"] == first or served(client) == first:
        assert time.monotonic() < until, "the new generation is not served"
    assert client.get("/v1/stories/n").json()["title"] == "Herring number 2"
    assert desk.folder.rollback() == first
    assert client.get("/v1/stories/n").json()["title"] == "Herring number 2"
