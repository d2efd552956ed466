"""One state of the index, and what it answers."""

import time
from concurrent.futures import Future
from dataclasses import replace
from threading import Lock
from typing import Any

import numpy as np

from recommender.embedding import Encoded, QueryEncoder
from recommender.engine.answer import Recommendations, wanted_fields
from recommender.engine.filters import visible
from recommender.engine.leftout import kept_out
from recommender.engine.listing import newest
from recommender.engine.options import Options
from recommender.engine.probe import Probe, probe_row, probe_story, story_of_text
from recommender.engine.query import Query
from recommender.engine.render import Renderer
from recommender.engine.searcher import Found, Searcher
from recommender.engine.source import Served
from recommender.errors import AmbiguousURL, NotFound
from recommender.recipe import embedding_text
from recommender.stories import Story
from recommender.vectors import Mask

_EVER = 2**62

_TURN = Lock()
"""One answer is computed at a time in a process: threads that compute at once take Python's lock from each other at
every short call of numpy, and each answer costs twice the time."""


def begin_encoding(encoder: QueryEncoder, story: Story, *, may_wait: bool = False) -> Future[Encoded]:
    """Begin to encode a story's text.

    Raises:
        Overloaded: too many texts wait to be embedded.
    """
    # One character more than is read, so that the encoder sees whether something is left off.
    return encoder.submit(embedding_text(story, encoder.embedder.max_chars + 1), may_wait=may_wait)


class Snapshot:
    """A generation with the changes until a moment, and what is derived from it: a request holds one to its end."""

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
        """When the next embargo begins or ends after `now` (epoch seconds); None where none does."""
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
        """The nearest stories to a query.

        Raises:
            NotFound, AmbiguousURL: the id or URL leads to none, or to several.
            InputError: a field that no hit has.
            Overloaded: too many texts wait to be embedded.
        """
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
        encoding = begin_encoding(self.encoder, story)
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
        """A story's record, its links and who mentions it.

        Raises:
            NotFound: no visible story has this id.
        """
        shown = self.shown(int(time.time()))
        row = self._row(Query(id=story_id), shown)
        return self.render.story(row, shown)
