"""Whatever is changed, in whatever order: a worker that saw each change, one that starts now, and a rebuild answer the
same.

Pointers name ids, URLs and headlines of stories, of themselves, of stories that are gone and of none.
"""

import random
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any

import pytest

from recommender.engine import Options, Query, Recommender
from recommender.errors import NotFound, RecommenderError
from tests.live.conftest import Desk

NAMES = "abcdef"
HEADLINES = [f"Headline about {subject} in the harbour" for subject in ("storms", "ferries", "gulls", "walls")]
URLS = [f"https://paper.example/{number}" for number in range(4)]
FUTURE = "2126-01-01T00:00:00Z"
EVERYTHING = Options(limit=100, collapse="none", mode="any", fields=("*",))


def pointer(draw: random.Random) -> dict[str, str]:
    headline, name = {"title": draw.choice(HEADLINES)}, {"id": draw.choice(NAMES)}
    url = {"url": draw.choice(URLS)}
    return draw.choice([headline, headline, name, url, headline | name, headline | url, headline | url])


def record(draw: random.Random) -> dict[str, Any]:
    name = draw.choice(NAMES)
    made: dict[str, Any] = {"id": name, "language": "en", "title": draw.choice([*HEADLINES, f"Own headline of {name}"])}
    made["read_more"] = [pointer(draw) for _ in range(draw.randint(0, 3))]
    made |= draw.choice([{}, {"url": draw.choice(URLS)}])
    made |= draw.choice([{}, {"published": f"2026-01-0{draw.randint(1, 5)}"}])
    return made | draw.choice([{"kind": "headline"}, *[{"text": f"Text {draw.randint(1, 3)} of {name}"}] * 5])


def change(desk: Desk, draw: random.Random) -> None:
    """Any change; to a headline without an article as well."""
    how = draw.choice(["put", "put", "put", "status", "embargo", "delete"])
    headlines = [item["id"] for item in desk.recommender.headlines().items]
    name = draw.choice([*NAMES, *sorted(headlines)])
    with suppress(NotFound):
        if how == "put":
            desk.changes.put(record(draw))
        elif how == "status":
            desk.changes.patch(name, status=draw.choice(["usable", "canceled", "withheld"]))
        elif how == "embargo":
            desk.changes.patch(name, embargoed=draw.choice([None, FUTURE]))
        else:
            desk.changes.delete(name)


def told(recommender: Recommender) -> dict[str, Any]:
    """All that is said of stories and headlines, but scores, by id."""
    found: dict[str, Any] = {}
    for hit in recommender.related(Query(text="headline harbour text"), EVERYTHING).hits:
        values = {name: value for name, value in hit.values.items() if name not in ("score", "reasons", "similarity")}
        found[hit.id] = values | {"mentioned_by": sorted(one["id"] for one in values.get("mentioned_by", ()))}
    for name in NAMES:
        with suppress(NotFound):
            story = recommender.story(name)
            links = {way: [one["id"] for one in ends] for way, ends in story.pop("links").items()}
            found[f"story {name}"] = story | {"links": links | {"mentioned_by": sorted(links["mentioned_by"])}}
    for url in URLS:
        try:
            found[url] = recommender.related(Query(url=url)).query["id"]
        except RecommenderError as error:
            found[url] = type(error)
    return found


@pytest.mark.parametrize("seed", range(12))
def test_all_who_answer_agree(make_desk: Callable[..., Desk], seed: int) -> None:
    draw = random.Random(seed)
    stays = {"id": "z", "title": "It is never changed", "language": "en"}
    desk = make_desk(stays, *{one["id"]: one for one in (record(draw) for _ in range(draw.randint(1, 6)))}.values())
    for _ in range(3):
        for _ in range(draw.randint(2, 8)):
            change(desk, draw)
        seen = told(desk.recommender)
        with closing(desk.open()) as another:
            assert told(another) == seen
        desk.rebuild()
        assert told(desk.recommender) == seen
