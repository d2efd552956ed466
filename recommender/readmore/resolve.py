"""Which story a read-more pointer means: the rule, over any index of keys."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol, TypeAlias

from recommender.dates import Moment
from recommender.readmore.keys import canonical_url, normalise_headline
from recommender.stories import ReadMore, Story

Found: TypeAlias = Literal["id", "url", "headline", "self", "stub", "dangling"]
"""How a pointer was settled. The first three have a target; `self` points at its own story; `stub` has a headline that
no story bears, and becomes a headline-only story; `dangling` has no headline to make one of."""


class Candidate(NamedTuple):
    """A story that a key leads to; `ordinal` is its row."""

    ordinal: int
    id: str | int
    published: Moment | None
    is_article: bool


class Lookups(Protocol):
    """Where stories are found by key: the index of a build, or an opened generation with its live changes.

    `Candidate.id` may be the id or a hash of it, as long as `identity` gives the same of an id.
    """

    def identity(self, story_id: str) -> str | int:
        """What `Candidate.id` holds for this id."""
        ...

    def by_id(self, story_id: str) -> Sequence[Candidate]:
        """The story with this id."""
        ...

    def by_url(self, canonical: str) -> Sequence[Candidate]:
        """The stories with this canonical URL."""
        ...

    def by_headline(self, key: str) -> Sequence[Candidate]:
        """The stories with this normalised headline."""
        ...


class Settled(NamedTuple):
    """What became of a pointer: the row of its target (None without one), and how."""

    ordinal: int | None
    by: Found


def settle(pointer: ReadMore, source: Story, lookups: Lookups) -> Settled:
    """Find the story that `pointer`, an entry of `source`, means: by id, else by URL, else by headline.

    * A URL of stories with different ids identifies none of them: the headline decides.
    * Of several stories with the headline the latest one not after the source is meant, without one the earliest
      after it; articles come before headline-only stories. Of those of one date the id decides, so that a live change
      and a rebuild, which meet them in another order, choose the same.
    * The source itself is never the target, whichever key leads to it.
    """
    own = lookups.identity(source.id)
    if pointer.id:
        if pointer.id == source.id:
            return Settled(None, "self")
        if found := lookups.by_id(pointer.id):
            return Settled(found[-1].ordinal, "id")
    if pointer.url:
        url = canonical_url(pointer.url)
        found = _articles_first(lookups.by_url(url))
        if len({candidate.id for candidate in found}) == 1:
            return Settled(None, "self") if found[-1].id == own else Settled(found[-1].ordinal, "url")
        if not found and source.url and url == canonical_url(source.url):
            return Settled(None, "self")
    if not pointer.title:
        return Settled(None, "dangling")
    key = normalise_headline(pointer.title)
    others = _articles_first([candidate for candidate in lookups.by_headline(key) if candidate.id != own])
    if others:
        return Settled(_closest_before(others, source.published).ordinal, "headline")
    return Settled(None, "self" if key == normalise_headline(source.title) else "stub")


def _articles_first(candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    return [candidate for candidate in candidates if candidate.is_article] or candidates


def _closest_before(candidates: Sequence[Candidate], when: Moment | None) -> Candidate:
    if len(candidates) == 1:
        return candidates[0]

    def second(candidate: Candidate) -> float:
        return candidate.published.second if candidate.published else float("-inf")

    def is_past(candidate: Candidate) -> bool:
        return when is None or candidate.published is None or candidate.published.is_past_for(when)

    past = [candidate for candidate in candidates if is_past(candidate)]
    if past:
        return max(past, key=lambda candidate: (second(candidate), candidate.id))
    return min(candidates, key=lambda candidate: (second(candidate), candidate.id))
