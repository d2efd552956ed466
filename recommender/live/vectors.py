"""The vectors of live stories: embedded once by the process that takes a change, found in the journal by all others."""

import hashlib
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future

import numpy as np

from recommender.embedding import Encoded, QueryEncoder, Role
from recommender.embedding.packed import unpack
from recommender.errors import Overloaded, Stopping
from recommender.generation import Generation
from recommender.live.journal import Journal
from recommender.live.state import Entry
from recommender.readmore import stub_story
from recommender.recipe import RECIPE, embedding_text
from recommender.stories import Story

EmbedStories = Callable[[Sequence[Story]], list[Encoded]]
"""Vectors of stories' texts, in their order."""

_TOGETHER = 32
_PATIENCE = 30.0


def content_key(fingerprint: str, story: Story) -> bytes:
    """Under which a story's vector is kept: the same for the same headline and body, whatever else changes."""
    text = "\n".join((fingerprint, RECIPE, story.title, story.text))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


def needed_keys(fingerprints: Collection[str], entries: Iterable[Entry]) -> set[bytes]:
    """Keys of the vectors that upserts need: of their stories, and of the headlines that these point to.

    Args:
        fingerprints: of the embedders whose generations may be served.
        entries: the upserts.
    """
    keys = set()
    for entry in entries:
        keys |= {content_key(fingerprint, one) for one in _with_headlines(entry.story) for fingerprint in fingerprints}
    return keys


def vectors_for(
    stories: Iterable[Story], journal: Journal, served: Generation, fingerprint: str, embed: EmbedStories
) -> dict[bytes, Encoded]:
    """The vectors, by key, that the journal needs for stories and lacks: those of the index, else made by `embed`."""
    wanted = {content_key(fingerprint, one): one for story in stories for one in _with_headlines(story)}
    for key in journal.vectors.find(list(wanted)):
        del wanted[key]
    found = {key: known for key, story in wanted.items() if (known := _indexed(story, served)) is not None}
    missing = {key: story for key, story in wanted.items() if key not in found}
    if missing:
        found |= zip(missing, embed(list(missing.values())), strict=True)
    return found


def _with_headlines(story: Story) -> list[Story]:
    """A story, and the headlines that it points to."""
    return [story, *(stub_story(pointer) for pointer in story.read_more if pointer.title)]


def _indexed(story: Story, served: Generation) -> Encoded | None:
    """The vector that the index has of the same headline and body."""
    row = served.row_of(story.id)
    if row is None:
        return None
    known = served.story(row)
    if (known.title, known.text) != (story.title, story.text):
        return None
    return Encoded(served.dense.rows(np.array([row]))[0], bool(served.columns.truncated[row]))


class StoryVectors:
    """Vectors of stories: those in the journal, else made by `embed`, and rounded as an index rounds them."""

    def __init__(self, journal: Journal, fingerprint: str, dim: int, embed: EmbedStories) -> None:
        self._journal = journal
        self._fingerprint = fingerprint
        self._dim = dim
        self._embed = embed
        self._found: dict[bytes, bytes] = {}

    def look_up(self, stories: Iterable[Story]) -> None:
        """Read the vectors of stories that are asked for next, all at once."""
        self._found = self._journal.vectors.find([content_key(self._fingerprint, story) for story in stories])

    def __call__(self, story: Story) -> Encoded:
        """The vector of a story."""
        key = content_key(self._fingerprint, story)
        packed = self._found.pop(key, None) or self._journal.vectors.find([key]).get(key)
        known = None if packed is None else unpack(packed, self._dim)
        return known or _rounded(self._embed([story])[0])


def _rounded(encoded: Encoded) -> Encoded:
    return Encoded(encoded.vector.astype(np.float16).astype(np.float32), encoded.truncated)


def embed_with(encoder: QueryEncoder) -> EmbedStories:
    """Vectors by a query encoder: a few at a time, so that readers' questions come in between."""

    def embed(stories: Sequence[Story]) -> list[Encoded]:
        found: list[Encoded] = []
        for start in range(0, len(stories), _TOGETHER):
            texts = [embedding_text(one, encoder.embedder.max_chars) for one in stories[start : start + _TOGETHER]]
            found += [future.result(_PATIENCE) for future in [_submit(encoder, text) for text in texts]]
        return found

    return embed


def _submit(encoder: QueryEncoder, text: str) -> Future[Encoded]:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return encoder.submit(text, Role.DOCUMENT)
        except Overloaded as error:
            if isinstance(error, Stopping) or time.monotonic() > until:
                raise
            time.sleep(0.02)
