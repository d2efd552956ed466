"""The engine: a query and its options to recommendations. It knows no HTTP."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from threading import Lock
from typing import Any, TypeVar

import numpy as np

from recommender.embedding import Encoded, QueryEncoder
from recommender.engine.answer import Recommendations, State, wanted_fields
from recommender.engine.filters import visible
from recommender.engine.leftout import kept_out
from recommender.engine.listing import Headlines, articles, latest, newest, waiting
from recommender.engine.probe import Probe, probe_row, probe_story, story_of_text
from recommender.engine.query import Options, Query
from recommender.engine.render import Renderer
from recommender.engine.searcher import Found, Searcher
from recommender.engine.source import Served, Source
from recommender.errors import AmbiguousURL, NotFound, RecommenderError
from recommender.generation import Generation, IndexFolder
from recommender.live import Changes
from recommender.live.vectors import embed_with
from recommender.recipe import embedding_text
from recommender.stories import Story
from recommender.vectors import Mask

T = TypeVar("T")

_TRIES = 3
_EVER = 2**62

_TURN = Lock()
"""One answer is computed at a time in a process: threads that compute at once take Python's lock from each other at
every short call of numpy, and each answer costs twice the time."""


class Recommender:
    """Answers queries from the live generation of an index folder and the changes since; for any number of threads."""

    def __init__(self, index: IndexFolder, encoder: QueryEncoder) -> None:
        self.index = index
        self.encoder = encoder
        self._source = Source(index, encoder)
        self._serving = _Serving(self._source.current(), encoder)

    def gather_while(self, busy: Callable[[], bool]) -> None:
        """Let texts of `encoding` wait for each other while `busy` says that nobody could use their vectors yet."""
        self.encoder.hold_while(busy)

    def encoding(self, query: Query) -> Future[Encoded] | None:
        """Begin to encode a query's text, which its answer then finds remembered; None: it has none.

        Raises:
            Overloaded: too many texts wait to be embedded.
        """
        return None if query.text is None else _submit(self.encoder, story_of_text(query.text), may_wait=True)

    @property
    def generation(self) -> Generation:
        """What is served: a generation, with the live changes laid over it."""
        return self._current().generation

    def refresh(self) -> None:
        """Serve the generation that was promoted, and the changes that were committed.

        Raises:
            IndexFault: the promoted generation cannot be served; the one before is served on.
        """
        self._source.refresh()

    def _current(self) -> "_Serving":
        served = self._source.current()
        serving = self._serving
        if serving.served is not served:
            serving = self._serving = _Serving(served, self.encoder)
        return serving

    def state(self) -> State:
        """What the next answer will be made of; it costs microseconds: changes are not applied for it."""
        name, position = self._source.state()
        return name, position, self._serving.next_embargo(int(time.time()))

    def related(self, query: Query, options: Options | None = None) -> Recommendations:
        """The nearest stories to a query.

        Raises:
            NotFound, AmbiguousURL: the id or URL leads to none, or to several.
            InputError: a field that no hit has.
            Overloaded: too many texts wait to be embedded.
        """
        answer, is_settled = self._settled(lambda serving: serving.related(query, options or Options()))
        return answer if is_settled else replace(answer, state=None)

    def related_many(self, requests: Sequence[tuple[Query, Options]]) -> list[Recommendations | RecommenderError]:
        """The answers to several queries, all from one state of the index, an error in place of each that failed."""

        def answer(serving: "_Serving") -> list[Recommendations | RecommenderError]:
            answers: list[Recommendations | RecommenderError] = []
            for query, options in requests:
                try:
                    answers.append(serving.related(query, options))
                except RecommenderError as error:
                    answers.append(error)
            return answers

        return self._answer(answer)

    def story(self, story_id: str) -> dict[str, Any]:
        """A story's record, its links and who mentions it.

        Raises:
            NotFound: no visible story has this id.
        """
        return self._answer(lambda serving: serving.story(story_id))

    def headlines(self, limit: int = 50, offset: int = 0) -> Headlines:
        """The headlines that wait for their article, those that most editors pointed to first."""
        return self._list(lambda index, render, shown: waiting(index, render, shown, limit, offset))

    def newest(self, limit: int = 10) -> list[dict[str, Any]]:
        """The newest articles, as the fields of a hit."""
        return self._list(lambda index, render, shown: latest(index, render, shown, limit))

    def articles(self) -> list[tuple[str, str | None]]:
        """The id and URL of every article that may be seen."""
        return self._list(articles)

    def _list(self, make: Callable[[Generation, Renderer, Mask], T]) -> T:
        return self._answer(lambda serving: make(serving.generation, serving.render, serving.shown(int(time.time()))))

    def _answer(self, make: Callable[["_Serving"], T]) -> T:
        """An answer from one state of the index; made again where a story was hidden while it was made."""
        return self._settled(make)[0]

    def _settled(self, make: Callable[["_Serving"], T]) -> tuple[T, bool]:
        for _ in range(_TRIES):
            serving = self._current()
            answer = make(serving)
            if is_settled := self._source.current().epoch == serving.served.epoch:
                break
        return answer, is_settled

    def describe(self) -> dict[str, Any]:
        """What is served, for operators."""
        serving = self._current()
        manifest = serving.generation.manifest
        return {
            "generation": manifest.name,
            "built_at": manifest.built_at,
            "stories": int(np.count_nonzero(serving.shown(int(time.time())))),
            "embedder": manifest.embedder,
            "analysis": manifest.analysis,
            "counts": manifest.counts,
            "corpora": manifest.corpora,
            "dense": manifest.dense,
            "quality": manifest.quality,
            "ranker": serving.ranker.to_json(),
            "bytes": manifest.size,
            "journal": self._source.describe(),
            "sections": sorted(serving.generation.columns.facets["section"])[:1_000],
            "languages": sorted(serving.generation.columns.facets["language"]),
            "sources": sorted(serving.generation.columns.facets["source"])[:1_000],
        }

    def changes(self) -> Changes:
        """Takes live changes; to be closed by the caller.

        Raises:
            IndexFault: the journal was moved, removed or replaced since it was opened for reading.
        """
        return Changes(
            self._source.another_journal(),
            lambda: self.generation,
            self.encoder.embedder.fingerprint,
            embed_with(self.encoder),
        )

    def close(self) -> None:
        """Finish what waits, and let go of the model and the generation."""
        self.encoder.close()
        self._source.close()


def _submit(encoder: QueryEncoder, story: Story, *, may_wait: bool = False) -> Future[Encoded]:
    # One character more than is read, so that the encoder sees whether something is left off.
    return encoder.submit(embedding_text(story, encoder.embedder.max_chars + 1), may_wait=may_wait)


class _Serving:
    """One state of the index with what is derived from it: a request holds one from its start to its end."""

    def __init__(self, served: Served, encoder: QueryEncoder) -> None:
        self.served = served
        self.generation = generation = served.generation
        self.encoder = encoder
        self.ranker = generation.ranker
        self.searcher = Searcher(generation, self.ranker)
        self.render = Renderer(generation, self.ranker, served.hidden)
        self._shown: tuple[Mask, int, int] = np.empty(0, np.bool_), _EVER, -_EVER
        self.embargoes = np.unique(generation.columns.embargoed[generation.columns.embargoed > 0])

    def next_embargo(self, now: int) -> int | None:
        later = self.embargoes[self.embargoes > now]
        return int(later[0]) if len(later) else None

    def shown(self, now: int) -> Mask:
        """The rows that may be seen at `now` (epoch seconds); worked out again when an embargo begins or ends."""
        mask, since, until = self._shown
        if not since <= now < until:
            mask = visible(self.generation, now)
            mask.flags.writeable = False
            past = self.embargoes[self.embargoes <= now]
            since, until = int(past[-1]) if len(past) else -_EVER, self.next_embargo(now) or _EVER
            self._shown = mask, since, until
        return mask

    def related(self, query: Query, options: Options) -> Recommendations:
        started = time.perf_counter()
        fields = wanted_fields(options.fields, options.explain)
        generation, now = self.generation, int(time.time())
        shown = self.shown(now)
        probe, about = self._probe(query, shown)
        explain = probe if options.explain else None
        asked = time.perf_counter()
        with _TURN:
            found = self.searcher.search(probe, options, shown, now)
            searched = time.perf_counter()
            hits = [self.render.hit(found.ranked, int(place), fields, shown, explain) for place in found.page]
        if not hits and options.offset == 0 and options.on_empty == "latest":
            rows = newest(generation, found.allowed, options.limit)
            hits = [self.render.fallback(int(row), fields, shown) for row in rows]
        return Recommendations(
            query=about,
            hits=hits,
            limit=options.limit,
            offset=options.offset,
            exhausted=found.exhausted,
            filtered_out={"same_story": found.same_story, "below_min_score": found.below},
            index={
                "generation": generation.name,
                "model": generation.manifest.embedder["model"],
                "built_at": generation.manifest.built_at,
            },
            processing_time_ms=(time.perf_counter() - started) * 1_000,
            seconds={"query": asked - started, "search": searched - asked, "render": time.perf_counter() - searched},
            rejected=self._rejected(probe, options, found, shown) if options.explain else None,
            state=(generation.name, self.served.position, self.next_embargo(now)),
        )

    def _rejected(self, probe: Probe, options: Options, found: Found, shown: Mask) -> list[dict[str, Any]]:
        barred = kept_out(self.generation, probe, options, shown, found.allowed, found.own)
        return self.render.rejected(found.ranked, options.min_score, barred)

    def _probe(self, query: Query, shown: Mask) -> tuple[Probe, dict[str, Any]]:
        generation = self.generation
        if query.id is not None or query.url is not None:
            row = self._row(query, shown)
            record = generation.record(row)
            with _TURN:
                probe = probe_row(generation, row, record)
            about: dict[str, Any] = {"id": record["id"], "truncated": probe.truncated}
            about["date_published"] = record.get("published")
            return probe, about | ({"url": query.url} if query.url else {})
        story = query.story or story_of_text(query.text or "")
        encoding = _submit(self.encoder, story)
        probe = probe_story(generation, story, lambda: self.encoder.result(encoding))
        about = {"truncated": probe.truncated, "language": probe.language}
        if query.story and query.story.id:
            known = generation.row_of(query.story.id)
            if known is not None:
                probe = replace(probe, row=known)
        return probe, about

    def _row(self, query: Query, shown: Mask) -> int:
        if query.id is not None:
            row = self.generation.row_of(query.id)
            if row is None or not shown[row]:
                raise NotFound("id", query.id)
            return row
        url = query.url or ""
        rows = [row for row in self.generation.rows_of_url(url) if shown[row]]
        ids = sorted({str(self.generation.record(row)["id"]) for row in rows[:20]})
        if len(ids) > 1:
            raise AmbiguousURL(url, ids)
        if not rows:
            raise NotFound("url", url)
        return rows[0]

    def story(self, story_id: str) -> dict[str, Any]:
        shown = self.shown(int(time.time()))
        row = self._row(Query(id=story_id), shown)
        return self.render.story(row, shown)
