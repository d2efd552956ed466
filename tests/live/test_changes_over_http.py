"""Live changes over HTTP: durable, in the next answer, and gone from every surface when withdrawn."""

import errno
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from recommender.embedding import Embedded, HashingEmbedder, Role
from recommender.errors import Overloaded
from recommender.live import Changes
from recommender.service import create_app
from recommender.service.routes import bulk
from tests.live.conftest import Desk, story

KEY = {"Authorization": "Bearer secret"}


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    settings = replace(desk.settings, admin_key=("secret",))
    with TestClient(create_app(settings, desk.open())) as client:
        yield client


def related(client: TestClient, **asked: Any) -> list[str]:
    answer = client.get("/v1/related", params={"limit": 50, **asked})
    assert answer.status_code == 200, answer.text
    return [hit["id"] for hit in answer.json()["hits"]]


def test_a_story_that_was_put_is_in_the_next_answer(client: TestClient) -> None:
    record = story("new", "Gulls take over the harbour wall", "Ferry service is suspended", day=9)
    made = client.put("/v1/stories/new", json=record, headers=KEY)
    assert (made.status_code, made.json()["result"]) == (201, "created")
    assert made.headers["location"] == "/v1/stories/new"
    assert made.headers["cache-tag"] == "story-new"
    assert related(client, text="gulls take over")[0] == "new"
    links = client.get("/v1/stories/new").json()["links"]["read_more"]
    assert [link["title"] for link in links] == ["Ferry service is suspended"]
    assert client.put("/v1/stories/new", json=record, headers=KEY).json()["result"] == "unchanged"
    changed = client.put("/v1/stories/new", json=record | {"title": "Gulls leave"}, headers=KEY)
    assert (changed.status_code, changed.json()["result"]) == (200, "updated")


@pytest.mark.parametrize("address", ["%20", "%0A", "a%20", "%C2%A0a", "a%00b"])
def test_a_story_stands_where_its_address_leads_or_nowhere(client: TestClient, address: str) -> None:
    client.put("/v1/stories/a", json={"title": "Storm"}, headers=KEY)
    answer = client.put(f"/v1/stories/{address}", json={"title": "Another storm"}, headers=KEY)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "id")
    assert client.get("/v1/stories/a").json()["title"] == "Storm"
    assert "Another storm" not in client.get("/v1/related", params={"text": "Another storm"}).text


@pytest.mark.parametrize("item", [{"title": "Headline {}"}, "Headline {}", {"url": "https://x.example/{}"}])
def test_a_record_has_only_so_many_pointers(client: TestClient, desk: Desk, item: Any) -> None:
    def record(count: int) -> dict[str, Any]:
        pointers = [json.loads(json.dumps(item).replace("{}", str(number))) for number in range(count)]
        return story("n", "Round-up") | {"read_more": pointers}

    headers = KEY | {"content-type": "application/x-ndjson"}
    bulk = client.post("/v1/stories/bulk", content=json.dumps(record(501)), headers=headers).json()
    put = client.put("/v1/stories/n", json=record(501), headers=KEY).json()
    for problem in (put, bulk):
        assert (problem["status"], problem["type"]) == (422, "/docs#problem-invalid-record")
        assert problem["errors"] == [{"field": "read_more", "detail": "has 501 headlines, at most 500 are taken"}]
    assert client.get("/v1/stories/n").status_code == 404
    assert client.put("/v1/stories/n", json=record(500), headers=KEY).status_code == 201
    assert desk.changes.put(record(501)).result == "updated"


def test_a_count_of_pointers_is_of_what_was_sent(client: TestClient) -> None:
    record = story("n", "Round-up") | {"read_more": [""] * 501}
    assert client.put("/v1/stories/n", json=record, headers=KEY).status_code == 422
    assert client.put("/v1/stories/n", json=record | {"read_more": [""] * 500}, headers=KEY).status_code == 201


def test_a_stub_becomes_its_article(client: TestClient) -> None:
    stubs = [name for name in related(client, text="ferry service suspended") if name.startswith("headline:")]
    assert stubs
    client.put("/v1/stories/ferry", json=story("ferry", "Ferry service is suspended", day=2), headers=KEY)
    found = related(client, text="ferry service suspended")
    assert "ferry" in found
    assert not set(stubs) & set(found)
    mentions = client.get("/v1/stories/ferry").json()["links"]["mentioned_by"]
    assert {one["id"] for one in mentions} == {"a", "c"}


def surfaces(client: TestClient) -> str:
    """Everything that the service says without a key, as one text."""
    answers = []
    for name in ("a", "b", "c", "d"):
        asked: dict[str, Any] = {"id": name, "limit": 50, "explain": "true", "collapse": "none", "fields": "*"}
        answers.append(client.get("/v1/related", params=asked))
        answers.append(client.get("/v1/related", params={"id": name}))
        answers.append(client.get("/v1/related/fragment", params={"id": name, "limit": 50}))
        answers.append(client.get(f"/v1/stories/{name}"))
    for text in ("storm breaks the harbour wall", "harbour", "football"):
        answers.append(client.get("/v1/related", params={"text": text, "on_empty": "latest", "explain": "true"}))
        answers.append(client.post("/v1/related", json={"story": {"title": text}, "limit": 50, "fields": ["*"]}))
    queries = [{"text": "storm"}, {"id": "b", "mode": "latest"}, {"id": "c", "mode": "any"}]
    answers.append(client.post("/v1/related/batch", json={"queries": queries}))
    answers.append(client.get("/v1/related", params={"url": "https://x.example/a"}))
    return "\n".join(answer.text for answer in answers)


@pytest.mark.parametrize("way", ["canceled", "withheld", "embargo", "delete"])
def test_withdrawn_means_gone(client: TestClient, way: str) -> None:
    headline = "Storm breaks the harbour wall"
    record = story("a", headline, "Only the storm story mentions this", day=3, url="https://x.example/a")
    client.put("/v1/stories/a", json=record, headers=KEY)
    before = surfaces(client)
    assert headline in before
    assert "Only the storm story mentions this" in before
    if way == "delete":
        assert client.delete("/v1/stories/a", headers=KEY).status_code == 200
    elif way == "embargo":
        client.patch("/v1/stories/a", json={"embargoed": "2126-01-01T00:00:00Z"}, headers=KEY)
    else:
        client.patch("/v1/stories/a", json={"status": way}, headers=KEY)
    after = surfaces(client)
    assert headline not in after
    assert "Only the storm story mentions this" not in after
    assert '"id":"a"' not in after
    assert client.get("/v1/related", params={"id": "a"}).status_code == 404
    client.put("/v1/stories/a", json=record | {"text": "Again."}, headers=KEY)
    assert ("a" in related(client, id="b")) == (way == "delete")
    client.patch("/v1/stories/a", json={"status": "usable", "embargoed": None}, headers=KEY)
    assert "a" in related(client, id="b")


def test_an_embargo_ends_by_itself_in_cached_answers_too(client: TestClient) -> None:
    until = datetime.fromtimestamp(int(time.time()) + 2, UTC)
    client.patch("/v1/stories/a", json={"embargoed": until.isoformat()}, headers=KEY)
    first = client.get("/v1/related", params={"id": "b"})
    assert "a" not in [hit["id"] for hit in first.json()["hits"]]
    assert "max-age=300" not in first.headers["cache-control"]
    while time.time() < until.timestamp():
        time.sleep(0.05)
    again = client.get("/v1/related", params={"id": "b"}, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 200
    assert "a" in [hit["id"] for hit in again.json()["hits"]]


def test_a_change_is_in_the_next_answer_of_another_process(desk: Desk, client: TestClient) -> None:
    assert "d" in related(client, text="football cup")
    desk.changes.patch("d", status="canceled")
    assert "d" not in related(client, text="football cup")


def test_bulk_answers_each_line(client: TestClient) -> None:
    lines = [story(f"n{number}", f"Item {number} about herring") for number in range(150)]
    body = "\n".join(
        [json.dumps(line) for line in lines[:75]] + ["{broken", "", "{}"] + [json.dumps(line) for line in lines[75:]]
    )
    answer = client.post("/v1/stories/bulk", content=body, headers=KEY | {"content-type": "application/x-ndjson"})
    assert answer.status_code == 200
    results = [json.loads(line) for line in answer.text.splitlines()]
    assert len(results) == 152
    assert [one.get("result") for one in results[:75]] == ["created"] * 75
    assert [one.get("status") for one in results[75:77]] == [422, 422]
    assert [one.get("id") for one in results[77:]] == [f"n{number}" for number in range(75, 150)]
    assert related(client, text="item 149 about herring")[0] == "n149"


def test_a_bulk_that_meets_a_full_queue_half_way_says_which_lines_went_in(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "TOGETHER", 1)
    work = cast(FastAPI, client.app).state.service.change_work
    run, busy = work.run, [False, True, False, True]

    async def now_and_then(*call: Any) -> Any:
        if busy.pop(0):
            raise Overloaded("change")
        return await run(*call)

    monkeypatch.setattr(work, "run", now_and_then)
    lines = "".join(json.dumps(story(f"n{number}", f"Item {number}")) + "\n" for number in range(3))
    headers = KEY | {"content-type": "application/x-ndjson"}
    answer = client.post("/v1/stories/bulk", content=lines, headers=headers)
    told = [one.get("result") or one["status"] for one in map(json.loads, answer.text.splitlines())]
    assert (answer.status_code, told) == (200, ["created", 503, "created"])
    refused = client.post("/v1/stories/bulk", content=lines, headers=headers)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")


def test_a_bulk_may_begin_with_a_byte_order_mark(client: TestClient) -> None:
    body = b"\xef\xbb\xbf" + json.dumps(story("n", "Herring")).encode()
    answer = client.post("/v1/stories/bulk", content=body, headers=KEY | {"content-type": "application/x-ndjson"})
    assert answer.json()["result"] == "created"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/v1/stories/x", {"title": "", "text": ""}, 422),
        ("PUT", "/v1/stories/x", {"id": "y", "title": "Word"}, 422),
        ("PUT", "/v1/stories/x", {"title": "Word", "status": "gone"}, 422),
        ("PATCH", "/v1/stories/x", {"status": "canceled"}, 404),
        ("PATCH", "/v1/stories/a", {"status": "gone"}, 422),
        ("PATCH", "/v1/stories/a", {"status": None}, 422),
        ("PATCH", "/v1/stories/a", {"title": "Word"}, 422),
        ("PATCH", "/v1/stories/a", {"embargoed": "tomorrow"}, 422),
        ("PATCH", "/v1/stories/a", {}, 422),
        ("DELETE", "/v1/stories/x", None, 404),
    ],
)
def test_wrong_changes_are_refused(client: TestClient, method: str, path: str, body: Any, status: int) -> None:
    answer = client.request(method, path, json=body, headers=KEY)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_nothing_writes_without_the_key(client: TestClient) -> None:
    for method, path in (
        ("PUT", "/v1/stories/x"), ("PATCH", "/v1/stories/a"), ("DELETE", "/v1/stories/a"), ("POST", "/v1/stories/bulk"),
        ("POST", "/v1/index/builds"), ("DELETE", "/v1/index/builds/x"), ("POST", "/v1/index/rollback"),
    ):  # fmt: skip
        assert client.request(method, path, json={"title": "Word"}).status_code == 401, path


def test_a_full_disk_is_said_and_logged(
    client: TestClient, desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before, _ = desk.folder.live_name(), desk.rebuild()

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        for path in ("/v1/index/rollback", "/v1/index/builds"):
            answer = client.post(path, headers=KEY)
            assert (answer.status_code, answer.json()["type"]) == (503, "/docs#problem-index-unusable")
    assert caplog.text.count("cannot be written (No space left on device)") == 2
    assert client.post("/v1/index/rollback", headers=KEY).json()["generation"] == before


def wait(client: TestClient, location: str) -> dict[str, Any]:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        record: dict[str, Any] = client.get(location, headers=KEY).json()
        if record["state"] not in ("enqueued", "running"):
            return record
        time.sleep(0.1)
    raise AssertionError(record)


def test_a_rebuild_keeps_what_was_changed_and_can_be_undone(
    client: TestClient, desk: Desk, make_desk: Callable[..., Desk]
) -> None:
    before = client.get("/readyz").json()["generation"]
    client.put("/v1/stories/new", json=story("new", "Gulls take over the harbour wall"), headers=KEY)
    client.patch("/v1/stories/d", json={"status": "canceled"}, headers=KEY)
    begun = client.post("/v1/index/builds", headers=KEY)
    assert (begun.status_code, begun.json()["state"]) == (202, "enqueued")
    assert client.post("/v1/index/builds", headers=KEY).status_code == 409
    record = wait(client, begun.headers["location"])
    assert record["state"] == "succeeded", record
    assert client.get("/readyz").json()["generation"] == record["generation"] != before
    assert related(client, text="gulls take over")[0] == "new"
    client.patch("/v1/stories/c", json={"status": "canceled"}, headers=KEY)
    assert client.post("/v1/index/rollback", headers=KEY).json()["generation"] == before
    assert client.get("/readyz").json()["generation"] == before
    found = related(client, text="gulls take over the harbour council football")
    assert "new" in found
    assert not {"c", "d"} & set(found)
    desk.corpus.write_text("nothing\n")
    record = wait(client, client.post("/v1/index/builds", headers=KEY).headers["location"])
    assert record["state"] == "succeeded"  # the live story alone is a corpus
    client.delete("/v1/stories/new", headers=KEY)
    record = wait(client, client.post("/v1/index/builds", headers=KEY).headers["location"])
    assert record["state"] == "failed"
    assert "nothing to index" in record["error"]
    for unknown in ("none", "a" * 300):
        assert client.get(f"/v1/index/builds/{unknown}", headers=KEY).status_code == 404


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"id": "x", "corpora": 5}', b"\xff"])
def test_a_damaged_record_of_a_build_is_named_and_keeps_nothing_waiting(
    client: TestClient, desk: Desk, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    folder = desk.settings.index / "builds"
    folder.mkdir()
    (folder / "20260101T000000Z-dead.json").write_bytes(content)
    begun = client.post("/v1/index/builds", headers=KEY)
    assert (begun.status_code, caplog.text.count("20260101T000000Z-dead.json")) == (202, 1)
    assert wait(client, begun.headers["location"])["state"] == "succeeded"
    newest, damaged = client.get("/v1/index/builds", headers=KEY).json()["builds"]
    assert (newest["state"], damaged["id"], damaged["state"]) == ("succeeded", "20260101T000000Z-dead", "failed")
    assert "its record is damaged" in damaged["error"]
    assert client.get("/v1/index/builds/20260101T000000Z-dead", headers=KEY).json() == damaged
    assert client.delete("/v1/index/builds/20260101T000000Z-dead", headers=KEY).json() == damaged


def test_builds_of_a_folder_that_cannot_be_written_are_listed_but_none_is_started(
    client: TestClient, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    folder = desk.settings.index / "builds"
    folder.write_text("")
    begun = client.post("/v1/index/builds", headers=KEY)
    assert (begun.status_code, begun.json()["type"]) == (503, "/docs#problem-index-unusable")
    folder.unlink()
    (folder / ".lock").mkdir(parents=True)  # as little to be written as on a disk that was mounted read-only
    record = {"id": "2026-dead", "state": "running", "created_at": "2026-01-01T00:00:00Z", "progress": {}}
    (folder / f"{record['id']}.json").write_text(json.dumps(record | {"corpora": [], "notes": []}))
    assert client.get("/v1/index/builds", headers=KEY).json() == {"builds": [record]}
    assert client.get(f"/v1/index/builds/{record['id']}", headers=KEY).json() == record
    (folder / f"{record['id']}.json").unlink()
    begun = client.post("/v1/index/builds", headers=KEY)
    assert (begun.status_code, begun.json()["type"]) == (503, "/docs#problem-index-unusable")
    assert caplog.text.count("cannot be written") == 2


@pytest.mark.parametrize("path", ["/v1/index/generations", "/index"])
@pytest.mark.parametrize("damaged", ["live.json", "manifest.json"])
def test_the_folder_of_the_index_is_named_in_the_log_alone(
    client: TestClient, desk: Desk, path: str, damaged: str, caplog: pytest.LogCaptureFixture
) -> None:
    name = desk.folder.live_name()
    place = desk.settings.index / damaged if damaged == "live.json" else desk.folder.folder_of(name) / damaged
    place.write_text("{")
    answer = client.get(path)
    assert str(desk.settings.index) not in answer.text
    assert f"{damaged}: cannot be read as JSON" in answer.text
    if damaged == "live.json":
        assert (answer.status_code, f"{place}: cannot be read as JSON" in caplog.text) == (409, True)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_what_takes_a_story_from_sight_waits_for_no_text_that_is_encoded(
    client: TestClient, desk: Desk, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """A bulk of stories with long lists kept a withdrawal waiting for twenty seconds."""
    embeds, go_on = threading.Event(), threading.Event()
    embed = HashingEmbedder.embed

    def slow(self: HashingEmbedder, texts: Any, role: Role) -> Embedded:
        embeds.set()
        assert go_on.wait(60)
        return embed(self, texts, role)

    monkeypatch.setattr(HashingEmbedder, "embed", slow)
    headers = KEY | {"content-type": "application/x-ndjson"}
    lines = json.dumps(story("n", "Round-up", "Gulls take over the harbour wall"))
    bulk: list[Any] = []
    sender = threading.Thread(
        target=lambda: bulk.append(client.post("/v1/stories/bulk", content=lines, headers=headers))
    )
    sender.start()
    assert embeds.wait(60)
    answers: list[Any] = []
    hider = threading.Thread(
        target=lambda: answers.append(
            client.request(method, "/v1/stories/a", json={"status": "canceled"}, headers=KEY).status_code
        )
    )
    hider.start()
    hider.join(30)
    answers.append(client.get("/v1/stories/a").status_code)
    go_on.set()
    for thread in (sender, hider):
        thread.join(60)
    assert answers == [200, 404]
    assert bulk[0].json()["result"] == "created"


def test_a_bulk_is_written_in_steps_that_readers_can_take_in(client: TestClient, desk: Desk) -> None:
    """Each answer waits for what was written before it: for 100 stories with long lists it waited fifteen seconds."""
    texts: list[int] = []
    write = Changes.write

    def counted(self: Changes, upserts: Any, who: str = "") -> Any:
        texts.append(sum(1 + len(one.story.read_more) for one in upserts))
        return write(self, upserts, who)

    def record(number: int, count: int) -> dict[str, Any]:
        return story(f"n{number}", f"Item {number}", *(f"Headline {number} {place}" for place in range(count)))

    lines = [json.dumps(record(number, count)) for number, count in enumerate([0] * 90 + [30] * 7 + [200])]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Changes, "write", counted)
        body = "\n".join([*lines[:95], "{broken", *lines[95:]])
        answer = client.post("/v1/stories/bulk", content=body, headers=KEY | {"content-type": "application/x-ndjson"})
    told = [one.get("result") or one["status"] for one in map(json.loads, answer.text.splitlines())]
    assert told == ["created"] * 95 + [422] + ["created"] * 3
    assert texts == [64, 57, 62, 62, 62, 201]
