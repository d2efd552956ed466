"""The examples of the API's description: what they name is in the sample corpus, what they write is not."""

import html
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

import recommender
from recommender.cleaning import story_of
from recommender.corpus import open_corpus
from recommender.service import examples
from recommender.stories import Story

SAMPLE = Path(recommender.__file__).with_name("sample")


@pytest.fixture(scope="module")
def sample() -> dict[str, Story]:
    return {one.id: one for one in open_corpus(SAMPLE) if isinstance(one, Story)}


@pytest.fixture
def described(client) -> dict[str, Any]:
    return client.get("/openapi.json").json()


@pytest.fixture
def commands(client) -> dict[tuple[str, str], list[str]]:
    """The page's commands as a shell reads them, by method and path without the query."""
    found = re.findall(r'aria-label="Command"><code>(.*?)</code>', client.get("/docs").text, re.DOTALL)
    words = [shlex.split(html.unescape(command)) for command in found]
    by_route = {}
    for one in words:
        method = one[one.index("-X") + 1] if "-X" in one else "GET"
        address = next(word for word in one if word.startswith("http"))
        by_route[method, "/" + address.split("?")[0].split("/", 3)[3]] = one
    assert len(by_route) == len(words)
    return by_route


def body_of(command: list[str]) -> str:
    return command[command.index("--data-binary") + 1]


def test_what_is_shown_is_in_the_sample_as_it_is_there(sample):
    answers = [examples.RELATED, examples.RELATED_TO_DRAFT, examples.RELATED_TO_STORY]
    for hit in [hit for answer in answers for hit in answer["hits"]]:
        story = sample[hit["id"]]
        assert (hit["title"], hit["url"], hit["section"], hit["source"]) == (
            story.title, story.url, story.section, story.source,
        )  # fmt: skip
        assert hit["date_published"] == str(story.published)
        assert " ".join(story.text.split()).startswith(hit["summary"])
    story = sample[examples.STORED]
    shown = examples.STORY
    assert (shown["title"], shown["url"], shown["published"]) == (
        story.title,
        examples.STORED_URL,
        str(story.published),
    )
    assert story.text.startswith(shown["text"].rstrip("…"))
    links = shown["links"]["read_more"]
    assert [one["title"] for one in links] == [one.title for one in story.read_more]
    assert all(sample[one["id"]].title == one["title"] for one in links)
    assert set(re.findall(r'href="([^"]+)"', examples.FRAGMENT)) == {hit["url"] for hit in examples.RELATED["hits"]}
    assert examples.INDEX["counts"]["articles"] == len(sample)


def test_a_text_is_not_answered_as_if_an_id_were_asked():
    assert "id" not in examples.RELATED["query"]
    assert "id" not in examples.RELATED_TO_DRAFT["query"]
    assert examples.BATCH["results"][0]["query"]["id"] == examples.QUERIES["queries"][0]["id"]


def test_every_id_of_the_description_is_known(sample, described):
    assert set(re.findall(r"hl-\d+", json.dumps(described))) <= set(sample)


def test_what_is_written_overwrites_nothing_of_the_sample(sample, commands):
    addresses = {story.url for story in sample.values()}
    put = story_of({"id": examples.NEW, **json.loads(body_of(commands["PUT", f"/v1/stories/{examples.NEW}"]))})
    bulk = [story_of(json.loads(line)) for line in body_of(commands["POST", "/v1/stories/bulk"]).splitlines()]
    for story in (put, *bulk):
        assert story.id not in sample
        assert story.url not in addresses
    assert {pointer.title for pointer in put.read_more} <= {story.title for story in sample.values()}
    written = {path for method, path in commands if method in ("PUT", "PATCH", "DELETE") and "stories" in path}
    assert written == {f"/v1/stories/{examples.NEW}"}


def test_results_of_a_bulk_are_those_of_its_lines(commands):
    sent = [json.loads(line)["id"] for line in body_of(commands["POST", "/v1/stories/bulk"]).splitlines()]
    assert [json.loads(line)["id"] for line in examples.RESULTS.splitlines()] == sent


def test_commands_state_the_type_of_their_body(commands, described):
    for (method, path), command in commands.items():
        if "--data-binary" in command:
            kind = "application/x-ndjson" if path.endswith("/bulk") else "application/json"
            assert f"Content-Type: {kind}" in command, (method, path)
    with_body = [one for methods in described["paths"].values() for one in methods.values() if "requestBody" in one]
    assert sum("--data-binary" in command for command in commands.values()) == len(with_body)


def test_commands_leave_nothing_to_fill_in_but_the_key(commands):
    assert not [path for _, path in commands if "{" in path]
