"""Where answers come from: the generation that is live, with the journal's changes laid over it, whenever asked."""

import contextlib
import logging
import math
import time
from dataclasses import dataclass
from threading import Lock
from typing import Any

from recommender.embedding import QueryEncoder
from recommender.errors import IndexBusy, IndexFault, IndexMismatch, Overloaded, RecommenderError
from recommender.generation import Generation, IndexFolder
from recommender.live import Journal, Overlay
from recommender.live.vectors import StoryVectors, embed_with

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Served:
    """One state of the index: `position` of the journal; `hidden`, the keys of stories that changes hide; an answer of
    another `epoch` may show what is hidden now.
    """

    generation: Generation
    position: int
    hidden: frozenset[int]
    epoch: tuple[Overlay, int]


class Source:
    """Watches the index folder; safe to use from several threads.

    Raises:
        IndexFault: the live generation, or the journal, cannot be used.
    """

    def __init__(self, index: IndexFolder, encoder: QueryEncoder) -> None:
        self._index = index
        self._encoder = encoder
        self._lock, self._switching = Lock(), Lock()
        self._journal = Journal(index.path)
        if self._journal.is_read_only:
            log.warning("%s cannot be written: it is served, and changes are refused", index.path)
        self._looked = -math.inf  # when it was last looked whether there are changes, and they were applied
        self._refused: tuple[int, int] | None = None
        self._refusal: RecommenderError | None = None
        try:
            self._begin()
        except IndexBusy:  # whoever writes began to, perhaps, when what stands by itself was read
            self._begin()

    def _begin(self) -> None:
        self._token = self._index.live_token()
        self._version = self._journal.version()
        self._journal.verify()
        self._position = self._journal.position()
        self._journal.reserve(max((one.manifest.journal for one in self._index.listing() if one.manifest), default=0))
        self._base, overlay = self._open_laid()
        self._overlay: Overlay | None = overlay
        self._served = self._serve(overlay)

    def state(self) -> tuple[str, int]:
        """Generation and journal position of the next answer."""
        token = self._index.live_token()
        name = self._served.generation.name
        if token not in (self._token, self._refused, None):
            with contextlib.suppress(IndexFault):  # the pointer is damaged: what is served is served on
                name = self._index.live_name()
        if self._journal.version() != self._version:
            return name, self._journal.position()
        return name, self._position

    def current(self) -> Served:
        """What is to be served now.

        While one thread opens a promoted generation the others go on with the one before; one that cannot be served
        is logged once and left alone. Changes are never left out: without the journal nobody knows what is hidden.
        """
        if self._is_promoted() and self._switching.acquire(blocking=False):
            try:
                self._switch()
            except RecommenderError as error:
                log.error("%s is served on, because the promoted one cannot be: %s", self._base.name, error)
            finally:
                self._switching.release()
        self._sync()
        return self._served

    def refresh(self) -> None:
        """Take over the promoted generation and the committed changes; lay these anew where that saves memory.

        Raises:
            RecommenderError: the promoted generation cannot be served, or the journal not be read, or this is not the
                journal any more, so that changes may be missed.
        """
        with self._switching:
            if self._is_promoted():
                self._switch()
            elif self._overlay is not None and self._overlay.is_wasteful:
                self._lay_anew()
        self._sync()
        if self._refusal is not None and self._index.live_token() == self._refused:
            raise self._refusal
        self._journal.check_in_place()

    def another_journal(self) -> Journal:
        """The journal, for whoever writes.

        Raises:
            IndexFault: it was moved, removed or replaced.
        """
        return self._journal.another()

    def describe(self) -> dict[str, Any]:
        """The journal, for operators: its last position, the one that the generation holds, and what lies between."""
        overlay = self._overlay
        return {
            "position": self._journal.position(),
            "folded": self._base.manifest.journal,
            "laid_over": self._journal.count_after(self._base.manifest.journal),
            "rows": overlay.added if overlay else 0,
        }

    def close(self) -> None:
        """Let go of the generation and the journal."""
        self._base.close()
        self._journal.close()

    def _is_promoted(self) -> bool:
        return self._index.live_token() not in (self._token, self._refused, None)

    def _switch(self) -> None:
        token = self._index.live_token()
        try:
            if self._index.live_name() != self._base.name:
                version = self._journal.version()
                base, overlay = self._open_laid()
                with self._lock:  # what was committed meanwhile is applied by the next `_sync`
                    old, self._base = self._base, base
                    self._take(overlay, version)
                old.close()
            self._token = token
        except RecommenderError as error:
            if not isinstance(error, Overloaded):  # that passes
                self._refused, self._refusal = token, error
            raise

    def _lay_anew(self) -> None:
        overlay = self._lay(self._base)
        with self._lock:
            version = self._journal.version()
            overlay.sync()
            self._take(overlay, version)

    def _sync(self) -> None:
        asked = time.monotonic()
        if self._journal.version() == self._version and self._overlay is not None:
            return
        with self._lock:
            # Whoever waited while another looked need not look again: where changes come one after the other, each of
            # many that wait would find one more.
            if self._overlay is not None and self._looked > asked:
                return
            looked, version = time.monotonic(), self._journal.version()
            if version != self._version or self._overlay is None:
                overlay, self._overlay = self._overlay, None  # one that failed half-way is not used again
                if overlay is None:
                    overlay = self._lay(self._base)
                overlay.sync()
                self._take(overlay, version)
            self._looked = looked

    def _take(self, overlay: Overlay, version: int) -> None:
        self._overlay = overlay
        self._served = self._serve(overlay)
        self._position = overlay.position
        self._version = version

    def _serve(self, overlay: Overlay) -> Served:
        return Served(overlay.view, overlay.position, overlay.hidden, (overlay, overlay.hidings))

    def _open(self) -> Generation:
        generation = self._index.open_live()
        try:
            generation.manifest.check_embedder(self._encoder.embedder.fingerprint)
        except IndexMismatch:
            generation.close()
            raise
        return generation

    def _open_laid(self) -> tuple[Generation, Overlay]:
        base = self._open()
        try:
            return base, self._lay(base)
        except BaseException:
            base.close()
            raise

    def _lay(self, base: Generation) -> Overlay:
        embedder = self._encoder.embedder
        return Overlay(
            base,
            self._journal,
            StoryVectors(self._journal, embedder.fingerprint, embedder.dim, embed_with(self._encoder)),
        )
