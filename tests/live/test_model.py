"""Any sequence of changes, rebuilds, restarts and rollbacks gives the answers of a plain in-memory model."""

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from recommender.engine import Options, Query
from recommender.errors import IndexMissing, NotFound
from recommender.readmore import Resolver, stub_story
from recommender.records import story_from_record
from tests.live.conftest import Desk, story

HEADLINES = [f"Headline about {subject} in the harbour" for subject in ("storms", "ferries", "gulls", "walls", "fish")]
NAMES = ["a", "b", "c", "d", "e", "f"]
IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Where files lie in memory, if there is such a place: nothing here depends on a disk, which takes twice the time."""
FUTURE = "2126-01-01T00:00:00Z"

records = st.builds(
    lambda name, title, pointers, day, text: story(name, title, *pointers, day=day) | {"text": f"{title}. {text}"},
    st.sampled_from(NAMES),
    st.sampled_from(HEADLINES),
    st.lists(st.sampled_from(HEADLINES), max_size=3, unique=True),
    st.integers(1, 9),
    st.sampled_from(["Short.", "A longer text about boats and the sea."]),
)


class Model:
    """What readers may see, worked out from scratch each time."""

    def __init__(self) -> None:
        self.corpus: dict[str, dict[str, Any]] = {}  # as the corpus file stands
        self.base: dict[str, dict[str, Any]] = {}  # as the corpus stood when the served generation was built
        self.put: dict[str, dict[str, Any]] = {}
        self.deleted: dict[str, list[dict[str, Any]]] = {}
        self.status: dict[str, str] = {}
        self.embargo: dict[str, str | None] = {}
        self.was: dict[str, list[dict[str, Any]]] = {}  # what a story with a live status was like when it was given

    def stories(self) -> dict[str, dict[str, Any]]:
        """Every story that there is, hidden or not."""
        return {name: one for name, one in {**self.base, **self.put}.items() if name not in self.deleted}

    def is_hidden(self, name: str) -> bool:
        return self.status.get(name, "usable") != "usable" or self.embargo.get(name) == FUTURE

    def blocked(self) -> set[str]:
        """Headlines of stories that are hidden by a live change."""
        titles = {one["title"] for ones in self.deleted.values() for one in ones}
        for name, status in self.status.items():
            if status != "usable":
                titles |= {one["title"] for one in self.was[name]}
                titles |= {self.put[name]["title"]} if name in self.put else set()
        return titles

    def links(self) -> dict[str, list[str]]:
        """For each story what its pointers mean: ids, of stubs too."""
        resolver, names = Resolver(), []
        known = {name: story_from_record(record) for name, record in self.stories().items()}
        for name in sorted(known, key=lambda name: (known[name].published.second, [-ord(name)])):
            resolver.add(known[name])
            names.append(name)
        links: dict[str, list[str]] = {}
        for name, one in known.items():
            targets = []
            for pointer in one.read_more:
                settled = resolver.resolve(pointer, one)
                if settled.ordinal is not None:
                    targets.append(names[settled.ordinal])
                elif settled.by == "stub" and pointer.title not in self.blocked():
                    targets.append(stub_story(pointer).id)
            links[name] = list(dict.fromkeys(targets))
        return links


class Sequences(RuleBasedStateMachine):
    @initialize(first=st.lists(records, min_size=2, max_size=6))
    def start(self, first: list[dict[str, Any]]) -> None:
        self.folder = tempfile.TemporaryDirectory(dir=IN_MEMORY)
        self.model = Model()
        self.model.corpus = {record["id"]: record for record in first}
        self.model.base = dict(self.model.corpus)
        self.desk = Desk(Path(self.folder.name), list(self.model.corpus.values()))
        self.bases = {self.desk.folder.live_name(): self.model.base}

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            self.desk.close()
            self.folder.cleanup()

    @rule(record=records)
    def put(self, record: dict[str, Any]) -> None:
        name, model = record["id"], self.model
        existed = name in model.stories()
        change = self.desk.changes.put(record)
        assert (change.result == "created") == (not existed)
        if name in model.deleted:
            del model.deleted[name]
        model.put[name] = record

    @rule(name=st.sampled_from(NAMES), status=st.sampled_from(["usable", "withheld", "canceled"]))
    def change_status(self, name: str, status: str) -> None:
        model, there = self.model, self.model.stories()
        if name not in there:
            with pytest.raises(NotFound):
                self.desk.changes.patch(name, status=status)
            return
        before = model.status.get(name, "usable")
        self.desk.changes.patch(name, status=status)
        if status != before:
            model.status[name] = status
            kept = model.was.get(name, []) if before != "usable" else []
            model.was[name] = [*kept, there[name]]

    @rule(name=st.sampled_from(NAMES), until=st.sampled_from([FUTURE, "2020-01-01T00:00:00Z", None]))
    def change_embargo(self, name: str, until: str | None) -> None:
        if name in self.model.stories():
            self.desk.changes.patch(name, embargoed=until)
            self.model.embargo[name] = until
        else:
            with pytest.raises(NotFound):
                self.desk.changes.patch(name, embargoed=until)

    @rule(name=st.sampled_from(NAMES))
    def delete(self, name: str) -> None:
        model, there = self.model, self.model.stories()
        if name not in there:
            if name not in model.deleted:
                with pytest.raises(NotFound):
                    self.desk.changes.delete(name)
            else:
                assert self.desk.changes.delete(name).result == "unchanged"
            return
        self.desk.changes.delete(name)
        hidden = model.status.get(name, "usable") != "usable"
        model.deleted[name] = [there[name], *(model.was.get(name, []) if hidden else [])]
        if name in model.put:
            model.deleted[name].append(model.put.pop(name))
        for known in (model.status, model.embargo, model.was):
            known.pop(name, None)

    @rule(record=records)
    def change_corpus(self, record: dict[str, Any]) -> None:
        self.model.corpus[record["id"]] = record
        self.desk.write(list(self.model.corpus.values()))

    @precondition(lambda self: len(self.model.corpus) > 1)
    @rule(data=st.data())
    def drop_from_corpus(self, data: st.DataObject) -> None:
        del self.model.corpus[data.draw(st.sampled_from(sorted(self.model.corpus)))]
        self.desk.write(list(self.model.corpus.values()))

    @precondition(lambda self: any(name not in self.model.deleted for name in (*self.model.corpus, *self.model.put)))
    @rule()
    def rebuild(self) -> None:
        self.desk.rebuild()
        self.model.base = dict(self.model.corpus)
        self.bases[self.desk.folder.live_name()] = self.model.base

    @rule()
    def roll_back(self) -> None:
        """To the last of the generations before the live one that is still there: a build prunes by their age."""
        *earlier, _ = self.bases
        there = [name for name in earlier if name in self.desk.folder.names()]
        if not there:
            with pytest.raises(IndexMissing):
                self.desk.folder.rollback()
            return
        assert self.desk.folder.rollback() == there[-1]
        self.bases = {name: self.bases[name] for name in earlier[: earlier.index(there[-1]) + 1]}
        self.model.base = self.bases[there[-1]]

    @rule()
    def restart(self) -> None:
        self.desk.restart()

    @invariant()
    def answers_are_those_of_the_model(self) -> None:
        if not hasattr(self, "desk"):
            return
        model, engine = self.model, self.desk.recommender
        there, links = model.stories(), model.links()
        shown = {name for name in there if not model.is_hidden(name)}
        mentions: dict[str, set[str]] = {}
        for source, targets in links.items():
            for target in targets:
                mentions.setdefault(target, set()).add(source)
        stubs = {name for name, sources in mentions.items() if name not in there and sources & shown}
        for name in NAMES:
            if name not in shown:
                for ask in (lambda n=name: engine.story(n), lambda n=name: engine.related(Query(id=n))):
                    with pytest.raises(NotFound):
                        ask()
                continue
            told = engine.story(name)
            assert told["title"] == there[name]["title"]
            assert [one["id"] for one in told["links"]["read_more"]] == [
                target for target in links[name] if target in shown | stubs
            ]
            assert {one["id"] for one in told["links"]["mentioned_by"]} == mentions.get(name, set()) & shown
        everything = Options(limit=100, collapse="none", explain=True, mode="any")
        answer = engine.related(Query(text="Headline in the harbour about boats"), everything)
        seen = {hit.id for hit in answer.hits} | {one["id"] for one in answer.rejected or ()}
        assert seen == shown | stubs
        for hit in answer.hits:
            if hit.id in stubs:
                assert {one["id"] for one in hit.values["mentioned_by"]} == mentions[hit.id] & shown
        for name in shown:
            hits = {hit.id for hit in engine.related(Query(id=name), everything).hits}
            assert hits <= shown | stubs


TestSequences = Sequences.TestCase
TestSequences.settings = settings(
    max_examples=int(os.environ.get("SEQUENCES", "15")),
    stateful_step_count=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking rebuilds indexes for minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
