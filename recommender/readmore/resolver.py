"""Resolve the pointers of a whole corpus, a million stories, in a few bytes a story."""

from array import array
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.dates import UNDATED, Moment
from recommender.readmore.keys import headline_key, url_key
from recommender.readmore.resolve import Candidate, Settled, settle
from recommender.storage import key64
from recommender.stories import ARTICLE, ReadMore, Story

_MAX_CANDIDATES = 1_000
"""Of so many stories under one key the latest are looked at."""


class Resolver:
    """An index of ids, URLs and headlines (`Lookups`): first `add` every story, then `resolve` every pointer.

    A story's ordinal is the position in which it was added. Where an id comes twice the last story bears it; earlier
    ones are `superseded` and never a target. Keys are kept as 64-bit hashes (`key64`), about 70 bytes a story in all;
    that a key of a million stories is taken for another happens once in some 10^13 look-ups.
    """

    def __init__(self) -> None:
        self._ids = array("Q")
        self._seconds = array("q")
        self._flags = array("B")
        self._urls = _Keys()
        self._headlines = _Keys()
        self._by_id: _Sorted | None = None
        self._current: NDArray[np.bool_] = np.empty(0, np.bool_)

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, story: Story) -> int:
        """Register a story; its ordinal."""
        ordinal = len(self._ids)
        self._by_id = None
        self._ids.append(key64(story.id))
        self._seconds.append(story.published.second if story.published else UNDATED)
        is_day = story.published is not None and story.published.is_day
        self._flags.append((story.kind == ARTICLE) | is_day << 1)
        if story.url:
            self._urls.add(url_key(story.url), ordinal)
        if story.title:
            self._headlines.add(headline_key(story.title), ordinal)
        return ordinal

    def resolve(self, pointer: ReadMore, source: Story) -> Settled:
        """Which story a pointer of `source` means (see `settle`)."""
        return settle(pointer, source, self)

    def superseded(self) -> list[int]:
        """Ordinals of the stories whose id came again later."""
        self._seal()
        return [int(ordinal) for ordinal in np.flatnonzero(~self._current)]

    def forget_stories(self) -> None:
        """Let go of all but the keys (`keys_of`): everything is resolved."""
        self._ids, self._seconds, self._flags = array("Q"), array("q"), array("B")
        self._by_id, self._current = None, np.empty(0, np.bool_)
        self._urls.unseal()
        self._headlines.unseal()

    def keys_of(self, ordinal: int) -> tuple[int, int]:
        """The keys (`key64`) of a story's canonical URL and of its normalised headline; 0 where it has none."""
        return self._urls.of(ordinal), self._headlines.of(ordinal)

    def identity(self, story_id: str) -> int:
        """What `Candidate.id` holds for this id."""
        return key64(story_id)

    def by_id(self, story_id: str) -> Sequence[Candidate]:
        """The story with this id."""
        return self._candidates(self._seal().find(key64(story_id)))

    def by_url(self, canonical: str) -> Sequence[Candidate]:
        """The stories with this canonical URL."""
        self._seal()
        return self._candidates(self._urls.sealed().find(key64(canonical)))

    def by_headline(self, key: str) -> Sequence[Candidate]:
        """The stories with this normalised headline."""
        self._seal()
        return self._candidates(self._headlines.sealed().find(key64(key)))

    def _seal(self) -> "_Sorted":
        if self._by_id is None:
            hashes = np.array(self._ids, np.uint64)
            self._by_id = _Sorted(hashes, np.arange(len(hashes), dtype=np.uint32))
            self._current = np.zeros(len(hashes), np.bool_)
            self._current[self._by_id.last_of_each()] = True
        return self._by_id

    def _candidates(self, ordinals: NDArray[np.uint32]) -> list[Candidate]:
        current = ordinals[self._current[ordinals]] if len(ordinals) else ordinals
        return [self._candidate(int(ordinal)) for ordinal in current[-_MAX_CANDIDATES:]]

    def _candidate(self, ordinal: int) -> Candidate:
        second, flags = self._seconds[ordinal], self._flags[ordinal]
        published = None if second == UNDATED else Moment(second, bool(flags & 2))
        return Candidate(ordinal, self._ids[ordinal], published, bool(flags & 1))


class _Sorted:
    """Ordinals in order of their hashes: looked up by bisection, those of one hash in order."""

    def __init__(self, hashes: NDArray[np.uint64], ordinals: NDArray[np.uint32]) -> None:
        order = np.argsort(hashes, kind="stable")
        self._hashes = hashes[order]
        self._ordinals = ordinals[order]

    def find(self, value: int) -> NDArray[np.uint32]:
        """The ordinals of a hash."""
        wanted = np.uint64(value)
        start = int(np.searchsorted(self._hashes, wanted))
        if start == len(self._hashes) or self._hashes[start] != wanted:
            return self._ordinals[:0]
        return self._ordinals[start : int(np.searchsorted(self._hashes, wanted, side="right"))]

    def last_of_each(self) -> NDArray[np.uint32]:
        """The last ordinal of every hash."""
        is_last = np.ones(len(self._hashes), np.bool_)
        np.not_equal(self._hashes[1:], self._hashes[:-1], out=is_last[:-1])
        return self._ordinals[is_last]


class _Keys:
    """Hashes with their ordinals, sorted when they are first asked for."""

    def __init__(self) -> None:
        self._hashes = array("Q")
        self._ordinals = array("I")
        self._sorted: _Sorted | None = None

    def add(self, value: int, ordinal: int) -> None:
        self._sorted = None
        self._hashes.append(value)
        self._ordinals.append(ordinal)

    def of(self, ordinal: int) -> int:
        """The hash of an ordinal, 0 if it has none."""
        place = bisect_left(self._ordinals, ordinal)
        return self._hashes[place] if self._ordinals[place : place + 1] == array("I", [ordinal]) else 0

    def unseal(self) -> None:
        self._sorted = None

    def sealed(self) -> _Sorted:
        if self._sorted is None:
            self._sorted = _Sorted(np.array(self._hashes, np.uint64), np.array(self._ordinals, np.uint32))
        return self._sorted
