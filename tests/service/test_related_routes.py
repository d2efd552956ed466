"""Questions by GET and POST, the batch, the fragment: answers, caching, wrong input."""

import json
import re
import threading
from dataclasses import replace

import pytest

from recommender.engine.query import parse_request
from recommender.service.questions import FLOOR

PROBLEM = "application/problem+json"


def test_get_answers_as_the_contract_says(client):
    answer = client.get("/v1/related", params={"id": "a1", "limit": 1})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert [hit["id"] for hit in body["hits"]] == ["b/2#x"]
    assert body["limit"] == 1
    assert body["exhausted"] is False
    assert body["index"]["generation"] == "g1"


def test_a_repeated_question_is_answered_from_memory(client, engine):
    first = client.get("/v1/related?id=a1&limit=2")
    second = client.get("/v1/related?limit=2&id=a1")
    spelled = client.get("/v1/related?limit=02&id=a1")
    assert first.content == second.content == spelled.content
    assert first.headers["etag"] == second.headers["etag"] == spelled.headers["etag"]
    assert engine.calls == 1


def test_not_modified_needs_no_engine(client, engine):
    etag = client.get("/v1/related?id=a1").headers["etag"]
    answer = client.get("/v1/related?id=a1", headers={"If-None-Match": f'"other", {etag}'})
    assert (answer.status_code, answer.content, engine.calls) == (304, b"", 1)
    assert answer.headers["etag"] == etag
    assert "cache-control" in answer.headers
    assert "content-type" not in answer.headers


def test_not_modified_is_known_by_a_worker_that_never_answered(make, engine):
    etag = make().get("/v1/related?id=a1").headers["etag"]
    assert make().get("/v1/related?id=a1", headers={"If-None-Match": etag}).status_code == 304
    assert engine.calls == 1


def test_a_change_of_the_index_changes_answers_and_etags(client, engine):
    before = client.get("/v1/related?id=a1").headers["etag"]
    engine.journal = 1
    answer = client.get("/v1/related?id=a1", headers={"If-None-Match": before})
    assert (answer.status_code, engine.calls) == (200, 2)
    assert answer.headers["etag"] != before


def test_the_same_question_asked_at_once_is_one_call(client, engine):
    answers = client.together(*[("GET", "/v1/related?id=a1", {})] * 5)
    assert [one.status_code for one in answers] == [200] * 5
    assert engine.calls == 1


@pytest.mark.parametrize(
    ("published", "seconds"),
    [("2026-03-01", 240), ("2999-01-01", 30), ("", 120)],
    ids=["old", "of the hour", "undated"],
)
def test_shared_caches_keep_by_the_age_of_the_story(client, engine, published, seconds):
    engine.published = published
    control = client.get("/v1/related?id=a1").headers["cache-control"]
    assert control.startswith("public, ")
    assert f"s-maxage={seconds}," in control
    assert seconds + int(re.search(r"stale-while-revalidate=(\d+)", control)[1]) <= 300


def test_empty_answers_are_kept_shortly(client, engine):
    engine.empty = True
    assert "s-maxage=15," in client.get("/v1/related?id=a1").headers["cache-control"]


def test_no_cache_outlives_the_next_embargo(client, engine):
    engine.embargo = 0  # due already
    assert "max-age=0, s-maxage=0, stale-while-revalidate=0" in client.get("/v1/related?id=a1").headers["cache-control"]


def test_answers_name_their_stories_for_purging(client):
    tags = client.get("/v1/related?id=a1").headers["cache-tag"].split(",")
    assert tags == ["related", "story-a1", "story-b%2F2%23x", "story-c3"]


def test_links_lead_to_the_next_page_and_the_html_form(client):
    link = client.get("/v1/related?id=a1&limit=1").headers["link"]
    assert '</v1/related?id=a1&limit=1&offset=1>; rel="next"' in link
    assert '</v1/related/fragment?id=a1&limit=1&min_score=0.0>; rel="alternate"; type="text/html"' in link
    assert 'rel="next"' not in client.get("/v1/related?id=a1").headers["link"]


def test_the_headers_of_what_the_widget_asks_for_pass_nginx_as_it_is_installed(client):
    widest, tags = 0, 20 * len("story-" + 40 * "x" + ",")
    for length in range(100, 2_000, 50):
        answer = client.get(
            "/v1/related", params={"text": "ж" * (length // 6), "limit": 1, "fields": "title,url,image"}
        )
        widest = max(widest, sum(len(name) + len(value) + 4 for name, value in answer.headers.raw))
    assert 2_000 < widest < 4_096 - tags - 200  # 200: the status line and the date


def test_head_is_get_without_a_body(client):
    got, head = client.get("/v1/related?id=a1"), client("HEAD", "/v1/related?id=a1")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "query"), ("?id=a1&text=b", "query"), ("?id=a1&limit=0", "limit"), ("?id=a1&limit=101", "limit"),
        ("?id=a1&limit=-1", "limit"), ("?id=a1&limit=x", "limit"), ("?id=a1&nix=1", "nix"), ("?id=", "id"),
        ("?text=%20", "text"), ("?text=%F0%9F%98%80", "text"), ("?id=a1&mode=soon", "mode"), ("?id=a1&id=c3", "id"),
        ("?id=%FF", "query string"), ("?story=x", "story"), ("?id=a1&published_after=May", "published_after"),
    ],
)  # fmt: skip
def test_wrong_questions_say_which_field_and_why(client, query, field):
    for route in ("/v1/related", "/v1/related/fragment"):
        answer = client.get(route + query)
        assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)
        body = answer.json()
        assert body["errors"][0]["field"] == field
        assert body["errors"][0]["detail"]
        assert answer.headers["cache-control"] == "no-store"


def test_unknown_and_ambiguous_stories(client):
    assert client.get("/v1/related?id=nix").json()["status"] == 404
    answer = client.get("/v1/related", params={"url": "https://x.example/shared"})
    assert (answer.status_code, answer.json()["candidates"]) == (422, ["a1", "c3"])


def test_post_answers_the_same_and_is_never_kept(client):
    answer = client.post("/v1/related", json={"id": "a1", "limit": 1})
    assert answer.json()["hits"] == client.get("/v1/related?id=a1&limit=1").json()["hits"]
    assert answer.headers["cache-control"] == "no-store"
    assert client.post("/v1/related", json={"story": {"title": "New", "text": "Text"}}).status_code == 200
    half = b'{"text": "\\ud800 is half a character", "limit": 1}'
    assert client.post("/v1/related", content=half, headers={"content-type": "application/json"}).status_code == 200


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 422), (b"", {}, 422), (b"[]", {}, 422), (b"\xff", {}, 422), (b'{"min_score": NaN}', {}, 422),
        (b'{"text": "a", "min_score": 1e999}', {}, 422),
        (b"[" * 100_000, {}, 422), (b'{"limit": ' + b"9" * 5_000 + b"}", {}, 422), (b"{}", {}, 422),
        (b"{}", {"content-type": "text/plain"}, 415), (b"{}", {"content-type": ""}, 415),
        (b"{}", {"content-encoding": "gzip"}, 415),
        (b'{"id": "a1"}', {"content-type": "application/vnd.x+json; charset=utf-8"}, 200),
    ],
)  # fmt: skip
def test_wrong_bodies(client, body, headers, status):
    answer = client.post("/v1/related", content=body, headers={"content-type": "application/json"} | headers)
    assert answer.status_code == status
    assert status == 200 or answer.headers["content-type"] == PROBLEM


def test_bodies_and_texts_have_limits(make):
    client = make(max_body=1_000, max_text=100)
    announced = client.post("/v1/related", json={"text": "x" * 2_000})

    async def chunks():
        for _ in range(20):
            yield b" " * 100

    chunked = client.post("/v1/related", content=chunks(), headers={"content-type": "application/json"})
    text = client.post("/v1/related", json={"text": "x" * 200})
    assert [one.status_code for one in (announced, chunked, text)] == [413, 413, 413]
    assert text.json()["errors"][0]["field"] == "text"


def test_an_address_has_a_limit(client):
    answer = client.get("/v1/related", params={"text": "x" * 9_000})
    assert (answer.status_code, answer.headers["content-type"]) == (414, PROBLEM)


def test_the_path_of_an_address_is_utf_8(make):
    """Else `caf%E9` and `caf%E8`, as Latin-1 has them, would be one id."""
    client = make(admin_key=("secret",))
    for ask in (client.get, client.post):
        answer = ask("/v1/stories/caf%E9")
        assert (answer.status_code, answer.headers["content-type"]) == (400, PROBLEM)
    assert client.get("/v1/stories/%EF%BF%BD%C3%A9").status_code == 404


def test_a_draft_is_read_where_nobody_waits_for_it(client, monkeypatch):
    threads = []

    def read(*given):
        threads.append(threading.current_thread())
        return parse_request(*given)

    monkeypatch.setattr("recommender.service.routes.related.parse_request", read)
    story = {"title": "Storm", "text": "<p>Wall</p>"}
    assert client.post("/v1/related", json={"story": story}).status_code == 200
    assert client.post("/v1/related/batch", json={"queries": [{"story": story}]}).status_code == 200
    assert len(threads) == 2
    assert threading.main_thread() not in threads


def test_batch_gives_one_result_or_problem_each_in_order(client):
    asked = [{"id": "a1"}, {"id": "nix"}, {"limit": 3}, "text", {"text": "storm", "limit": 1}]
    results = client.post("/v1/related/batch", json={"queries": asked}).json()["results"]
    assert [one.get("status", 200) for one in results] == [200, 404, 422, 422, 200]
    assert len(results[4]["hits"]) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 422), ({"queries": []}, 422), ({"queries": [{}] * 4}, 413), ({"queries": [{}], "x": 1}, 422)],
)
def test_wrong_batches(make, body, status):
    assert make(max_batch=3).post("/v1/related/batch", json=body).status_code == status


def test_the_fragment_lists_only_web_addresses(client, engine):
    engine.odd_urls = {"b/2#x": "javascript:alert(1)"}
    answer = client.get("/v1/related/fragment?id=a1&heading=More%20%3Cb%3E&heading_level=3")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.text == (
        '<nav class="read-more" part="container" aria-label="More &lt;b&gt;">'
        '<h3 class="read-more-heading" part="heading">More &lt;b&gt;</h3><ul class="read-more-list" part="list">'
        '<li class="read-more-item" part="item"><a class="read-more-link" part="link" href="https://x.example/1" '
        'dir="auto" lang="en">Mayor asks why</a> '
        '<time class="read-more-date" part="date" dir="auto" datetime="2026-03-01">'
        "1 March 2026</time></li></ul></nav>"
    )


def test_a_fragment_without_stories_is_empty(client, engine):
    engine.odd_urls = dict.fromkeys(("b/2#x", "c3"))
    answer = client.get("/v1/related/fragment?id=a1")
    assert (answer.status_code, answer.content) == (200, b"")
    assert "s-maxage=15," in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "query", ["heading_level=7", "thumbnails=maybe", "heading=" + "x" * 201, "heading=a&heading=b"]
)
def test_wrong_looks_of_a_fragment(client, query):
    assert client.get("/v1/related/fragment?id=a1&" + query).status_code == 422


@pytest.mark.parametrize(("route", "named"), [("/v1/related/fragment", True), ("/v1/related", False)])
def test_where_a_name_is_unknown_those_of_the_route_are_named(client, route, named):
    detail = client.get(f"{route}?id=a1&headng=More").json()["detail"]
    assert ("heading, heading_level, thumbnails" in detail) is named


def test_an_answer_that_may_show_what_was_hidden_is_not_kept(client, engine):
    real = engine.related
    engine.related = lambda query, options: replace(real(query, options), state=None)
    answer = client.get("/v1/related?id=a1")
    engine.related = real
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert "etag" not in answer.headers
    assert json.loads(answer.content)["hits"]


def test_the_fragment_leaves_weak_matches_out_unless_told(client, engine):
    asked = []
    answer = engine.related
    engine.related = lambda query, options: asked.append(options.min_score) or answer(query, options)
    client.get("/v1/related/fragment?id=a1")
    client.get("/v1/related/fragment?id=a1&min_score=0")
    client.get("/v1/related?id=a1")
    assert asked == [FLOOR, 0.0, 0.0]
