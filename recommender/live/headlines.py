"""Headlines without an article over changing rows: what a rebuild would make of the pointers (`readmore.stubs`)."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from heapq import heapify, heappop, merge
from typing import NamedTuple

from recommender.generation import pointer_keys
from recommender.live.journal import Journal
from recommender.live.rows import Rows
from recommender.live.state import LiveState, fold
from recommender.readmore import headline_key, settle, stub_story, telling_url, url_key
from recommender.stories import ReadMore, Story

Read = tuple[Story, dict[int, list[ReadMore]]]
"""The story of a row, whose status and embargo may have changed since, and its pointers by what they name."""


class _Mention(NamedTuple):
    """A pointer that means a headline, and the story that it stands in."""

    pointer: ReadMore
    source: Story


class Headlines:
    """Answers for rows as they are at one moment: every answer is remembered.

    Args:
        rows: where pointers are resolved.
        journal: says which headlines were withdrawn.
        blocked: counts, by key, the ids, URLs and headlines of hidden stories, for which no headline may stand.
        read: stories that were read before; those that are read are added.
    """

    def __init__(self, rows: Rows, journal: Journal, blocked: Mapping[int, int], read: dict[int, Read]) -> None:
        self._rows = rows
        self._journal = journal
        self._blocked = blocked
        self._stories = read
        self._states: dict[str, LiveState] = {}
        self._of_url: dict[int, int | None] = {}

    def story(self, row: int) -> Story:
        """The story of a row."""
        return self._read(row)[0]

    def of(self, pointer: ReadMore) -> int | None:
        """The key of the headline that a pointer to no story means; None where it stands for a hidden one."""
        return None if self._is_barred(pointer) else self._meant(pointer)

    def _meant(self, pointer: ReadMore) -> int | None:
        url = telling_url(pointer, self._rows)
        return headline_key(pointer.title) if url is None else self.of_url(url)

    def of_url(self, key: int) -> int | None:
        """The key of the headline that the pointers with a URL mean; None where none means any."""
        if key not in self._of_url:
            first = next(self._mentions(key, lambda pointer: telling_url(pointer, self._rows) == key), None)
            self._of_url[key] = None if first is None else headline_key(first.pointer.title)
        return self._of_url[key]

    def made(self, key: int) -> Story | None:
        """The story of a headline; None where no pointer means it."""
        mentions = self._mentions(key, lambda pointer: headline_key(pointer.title) == key)
        first = next((mention for mention in mentions if self._meant(mention.pointer) == key), None)
        return None if first is None else replace(stub_story(first.pointer), language=first.source.language)

    def state(self, stub_id: str) -> LiveState:
        """What live changes have made of a headline."""
        if stub_id not in self._states:
            self._states[stub_id] = fold(stub_id, self._journal.entries_of(stub_id))
        return self._states[stub_id]

    def urls(self, row: int, keys: set[int]) -> Iterator[int]:
        """The URLs of those pointers of a row's story that lead to one of the keys."""
        _, pointers = self._read(row)
        for key in keys.intersection(pointers):
            yield from (url_key(pointer.url) for pointer in pointers[key] if pointer.url and pointer.title)

    def _is_barred(self, pointer: ReadMore) -> bool:
        return is_blocked(pointer, self._blocked) or self.state(stub_story(pointer).id).deleted

    def _mentions(self, key: int, is_meant: Callable[[ReadMore], bool]) -> Iterator[_Mention]:
        """The pointers with a key that mean a headline, the first one first."""
        for row in self._in_order(self._rows.rows_of_key("pointer_key", key)):
            story, pointers = self._read(row)
            for pointer in filter(is_meant, pointers.get(key, ())):
                if settle(pointer, story, self._rows).by == "stub" and not self._is_barred(pointer):
                    yield _Mention(pointer, story)

    def _in_order(self, rows: list[int]) -> Iterator[int]:
        """Rows as a rebuild would order them, worked out as far as they are asked for.

        Those of the generation are in that order already.
        """
        places = [_Place(self._rows.second(row), row, self._rows.id_of) for row in rows]
        first_added = bisect_left(rows, len(self._rows.base))
        return (place.row for place in merge(places[:first_added], _ascending(places[first_added:])))

    def _read(self, row: int) -> Read:
        """A row's story, and its pointers by what they name: each is read once, however many are looked for."""
        if row not in self._stories:
            story = self._rows.story(row)
            pointers: dict[int, list[ReadMore]] = {}
            for pointer in story.read_more:
                for key in pointer_keys([pointer]):
                    pointers.setdefault(key, []).append(pointer)
            self._stories[row] = story, pointers
        return self._stories[row]


@dataclass(frozen=True, slots=True)
class _Place:
    """A row in the order of a rebuild: by date, then by id descending, which is read only where dates are the same."""

    second: int
    row: int
    id_of: Callable[[int], str]

    def __lt__(self, other: "_Place") -> bool:
        if self.second != other.second:
            return self.second < other.second
        return self.id_of(self.row) > other.id_of(other.row)


def _ascending(places: list[_Place]) -> Iterator[_Place]:
    heapify(places)
    while places:
        yield heappop(places)


def is_blocked(pointer: ReadMore, blocked: Mapping[int, int]) -> bool:
    """Whether a pointer's id, URL or headline is that of a hidden story; `blocked` counts these by key."""
    return any(blocked.get(key) for key in pointer_keys([pointer]))
