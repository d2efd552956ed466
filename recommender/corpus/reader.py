"""What every reader of a corpus offers: one stream of stories, with the records that are none."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from recommender.errors import RecordError
from recommender.stories import Story, story_from_record


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that is no story: where it stands ("file.jsonl.gz:17"), and why."""

    place: str
    reason: str


MOST_BLANK = 100_000
"""So many blank lines in a row are no part of a corpus: a small packed file may hold a billion."""


class CorpusReader(Protocol):
    """A corpus: iterated any number of times, in the same order each time.

    What is wrong inside it is an item of the stream (`Rejected`), and reading goes on behind it where that is possible.
    """

    @property
    def name(self) -> str:
        """The corpus as a person calls it."""
        ...

    @property
    def size_bytes(self) -> int | None:
        """Its size on disk, if known."""
        ...

    @property
    def position(self) -> int:
        """How many of these bytes the iteration that began last has read."""
        ...

    def __iter__(self) -> Iterator[Story | Rejected]: ...


def story_or_rejected(place: str, record: Any) -> Story | Rejected:
    """The story that a record says, or why it is none."""
    try:
        return story_from_record(record)
    except RecordError as error:
        return Rejected(place, str(error))
