"""Links that a site's template puts into many bodies: navigation, and no editor's pointer."""

from recommender.frequent import FrequentKeys
from recommender.readmore import IN_TEXT, url_key
from recommender.stories import ReadMore, Story

SHARE = 0.05
LEAST = 25
"""A story that more bodies link to than this, and than this share of them, is linked by a template."""
_CAPACITY = 1_000_000
"""Addresses that are counted at once."""


class TemplateLinks:
    """Counts the addresses that bodies link to, in bounded memory."""

    def __init__(self) -> None:
        self._addresses = FrequentKeys(_CAPACITY)
        self._stories = 0

    def learn(self, story: Story) -> None:
        """Count the links of a body."""
        self._stories += 1
        self._addresses.add(url_key(one.url) for one in story.read_more if one.kind == IN_TEXT and one.url)

    def has(self, pointer: ReadMore) -> bool:
        """Whether a pointer is such a link."""
        if pointer.kind != IN_TEXT or not pointer.url:
            return False
        most = max(LEAST, self._stories * SHARE)
        return self._addresses.count(url_key(pointer.url)) > most
