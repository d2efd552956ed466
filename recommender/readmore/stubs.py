"""Headline-only stories, which stand for the pointers that mean no story of the corpus.

Such a pointer means the headline of its words; where it has a URL, the headline of the first mention of this URL. A
headline's title, URL and language are those of its first mention. Mentions come in the order of their stories' rows
(undated first, then by date, then by id descending), so that it does not matter which story came first to an index.
"""

import hashlib
from dataclasses import dataclass

from recommender.readmore.keys import canonical_url, headline_key, normalise_headline
from recommender.readmore.resolve import Lookups
from recommender.storage import key64
from recommender.stories import HEADLINE, ReadMore, Story

_STUB = "headline:"


def is_stub_id(story_id: str) -> bool:
    """Whether an id is that of a stub."""
    return story_id.startswith(_STUB)


def stub_story(pointer: ReadMore) -> Story:
    """The headline-only story that stands for an unresolved pointer: its id is made of the normalised headline."""
    digest = hashlib.sha256(normalise_headline(pointer.title).encode("utf-8", "replace")).hexdigest()
    return Story(id=f"{_STUB}{digest[:24]}", title=pointer.title, url=pointer.url, kind=HEADLINE)


def telling_url(pointer: ReadMore, lookups: Lookups) -> int | None:
    """The key of the URL of a pointer that was settled as `stub`; None where it tells nothing.

    A URL that stories of their own share is none to go by.
    """
    if not pointer.url:
        return None
    canonical = canonical_url(pointer.url)
    return None if lookups.by_url(canonical) else key64(canonical)


@dataclass(frozen=True, slots=True)
class Stub:
    """A stub's number, in order of first mention; `story` where this mention is the first."""

    number: int
    story: Story | None


class Stubs:
    """The headline-only stories of a build, however many articles name each."""

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups
        self._by_headline: dict[int, int] = {}
        self._headline_of_url: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._by_headline)

    def place(self, pointer: ReadMore) -> Stub:
        """The stub of a pointer that was settled as `stub`; to be called in the order of mentions."""
        headline, url = headline_key(pointer.title), telling_url(pointer, self._lookups)
        if url is not None:
            headline = self._headline_of_url.setdefault(url, headline)
        number = self._by_headline.get(headline)
        if number is not None:
            return Stub(number, None)
        number = self._by_headline[headline] = len(self._by_headline)
        return Stub(number, stub_story(pointer))
