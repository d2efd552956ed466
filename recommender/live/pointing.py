"""Pointers of changing rows, resolved again where changes touch them: links, and the headlines that pointers make."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from recommender.live.headlines import Headlines
from recommender.live.rows import Rows
from recommender.readmore import headline_key, settle, url_key
from recommender.stories import ReadMore, Story


@dataclass
class Touched:
    """What changes touch.

    `keys` may lead to other stories now; the pointers of the rows `sources` are new, or point to what is gone; the rows
    `headlines` may have lost a mention; `of_url` is the headline that URLs meant before.
    """

    keys: set[int] = field(default_factory=set)
    sources: set[int] = field(default_factory=set)
    headlines: set[int] = field(default_factory=set)
    of_url: dict[int, int | None] = field(default_factory=dict)

    def note(self, rows: Rows, headlines: Headlines, keys: set[int], stories: Iterable[Story]) -> None:
        """Note keys, and stories with pointers, that are about to change.

        With each of their pointers the headline may change that all pointers with its URL mean.
        """
        self.keys |= keys
        urls = {url_key(one.url) for story in stories for one in story.read_more if one.url and one.title}
        for row in {row for key in keys for row in rows.rows_of_key("pointer_key", key)}:
            urls.update(headlines.urls(row, keys))
        for url in urls.difference(self.of_url):
            self.of_url[url] = headlines.of_url(url)

    def retire(self, rows: Rows, row: int) -> None:
        """The row is no story any more; note whom it pointed to, and who pointed to it as to a headline."""
        if rows.is_stub(row):
            self.sources.update(rows.graph.sources(row))
        self.headlines.update(rows.retire(row))


class Resolution:
    """Resolves what was touched, once: links and headlines are then as a rebuild would make them of the rows.

    Args:
        rows: with their links.
        headlines: that pointers make of these rows.
        is_put: whether a live change put the story of an id: no pointer has made it then.
        add: adds a story; its row.
    """

    def __init__(
        self, rows: Rows, headlines: Headlines, is_put: Callable[[str], bool], add: Callable[[Story], int]
    ) -> None:
        self._rows = rows
        self._headlines = headlines
        self._is_put = is_put
        self._add = add
        self._row_of: dict[int, int] = {}  # of a headline, by its key
        self._outdated: set[int] = set()

    def run(self, touched: Touched) -> None:
        """Point anew from all that was touched, then from what pointed to headlines that are made anew."""
        keys = touched.keys.union(
            url for url, before in touched.of_url.items() if self._headlines.of_url(url) != before
        )
        sources = touched.sources.union(*(self._rows.rows_of_key("pointer_key", key) for key in keys))
        seen = touched.headlines
        while sources or seen:
            seen = seen.union(*(self._point(row) for row in sorted(sources))) | self._outdated
            sources, self._outdated = set(), set()
            for row in sorted(seen):
                sources.update(self._check(row))
            seen = set()

    def _point(self, row: int) -> set[int]:
        """Resolve the pointers of a row; the rows that they led to, and those that they lead to: a headline that lost
        and won no link may still be made by another pointer now.
        """
        if self._rows.is_gone(row):
            return set()
        graph, story = self._rows.graph, self._headlines.story(row)
        before = graph.targets(row)
        targets = [self._target(pointer, story) for pointer in story.read_more]
        graph.set_targets(row, [target for target in targets if target is not None])
        return {*before, *graph.targets(row)}

    def _check(self, row: int) -> tuple[int, ...]:
        """Let go of a headline that nobody mentions, or that is made otherwise now; who pointed to it."""
        if self._rows.is_gone(row) or not self._is_made(row):
            return ()
        sources = self._rows.graph.sources(row)
        if sources and self._stub(headline_key(self._rows.story(row).title)) == row:
            return ()
        self._rows.retire(row)
        return sources

    def _target(self, pointer: ReadMore, source: Story) -> int | None:
        settled = settle(pointer, source, self._rows)
        if settled.by != "stub":
            return settled.ordinal
        key = self._headlines.of(pointer)
        return None if key is None else self._stub(key)

    def _stub(self, key: int) -> int | None:
        """The row of the headline with a key, made if need be; None where no pointer means it."""
        if key not in self._row_of:
            made = self._headlines.made(key)
            if made is None:
                return None
            self._row_of[key] = self._place(made)
        return self._row_of[key]

    def _place(self, made: Story) -> int:
        row = self._rows.row_of(made.id)
        if row is not None:
            if not self._is_made(row) or _fits(self._rows.story(row), made):
                return row
            self._outdated.add(row)
        state = self._headlines.state(made.id)
        base, known = self._rows.base, self._rows.base.row_of(made.id)
        if known is not None and not self._is_put(made.id) and _fits(story := base.story(known), made):
            self._rows.dress(known, state.dress(story))
            return known
        return self._add(state.dress(made))

    def _is_made(self, row: int) -> bool:
        """Whether pointers have made the story of a row."""
        return self._rows.is_stub(row) and not self._is_put(self._rows.id_of(row))


def _fits(story: Story, made: Story) -> bool:
    """Whether a headline is what its first mention makes of it; where that has no language it is detected."""
    same = (story.id, story.title, story.url) == (made.id, made.title, made.url)
    return same and made.language in (None, story.language)
