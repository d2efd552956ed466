"""What every reader of a corpus offers: one stream of stories, with the records that are none."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from recommender.cleaning import clean_story
from recommender.errors import RecordError
from recommender.records import story_from_record
from recommender.stories import Story


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

    def __iter__(self) -> Iterator[Story | Rejected]: ...


def boilerplate_of(corpus: CorpusReader) -> Sequence[str]:
    """The lines that the reading has left out of its stories because many share them (`without_lines`)."""
    return tuple(getattr(corpus, "boilerplate", ()))


class FileReader:
    """What every reader of a file begins with; `place` is what its records' places begin with."""

    def __init__(self, path: Path, place: str | None = None) -> None:
        self._path = path
        self.name = place or path.name
        self.size_bytes = path.stat().st_size


def parsed_story(record: Any) -> Story:
    """The clean story of a record whose markup and read-more block were read.

    Raises:
        RecordError: it is no story.
    """
    return clean_story(story_from_record(record))


def story_or_rejected(place: str, record: Any, make: Callable[[Any], Story] = parsed_story) -> Story | Rejected:
    """The clean story that a record says, or why it is none; with `story_of` its body is as it was written."""
    try:
        return make(record)
    except RecordError as error:
        return Rejected(place, str(error))


def story_read(place: str, read: Callable[[], Any], make: Callable[[Any], Story] = parsed_story) -> Story | Rejected:
    """The same of a record that is still to be read: `read` says by a ValueError why that cannot be."""
    try:
        return story_or_rejected(place, read(), make)
    except ValueError as error:
        return Rejected(place, str(error))
