"""The pages for people, the files they use, and the description of the API."""

import gzip
import re

import pytest

from recommender.engine.options import OPTIONS
from recommender.records import story_from_record
from recommender.service.questions import FLOOR

PAGES = ["/", "/story?id=a1", "/headlines", "/headlines?q=storm", "/index", "/quality", "/demo", "/demo?id=a1", "/docs"]


@pytest.mark.parametrize("path", PAGES)
def test_pages_hold_no_script_or_style_of_their_own(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=", answer.text)
    assert answer.text.count("<main") == 1
    for asset in re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text):
        file = client.get(asset)
        assert (file.status_code, "immutable" in file.headers["cache-control"]) == (200, True)


def test_the_desk_answers_with_and_without_script(client):
    form = {"q": "storm <b>", "limit": "2", "mode": "", "section": ""}
    part = client.post("/desk/results", data=form)
    assert "Ferries stay in port" not in part.text.split('class="hits"')[0]
    assert part.text.count('<li class="hit"') == 2
    assert "says similar things" in part.text
    assert "below min_score" in part.text
    # A bar is a share of the hit's score, here 0.9 and 0.8.
    widths = re.findall(r'class="fill" width="(\d+)" height="6"', part.text)
    assert widths == ["64", "21", "57", "19"]
    page = client.post("/", data=form)
    assert page.text.count('<li class="hit"') == 2
    assert "storm &lt;b&gt;" in page.text


def test_dates_follow_the_story_for_readers_and_the_page_for_editors(client, engine):
    about = engine.story
    engine.story = lambda story_id: about(story_id) | {"language": "de", "published": "2026-03-02"}
    demo, story = client.get("/demo?id=a1").text, client.get("/story?id=a1").text
    assert '<article lang="de">' in demo
    assert '<time dir="auto" datetime="2026-03-02">2. März 2026</time>' in demo
    assert '<time datetime="2026-03-02">2 March 2026</time>' in story
    for page in (demo, story):  # the widget writes dates in the language that its element is in
        assert page.count("<read-more ") == len(re.findall(r'<read-more [^>]*lang="de">', page)) > 0
    engine.story = lambda story_id: about(story_id) | {"language": "he"}
    demo, story = client.get("/demo?id=a1").text, client.get("/story?id=a1").text
    assert '<article lang="he" dir="rtl">' in demo
    for page in (demo, story):
        assert page.count("<read-more ") == page.count('lang="he" dir="rtl">\n<nav') + page.count(
            'dir="rtl"></read-more>'
        )


def test_the_desk_takes_the_address_of_a_story(client):
    answer = client.post("/desk/results", data={"q": " https://x.example/shared "})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "text/html; charset=utf-8")
    assert "/story?id=c3" in answer.text


def test_wrong_input_of_a_page_is_a_page(client):
    for path, status in (("/story?id=nix", 404), ("/story", 422), ("/demo?id=nix", 404)):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert client.post("/desk/results", content=b"x", headers={"content-type": "text/plain"}).status_code == 415


def test_switching_is_offered_only_with_an_admin_key(client, make):
    assert "data-promote" in client.get("/index").text
    assert "data-promote" not in make().get("/index").text


def test_the_widget_is_small_and_may_be_pinned(client):
    widget = client.get("/widget.js", headers={"Accept-Encoding": "identity"})
    assert widget.headers["content-type"].startswith("text/javascript")
    assert len(gzip.compress(widget.content, 9)) <= 5 * 1024
    assert (
        client.get(
            "/widget.js", headers={"If-None-Match": widget.headers["etag"], "Accept-Encoding": "identity"}
        ).status_code
        == 304
    )
    packed = client.get("/widget.js", headers={"Accept-Encoding": "gzip"})
    assert (packed.headers["content-encoding"], packed.content) == ("gzip", widget.content)
    assert packed.headers["etag"] != widget.headers["etag"]
    pinned = client.get(f"/static/{widget.headers['etag'].strip(chr(34))}/widget.js")
    assert (pinned.status_code, "immutable" in pinned.headers["cache-control"]) == (200, True)
    assert client.get("/static/0/widget.js").status_code == 404
    for word in ("innerHTML", "eval(", "cookie =", "localStorage"):
        assert word not in widget.text
    assert f"const FLOOR = {FLOOR};" in widget.text  # the same list as the fragment


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip, br", True), ("br;q=1.0, GZIP;q=0.5", True), ("*", True), ("identity;q=0, *;q=0.1", True),
        ("gzip;q=0", False), ("*, gzip; q=0.000", False), ("*;q=0", False), ("", False), ("x-notgzip", False),
    ],
)  # fmt: skip
def test_the_widget_is_packed_for_those_who_take_it_so(client, accepted, packed):
    answer = client.get("/widget.js", headers={"Accept-Encoding": accepted})
    assert ("content-encoding" in answer.headers) == packed


def test_the_page_of_the_api_sets_names_apart_from_prose(client):
    page = client.get("/docs").text
    assert "<code>filtered_out</code> counts" in " ".join(page.split())
    assert "`" not in page


def test_the_quality_page_shows_what_the_build_measured(client, engine):
    def value(mean):
        return {"mean": mean, "low": mean - 0.02, "high": mean + 0.02}

    about = engine.describe()
    about["quality"] = {
        "queries": 7, "metric": "ndcg@10", "plain vectors": value(0.25), "default": value(0.45), "served": value(0.5),
        "tuning": {"used": True, "fitted_on": 1_200, "sure": 0.993},
    }  # fmt: skip
    engine.describe = lambda: about
    page = client.get("/quality").text
    assert page.count('<rect class="fill"') == 3
    for text in ("0.500", "0.480 – 0.520", "+100 %", "1,200 articles", "99.3 % sure"):
        assert text in page
    assert "standard deviations" not in page, "which the weights do not speak of"
    about["quality"] = {"queries": 0}
    assert "Not measured" in client.get("/quality").text


def test_withdrawing_and_restoring_are_offered_only_with_an_admin_key(client, make):
    assert 'data-action="withdraw"' in client.get("/story?id=a1").text
    assert 'data-story="nix&#34;"' in client.get("/story?id=nix%22").text
    without = make()
    assert "data-story" not in without.get("/story?id=a1").text + without.get("/story?id=nix").text


def test_headlines_are_paged(client):
    assert "1 to 1 of 1" in client.get("/headlines").text
    for wrong in ("offset=-1", "offset=x", "per=101"):
        assert client.get(f"/headlines?{wrong}").status_code == 422


def test_the_description_has_every_option_and_an_example_for_every_route(client):
    described = client.get("/openapi.json").json()
    parameters = {one["name"] for one in described["paths"]["/v1/related"]["get"]["parameters"]}
    assert {option.name for option in OPTIONS} | {"id", "url", "text"} <= parameters
    properties = described["components"]["schemas"]["Question"]["properties"]
    assert set(properties) == {option.name for option in OPTIONS} | {"id", "url", "text", "story"}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], path
            assert "500" in operation["responses"], path
            for status, answer in operation["responses"].items():
                for kind, content in answer.get("content", {}).items():
                    assert kind == "text/plain" or "example" in content, (method, path, status)
                    if status[0] in "45":
                        assert kind == "application/problem+json"


def test_the_description_refers_only_to_what_it_has(client):
    text = client.get("/openapi.json").text
    described = client.get("/openapi.json").json()
    for name in re.findall(r'"#/components/schemas/([^"]+)"', text):
        assert name in described["components"]["schemas"]


@pytest.mark.parametrize(
    "date",
    ["2024-05-04", "2024-05-04T07:11:12Z", "Sat, 04 May 2024 09:11:12 +0200", 1714806672, 1714806672000, "1714806672",
     "4 May 2024", "4. Mai 2024", "4.5.2024", "2024/5/4", "2024-05-04 07:11", "", None],
)  # fmt: skip
def test_the_description_allows_every_date_that_is_taken(client, date):
    validators = pytest.importorskip("jsonschema_rs")
    properties = client.get("/openapi.json").json()["components"]["schemas"]["StoryRecord"]["properties"]
    for name in ("published", "modified", "embargoed"):
        story = story_from_record({"title": "One", name: date})
        assert str(getattr(story, name) or "")[:10] == ("2024-05-04" if date else "")
        assert validators.validator_for(properties[name], validate_formats=True).is_valid(date), name
