"""Links that a site's template puts into many bodies: navigation, and no editor's pointer."""

from recommender.readmore import IN_TEXT, canonical_url
from recommender.storage import key64
from recommender.stories import ReadMore, Story

SHARE = 0.05
LEAST = 25
"""A story that more bodies link to than this, and than this share of them, is linked by a template."""
_CAPACITY = 1_000_000
"""Addresses that are counted at once; of more, those met once are forgotten."""


class TemplateLinks:
    """Counts the addresses that bodies link to, in bounded memory."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._stories = 0
        self._forgotten = 0

    def learn(self, story: Story) -> None:
        """Count the links of a body."""
        self._stories += 1
        for pointer in story.read_more:
            if pointer.kind == IN_TEXT and pointer.url:
                key = key64(canonical_url(pointer.url))
                self._counts[key] = self._counts.get(key, 0) + 1
        if len(self._counts) > _CAPACITY:
            self._forgotten += 1
            self._counts = {key: count for key, count in self._counts.items() if count > self._forgotten}

    def has(self, pointer: ReadMore) -> bool:
        """Whether a pointer is such a link."""
        if pointer.kind != IN_TEXT or not pointer.url:
            return False
        most = max(LEAST, self._stories * SHARE)
        return self._counts.get(key64(canonical_url(pointer.url)), 0) > most
