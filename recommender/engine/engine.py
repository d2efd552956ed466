"""The engine: a query and its options to recommendations. It knows no HTTP."""

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock
from typing import Any

import numpy as np

from recommender.embedding import QueryEncoder
from recommender.engine.answer import Recommendations, wanted_fields
from recommender.engine.filters import visible
from recommender.engine.probe import Probe, probe_row, probe_story, story_of_text
from recommender.engine.query import Options, Query
from recommender.engine.render import Renderer
from recommender.engine.searcher import Searcher
from recommender.errors import AmbiguousURL, IndexMismatch, NotFound, RecommenderError
from recommender.generation import Generation, IndexFolder
from recommender.recipe import embedding_text
from recommender.vectors import Mask


log = logging.getLogger(__name__)


class Recommender:
    """Answers queries from the live generation of an index folder; safe to call from several threads."""

    def __init__(self, index: IndexFolder, encoder: QueryEncoder) -> None:
        self.index = index
        self._encoder = encoder
        self._lock = Lock()
        self._token = index.live_token()
        self._serving = _Serving(index.open_live(), encoder)

    ready = True

    @property
    def generation(self) -> Generation:
        """The generation that is served."""
        return self._current().generation

    def refresh(self) -> None:
        """Serve the generation that was promoted, if another was; one that cannot be served leaves the old one there.

        While one thread opens it the others go on with the old one.
        """
        token = self.index.live_token()
        if token == self._token or token is None or not self._lock.acquire(blocking=False):
            return
        try:
            if self.index.live_name() != self._serving.generation.name:
                old, self._serving = self._serving, _Serving(self.index.open_live(), self._encoder)
                old.generation.close()
        except RecommenderError as error:
            log.error("the promoted generation cannot be served, the old one stays: %s", error)
        finally:
            self._token = token
            self._lock.release()

    def _current(self) -> "_Serving":
        self.refresh()
        return self._serving

    def state(self) -> tuple[str, int, int | None]:
        """What an answer depends on beside its question: generation, journal position, next change of an embargo."""
        serving = self._current()
        return serving.generation.name, 0, serving.next_embargo(int(time.time()))

    def related(self, query: Query, options: Options | None = None) -> Recommendations:
        """The nearest stories to a query.

        Raises:
            NotFound, AmbiguousURL: the id or URL leads to none, or to several.
            InputError: a field that no hit has.
            Overloaded: too many texts wait to be embedded.
        """
        return self._current().related(query, options or Options())

    def related_many(self, requests: Sequence[tuple[Query, Options]]) -> list[Recommendations | RecommenderError]:
        """The answers to several queries, all from one generation, an error in place of each that failed."""
        serving = self._current()
        answers: list[Recommendations | RecommenderError] = []
        for query, options in requests:
            try:
                answers.append(serving.related(query, options))
            except RecommenderError as error:
                answers.append(error)
        return answers

    def story(self, story_id: str) -> dict[str, Any]:
        """A story's record, its links and who mentions it.

        Raises:
            NotFound: no visible story has this id.
        """
        return self._current().story(story_id)

    def describe(self) -> dict[str, Any]:
        """What is served, for operators."""
        serving = self._current()
        manifest = serving.generation.manifest
        return {
            "generation": manifest.name,
            "built_at": manifest.built_at,
            "stories": manifest.rows,
            "embedder": manifest.embedder,
            "analysis": manifest.analysis,
            "counts": manifest.counts,
            "corpora": manifest.corpora,
            "dense": manifest.dense,
            "quality": manifest.quality,
            "ranker": serving.ranker.to_json(),
            "bytes": manifest.size,
            "journal": manifest.journal,
            "sections": sorted(serving.generation.columns.facets["section"])[:1_000],
            "languages": sorted(serving.generation.columns.facets["language"]),
            "sources": sorted(serving.generation.columns.facets["source"])[:1_000],
        }

    def close(self) -> None:
        """Finish what waits, and let go of the model and the generation."""
        self._encoder.close()
        self._serving.generation.close()


class _Serving:
    """One generation with what is derived from it: a request holds one from its start to its end."""

    def __init__(self, generation: Generation, encoder: QueryEncoder) -> None:
        fingerprint = generation.manifest.embedder["fingerprint"]
        if encoder.embedder.fingerprint != fingerprint:
            raise IndexMismatch(
                f"generation {generation.name} was made with the embedder {fingerprint}, the one at hand is "
                f"{encoder.embedder.fingerprint}: serve with that model, or rebuild with `recommender build`"
            )
        self.generation = generation
        self.encoder = encoder
        self.ranker = generation.ranker
        self.searcher = Searcher(generation, self.ranker)
        self.render = Renderer(generation, self.ranker)
        self.embargoes = np.unique(generation.columns.embargoed[generation.columns.embargoed > 0])

    def next_embargo(self, now: int) -> int | None:
        later = self.embargoes[self.embargoes > now]
        return int(later[0]) if len(later) else None

    def related(self, query: Query, options: Options) -> Recommendations:
        started = time.perf_counter()
        fields = wanted_fields(options.fields, options.explain)
        generation, now = self.generation, int(time.time())
        shown = visible(generation, now)
        probe, about = self._probe(query, shown)
        found = self.searcher.search(probe, options, shown, now)
        explain = probe if options.explain else None
        hits = [self.render.hit(found.ranked, int(place), fields, shown, explain) for place in found.page]
        if not hits and options.offset == 0 and options.on_empty == "latest":
            newest = np.flatnonzero(found.allowed)[-options.limit :][::-1]
            hits = [self.render.fallback(int(row), fields, shown) for row in newest]
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
            rejected=self.render.rejected(found.ranked, found.order, shown) if options.explain else None,
        )

    def _probe(self, query: Query, shown: Mask) -> tuple[Probe, dict[str, Any]]:
        generation = self.generation
        if query.id is not None or query.url is not None:
            row = self._row(query, shown)
            probe = probe_row(generation, row)
            record = generation.record(row)
            about: dict[str, Any] = {"id": record["id"], "truncated": probe.truncated}
            about["date_published"] = record.get("published")
            return probe, about | ({"url": query.url} if query.url else {})
        story = query.story or story_of_text(query.text or "")
        vector, truncated = self.encoder.encode(embedding_text(story, self.encoder.embedder.max_chars))
        probe = probe_story(generation, story, vector, truncated)
        about = {"truncated": truncated, "language": probe.language}
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
        shown = visible(self.generation, int(time.time()))
        row = self._row(Query(id=story_id), shown)
        return self.render.story(row, shown)
