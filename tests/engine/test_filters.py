"""Filters never cost recall: what an answer holds under a filter is what it holds without, less what is not allowed."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from newsdesk import PAPER, ask, day_number, engine_of, ids, make_index, newspaper, story

from recommender.dates import Moment
from recommender.engine import Query, Recommender
from recommender.readmore import canonical_url

Filters = dict[str, Any]

DAYS = st.integers(0, 40).map(day_number)
INSTANTS = st.builds(lambda day, hour: f"{day}T{hour:02}:30:00+02:00", DAYS, st.integers(0, 23))

filters = st.fixed_dictionaries(
    {},
    optional={
        "section": st.lists(st.sampled_from(["City", "Politics", "Sport", "Nowhere"]), min_size=1, max_size=2),
        "language": st.lists(st.sampled_from(["en", "de", "fr"]), min_size=1, max_size=2),
        "source": st.sampled_from([["Ledger"], ["Wire"], ["Ledger", "Wire"]]),
        "kind": st.sampled_from([["article"], ["headline"], ["article", "headline"]]),
        "published_after": DAYS | INSTANTS,
        "published_before": DAYS | INSTANTS,
        "exclude": st.lists(
            st.integers(0, 129).map("s{:03}".format)
            | st.sampled_from(["http://www.ledger.example/live/#x", "nobody", "https://nowhere.example/"])
            | st.integers(0, 129).map("https://ledger.example/harbour/{}?utm_source=x".format),
            min_size=1,
            max_size=4,
        ),
        "min_score": st.sampled_from([0.1, 0.3, 0.5, 0.7]),
    },
)


def is_past(one: str, other: str) -> bool:
    """Whether `one` is at or before `other`: by day where either is a day."""
    left, right = Moment.parse(one), Moment.parse(other)
    if left.is_day or right.is_day:
        return str(left)[:10] <= str(right)[:10]
    return left.second <= right.second


def lets_through(chosen: Filters) -> Callable[[dict[str, Any]], bool]:
    """The filters read plainly, over the fields of a hit."""

    def allowed(hit: dict[str, Any]) -> bool:
        published = hit["date_published"]
        excluded = chosen.get("exclude", ())
        return (
            all(hit[name] in chosen[name] for name in ("section", "language", "source", "kind") if name in chosen)
            and ("published_after" not in chosen or not published or is_past(chosen["published_after"], published))
            and ("published_before" not in chosen or not published or is_past(published, chosen["published_before"]))
            and hit["id"] not in excluded
            and not (hit["url"] and canonical_url(hit["url"]) in [canonical_url(one) for one in excluded])
            and hit["score"] >= chosen.get("min_score", 0)
        )

    return allowed


def all_hits(recommender: Recommender, query: Query | str, **options: Any) -> list[dict[str, Any]]:
    """Every story there is for the query, as hits."""
    hits = []
    for offset in (0, 100, 200):
        hits += [dict(hit.values) | {"score": hit.score} for hit in ask(
            recommender, query, **options | {"limit": 100, "offset": offset}
        ).hits]  # fmt: skip
    return hits


@settings(max_examples=60)
@given(number=st.integers(0, 129), chosen=filters, mode=st.sampled_from([None, "background", "followup", "any"]))
def test_a_filter_takes_out_what_it_names_and_nothing_else(
    paper_engine: Recommender, number: int, chosen: Filters, mode: str | None
) -> None:
    query, more = PAPER[number]["id"], {"mode": mode, "collapse": "none"}
    if PAPER[number]["published"] is None:
        chosen = {name: value for name, value in chosen.items() if name != "published_before"}  # it dates the query
    expected = [hit for hit in all_hits(paper_engine, query, **more) if lets_through(chosen)(hit)]
    found = all_hits(paper_engine, query, **more, **chosen)
    assert [hit["id"] for hit in found] == [hit["id"] for hit in expected]
    assert [hit["score"] for hit in found] == pytest.approx([hit["score"] for hit in expected], abs=1e-5)


@settings(max_examples=25)
@given(chosen=filters, text=st.sampled_from(["ferry in the gale", "Council votes on the school budget", "striker"]))
def test_the_same_for_a_text(paper_engine: Recommender, chosen: Filters, text: str) -> None:
    chosen = {name: value for name, value in chosen.items() if name != "published_before"}  # it dates a text
    query = Query(text=text)
    expected = [hit["id"] for hit in all_hits(paper_engine, query, collapse="none") if lets_through(chosen)(hit)]
    assert [hit["id"] for hit in all_hits(paper_engine, query, collapse="none", **chosen)] == expected


def test_candidates_are_generous(tmp_path_factory: pytest.TempPathFactory) -> None:
    """In a corpus larger than the candidates of one search the five best are those of an exhaustive one.

    The exhaustive one asks each of ten sources alone: these are so small that every story of them is a candidate.
    """
    records = newspaper(900, seed=3)
    sources = [f"source {number}" for number in range(10)]
    for number, record in enumerate(records):
        record["source"] = sources[number % 10]
    folder = tmp_path_factory.mktemp("large") / "index"
    make_index(folder, records)
    with engine_of(folder) as recommender:
        for query in [records[place]["id"] for place in (10, 450, 451, 777, 890, 899)]:
            apart = [hit for one in sources for hit in all_hits(recommender, query, collapse="none", source=one)]
            best = sorted(apart, key=lambda hit: -hit["score"])[:5]
            answer = ask(recommender, query, collapse="none", limit=5)
            assert [hit.score for hit in answer.hits] == pytest.approx([hit["score"] for hit in best], abs=1e-5)
            assert set(ids(answer)) == {hit["id"] for hit in best}


def test_values_are_compared_exactly(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("exact") / "index"
    make_index(
        folder,
        [
            story("a", "Ferry in the gale", section="City"),
            story("b", "Ferry in the storm", section="city"),
            story("c", "Ferry in the fog", section="City Hall"),
        ],
    )
    with engine_of(folder) as recommender:
        assert ids(ask(recommender, Query(text="ferry"), section="City")) == ["a"]
        assert set(ids(ask(recommender, Query(text="ferry"), section=["City", "city"]))) == {"a", "b"}
        assert ids(ask(recommender, Query(text="ferry"), section="Cit")) == []
