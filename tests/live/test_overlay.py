"""The overlay: what is embedded, how long it takes, and that it agrees with a rebuild."""

import gc
import sqlite3
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from recommender.analysis import analyzer
from recommender.embedding import Embedded, Encoded, HashingEmbedder, QueryEncoder, Role
from recommender.engine import Options, Query, Recommender
from recommender.engine.probe import probe_story
from recommender.engine.searcher import Searcher
from recommender.errors import NotFound, Overloaded, RecordError
from recommender.generation import Generation, IndexFolder
from recommender.generation.layout import COLUMNS
from recommender.live import Journal, Overlay, state
from recommender.live.kept import KeptVectors
from recommender.live.pointing import Resolution
from recommender.live.rows import Rows
from recommender.rebuild import rebuild
from recommender.stories import Story
from tests.live.conftest import Desk, story


class Counting(HashingEmbedder):
    """Counts what it embeds."""

    def __init__(self) -> None:
        super().__init__(64)
        self.texts: list[str] = []

    def embed(self, texts: Any, role: Role) -> Embedded:
        self.texts += list(texts)
        return super().embed(texts, role)


def test_only_a_changed_headline_or_body_is_embedded(desk: Desk) -> None:
    counting, idle = Counting(), Counting()
    engine = Recommender(IndexFolder(desk.settings.index), QueryEncoder(counting))
    other = Recommender(IndexFolder(desk.settings.index), QueryEncoder(idle))
    changes = engine.changes()
    record = story("d", "Football club wins the cup", day=8)
    changes.put(record | {"section": "Sport", "tags": ["cup"]})
    changes.patch("d", status="canceled")
    changes.patch("d", status="usable", embargoed="2020-01-01")
    assert other.story("d")["section"] == "Sport"
    assert (counting.texts, idle.texts) == ([], [])
    changes.put(record | {"title": "Football club loses the cup", "read_more": [{"title": "The coach resigns"}]})
    assert len(counting.texts) == 2  # the story, and the headline that it points to
    assert other.story("d")["links"]["read_more"][0]["title"] == "The coach resigns"
    assert engine.story("d")["title"] == "Football club loses the cup"
    assert idle.texts == []  # its vector came by the journal
    assert len(counting.texts) == 2
    changes.close()
    engine.close()
    other.close()


def test_an_answer_is_that_of_a_rebuild(desk: Desk) -> None:
    """Only scores and reasons differ, by the statistics of the generation."""
    for number in range(6):
        desk.changes.put(
            story(f"n{number}", f"Herring number {number} is landed", "Storm breaks the harbour wall", day=9)
        )
    desk.changes.put(story("a", "Storm breaks the old harbour wall", "Herring number 3 is landed", day=3))
    desk.changes.patch("b", status="canceled")
    desk.changes.delete("n5")
    everything = Options(limit=100, collapse="none", mode="any", fields=("*",))

    def state() -> dict[str, Any]:
        names = ["a", "c", "d", *(f"n{number}" for number in range(5))]
        hits = desk.recommender.related(Query(text="herring storm"), everything).hits
        records = {
            hit.id: {**hit.values, "score": None, "reasons": None, "similarity": round(hit.similarity or 0, 3)}
            for hit in hits
        }
        return {"stories": [desk.recommender.story(name) for name in names], "hits": records}

    before = state()
    assert desk.recommender.generation.name != desk.rebuild()
    after = state()
    assert after["stories"] == before["stories"]
    assert set(after["hits"]) == set(before["hits"])
    for name, hit in before["hits"].items():
        for one in (hit, after["hits"][name]):  # as they came, or by date
            one["mentioned_by"] = sorted(item["id"] for item in one.get("mentioned_by", ()))
        assert after["hits"][name] == hit
    assert desk.recommender.describe()["journal"]["laid_over"] == 0


def test_those_who_wait_for_a_change_apply_it_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    source = desk.recommender._source
    looked: list[int] = []
    first, go_on, applied = threading.Event(), threading.Event(), []

    def version() -> int:
        """There is a change whenever somebody looks."""
        looked.append(len(looked))
        return looked[-1] - 1_000

    monkeypatch.setattr(source._journal, "version", version)

    def sync(self: Overlay) -> None:
        applied.append(self)
        first.set()
        assert go_on.wait(60)

    monkeypatch.setattr(Overlay, "sync", sync)
    threads = [threading.Thread(target=source.current) for _ in range(8)]
    threads[0].start()
    assert first.wait(60)
    for thread in threads[1:]:
        thread.start()
    while len(looked) < len(threads) + 1:  # the others have looked, and wait for the first
        time.sleep(0.001)
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert len(applied) == 2  # by the one who had begun, and by one for all who came after


def test_a_state_that_is_no_longer_served_goes_at_once(desk: Desk) -> None:
    """Its memory does not wait for the search for garbage, which leaves out what was there when serving began."""
    source = desk.recommender._source
    gc.collect()
    gc.disable()
    try:
        states: list[weakref.ref[Any]] = []
        for turn in range(3):
            desk.changes.put(story("n", f"Herring is landed {turn}", "The coach resigns"))
            assert desk.recommender.related(Query(text="herring")).hits
            states += map(weakref.ref, (desk.recommender._snapshot, desk.recommender.generation))
        states += map(weakref.ref, (source._overlay, source._base))
        desk.rebuild()
        assert desk.recommender.related(Query(text="herring")).hits
        assert [state() for state in states] == [None] * 8
    finally:
        gc.enable()


def test_a_withdrawn_story_that_left_the_corpus_is_none_that_could_be_changed(desk: Desk) -> None:
    desk.changes.patch("a", status="withheld")
    desk.write([story("z", "A new corpus begins")])
    desk.rebuild()
    with pytest.raises(NotFound):
        desk.changes.patch("a", status="usable")
    with pytest.raises(NotFound):
        desk.changes.delete("a")
    desk.write([story("a", "It comes back")])
    desk.rebuild()
    with pytest.raises(NotFound):
        desk.recommender.story("a")  # and is hidden still


@pytest.mark.parametrize("rebuilt", [False, True])
@pytest.mark.parametrize("is_live", [False, True])
def test_a_headline_without_an_article_can_be_withdrawn_and_restored(desk: Desk, is_live: bool, rebuilt: bool) -> None:
    title = "The coach resigns" if is_live else "Ferry service is suspended"
    if is_live:
        desk.changes.put(story("e", "Football club loses the cup", title, day=9))
    source = "e" if is_live else "a"

    def pointers() -> list[dict[str, Any]]:
        return [one for one in desk.recommender.story(source)["links"]["read_more"] if one["title"] == title]

    name = pointers()[0]["id"]
    assert desk.changes.patch(name, status="canceled").result == "updated"
    assert pointers() == []
    assert desk.changes.patch(name, status="canceled").result == "unchanged"
    if rebuilt:
        desk.rebuild()
    assert pointers() == []
    assert desk.changes.patch(name, status="usable").result == "updated"
    assert [one["id"] for one in pointers()] == [name]
    desk.changes.patch(name, status="withheld")
    assert desk.changes.delete(name).result == "deleted"
    assert pointers() == []
    with pytest.raises(NotFound):
        desk.changes.patch(name, status="usable")


def test_a_rebuild_clears_the_journal_of_what_nobody_needs(desk: Desk) -> None:
    for turn in range(4):
        desk.changes.put(story("n", f"Herring is landed {turn}", "The coach resigns"))
    desk.changes.put(story("m", "Mackerel is landed"))
    desk.changes.delete("m")
    path = desk.settings.index / "journal.sqlite"

    def counts() -> list[int]:
        with closing(sqlite3.connect(path)) as connection:
            return [
                connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("entries", "vectors")
            ]

    assert counts() == [6, 6]
    for _ in range(desk.settings.keep_generations + 1):
        desk.rebuild()
        desk.recommender.state()
        assert desk.recommender.story("n")["title"] == "Herring is landed 3"
    assert counts() == [2, 2]
    assert [entry.kind for entry in Journal(desk.settings.index).entries_of("m")] == ["delete"]


def test_the_vectors_of_every_kept_generation_are_kept(desk: Desk) -> None:
    """A generation of another model may be built beside the one that is served, and promoted or never."""
    desk.changes.put(story("n", "Herring is landed"))
    with closing(Journal(desk.settings.index)) as journal:
        served = journal.vectors.keys()
        rebuild(replace(desk.settings, model="hashing:32"), [desk.corpus], promote=False)
        assert journal.vectors.keys() == served


def test_the_overlay_searches_as_one_index(desk: Desk) -> None:
    words = ["herring", "mackerel", "tuna", "cod"]
    for number, word in enumerate(words):
        desk.changes.put(story(f"n{number}", f"Fresh {word} at the quay", day=10 + number))
    view = desk.recommender.generation
    rows = np.arange(len(view))
    vectors = view.dense.rows(rows)
    found = view.dense.search(vectors[:3], 5)
    exact = vectors[:3] @ vectors.T
    for number in range(3):
        assert found.scores[number] == pytest.approx(np.sort(exact[number])[::-1][:5], abs=1e-5)
    for number, word in enumerate(words):
        row = view.row_of(f"n{number}")
        assert row is not None
        terms = view.lexical.lookup([word, "harbour"])
        rarest = view.lexical.rarest(view.lexical.weigh(terms))
        shared = [np.intersect1d(terms.ids, view.lexical.terms_of(other).ids) for other in rows.tolist()]
        rare = [view.lexical.rarities(ids)[1].max(initial=0) for ids in shared]
        assert rarest.tolist() == pytest.approx(rare)
        assert len({*rare}) > 2
        terms = view.lexical.lookup([word])
        assert view.lexical.text_of(int(terms.ids[0])) == word
        assert view.lexical.scores(view.lexical.weigh(terms)).argmax() == row
        assert view.lexical.terms_of(row).ids.tolist() == sorted(view.lexical.terms_of(row).ids.tolist())
    mixed = np.array([rows[-1], 0, rows[-2], 1])
    ids, counts, start = view.lexical.gather_terms(mixed)
    titles, title_start = view.lexical.gather_titles(mixed)
    for row, (begin, end), (first, last) in zip(mixed.tolist(), pairwise(start), pairwise(title_start), strict=True):
        assert ids[begin:end].tolist() == view.lexical.terms_of(row).ids.tolist()
        assert counts[begin:end].tolist() == view.lexical.terms_of(row).counts.tolist()
        words = analyzer("en").terms(view.story(row).title)
        assert {view.lexical.text_of(term) for term in titles[first:last].tolist()} == set(words)
    answer = desk.recommender.related(Query(id="a"), Options(section=("Nowhere",), on_empty="latest", limit=3))
    assert [hit.id for hit in answer.hits] == []
    newest = desk.recommender.related(Query(text="zzz"), Options(on_empty="latest", min_score=1.0, limit=3))
    assert [hit.id for hit in newest.hits] == ["n3", "n2", "n1"]


@pytest.mark.parametrize("published", ["2026-01-09", "2026-01-03"])
def test_ties_are_broken_by_id_however_stories_came(desk: Desk, published: str) -> None:
    twins = {"title": "Storm breaks the wall again", "text": "The storm and the harbour.", "published": published}
    for name in ("m", "aa", "z", "m"):
        desk.changes.put({"id": name, **twins, "section": "City"})
        desk.recommender.state()
    options = Options(collapse="none", limit=10, mode="any")
    newest = [hit["id"] for hit in desk.recommender.newest(10)]
    found = [hit.id for hit in desk.recommender.related(Query(id="b"), options).hits]
    assert [name for name in newest if name in ("m", "aa", "z")] == ["aa", "m", "z"]
    assert [name for name in found if name in ("m", "aa", "z")] == ["aa", "m", "z"]
    assert [hit["id"] for hit in desk.recommender.newest(2)] == newest[:2]
    desk.rebuild()
    assert [hit["id"] for hit in desk.recommender.newest(10)] == newest


def test_a_view_never_changes(desk: Desk) -> None:
    desk.changes.put(story("n", "Fresh herring at the quay", "Storm breaks the harbour wall"))
    view = desk.recommender.generation
    row = view.row_of("a")
    assert row is not None
    before = (len(view), view.graph.sources(row).tolist(), view.record(row), view.columns.status.copy())
    desk.changes.put(story("m", "More herring at the quay", "Storm breaks the harbour wall"))
    desk.changes.delete("a")
    assert desk.recommender.generation.row_of("a") is None
    after = (len(view), view.graph.sources(row).tolist(), view.record(row), view.columns.status.copy())
    assert before[:3] == after[:3]
    assert (before[3] == after[3]).all()
    assert view.row_of("m") is None


def test_a_state_knows_no_language_that_came_after_it(desk: Desk) -> None:
    """What began before a change ends with the languages that there were, a question in a new one too."""
    desk.changes.put(story("e", "Le mur du port est détruit", language="fr"))
    before = desk.recommender.generation
    assert len(before.trust) == 3, "English, French, and none"
    desk.changes.put(story("f", "Die Hafenmauer ist zerstört", language="de"))
    desk.changes.put(story("g", "Il muro del porto è distrutto", language="it"))
    after = desk.recommender.generation
    languages = ("en", "fr", "de", "it")
    assert [after.columns.code("language", name) for name in languages] == [0, 1, 2, 3]
    assert [before.columns.code("language", name) for name in languages] == [0, 1, -2, -2]
    draft = probe_story(before, Story("", "Porto", language="it"), lambda: Encoded(np.eye(64, dtype="f")[0], False))
    found = Searcher(before, before.ranker).search(draft, Options(), np.ones(len(before), np.bool_), 0)
    assert len(found.ranked.rows) > 0


def test_no_headline_stands_for_a_deleted_story_that_is_pointed_to_by_id(make_desk: Callable[..., Desk]) -> None:
    """In other words than its own, and without its URL."""
    pointed = [{"id": "s", "title": "What the mayor did"}]
    desk = make_desk(story("s", "Mayor resigns", day=1), story("a", "Council meets", day=2, read_more=pointed))
    desk.changes.delete("s")
    assert desk.recommender.headlines().items == []
    desk.rebuild()
    assert desk.recommender.headlines().items == []
    desk.changes.put(story("s", "Mayor resigns", day=1))
    assert [one["id"] for one in desk.recommender.story("a")["links"]["read_more"]] == ["s"]


def test_a_put_keeps_what_hides_a_story_unless_it_says_otherwise(desk: Desk) -> None:
    record = story("d", "Football club wins the cup")
    desk.changes.patch("d", status="withheld", embargoed="2126-01-01")
    desk.changes.put(record | {"text": "More of it."})
    with pytest.raises(NotFound):
        desk.recommender.story("d")
    desk.changes.put(record | {"status": "usable"})
    with pytest.raises(NotFound):
        desk.recommender.story("d")
    desk.changes.put(record | {"embargoed": None})
    assert desk.recommender.story("d")["id"] == "d"


def test_a_status_in_the_corpus_holds_for_its_successor(desk: Desk) -> None:
    desk.write([story("x", "Quiet news", status="canceled"), story("y", "Other news")])
    desk.rebuild()
    desk.changes.put(story("x", "Quiet news of today"))
    with pytest.raises(NotFound):
        desk.recommender.story("x")
    desk.changes.patch("x", status="usable")
    assert desk.recommender.story("x")["title"] == "Quiet news of today"


URL = "https://paper.example/7"
MAYOR = "Mayor resigns today"


def named(desk: Desk) -> tuple[Any, list[str | None]]:
    """The id of the story that `URL` means, and the URLs of the headlines without an article: every process agrees."""
    found: list[tuple[Any, list[str | None]]] = []
    with closing(desk.open()) as another:
        for recommender in (desk.recommender, another):
            urls = [item.get("url") for item in recommender.headlines().items]
            try:
                found.append((recommender.related(Query(url=URL)).query["id"], urls))
            except NotFound:
                found.append((None, urls))
    assert found[0] == found[1]
    return found[0]


def test_a_headline_has_the_url_that_its_mentions_say(make_desk: Callable[..., Desk]) -> None:
    pointed = [{"title": MAYOR, "url": URL}]
    desk = make_desk(story("a", "Storm hits town", read_more=pointed), story("b", "Council meets", MAYOR, day=2))
    stub = desk.recommender.related(Query(url=URL)).query["id"]
    assert named(desk) == (stub, [URL])
    desk.changes.put(story("s", "Mayor steps down", url=URL, day=3))
    assert named(desk) == ("s", [None])  # b still points to the headline, which is not at that address
    desk.changes.patch("s", status="canceled")
    assert named(desk) == (None, [None])
    desk.changes.put(story("s", "Mayor steps down", url=f"{URL}0", day=3) | {"status": "usable"})
    assert named(desk) == (stub, [URL])
    desk.changes.put(story("a", "Storm hits town"))
    assert named(desk) == (None, [None])
    desk.rebuild()
    assert named(desk) == (None, [None])


def test_a_headline_is_what_the_first_of_its_mentions_makes_of_it(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(story("d", "Football club wins the cup"))
    desk.changes.put(story("a", "Storm hits town", read_more=[{"title": MAYOR, "url": URL}]))
    desk.changes.put(story("b", "Council meets", MAYOR.upper(), day=2, language="de"))
    assert named(desk)[1] == [URL]
    desk.changes.put(story("a", "Storm hits town"))
    assert named(desk) == (None, [None])
    (item,) = desk.recommender.headlines().items
    assert (item["title"], item["language"]) == (MAYOR.upper(), "de")
    desk.rebuild()
    assert desk.recommender.headlines().items == [item]


def test_the_oldest_mention_names_what_stands_at_a_url(make_desk: Callable[..., Desk]) -> None:
    """Wherever it stands in the corpus; a pointer with other words and that URL means the same."""
    desk = make_desk(
        story("s9", "Council meets", day=9, read_more=[{"title": "He goes", "url": URL}]),
        story("s8", "Council debates", day=8, read_more=[{"title": "Mayor steps down", "url": URL}]),
    )
    assert [item["title"] for item in desk.recommender.headlines().items] == ["Mayor steps down"]
    desk.changes.put(story("s1", "Storm hits town", day=1, read_more=[{"title": MAYOR, "url": URL}]))
    (item,) = desk.recommender.headlines().items
    assert (item["title"], {one["id"] for one in item["mentioned_by"]}) == (MAYOR, {"s1", "s8", "s9"})
    desk.changes.put(story("a", "A list", "He goes", day=9))  # without the URL: a headline of its own
    assert {item["title"] for item in desk.recommender.headlines().items} == {MAYOR, "He goes"}


def test_stories_that_come_together_are_read_and_looked_up_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start lays all of them over the index: ten thousand took twelve seconds."""
    for number in range(9):
        desk.changes.put(
            story(f"n{number}", f"Herring {number} is landed", *["Storm breaks the harbour wall"][number % 2 :])
        )
        assert desk.recommender.story(f"n{number}")
    one_by_one = desk.recommender.generation
    calls: Counter[str] = Counter()

    def counted(where: Any, name: str) -> None:
        function = getattr(where, name)

        def counting(*arguments: Any) -> Any:
            calls[name] += 1
            return function(*arguments)

        monkeypatch.setattr(where, name, counting)

    counted(state, "story_from_record")
    counted(Rows, "story")
    counted(KeptVectors, "find")
    monkeypatch.setattr("recommender.live.lexical.TOGETHER", 4)
    monkeypatch.setattr("recommender.live.columns.TOGETHER", 4)
    with closing(desk.open()) as another:
        together = another.generation
        assert calls == {"story_from_record": 9, "story": 5, "find": 1}  # five stories point to another
        assert told_by(together) == told_by(one_by_one)


def told_by(view: Generation) -> list[Any]:
    """What search and ranking read of each row."""
    rows = np.arange(len(view))
    columns = [getattr(view.columns, name).tolist() for name in COLUMNS]
    words = [
        [(view.lexical.text_of(term), int(n)) for term, n in zip(*view.lexical.terms_of(row)[:2], strict=True)]
        for row in rows
    ]
    scores = view.lexical.scores(view.lexical.weigh(view.lexical.lookup(["her", "land", "8", "storm"])))
    titles, lengths = view.lexical.gather_titles(rows)[0], view.lexical.lengths
    links = [view.graph.targets(row).tolist() for row in rows]
    return [columns, words, scores.tolist(), titles.tolist(), lengths.tolist(), links, view.dense.rows(rows).tolist()]


def test_a_long_list_is_resolved_by_work_in_proportion(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer waits for it: of a list of three thousand headlines it took minutes."""
    work = 0
    target, read = Resolution._target, Rows.story

    def counted_target(self: Resolution, *arguments: Any) -> Any:
        nonlocal work
        work += 1
        return target(self, *arguments)

    def counted_read(self: Rows, row: int) -> Any:
        nonlocal work
        found = read(self, row)
        work += 1 + len(found.read_more)
        return found

    monkeypatch.setattr(Resolution, "_target", counted_target)
    monkeypatch.setattr(Rows, "story", counted_read)
    took = []
    for count in (20, 200):
        work = 0
        desk.changes.put(story(f"n{count}", "A list", *(f"Headline {number} of {count}" for number in range(count))))
        assert len(desk.recommender.story(f"n{count}")["read_more"]) == count
        took.append(work)
    assert took[1] < 15 * took[0]


def test_headlines_of_hidden_stories_are_hidden(desk: Desk) -> None:
    desk.changes.put(story("n", "Secret plan", "A headline that only the plan has", status="withheld"))
    seen = {hit.id for hit in desk.recommender.related(Query(text="a headline that only the plan has")).hits}
    assert not {name for name in seen if name.startswith("headline:")} - {
        hit.id
        for hit in desk.recommender.related(Query(text="ferry service suspended")).hits
        if hit.id.startswith("headline:")
    }
    desk.changes.patch("n", status="usable")
    assert desk.recommender.related(Query(text="a headline that only the plan has")).hits[0].values["mentioned_by"]


@pytest.mark.parametrize("way", ["canceled", "embargoed", "deleted"])
def test_the_lists_of_others_name_no_hidden_story(make_desk: Callable[..., Desk], way: str) -> None:
    """By whichever key they name it, after a rebuild too; what else they name stays, and so does a namesake."""
    named = [{"id": "a"}, {"url": "http://www.x.example/a/"}, {"title": "storm breaks the WALL", "kind": "in_text"}]
    others = [{"url": "https://elsewhere.example/"}, {"title": "No article has this"}, {"title": "Weekly letters"}]
    record = story("a", "Storm breaks the wall", url="https://x.example/a")
    desk = make_desk(
        record,
        story("b", "Wall is repaired", day=5, read_more=[*named, *others]),
        story("c", "Only the storm", day=6, read_more=named),
        story("w1", "Weekly letters"),
        story("w2", "Weekly letters", day=2),
    )

    def lists() -> list[Any]:
        found = desk.recommender.related(Query(text="wall storm"), Options(limit=50, fields=("read_more",)))
        hits = {hit.id: hit.values.get("read_more") for hit in found.hits}
        for name in ("b", "c"):
            assert desk.recommender.story(name).get("read_more") == hits[name]
        return [hits["b"], hits["c"]]

    assert lists() == [[*named, *others], named]
    desk.changes.patch("w1", status="withheld")
    if way == "deleted":
        desk.changes.delete("a")
    else:
        desk.changes.patch("a", **({"status": way} if way == "canceled" else {way: "2126-01-01T00:00:00Z"}))
    assert lists() == [others, None]
    desk.rebuild()
    desk.restart()
    assert lists() == [others, None]
    if way == "deleted":
        desk.changes.put(record)
    else:
        desk.changes.patch("a", status="usable", embargoed=None)
    assert lists() == [[*named, *others], named]


def test_an_overlay_that_failed_half_way_is_made_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    apply = Overlay._apply
    broken = {"times": 1}

    def fail(self: Overlay, *arguments: Any) -> Any:
        row = apply(self, *arguments)
        if broken["times"]:
            broken["times"] -= 1
            raise Overloaded("the query encoder")
        return row

    monkeypatch.setattr(Overlay, "_apply", fail)
    desk.changes.put(story("n", "Fresh herring at the quay", "Storm breaks the harbour wall"))
    with pytest.raises(Overloaded):
        desk.recommender.story("n")
    assert [one["id"] for one in desk.recommender.story("n")["links"]["read_more"]] == ["a"]
    assert [one["id"] for one in desk.recommender.story("a")["links"]["mentioned_by"]] == ["b", "n"]


def test_the_record_of_a_put_is_checked(desk: Desk) -> None:
    for record in (
        {"id": "x", "title": "Word", "status": "usable", "price": float("inf")},
        {"title": ""},
        {"id": "x", "title": "Word", "status": "lost"},
        ["list"],
        {"title": "A", "text": 3},
    ):
        with pytest.raises(RecordError):
            desk.changes.put(record)
    assert desk.changes.put({"id": "x", "title": "Word", "status": "\0canceled"}).id == "x"
    with pytest.raises(NotFound):
        desk.recommender.story("x")
    assert desk.changes.put({"title": "No id", "url": "https://x.example/1"}).id == "https://x.example/1"


def test_looking_for_changes_reads_nothing_where_there_are_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.changes.patch("b", status="canceled")
    desk.recommender.story("a")
    before = desk.recommender.state()
    for name in ("ids_after", "entries_of", "deciding", "position"):
        monkeypatch.delattr(Journal, name)
    assert desk.recommender.state() == before
    assert desk.recommender.story("a")["id"] == "a"


def test_rows_that_nobody_needs_are_let_go(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommender.live.overlay._IDLE", 10)
    desk.changes.patch("a", status="canceled")
    for number in range(30):
        desk.changes.put(story("n", f"Herring number {number} at the quay"))
        desk.recommender.state()
        desk.recommender.related(Query(text="herring"))
    assert desk.recommender.describe()["journal"]["rows"] >= 30
    before = desk.recommender.related(Query(text="herring"), Options(limit=50))
    desk.recommender.refresh()
    assert desk.recommender.describe()["journal"]["rows"] < 5
    after = desk.recommender.related(Query(text="herring"), Options(limit=50))
    assert [(hit.id, hit.score) for hit in after.hits] == [(hit.id, hit.score) for hit in before.hits]
    assert after.hits[0].values["title"] == "Herring number 29 at the quay"
    desk.changes.delete("n")
    assert "n" not in {hit.id for hit in desk.recommender.related(Query(text="herring")).hits}


def test_a_headline_is_made_anew_when_its_url_goes_to_a_story(desk: Desk) -> None:
    """Though it neither wins nor loses a mention: another pointer of the same list makes it now."""
    desk.changes.put(story("n", "Council meets", read_more=[{"title": MAYOR, "url": URL}, {"title": MAYOR}]))
    assert named(desk)[1] == [None, URL]
    desk.changes.put(story("s", "Mayor steps down", url=URL))
    assert named(desk) == ("s", [None, None])


@pytest.mark.parametrize("changed", [{"language": "de"}, {"read_more": [{"title": MAYOR.upper()}]}])
def test_a_headline_of_the_generation_follows_the_story_that_names_it(
    make_desk: Callable[..., Desk], changed: dict[str, Any]
) -> None:
    desk = make_desk(story("a", "Storm hits town", MAYOR), story("b", "Council meets", day=2))
    desk.changes.put(story("a", "Storm hits town", MAYOR) | changed)
    (item,) = desk.recommender.headlines().items
    desk.rebuild()
    assert desk.recommender.headlines().items == [item]
    language, (pointed,) = changed.get("language", "en"), changed.get("read_more", [{"title": MAYOR}])
    assert (item["title"], item["language"]) == (pointed["title"], language)


def test_a_section_is_named_while_a_story_of_it_may_be_seen(desk: Desk) -> None:
    desk.changes.put(story("p", "Secret plan of the mayor", section="Secret plans"))
    assert "Secret plans" in desk.recommender.describe()["sections"]
    desk.changes.patch("p", status="withheld")
    assert "Secret plans" not in desk.recommender.describe()["sections"]
    desk.changes.patch("p", status="usable")
    desk.changes.delete("p")
    assert "Secret plans" not in desk.recommender.describe()["sections"]
