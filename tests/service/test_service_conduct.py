"""What holds for every request: problems, keys, headers, limits, health, logs."""

import asyncio
import base64
import hashlib
import json
import logging
import threading
from concurrent.futures import Future
from pathlib import Path

import pytest

from recommender.errors import Overloaded
from recommender.logs import JSONLines
from recommender.service import problems

PROBLEM = "application/problem+json"
STOPPING = "the service is stopping; try again in 1 s"


def test_unknown_routes_and_methods_are_problems(client):
    unknown = client.get("/nix")
    assert (unknown.status_code, unknown.headers["content-type"]) == (404, PROBLEM)
    assert unknown.json()["type"] == "/docs#problem-not-found"
    method = client("DELETE", "/v1/related")
    assert (method.status_code, method.headers["content-type"]) == (405, PROBLEM)
    assert method.headers["allow"] == "GET, HEAD, POST"
    assert client("OPTIONS", "/v1/stories/bulk").headers["allow"] == "POST"
    assert client.post("/v1/stories/a%0Ab").headers["allow"] == "DELETE, GET, HEAD, PATCH, PUT"


def test_a_fault_shows_nothing_of_the_inside(client, engine, caplog):
    engine.fault = ZeroDivisionError("secret/path")
    with caplog.at_level(logging.ERROR, "recommender"):
        answer = client.get("/v1/related?id=a1", headers={"x-request-id": "abc"})
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    assert "secret" not in answer.text
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == "abc"
    assert "ZeroDivisionError" in caplog.text


def test_a_fault_in_reading_a_question_is_answered_and_logged_as_every_other(client, monkeypatch, caplog):
    def fails(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(client.app.state.questions, "read", fails)
    with caplog.at_level(logging.INFO, "recommender"):
        answer = client.get("/v1/related?id=a1")
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    assert [record.fields["status"] for record in caplog.records if record.name == "recommender.access"] == [500]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("/srv/n.1/index/generations/g1/x.npy: has 3 bytes", "generations/g1/x.npy: has 3 bytes"),
        ("/srv/n.1/index: a build is under way", "the index: a build is under way"),
        ("nothing in /srv/n.1/index.", "nothing in the index."),
        ("/srv/n.1/index2/x, /srv/nx1/index", "/srv/n.1/index2/x, /srv/nx1/index"),
        ("/srv/n.1/index.old", "/srv/n.1/index.old"),
    ],
)
def test_readers_are_told_names_without_the_folder_of_the_index(said, told):
    assert problems.Problems("", Path("/srv/n.1/index")).told(said) == told


def test_a_relative_folder_is_told_as_it_is():
    assert problems.Problems("", Path("index")).told("no index in index") == "no index in index"


def test_every_error_has_a_kind():
    kinds = problems.all_kinds()
    assert len({kind.slug for kind in kinds}) == len(kinds)
    assert problems.kind_of(Overloaded("engine")).status == 503
    assert problems.kind_of(ValueError()).status == 500


def test_overload_is_503_with_retry_after(make, engine):
    client = make(queue=1)
    engine.hold = threading.Event()
    threading.Timer(0.2, engine.hold.set).start()
    answers = client.together(*[("GET", f"/v1/related?text=word{n}", {}) for n in range(5)])
    assert sorted(one.status_code for one in answers) == [200, 200, 503, 503, 503]
    busy = next(one for one in answers if one.status_code == 503)
    assert (busy.headers["retry-after"], busy.headers["content-type"]) == ("1", PROBLEM)
    assert client.get("/v1/related?text=again").status_code == 200


def test_a_text_that_is_being_encoded_keeps_no_other_question_waiting(make, engine):
    client = make()
    encoding = Future()
    engine.encode = lambda query: encoding if query.text else None
    order = []
    related = engine.related

    def answer(query, options):
        order.append(query.text or query.id)
        if query.id:
            encoding.set_result(None)
        return related(query, options)

    engine.related = answer
    answers = client.together(*[("GET", f"/v1/related?{ask}", {}) for ask in ("text=storm", "id=a1")])
    assert [one.status_code for one in answers] == [200, 200]
    assert order == ["a1", "storm"]
    assert 'stage_seconds_count{stage="encode"} 1' in client.get("/metrics").text


def test_no_text_is_encoded_for_a_question_that_is_refused(make, engine):
    client = make(queue=0)
    encoded = []
    engine.encode = lambda query: encoded.append(query.text)
    engine.hold = threading.Event()
    threading.Timer(0.2, engine.hold.set).start()
    answers = client.together(*[("GET", f"/v1/related?text=word{n}", {}) for n in range(5)])
    assert sorted(one.status_code for one in answers) == [200, 503, 503, 503, 503]
    assert len(encoded) == 1


def test_a_request_is_given_up_at_the_limit(make, engine):
    client = make(request_timeout=0.05)
    engine.hold = threading.Event()
    answer = client.get("/v1/related?id=a1")
    engine.hold.set()
    assert (answer.status_code, answer.json()["type"]) == (503, "/docs#problem-timeout")


def test_a_draining_service_is_not_ready_and_still_answers(client):
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready", "generation": "g1"}
    assert "recommender_ready 1.0" in client.get("/metrics").text
    client.service.drain()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert (answer.json()["type"], answer.json()["detail"]) == ("/docs#problem-not-ready", STOPPING)
    assert client.get("/healthz").status_code == 200
    assert client.get("/v1/related?id=a1").status_code == 200
    assert "recommender_ready 0.0" in client.get("/metrics").text


def test_what_is_asked_of_a_service_that_has_stopped_is_told_so(client):
    client.service.close()
    for route in ("/v1/related?id=a1", "/v1/stories/a1"):
        answer = client.get(route)
        assert (answer.status_code, answer.json()["detail"]) == (503, STOPPING)


def test_every_answer_has_the_safe_headers(client):
    for answer in (client.get("/v1/related?id=a1"), client.get("/nix"), client.get("/")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert len(answer.headers["x-request-id"]) == 16


def test_origins_can_be_limited(make):
    client = make(cors_origins=("https://paper.example", "null"))
    for origin in ("https://paper.example", "null"):
        answer = client.get("/v1/related?id=a1", headers={"Origin": origin})
        assert (answer.headers["access-control-allow-origin"], answer.headers["vary"]) == (origin, "Origin")
    other = client.get("/v1/related?id=a1", headers={"Origin": "https://other.example"})
    assert "access-control-allow-origin" not in other.headers
    assert other.headers["vary"] == "Origin"


def test_a_preflight_is_answered_without_a_key(make):
    headers = {"Origin": "https://paper.example", "Access-Control-Request-Method": "POST"}
    answer = make(read_key=("r",))("OPTIONS", "/v1/related", headers=headers)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, "*")
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "content-length" not in answer.headers  # RFC 9110, 8.6: never with 204


def test_reading_can_need_a_key(make):
    client = make(read_key=("r1", "r2"), admin_key=("w",))
    basic = base64.b64encode(b"anyone:r2").decode()
    for headers in (
        {"Authorization": "Bearer r1"},
        {"X-API-Key": "r2"},
        {"X-API-Key": "w"},
        {"Authorization": f"Basic {basic}"},
        {"Authorization": "Basic cHJveHk6cHJveHk=", "X-API-Key": "r2"},  # what a proxy before it asks for
    ):
        answer = client.get("/v1/related?id=a1", headers=headers)
        assert answer.status_code == 200
        assert answer.headers["cache-control"].startswith("private")
    for headers in ({}, {"X-API-Key": "nix"}, {"Authorization": "Bearer"}, {"Authorization": "Basic ###"}):
        for route in ("/v1/related?id=a1", "/v1/stories/a1", "/v1/index", "/v1/index/generations", "/metrics"):
            answer = client.get(route, headers=headers)
            assert (answer.status_code, answer.headers["content-type"]) == (401, PROBLEM)
            assert answer.headers["www-authenticate"].startswith("Bearer")
    assert client.get("/").headers["www-authenticate"].startswith("Basic")
    assert client.get("/healthz").status_code == 200


PROMOTE = "/v1/index/generations/g1/promote"


def test_writing_needs_the_admin_key(make):
    client = make(admin_key=("w1", "w2"), read_key=("r",))
    basic = base64.b64encode(b"x:w1").decode()
    cases = [({}, 401), ({"X-API-Key": "nix"}, 401), ({"X-API-Key": "r"}, 403),
             ({"Authorization": f"Basic {basic}"}, 401),
             ({"Authorization": "Bearer proxy", "X-API-Key": "w1"}, 200),
             ({"X-API-Key": "w1"}, 200), ({"Authorization": "bearer w2"}, 200)]  # fmt: skip
    for headers, status in cases:
        assert client.post(PROMOTE, headers=headers).status_code == status
    assert make().post(PROMOTE, headers={"X-API-Key": "w1"}).status_code == 403
    assert client.get(PROMOTE, headers={"X-API-Key": "w1"}).status_code == 405


def test_generations_are_listed_and_promoted(client, engine):
    listing = client.get("/v1/index/generations").json()["generations"]
    assert [(one["generation"], one["live"]) for one in listing] == [("g3", False), ("g2", False), ("g1", True)]
    assert listing[0]["problem"].startswith("vectors.npy")
    key = {"X-API-Key": "secret"}
    assert client.post(PROMOTE, headers=key).json() == {"generation": "g1", "live": True}
    assert client.post("/v1/index/generations/nix/promote", headers=key).status_code == 404


@pytest.mark.parametrize("path", ["/v1/index", "/v1/index/generations", "/index", "/v1/related?id=a1", "/readyz"])
def test_no_reader_waits_for_a_change(make, path):
    client, change = make(request_timeout=1.0), Future()
    waiting = client.service.change_work._pool.submit(change.result)
    answer = client.get(path)
    change.set_result(None)
    waiting.result()
    assert answer.status_code == 200


def test_a_generation_of_another_model_is_refused_and_the_old_one_stays(client, engine):
    answer = client.post("/v1/index/generations/g2/promote", headers={"X-API-Key": "secret"})
    assert (answer.status_code, engine.index.live) == (409, "g1")


def test_stories_are_found_by_any_id(client):
    assert client.get("/v1/stories/a1").json()["links"]["read_more"] == [{"id": "c3", "title": "Mayor asks why"}]
    assert client.get("/v1/stories/b%2F2%23x").json()["id"] == "b/2#x"
    assert client.get("/v1/stories/nix").status_code == 404


def test_a_story_is_asked_for_again_and_known_by_its_etag(client, engine):
    first = client.get("/v1/stories/a1")
    assert (first.headers["cache-control"], first.headers["cache-tag"]) == ("no-cache", "story-a1")
    headers = {"If-None-Match": first.headers["etag"]}
    assert client.get("/v1/stories/a1", headers=headers).status_code == 304
    engine.journal = 1
    assert client.get("/v1/stories/a1", headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/v1/stories/a1", "/v1/related?id=a1", "/widget.js"])
def test_each_line_of_etags_counts(client, path):
    etag = client.get(path, headers={"Accept-Encoding": "gzip"}).headers["etag"]
    for lines in ((etag, '"x"'), ('"x"', f'"y", {etag}'), ('"x"', "", etag)):
        headers = [("Accept-Encoding", "gzip"), *(("If-None-Match", line) for line in lines)]
        assert client.get(path, headers=headers).status_code == 304
    assert client.get(path, headers=[("If-None-Match", '"x"'), ("If-None-Match", '"y"')]).status_code == 200


def test_any_etag_will_do_only_where_there_is_an_answer(client):
    anything = {"If-None-Match": "*"}
    assert client.get("/v1/stories/nix", headers=anything).status_code == 404
    assert client.get("/v1/related?id=nix", headers=anything).status_code == 404
    assert client.get("/v1/related?id=a1").status_code == 200
    assert client.get("/v1/related?id=a1", headers=anything).status_code == 304


def test_a_key_may_be_given_by_its_hash(make):
    hashed = "sha256-" + hashlib.sha256(b"w").hexdigest()
    client = make(admin_key=(hashed,))
    assert client.post(PROMOTE, headers={"X-API-Key": "w"}).status_code == 200
    assert client.post(PROMOTE, headers={"X-API-Key": hashed}).status_code == 401


def test_stages_are_timed(client):
    client.get("/v1/related?id=a1")
    text = client.get("/metrics").text
    for stage in ("queue", "body"):
        assert f'recommender_stage_seconds_count{{stage="{stage}"}} 1.0' in text


def test_metrics_tell_routes_never_addresses(client):
    client.get("/v1/related?text=private")
    client.get("/v1/related?text=private")
    client.get("/nix/private")
    client.get("/v1/stories/private")
    text = client.get("/metrics").text
    assert 'recommender_http_requests_total{route="/v1/related",status="200"} 2.0' in text
    assert 'recommender_answers_total{source="hit"} 1.0' in text
    assert 'recommender_generation_info{generation="g1"} 1.0' in text
    assert "private" not in text


def test_the_log_holds_requests_never_questions(client, caplog):
    with caplog.at_level(logging.INFO, "recommender.access"):
        client.get("/v1/related?text=private")
        client.post("/v1/related", json={"text": "private"})
    assert [record.fields["status"] for record in caplog.records] == [200, 200]
    lines = [json.loads(JSONLines().format(record)) for record in caplog.records]
    assert lines[0]["path"] == "/v1/related"
    assert "private" not in caplog.text + json.dumps(lines)


@pytest.mark.parametrize("given", ["x" * 65, "a b", "ü".encode(), ""])
def test_odd_request_ids_are_replaced(client, given):
    assert len(client.get("/healthz", headers={"X-Request-Id": given}).headers["x-request-id"]) == 16


def test_the_application_watches_for_generations_and_closes_its_engine(client, engine, monkeypatch, caplog):
    monkeypatch.setattr("recommender.service.app.WATCH_SECONDS", 0.01)
    engine.index.live = "g2"  # which this engine cannot serve

    async def live() -> None:
        async with client.app.router.lifespan_context(client.app):
            await asyncio.sleep(0.1)
            assert not engine.closed

    client._runner.run(live())
    assert caplog.text.count("g2 was made with m2") == 1
    assert engine.closed
    assert client.get("/v1/related?id=a1").status_code == 503


def test_the_watch_goes_on_whatever_happens_to_it(client, engine, monkeypatch, caplog):
    """Where many changes wait it is refused now and then, which is no fault; and no fault ends it."""
    monkeypatch.setattr("recommender.service.app.WATCH_SECONDS", 0.001)
    happens = [Overloaded("change"), OSError("the disk is gone"), OSError("the disk is gone"), None]
    seen = asyncio.Event()

    def refresh():
        if not happens:
            return loop.call_soon_threadsafe(seen.set)
        if (fault := happens.pop(0)) is not None:
            raise fault
        return None

    monkeypatch.setattr(engine, "refresh", refresh)

    async def live() -> None:
        nonlocal loop
        loop = asyncio.get_running_loop()
        async with client.app.router.lifespan_context(client.app):
            await asyncio.wait_for(seen.wait(), 30)

    loop = None
    client._runner.run(live())
    said = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert said == ["what is served is not up to date: the disk is gone"]
