"""The engine: a query and its options to recommendations. It knows no HTTP."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from recommender.embedding import Encoded, QueryEncoder
from recommender.engine.answer import Recommendations, State
from recommender.engine.listing import Headlines, articles, facet_values, latest, waiting
from recommender.engine.options import Options
from recommender.engine.probe import story_of_text
from recommender.engine.query import Query
from recommender.engine.render import Renderer
from recommender.engine.snapshot import Snapshot, begin_encoding
from recommender.engine.source import Source
from recommender.errors import RecommenderError
from recommender.generation import Generation, IndexFolder
from recommender.live import Changes
from recommender.live.vectors import embed_with
from recommender.vectors import Mask

T = TypeVar("T")

_TRIES = 3


class Recommender:
    """Answers queries from the live generation of an index folder and the changes since; for any number of threads."""

    def __init__(self, index: IndexFolder, encoder: QueryEncoder) -> None:
        self.index = index
        self.encoder = encoder
        self._source = Source(index, encoder)
        self._snapshot = Snapshot(self._source.current(), encoder)

    def gather_while(self, busy: Callable[[], bool]) -> None:
        """Let texts of `encoding` wait for each other while `busy` says that nobody could use their vectors yet."""
        self.encoder.hold_while(busy)

    def encoding(self, query: Query) -> Future[Encoded] | None:
        """Begin to encode a query's text, which its answer then finds remembered; None: it has none.

        Raises:
            Overloaded: too many texts wait to be embedded.
        """
        return None if query.text is None else begin_encoding(self.encoder, story_of_text(query.text), may_wait=True)

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

    def _current(self) -> Snapshot:
        served = self._source.current()
        snapshot = self._snapshot
        if snapshot.served is not served:
            snapshot = self._snapshot = Snapshot(served, self.encoder)
        return snapshot

    def state(self) -> State:
        """What the next answer will be made of; it costs microseconds: changes are not applied for it."""
        name, position = self._source.state()
        return name, position, self._snapshot.next_embargo(int(time.time()))

    def related(self, query: Query, options: Options | None = None) -> Recommendations:
        """The nearest stories to a query.

        Raises:
            NotFound, AmbiguousURL: the id or URL leads to none, or to several.
            InputError: a field that no hit has.
            Overloaded: too many texts wait to be embedded.
        """
        answer, is_settled = self._settled(lambda snapshot: snapshot.related(query, options or Options()))
        return answer if is_settled else replace(answer, state=None)

    def related_many(self, requests: Sequence[tuple[Query, Options]]) -> list[Recommendations | RecommenderError]:
        """The answers to several queries, all from one state of the index, an error in place of each that failed."""

        def answer(snapshot: Snapshot) -> list[Recommendations | RecommenderError]:
            answers: list[Recommendations | RecommenderError] = []
            for query, options in requests:
                try:
                    answers.append(snapshot.related(query, options))
                except RecommenderError as error:
                    answers.append(error)
            return answers

        return self._answer(answer)

    def story(self, story_id: str) -> dict[str, Any]:
        """A story's record, its links and who mentions it.

        Raises:
            NotFound: no visible story has this id.
        """
        return self._answer(lambda snapshot: snapshot.story(story_id))

    def headlines(self, limit: int = 50, offset: int = 0) -> Headlines:
        """The headlines that wait for their article, those that most editors pointed to first."""
        return self._list(lambda index, render, shown: waiting(index, render, shown, limit, offset))

    def newest(self, limit: int = 10) -> list[dict[str, Any]]:
        """The newest articles, as the fields of a hit."""
        return self._list(lambda index, render, shown: latest(index, render, shown, limit))

    def articles(self) -> list[tuple[str, str | None]]:
        """The id and URL of every article that may be seen."""
        return self._list(lambda index, _, shown: articles(index, shown))

    def _list(self, make: Callable[[Generation, Renderer, Mask], T]) -> T:
        return self._answer(lambda now: make(now.generation, now.render, now.shown(int(time.time()))))

    def _answer(self, make: Callable[[Snapshot], T]) -> T:
        """An answer from one state of the index; made again where a story was hidden while it was made."""
        return self._settled(make)[0]

    def _settled(self, make: Callable[[Snapshot], T]) -> tuple[T, bool]:
        for _ in range(_TRIES):
            snapshot = self._current()
            answer = make(snapshot)
            if is_settled := self._source.current().epoch == snapshot.served.epoch:
                break
        return answer, is_settled

    def describe(self) -> dict[str, Any]:
        """What is served, for operators."""
        snapshot = self._current()
        manifest, shown = snapshot.generation.manifest, snapshot.shown(int(time.time()))
        return {
            "generation": manifest.name,
            "built_at": manifest.built_at,
            "stories": int(np.count_nonzero(shown)),
            "embedder": {name: value for name, value in manifest.embedder.items() if name != "folder"},
            "analysis": manifest.analysis,
            "counts": manifest.counts,
            "corpora": manifest.corpora,
            "dense": manifest.dense,
            "quality": manifest.quality,
            "ranker": snapshot.ranker.to_json(),
            "bytes": manifest.size,
            "journal": self._source.describe(),
            "sections": facet_values(snapshot.generation, "section", shown)[:1_000],
            "languages": facet_values(snapshot.generation, "language", shown),
            "sources": facet_values(snapshot.generation, "source", shown)[:1_000],
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
