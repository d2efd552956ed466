"""Corpora to a new generation, written, not yet adopted by its index."""

import shutil
import time
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.analysis import ANALYSIS
from recommender.corpus import CorpusReader, Rejected, boilerplate_of
from recommender.embedding import Embedded, Embedder, Role
from recommender.errors import CorpusError, IndexFault
from recommender.fluency import FluencySample, background
from recommender.generation import GenerationWriter, IndexFolder, Manifest, StoredStory, write_manifest
from recommender.indexing import Task, make_stored
from recommender.linking import Linked, link_stories
from recommender.live.fold import Fold, WithVectors
from recommender.parallel import ParallelMap
from recommender.progress import Progress, Silent
from recommender.readmore import Resolver
from recommender.recipe import RECIPE
from recommender.spool import Spool
from recommender.stories import KINDS, Story, dump_record

_BATCH = 4_096
_BATCH_BYTES = 16_000_000
"""Stories that are embedded together; three times as many are in memory."""
_TOGETHER = 128
"""Stories that go to a process at once: one takes a tenth of a millisecond to make ready."""


@dataclass(frozen=True)
class Draft:
    """A generation that was written but not adopted yet: its manifest and its temporary folder."""

    manifest: Manifest
    folder: Path


def build(
    corpora: Sequence[CorpusReader],
    index: IndexFolder,
    embedder: Embedder,
    *,
    model_folder: Path | None = None,
    changes: Fold | None = None,
    strict: bool = False,
    list_rejects: bool = True,
    progress: Progress | None = None,
) -> Draft:
    """Read corpora and write a generation of their stories; the caller holds the index folder's lock.

    Args:
        corpora: read once, in order; of stories with one id the last one counts.
        index: where the generation goes.
        embedder: makes the vectors.
        model_folder: where its model's files lie, if a folder was named: the manifest tells whoever needs them again.
        changes: live changes that go into it.
        strict: fail on the first rejected record.
        list_rejects: write a list of the rejected records beside the generation.
        progress: is told of each step.

    Raises:
        IndexFault: the disk is full, or fails.
        CorpusError: nothing to index, or a rejected record under `strict`.
    """
    name, folder = index.create()
    try:
        work = _Work(name, folder, embedder, model_folder, progress or Silent(), changes, strict, list_rejects)
        return Draft(work.run(corpora), folder)
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise IndexFault(f"{index.path}: the build failed, what is served is as it was ({error})") from None
        raise


@dataclass
class _Work:
    name: str
    folder: Path
    embedder: Embedder
    model_folder: Path | None
    progress: Progress
    changes: Fold | None
    strict: bool
    list_rejects: bool
    resolver: Resolver = field(default_factory=Resolver)
    counts: dict[str, int] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    linked: Linked = field(default_factory=Linked)
    boilerplate: set[str] = field(default_factory=set)

    def run(self, corpora: Sequence[CorpusReader]) -> Manifest:
        started = time.perf_counter()
        spool, stubs = Spool(self.folder / "spool.tmp"), Spool(self.folder / "stubs.tmp")
        try:
            described = [self._read(corpus, spool) for corpus in corpora]
            self._fold(spool)
            self._check(spool, [corpus.name for corpus in corpora])
            self._resolve(spool, stubs)
            return self._write(spool, stubs, described, started)
        finally:
            spool.close()
            stubs.close()

    def _read(self, corpus: CorpusReader, spool: Spool) -> dict[str, object]:
        """Set a corpus' stories down; its rejected records go to a file beside the generation."""
        begun = time.perf_counter()
        self.progress.step(f"Reading {corpus.name}")
        stories = rejected = 0
        rejects = self.folder.with_name(f"{self.name}.rejected.jsonl")
        for item in corpus:
            if isinstance(item, Rejected):
                if self.strict:
                    raise CorpusError(f"{item.place}: {item.reason} (nothing was built, because of --strict)")
                rejected += 1
                if self.list_rejects:
                    with rejects.open("ab") as file:
                        file.write(dump_record({"place": item.place, "reason": item.reason}) + b"\n")
                if rejected <= 3:
                    self.progress.note(f"rejected {item.place}: {item.reason}")
            else:
                story = self.changes.take(item) if self.changes else item
                if story is not None:
                    self._set_down(spool, story)
                stories += 1
                self.progress.advance()
        self.boilerplate.update(boilerplate_of(corpus))
        self._count("rejected", rejected)
        if rejected:
            listed = f"; the list is {rejects}" if self.list_rejects else ""
            self.progress.note(f"records of {corpus.name} that were rejected: {rejected:,}{listed}")
        self._time("read", begun)
        return {"corpus": corpus.name, "stories": stories, "rejected": rejected}

    def _fold(self, spool: Spool) -> None:
        """Set down the stories of live changes; their vectors are known."""
        if not self.changes:
            return
        self.embedder = WithVectors(self.embedder, self.changes.vectors(self.embedder))
        for story in self.changes.rest():
            self._set_down(spool, story)
            self._count("live", 1)

    def _set_down(self, spool: Spool, story: Story) -> None:
        spool.add(story)
        self.resolver.add(story)

    def _check(self, spool: Spool, names: Sequence[str]) -> None:
        if not len(spool):
            rejected = self.counts.get("rejected", 0)
            named = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
            why = f"every record of {named} was rejected" if rejected else f"there is no record in {named}"
            raise CorpusError(f"nothing to index: {why}")
        if repeated := spool.repeated():
            shown = ", ".join(dict.fromkeys(spool.read(number).id for number in repeated[:3]))
            more = " …" if len(repeated) > 3 else ""
            self.progress.note(f"stories replaced by a later one with the same id: {len(repeated):,} ({shown}{more})")
        self._count("replaced", len(repeated))

    def _resolve(self, spool: Spool, stubs: Spool) -> None:
        begun = time.perf_counter()
        self.linked = link_stories(spool, stubs, self.resolver, self.changes, self.progress)
        self.resolver.forget_stories()
        for name, count in self.linked.counts.items():
            self._count(f"pointers {name}", count)
        self._time("resolve", begun)

    def _write(self, spool: Spool, stubs: Spool, described: list[dict[str, object]], started: float) -> Manifest:
        order, row_of = _in_rows(spool, len(stubs))
        writer = GenerationWriter(self.folder, self.embedder.dim)
        languages = self._index(order, spool, stubs, writer)
        begun = time.perf_counter()
        self.progress.step("Writing the index", None)
        spool.close()
        stubs.close()
        self._count("links", len(self.linked.links))
        dense = writer.finish(self.linked.links.as_rows(row_of))
        self._time("write", begun)
        self._time("total", started)
        manifest = write_manifest(self.folder, self._describe(len(order), languages, dense, described))
        self._say_limits(languages)
        return manifest

    def _index(self, order: "array[int]", spool: Spool, stubs: Spool, writer: GenerationWriter) -> dict[str, float]:
        """Embed and index the stories of these numbers; how well the model knows each of their languages."""
        begun = time.perf_counter()
        self.progress.step("Embedding and indexing", len(order))
        fluency = FluencySample()
        make = partial(make_stored, self.embedder.max_chars)
        with ParallelMap(make, attrgetter("size"), _TOGETHER) as parallel:
            tasks = (self._task(spool, stubs, number) for number in order)
            for batch, embedded in self._embed(made for _, made in parallel.map(tasks)):
                for stored in batch:
                    fluency.add(stored)
                    writer.add(stored)
                    self._count(f"{KINDS[stored.values['kind']]}s", 1)
                    self._count("digests", stored.values["digest"])
                writer.add_vectors(embedded.rows, embedded.truncated)
                self._count("truncated", int(embedded.truncated.sum()))
                self.progress.advance(len(batch))
        languages = fluency.measure(self.embedder)
        self._time("embed and index", begun)
        return languages

    def _describe(
        self, rows: int, languages: dict[str, float], dense: dict[str, Any], described: list[dict[str, object]]
    ) -> Manifest:
        median, spread = background(self.embedder)
        return Manifest(
            name=self.name,
            built_at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            rows=rows,
            embedder={
                "model": self.embedder.name,
                "fingerprint": self.embedder.fingerprint,
                "dim": self.embedder.dim,
                "runtime": self.embedder.runtime,
                "recipe": RECIPE,
                "background": {"median": median, "spread": spread},
                "languages": languages,
                **({"folder": str(self.model_folder)} if self.model_folder else {}),
            },
            analysis=ANALYSIS,
            dense=dense,
            corpora=described,
            counts=self.counts,
            journal=self.changes.position if self.changes else 0,
            timings=self.timings,
            boilerplate=sorted(self.boilerplate),
        )

    def _say_limits(self, languages: Mapping[str, float]) -> None:
        """Note what the model does less than well."""
        for language, trust in languages.items():
            if trust < 1:
                self.progress.note(f"the model knows {language!r} less than well: its word counts {trust:.0%} there")
        if truncated := self.counts.get("truncated"):
            self.progress.note(f"{truncated:,} stories are longer than the model reads; their beginnings were embedded")

    def _task(self, spool: Spool, stubs: Spool, number: int) -> Task:
        stub = number - len(spool)
        if stub >= 0:
            return Task(stubs.record(stub), 0, None)
        return Task(spool.record(number), self.linked.elsewhere[number], self.resolver.keys_of(number))

    def _embed(self, made: Iterable[tuple[str, StoredStory]]) -> Iterator[tuple[list[StoredStory], Embedded]]:
        """Make one batch while the texts of the one before are embedded."""
        with ThreadPoolExecutor(1) as pool:
            waiting: tuple[list[StoredStory], Future[Embedded]] | None = None
            for texts, batch in _batches(made):
                future = pool.submit(self.embedder.embed, texts, Role.DOCUMENT)
                if waiting:
                    yield waiting[0], waiting[1].result()
                waiting = batch, future
            if waiting:
                yield waiting[0], waiting[1].result()

    def _count(self, name: str, more: int) -> None:
        self.counts[name] = self.counts.get(name, 0) + more

    def _time(self, name: str, begun: float) -> None:
        self.timings[name] = round(self.timings.get(name, 0.0) + time.perf_counter() - begun, 3)


def _in_rows(spool: Spool, stubs: int) -> tuple["array[int]", NDArray[np.int32]]:
    """The numbers of the stories in the order of their rows, headlines first, and the row of each number (-1: none)."""
    ordered = np.concatenate([np.arange(len(spool), len(spool) + stubs), spool.in_row_order()])
    spool.forget_order()
    row_of = np.full(len(spool) + stubs, -1, np.int32)  # a dictionary of a million takes a hundred MB
    row_of[ordered] = np.arange(len(ordered), dtype=np.int32)
    return array("q", ordered.tobytes()), row_of


def _batches(made: Iterable[tuple[str, StoredStory]]) -> Iterator[tuple[list[str], list[StoredStory]]]:
    texts: list[str] = []
    batch: list[StoredStory] = []
    size = 0
    for text, stored in made:
        texts.append(text)
        batch.append(stored)
        size += len(stored.record)
        if len(batch) == _BATCH or size > _BATCH_BYTES:
            yield texts, batch
            texts, batch, size = [], [], 0
    if batch:
        yield texts, batch
