"""Answers: identity, pages, order, modes, fields, and texts of every kind."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from newsdesk import PAPER, Record, ask, day_number, engine_of, everything, ids, make_index, story

from recommender.engine import Options, Query, Recommender, parse_request
from recommender.errors import AmbiguousURL, InputError, NotFound, TooLarge

STORM = "Storm breaks the harbour wall and floods the old town"
BODY = " ".join(f"The storm tore stone number{n} out of the wall while crew{n} watched the gauge." for n in range(14))
FERRY = " ".join(
    f"Ferries of line{n} stay in port until the pilots of quay{n} see the lights again." for n in range(14)
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recommender]:
    """A few stories with every kind of identity between them."""
    folder = tmp_path_factory.mktemp("desk") / "index"
    make_index(
        folder,
        [
            story("wall", STORM, BODY, "2026-02-03T10:00:00Z", url="https://ledger.example/wall", section="City",
                  read_more=[{"id": "ferries"}, {"title": "Why the wall was never repaired"}]),
            story("wall-wire", "Storm breaks harbour wall, floods old town", BODY, "2026-02-03", source="Wire"),
            story("wall-update", STORM, BODY + " Two hundred people slept in the school.", "2026-02-04"),
            story("ferries", "Ferries stay in port after the storm", FERRY, "2026-02-01", section="City"),
            story("lights", "Harbour lights fail in the storm", "The storm took the harbour lights.", "2026-02-01"),
            story("budget", "Council votes on the harbour budget", "The wall costs money.", "2026-01-20",
                  section="Politics"),
            story("undated", "A short history of the harbour wall", "Stone by stone.", None),
            story("tomorrow", "Repairs of the harbour wall begin", "Stones arrive.", "2026-02-09"),
            story("live-1", "Live: the storm", "The storm.", "2026-02-03", url="https://ledger.example/live"),
            story("live-2", "Live: the flood", "The flood.", "2026-02-02", url="http://www.ledger.example/live/"),
            story("secret", "Secret plan for the harbour wall", "Nobody knows.", "2026-02-01", status="withheld"),
            story("later", "Embargoed report on the harbour wall", "Soon.", "2026-02-01",
                  embargoed="2999-01-01T00:00:00Z"),
            story("was-later", "Report on the harbour wall", "Now.", "2026-02-01",
                  embargoed="2026-01-01T00:00:00Z"),
            story("odd/id#1 ?", "An odd id by the harbour", "The harbour.", "2026-02-01", tags=["odd"], desk="night"),
        ],
    )  # fmt: skip
    with engine_of(folder) as recommender:
        yield recommender


def stub_id(recommender: Recommender, title: str) -> str:
    return next(
        hit.id for hit in ask(recommender, Query(text=title), kind="headline").hits if hit.values["title"] == title
    )


# Identity


def test_a_story_is_never_its_own_recommendation(paper_engine: Recommender) -> None:
    for record in PAPER[::4]:
        found = [one for one, _ in everything(paper_engine, record["id"], collapse="none", mode="any")]
        assert record["id"] not in found
        assert len(found) == len(set(found)), "no story twice"


def test_a_twin_of_the_same_day_and_every_stub_of_the_headline_are_the_story(tmp_path: Path) -> None:
    make_index(
        tmp_path / "index",
        [
            story("a", "The wall breaks", "One text of ten words about the wall in the storm.", "2026-02-03"),
            story("twin", "the wall breaks!", "Another text altogether, of pilots and of fog.", "2026-02-03"),
            story("year-ago", "The wall breaks", "A third text, of the flood in the year before.", "2025-02-03"),
            {"id": "headline:x", "title": "The Wall “breaks”", "kind": "headline"},
            story("b", "Something else", "Nothing of it.", "2026-02-01"),
        ],
    )
    with engine_of(tmp_path / "index") as recommender:
        answer = ask(recommender, "a", collapse="none")
        assert set(ids(answer)) == {"year-ago", "b"}
        assert answer.filtered_out["same_story"] == 2


def test_a_url_of_its_own_is_the_story_but_a_shared_one_is_none(tmp_path: Path) -> None:
    make_index(
        tmp_path / "index",
        [
            story("a", "The wall breaks", "The wall.", "2026-02-03", url="https://ledger.example/wall?utm_source=x"),
            {"id": "pointer", "title": "What happened at the wall", "kind": "headline", "url": "http://ledger.example/wall/"},
            story("live-1", "Live: wall", "The wall.", "2026-02-03", url="https://ledger.example/live"),
            story("live-2", "Live: flood", "The flood.", "2026-02-02", url="https://ledger.example/live"),
        ],
    )  # fmt: skip
    with engine_of(tmp_path / "index") as recommender:
        assert "pointer" not in ids(ask(recommender, "a"))
        assert "live-2" in ids(ask(recommender, "live-1"))


@pytest.mark.parametrize(
    "url",
    [
        "https://ledger.example/wall", "http://www.ledger.example/wall/", "HTTPS://LEDGER.EXAMPLE:443/wall#top",
        "https://ledger.example/wall?utm_source=mail&fbclid=1", " https://ledger.example/./wall ",
    ],
)  # fmt: skip
def test_a_url_is_known_in_any_form(desk: Recommender, url: str) -> None:
    answer = ask(desk, Query(url=url))
    assert answer.query["id"] == "wall"
    assert ids(answer) == ids(ask(desk, "wall"))


def test_a_shared_url_names_its_stories(desk: Recommender) -> None:
    with pytest.raises(AmbiguousURL, match="live-1, live-2") as caught:
        ask(desk, Query(url="https://ledger.example/live"))
    assert caught.value.field == "url"
    assert caught.value.candidates == ("live-1", "live-2")
    assert isinstance(caught.value, InputError)


@pytest.mark.parametrize("query", [Query(id="nobody"), Query(url="https://ledger.example/none"), Query(id="secret"),
                                   Query(id="later"), Query(id=" \0 "), Query(id="x" * 5_000)])  # fmt: skip
def test_an_unknown_or_hidden_story_is_not_found(desk: Recommender, query: Query) -> None:
    with pytest.raises(NotFound):
        ask(desk, query)


def test_an_id_may_hold_any_character(desk: Recommender) -> None:
    assert ask(desk, "odd/id#1 ?").query["id"] == "odd/id#1 ?"
    assert desk.story("odd/id#1 ?")["desk"] == "night"


def test_hidden_stories_appear_nowhere(desk: Recommender) -> None:
    for query in (Query(text="secret embargoed plan report harbour wall"), Query(id="wall"), Query(id="was-later")):
        answer = ask(desk, query, limit=100, mode="any", explain=True, fields="*", collapse="none").to_json()
        assert "secret" not in str(answer).lower().replace("'text': 'secret embargoed", "")
        assert "later" not in [hit["id"] for hit in answer["hits"]]
    assert "was-later" in ids(ask(desk, "wall"))
    with pytest.raises(NotFound):
        desk.story("secret")


# One story, one slot


def test_copies_and_updates_take_one_slot(desk: Recommender) -> None:
    answer = ask(desk, Query(text="storm breaks harbour wall"), limit=20)
    shown = {hit.id: hit.values["story"]["size"] for hit in answer.hits if hit.id.startswith("wall")}
    assert shown == {"wall-update": 3}, "the newest of the site's own"
    alone = ask(desk, Query(text="storm breaks harbour wall"), limit=20, collapse="none")
    assert {"wall", "wall-wire", "wall-update"} <= set(ids(alone))
    assert answer.filtered_out["same_story"] == 2
    assert alone.filtered_out["same_story"] == 0


def test_a_wire_copy_stands_for_a_story_only_where_the_site_has_none(tmp_path: Path) -> None:
    records = [
        story(f"{source}-{copy}", STORM, BODY, f"2026-02-0{copy}", source=source)
        for source, copies in (("Ledger", 2), ("Wire", 3))
        for copy in range(1, copies + 1)
    ]
    records += [story(f"other-{n}", f"Match {n} of the cup", f"Goal{n} late{n}.", source="Ledger") for n in range(3)]
    make_index(tmp_path / "index", records)
    with engine_of(tmp_path / "index") as recommender:
        assert ids(ask(recommender, Query(text="storm wall"), limit=1)) == ["Ledger-2"]
        assert ids(ask(recommender, Query(text="storm wall"), limit=1, source="Wire")) == ["Wire-3"]


def test_many_copies_take_one_slot_on_a_small_page(tmp_path: Path) -> None:
    """More copies than places that a short list would look at: no second one is shown, and the list is full."""
    records = [story(f"copy-{n:02}", STORM, BODY, "2026-02-03", source="Wire") for n in range(60)]
    records += [story(f"other-{n}", f"Storm warden {n} retires", f"Storm{n} of word{n}.") for n in range(6)]
    make_index(tmp_path / "index", records)
    with engine_of(tmp_path / "index") as recommender:
        for mode in ("any", "latest"):
            answer = ask(recommender, Query(text="storm wall warden"), limit=3, mode=mode)
            assert sum(one.startswith("copy") for one in ids(answer)) <= 1
            assert (len(answer.hits), answer.exhausted) == (3, False)
        whole = ask(recommender, Query(text="storm wall warden"), limit=10)
        assert sum(one.startswith("copy") for one in ids(whole)) == 1
        assert (len(whole.hits), whole.exhausted) == (7, True)


def test_copies_of_the_query_are_left_out_and_said(desk: Recommender) -> None:
    answer = ask(desk, "wall", limit=20, mode="any", explain=True)
    assert not {"wall", "wall-wire", "wall-update"} & set(ids(answer))
    reasons = {one["id"]: one["reason"] for one in answer.rejected or ()}
    assert reasons["wall-wire"] == "same story as the query"


def test_a_pasted_draft_does_not_get_itself(desk: Recommender) -> None:
    assert "ferries" not in ids(ask(desk, Query(text=f"Ferries stay in port after the storm\n\n{FERRY}"), limit=20))
    assert "ferries" in ids(ask(desk, Query(text="Ferries stay in port after the storm")))


# Pages and order


queries = st.one_of(
    st.integers(0, 129).map(lambda number: Query(id=PAPER[number]["id"])),
    st.sampled_from(["ferry", "storm warning at the harbour", "Olvar3 vote"]).map(lambda text: Query(text=text)),
)
shapes = st.fixed_dictionaries(
    {},
    optional={
        "collapse": st.sampled_from(["story", "none"]),
        "mode": st.sampled_from(["background", "latest", "followup", "any"]),
        "min_score": st.sampled_from([0.2, 0.5]),
        "diversity": st.sampled_from([0.2, 0.7, 1.0]),
        "section": st.just(["City"]),
        "half_life": st.sampled_from(["1h", "30d"]),
        "linked": st.just("exclude"),
    },
)


@settings(max_examples=80)
@given(queries, shapes, st.integers(1, 40), st.integers(0, 100))
def test_a_page_is_a_piece_of_one_large_page(
    paper_engine: Recommender, query: Query, options: dict[str, Any], size: int, offset: int
) -> None:
    whole = everything(paper_engine, query, **options)
    page = ask(paper_engine, query, limit=size, offset=offset, **options)
    assert [(hit.id, hit.score) for hit in page.hits] == whole[offset : offset + size]
    assert page.exhausted is (len(whole) <= offset + size)


@settings(max_examples=40)
@given(queries, shapes.filter(lambda options: "diversity" not in options))
def test_order_is_by_score_then_date_then_id(paper_engine: Recommender, query: Query, options: dict[str, Any]) -> None:
    hits = ask(paper_engine, query, limit=100, **options).hits
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert all(score >= options.get("min_score", 0) for score in scores)


@settings(max_examples=40)
@given(queries, shapes.filter(lambda options: "min_score" in options or "section" in options))
def test_exhausted_is_said_exactly(paper_engine: Recommender, query: Query, options: dict[str, Any]) -> None:
    count = len(everything(paper_engine, query, **options))
    for limit in (count - 1, count, count + 1):
        if 1 <= limit <= 100:
            assert ask(paper_engine, query, limit=limit, **options).exhausted is (limit >= count)


def test_nothing_follows_the_last_page(paper_engine: Recommender) -> None:
    beyond = ask(paper_engine, PAPER[0]["id"], offset=1_000, limit=100, mode="any")
    assert (ids(beyond), beyond.exhausted) == ([], True)


def test_ties_are_by_date_newer_first_then_by_id(tmp_path: Path) -> None:
    same = {"title": "Fog over the harbour", "text": "Fog."}
    make_index(
        tmp_path / "index",
        [story(one, **same, day=day) for one, day in
         [("b", "2026-01-01"), ("a", "2026-01-01"), ("d", "2026-01-03"), ("c", None), ("e", "2026-01-02T10:00:00Z"),
          ("f", "2026-01-02"), ("0", None)]],
    )  # fmt: skip
    with engine_of(tmp_path / "index") as recommender:
        answer = ask(recommender, Query(text="fog"), collapse="none")
        assert len({hit.score for hit in answer.hits}) == 1
        assert ids(answer) == ["d", "e", "f", "a", "b", "0", "c"]


def test_min_score_counts_what_it_leaves_out(desk: Recommender) -> None:
    whole = ask(desk, "wall", mode="any", limit=100)
    middle = sorted(hit.score for hit in whole.hits)[len(whole.hits) // 2]
    answer = ask(desk, "wall", mode="any", limit=100, min_score=middle, explain=True)
    kept = [hit.id for hit in whole.hits if hit.score >= middle]
    assert ids(answer) == kept
    assert answer.filtered_out["below_min_score"] == len(whole.hits) - len(kept)
    below = [one["id"] for one in answer.rejected or () if one["reason"] == "below min_score"]
    assert below == [hit.id for hit in whole.hits if hit.score < middle]


def test_no_diversity_is_off(paper_engine: Recommender) -> None:
    for record in PAPER[:20]:
        assert ids(ask(paper_engine, record["id"], diversity=0)) == ids(ask(paper_engine, record["id"]))


def test_diversity_brings_another_subject(desk: Recommender) -> None:
    plain = ask(desk, Query(text="harbour wall storm"), limit=4)
    varied = ask(desk, Query(text="harbour wall storm"), limit=4, diversity=0.9)
    assert plain.hits[0].id == varied.hits[0].id
    assert ids(plain) != ids(varied)


# Time


def test_modes(desk: Recommender) -> None:
    def found(mode: str | None, query: str = "wall") -> set[str]:
        return {hit.id for hit in ask(desk, query, mode=mode, limit=100, kind="article", collapse="none").hits}

    past = {"ferries", "lights", "budget", "undated", "live-1", "live-2", "was-later", "odd/id#1 ?", "wall-wire"}
    assert found("background") == past
    assert found(None) == past
    assert found("followup") == {"wall-update", "tomorrow", "undated"}
    assert found("any") == found("latest") == past | {"wall-update", "tomorrow"}
    assert found("background", "undated") == found("any", "undated"), "an undated query knows no past"
    text = {hit.id for hit in ask(desk, Query(text="harbour wall storm"), limit=100, collapse="none").hits}
    assert {"tomorrow", "undated", "wall"} <= text


def test_a_day_and_an_instant_compare_by_day(tmp_path: Path) -> None:
    days = {"same-day": "2026-02-03", "before": "2026-02-03T09:59:59Z", "at": "2026-02-03T10:00:00Z",
            "after": "2026-02-03T10:00:01Z", "night": "2026-02-03T23:30:00Z", "next": "2026-02-04",
            "undated": None}  # fmt: skip
    records = [story(one, f"Fog {one}", "Fog over the harbour.", day) for one, day in days.items()]
    records += [
        story("instant", "Fog again", "Fog over the port.", "2026-02-03T10:00:00Z"),
        story("day", "More fog", "Fog over the bay.", "2026-02-03"),
    ]
    make_index(tmp_path / "index", records)
    with engine_of(tmp_path / "index") as recommender:

        def found(query: str, **options: Any) -> set[str]:
            return set(ids(ask(recommender, query, limit=100, collapse="none", **options))) & set(days)

        assert found("instant") == {"same-day", "before", "at", "undated"}
        assert found("day") == {"same-day", "before", "at", "after", "night", "undated"}
        assert found("instant", mode="followup") == {"after", "night", "next", "undated"}
        assert found("day", mode="followup") == {"next", "undated"}
        since = {"mode": "any", "published_after": "2026-02-03T10:00:00Z"}
        assert found("day", **since) == {"same-day", "at", "after", "night", "next", "undated"}
        until = {"mode": "any", "published_before": "2026-02-03"}
        assert found("day", **until) == {"same-day", "before", "at", "after", "night", "undated"}


def test_latest_halves_the_score_with_every_half_life(tmp_path: Path) -> None:
    records = [story(f"d{n}", "Fog over the harbour", "Fog.", day_number(n)) for n in (10, 9, 8)]
    make_index(tmp_path / "index", records)
    with engine_of(tmp_path / "index") as recommender:
        plain = {hit.id: hit.score for hit in ask(recommender, Query(text="fog"), collapse="none").hits}
        latest = ask(recommender, Query(text="fog"), collapse="none", mode="latest", half_life="1d")
        assert ids(latest) == ["d10", "d9", "d8"]
        assert [hit.score for hit in latest.hits] == pytest.approx(
            [plain["d10"], plain["d9"] / 2, plain["d8"] / 4], rel=1e-4
        )


# Options


def test_exclude_by_id_and_url(desk: Recommender) -> None:
    everyone = ids(ask(desk, "wall", limit=100, mode="any"))
    for name, gone in [("ferries", {"ferries"}), ("http://www.ledger.example/live#x", {"live-1", "live-2"}),
                       ("nobody", set()), ("odd/id#1 ?", {"odd/id#1 ?"}), ("secret", set())]:  # fmt: skip
        left = ids(ask(desk, "wall", limit=100, mode="any", exclude=[name]))
        assert left == [one for one in everyone if one not in gone]


def test_linked_exclude_leaves_out_what_the_editors_linked(desk: Recommender) -> None:
    stub = stub_id(desk, "Why the wall was never repaired")
    assert {"ferries", stub} <= set(ids(ask(desk, "wall", limit=100)))
    assert not {"ferries", stub} & set(ids(ask(desk, "wall", limit=100, linked="exclude")))
    assert ids(ask(desk, Query(text="wall"), linked="exclude")) == ids(ask(desk, Query(text="wall")))


def test_a_headline_only_story_says_who_mentions_it(desk: Recommender) -> None:
    stub = stub_id(desk, "Why the wall was never repaired")
    hit = next(hit for hit in ask(desk, "ferries", limit=100, mode="any").hits if hit.id == stub)
    assert hit.values["kind"] == "headline"
    assert hit.values["mentioned_by"] == [{"id": "wall", "title": STORM}]
    assert desk.story("ferries")["links"]["mentioned_by"] == [{"id": "wall", "title": STORM}]
    assert [one["id"] for one in desk.story("wall")["links"]["read_more"]] == ["ferries", stub]
    assert ask(desk, stub).hits, "and can be asked for"


def test_fields(desk: Recommender) -> None:
    hits = ask(desk, "ferries", fields=["title"], mode="any").hits
    assert all(set(hit.values) == {"id", "title"} for hit in hits)
    tagged = next(hit for hit in ask(desk, "wall", fields="tags,url,title", limit=100).hits if hit.id == "odd/id#1 ?")
    assert dict(tagged.values) == {
        "id": "odd/id#1 ?",
        "title": "An odd id by the harbour",
        "url": None,
        "tags": ["odd"],
    }
    everything_known = next(hit for hit in ask(desk, "wall", fields="*", limit=100).hits if hit.id == "odd/id#1 ?")
    assert everything_known.values["desk"] == "night"
    assert everything_known.values["text"] == "The harbour."
    assert "text" not in ask(desk, "wall").hits[0].values
    with pytest.raises(InputError, match="fields: 'body' is no field of a hit"):
        ask(desk, "wall", fields="body")


def test_reasons_are_shares_of_what_moved_the_score(desk: Recommender) -> None:
    for hit in ask(desk, "wall", explain=True, limit=5).hits:
        shares = hit.values["reasons"]
        assert shares
        assert sum(map(abs, shares.values())) == pytest.approx(1, abs=0.06)  # parts below one in a hundred are left out
        assert list(shares.values()) == sorted(shares.values(), key=lambda share: -abs(share))
    assert "reasons" not in ask(desk, "wall").hits[0].values


def test_a_date_never_speaks_for_a_hit_and_what_all_candidates_share_does(tmp_path: Path) -> None:
    """In an old corpus nearly every candidate is years old: a date that is not is no reason why the story belongs."""
    old = [
        story(f"old-{year}", f"Storm of {year} at the harbour", "The wall held.", f"{year}-02-03", section="City")
        for year in range(2001, 2021)
    ]
    new = [
        story("asked", "Storm breaks the harbour wall", "The wall broke.", "2026-02-03", section="City"),
        story("day-before", "Storm warning for the harbour", "The wall is old.", "2026-02-02", section="City"),
    ]
    make_index(tmp_path / "index", old + new)
    with engine_of(tmp_path / "index") as recommender:
        hits = ask(recommender, "asked", explain=True, limit=20).hits
    assert hits[0].id == "day-before"
    for hit in hits:
        shares = hit.values["reasons"]
        assert shares["same section: City"] > 0
        dates = [share for phrase, share in shares.items() if phrase.startswith("published")]
        assert all(share < 0 for share in dates)
        assert bool(dates) or hit.id == "day-before"
    assert next(iter(hits[0].values["reasons"].values())) > 0


def test_shared_words_are_shown_as_the_hit_writes_them(tmp_path: Path) -> None:
    """However far behind they stand; a script without spaces is shown in the pieces that were found."""
    filler = " ".join(f"sentence{number} of the mole" for number in range(400))
    make_index(
        tmp_path / "index",
        [
            story("far", "A long read", f"{filler}. Agencies compromise.", "2026-02-01", language="en"),
            story("ja", "嵐が港の壁を壊し、旧市街が浸水した", "", "2026-02-01", language="ja"),
            *(story(f"other-{n}", f"Nothing {n}", "Of it.", "2026-02-01", language="en") for n in range(9)),
        ],
    )
    with engine_of(tmp_path / "index") as recommender:

        def shared(text: str, story_id: str) -> str:
            hits = ask(recommender, Query(text=text), explain=True, limit=20).hits
            reasons = next(hit.values["reasons"] for hit in hits if hit.id == story_id)
            return next(phrase for phrase in reasons if phrase.startswith("shares words: "))

        words = shared("agency compromises", "far").removeprefix("shares words: ").split(", ")
        assert sorted(words) == ["Agencies", "compromise"]
        words = shared("嵐が港の壁", "ja").removeprefix("shares words: ").split(", ")
        assert all(len(word) == 2 for word in words)


def test_an_empty_answer_may_be_filled_with_the_newest(desk: Recommender) -> None:
    nothing = {"min_score": 1, "section": ["City"], "mode": "any"}
    assert ids(ask(desk, "budget", **nothing)) == []
    filled = ask(desk, "budget", **nothing, on_empty="latest", limit=2)
    assert [(hit.id, hit.values["fallback"], hit.score) for hit in filled.hits] == [
        ("wall", True, 0),
        ("ferries", True, 0),
    ]
    titled = ask(desk, "budget", **nothing, on_empty="latest", limit=1, fields="title").hits[0]
    assert titled.values["fallback"] is True
    assert ids(ask(desk, "budget", **nothing, on_empty="latest", offset=1)) == []
    assert ids(ask(desk, "budget", section="Nowhere", on_empty="latest")) == []


# Texts


@pytest.mark.parametrize(
    "text",
    ["wall", "7", "Wall\0breaks", "🌊 wall 🌊", "стіна порту", "港口的墙", "ميناء", "\ud800 wall", "a" * 50_000,
     "wall " * 20_000, "WALL\r\n\r\n" + "x " * 300, "<script>alert(1)</script>", "7 % _ ' \" ; --", "ﬁ ﬂood"],
)  # fmt: skip
def test_any_text_gets_an_answer(desk: Recommender, text: str) -> None:
    query, options = parse_request({"text": text, "limit": 100})
    answer = desk.related(query, options)
    assert all(0 <= hit.score <= 1 for hit in answer.hits)
    assert len(ids(answer)) == len(set(ids(answer)))
    words = text.split()
    assert answer.query["truncated"] is (len(words) > 256 or max(map(len, words)) > 2_560)


def test_a_text_of_a_megabyte_is_too_large() -> None:
    with pytest.raises(TooLarge, match="text: has 1,000,001 bytes, at most 1,000,000"):
        parse_request({"text": "a" * 1_000_001})


def test_a_word_finds_the_story_that_has_it(desk: Recommender) -> None:
    assert ids(ask(desk, Query(text="pilots")))[0] == "ferries"
    assert ids(ask(desk, Query(text="Budget")))[0] == "budget"


def test_a_nonsense_text_finds_nothing_likely(desk: Recommender) -> None:
    assert ids(ask(desk, Query(text="zxqv wvutsr"), min_score=0.5)) == []


def test_a_story_that_is_sent_along_is_ranked_as_if_it_were_stored(tmp_path: Path) -> None:
    records = [record | {"read_more": []} for record in PAPER]
    asked: Record = {key: value for key, value in records[100].items() if key != "id"}
    make_index(tmp_path / "index", records)
    with engine_of(tmp_path / "index") as recommender:
        stored = ask(recommender, records[100]["id"], limit=100, collapse="none")
        query, options = parse_request({"story": asked, "limit": 100, "collapse": "none", "mode": "background"})
        sent = recommender.related(query, options)
        theirs = {hit.id: hit.score for hit in sent.hits if hit.id != records[100]["id"]}
        assert theirs.keys() >= set(ids(stored)) - {records[100]["id"]}
        for hit in stored.hits:
            assert theirs[hit.id] == pytest.approx(hit.score, abs=0.02)


def test_a_text_that_was_encoded_before_is_not_encoded_again(desk: Recommender) -> None:
    query = Query(text="Council mends the harbour wall\n\nWork begins in spring, says the mayor.")
    encoding = desk.encoding(query)
    assert encoding is not None
    encoding.result(60)
    encoded = desk.encoder.texts_encoded
    assert desk.related(query).hits
    assert desk.encoder.texts_encoded == encoded
    assert desk.encoding(Query(id="wall")) is None


def test_many_at_once_are_answered_in_order_with_an_error_in_place(desk: Recommender) -> None:
    answers = desk.related_many(
        [(Query(id="wall"), Options()), (Query(id="nobody"), Options()), (Query(text="fog"), Options())]
    )
    assert not isinstance(answers[0], Exception)
    assert answers[0].query["id"] == "wall"
    assert isinstance(answers[1], NotFound)
    assert not isinstance(answers[2], Exception)


def test_an_index_of_one_story(tmp_path: Path) -> None:
    make_index(tmp_path / "index", [story("only", "The wall breaks", "The wall.")])
    with engine_of(tmp_path / "index") as recommender:
        alone = ask(recommender, "only", explain=True)
        assert (ids(alone), alone.exhausted) == ([], True)
        assert ids(ask(recommender, Query(text="wall"))) == ["only"]
