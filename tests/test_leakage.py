"""No leakage: what a story's own editors linked to never tells what to recommend under it.

Each test plants a leak, looks whether it moves an answer, a feature or a figure, and finds that it does not; where the
same evidence is allowed, it does.
"""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from newsdesk import PAPER, Record, ask, day_number, engine_of, make_index, opened, story

from recommender.engine import Query, parse_request
from recommender.engine.filters import visible
from recommender.engine.probe import probe_row, story_of_text
from recommender.engine.searcher import Searcher
from recommender.evaluation.qrels import editors_links
from recommender.generation import Generation
from recommender.ranking.model import FEATURES
from recommender.tuning import collect, default_ranker

NOW = 4_000_000_000


def features_of(generation: Generation, story_id: str) -> dict[str, dict[str, float]]:
    """Features of every candidate for a stored story, by id."""
    row = generation.row_of(story_id)
    assert row is not None
    searcher = Searcher(generation, default_ranker(generation))
    candidates, features = searcher.features(probe_row(generation, row), visible(generation, NOW))
    return {
        str(generation.record(int(one))["id"]): dict(zip(FEATURES, values.tolist(), strict=True))
        for one, values in zip(candidates.rows, features, strict=True)
    }


def answer_of(index: Path, story_id: str) -> list[tuple[str, float]]:
    with engine_of(index) as recommender:
        return [(hit.id, hit.score) for hit in ask(recommender, story_id, limit=100).hits]


# (a) Read-more headlines in a body

TEXT = "The storm broke the wall at noon.\nCrews work through the night to close the gap."
BLOCK = "\n\nRead more:\n- Pilots refuse to leave the quay\n- Why the zeppelin museum closed\n"


def test_the_headlines_under_a_story_are_neither_embedded_nor_searched(tmp_path: Path) -> None:
    others = [
        story("pilots", "Pilots refuse to leave the quay", "Fog.", "2026-01-01"),
        story("zeppelin", "Why the zeppelin museum closed", "Rent.", "2026-01-02"),
        story("gap", "Crews close gaps", "Noon at the wall.", "2026-01-03"),
    ]
    links = [{"id": "pilots"}, {"id": "zeppelin"}]
    forms = {
        "plain": story("q", "Wall breaks", TEXT, "2026-02-01", read_more=links),
        "block": story("q", "Wall breaks", TEXT + BLOCK, "2026-02-01"),
        "none": story("q", "Wall breaks", TEXT, "2026-02-01"),
    }
    seen = {}
    for name, query in forms.items():
        make_index(tmp_path / name, [*others, query])
        with opened(tmp_path / name) as generation:
            row = generation.row_of("q")
            assert row is not None
            terms = {generation.lexical.text_of(int(term)) for term in generation.lexical.terms_of(row).ids}
            seen[name] = (generation.dense.rows(np.array([row])).tolist(), terms, features_of(generation, "q"))
            assert not terms & {"zeppelin", "pilot", "museum"}
            targets = {generation.record(int(one))["id"] for one in generation.graph.targets(row)}
            assert targets == ({"pilots", "zeppelin"} if name != "none" else set())
    assert seen["block"] == seen["plain"] == seen["none"]
    assert answer_of(tmp_path / "block", "q") == answer_of(tmp_path / "none", "q")


def test_nor_are_those_under_a_text_that_is_asked_for(tmp_path: Path) -> None:
    make_index(tmp_path / "index", [
        story("pilots", "Pilots refuse to leave the quay", "Fog.", "2026-01-01"),
        story("gap", "Crews close gaps", "Noon at the wall.", "2026-01-03"),
    ])  # fmt: skip
    with engine_of(tmp_path / "index") as recommender:

        def found(**request: Any) -> list[tuple[str, float]]:
            query, options = parse_request(request)
            return [(hit.id, hit.score) for hit in recommender.related(query, options).hits]

        assert found(text=f"Wall breaks\n{TEXT}{BLOCK}") == found(text=f"Wall breaks\n{TEXT}")
        with_block = {"title": "Wall breaks", "text": TEXT + BLOCK, "read_more": [{"id": "pilots"}]}
        assert found(story=with_block) == found(story={"title": "Wall breaks", "text": TEXT})
        assert found(text="Read more: Pilots refuse to leave the quay")[0][0] == "pilots", "there is nothing else in it"
    assert story_of_text(f"Wall breaks\n{TEXT}{BLOCK}").text == TEXT


# (b) A query's own links, and those that were not there on its day


def linked(records: list[Record], story_id: str, *, own: bool, newer: bool) -> list[Record]:
    """The records with the query's own links and those out of stories of its day or newer ones, or without them."""
    query = next(record for record in records if record["id"] == story_id)
    day = query["published"][:10]
    made = copy.deepcopy(records)
    for record in made:
        is_own = record["id"] == story_id
        is_newer = not is_own and (record["published"] is None or record["published"][:10] >= day)
        if (is_own and not own) or (is_newer and not newer):
            record["read_more"] = []
    return made


QUERIES = [record["id"] for record in PAPER if record["published"] and record["published"] > "2026-01-25"]
RESOLVED = [record | {"read_more": [link for link in record.get("read_more", []) if "id" in link]} for record in PAPER]
"""Without headline-only stories: those stand in the index because of a link, wherever it is."""


@pytest.mark.parametrize("story_id", [QUERIES[0], QUERIES[len(QUERIES) // 2]])
def test_links_of_the_query_and_of_newer_stories_say_nothing(tmp_path: Path, story_id: str) -> None:
    found = {}
    for name, own, newer in (("all", True, True), ("without own", False, True), ("older alone", False, False)):
        make_index(tmp_path / name, linked(RESOLVED, story_id, own=own, newer=newer))
        with opened(tmp_path / name) as generation:
            found[name] = features_of(generation, story_id)
        found[name + " answer"] = answer_of(tmp_path / name, story_id)
    assert found["all"] == found["without own"] == found["older alone"]
    assert found["all answer"] == found["without own answer"] == found["older alone answer"]
    assert any(values["votes"] > 0 for values in found["all"].values()), "older links do say something"


def test_a_planted_answer_is_not_seen_but_an_older_link_is(tmp_path: Path) -> None:
    """The running story of `current_events`: whatever the query links to links back, and newer stories link to both."""
    days = {"target": 3, "near": 2, "query": 6, "twin": 6, "newer": 8, "undated": None}
    base = [
        story(one, f"Wall {one} of the storm", f"Storm wall crew {one}.", None if day is None else day_number(day))
        for one, day in days.items()
    ]
    base += [story(f"other-{n}", f"Wall {n} in the storm", f"Storm wall crew {n}.", day_number(n)) for n in range(6)]

    def indexed(name: str, asked: str = "query", **links: list[str]) -> dict[str, dict[str, float]]:
        records = [record | {"read_more": [{"id": to} for to in links.get(record["id"], [])]} for record in base]
        make_index(tmp_path / name, records)
        with opened(tmp_path / name) as generation:
            return features_of(generation, asked)

    plain = indexed("plain")
    leaks = {
        "own": {"query": ["target"]},
        "back": {"target": ["query"]},
        "same_day": {"twin": ["target"]},
        "newer": {"newer": ["target", "query"]},
        "undated": {"undated": ["target"]},
        "all": {"query": ["target"], "target": ["query"], "twin": ["target", "query"], "newer": ["target"]},
    }
    for name, links in leaks.items():
        assert indexed(name, **links) == plain, name
    # A query without a date knows no newer stories; its own links are hidden all the same.
    assert indexed("dateless own", "undated", undated=["target"]) == indexed("dateless", "undated")
    older = indexed("older", near=["target"])
    assert older["target"]["votes"] > plain["target"]["votes"] == 0
    assert older["target"]["in_links"] == pytest.approx(np.log(2))


# (c) Labels, fit and figures


def test_what_is_a_label(tmp_path: Path) -> None:
    records = [
        story("old", "Old wall", day="2026-01-01"),
        story("older", "Older wall", day="2025-12-01T10:00:00Z"),
        story("digest", "The week", day="2026-01-02", digest=True, links=["old"]),
        story("undated", "Wall history", day=None, links=["old"]),
        story("q", "Wall breaks", day="2026-01-05",
              read_more=[{"id": one} for one in ("old", "older", "digest", "undated", "future", "same", "q")]
              + [{"title": "A headline that nobody has"}]),
        story("same", "Same day", day="2026-01-05T23:00:00Z", links=["future"]),
        story("future", "Wall repaired", day="2026-01-06", links=["undated"]),
        story("round-up", "All of it", day="2026-01-07", links=[f"n{n}" for n in range(16)]),
        *(story(f"n{n}", f"Note {n}", day="2026-01-03") for n in range(16)),
        story("fifteen", "Most of it", day="2026-01-07", links=[f"n{n}" for n in range(15)]),
    ]  # fmt: skip
    make_index(tmp_path / "index", records)
    with opened(tmp_path / "index") as generation:
        qrels = editors_links(generation)
        found = {
            generation.record(query.row)["id"]: {generation.record(int(one))["id"] for one in query.targets}
            for query in qrels.queries
        }
    assert found == {"q": {"old", "older", "same"}, "fifteen": {f"n{n}" for n in range(15)}}
    assert [len(qrels.older), len(qrels.newer)] == [1, 1]


def affairs(count: int, follow: bool = True) -> list[Record]:
    """Each story is about one of eight affairs; its editors link to the affair's two stories before, if `follow`."""
    names = ["Olvar", "Brinn", "Teska", "Marn", "Quell", "Dorim", "Fenna", "Sorv"]
    records: list[Record] = []
    for number in range(count):
        name, before = names[number % 8], [number - 8, number - 16]
        if not follow:
            before = [number - 3, number - 5]
        records.append(
            story(
                f"s{number:03}",
                f"{name} speaks of matter{number % 5}",
                f"{name} met people{number % 7} and spoke of matter{number % 5} in town{number % 3}.",
                day_number(number // 2),
                links=[f"s{one:03}" for one in before if one >= 0],
            )
        )
    return records


def test_labels_of_the_newer_half_do_not_move_the_fit(tmp_path: Path) -> None:
    """What is fitted on is the same when the newer half's editors have linked elsewhere."""
    records = affairs(130)
    other = copy.deepcopy(records)
    for number, record in enumerate(other[80:], 80):
        record["read_more"] = [{"id": f"s{number - 7:03}"}, {"id": f"s{number - 9:03}"}]
    samples = []
    for name, corpus in (("one", records), ("other", other)):
        make_index(tmp_path / name, corpus)
        with opened(tmp_path / name) as generation:
            older = editors_links(generation).older
            assert len(older) == 61
            samples.append(collect(generation, default_ranker(generation), older))
    for one, two in zip(*samples, strict=True):
        np.testing.assert_array_equal(one.features, two.features)
        np.testing.assert_array_equal(one.linked, two.linked)


def test_a_text_query_is_not_told_by_links_of_its_future(tmp_path: Path) -> None:
    """A draft dated by `published_before` sees the links of that day's past alone."""
    base = [
        story("target", "Wall of the storm", "Storm wall crew.", "2026-01-01"),
        story("pointer", "Crew at the wall", "Storm wall crew again.", "2026-01-10"),
        *(story(f"o{n}", f"Wall {n} storm", f"Storm wall crew {n}.", "2026-01-02") for n in range(4)),
    ]
    with_link = [record | ({"read_more": [{"id": "target"}]} if record["id"] == "pointer" else {}) for record in base]
    scores = {}
    for name, records in (("without", base), ("with", with_link)):
        make_index(tmp_path / name, records)
        with engine_of(tmp_path / name) as recommender:
            for day in ("2026-01-05", "2026-01-20"):
                hits = ask(recommender, Query(text="storm wall crew"), published_before=day, collapse="none").hits
                scores[name, day] = {hit.id: hit.score for hit in hits}
    assert scores["with", "2026-01-05"] == scores["without", "2026-01-05"]
    assert scores["with", "2026-01-20"]["target"] > scores["without", "2026-01-20"]["target"]
