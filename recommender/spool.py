"""Stories set down on disk while a build reads its corpora: memory holds a few numbers for each."""

import json
from array import array
from pathlib import Path

from recommender.dates import UNDATED
from recommender.storage import key64
from recommender.stories import Story, dump_record, story_from_own_record


class Spool:
    """Append-only stories by number; of several with one id the last one counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("w+b")
        self._start = array("q", [0])
        self._seconds = array("q")
        self._points = array("b")
        self._ids: list[str] = []
        self._number_of: dict[int, int] = {}
        self.replaced: list[str] = []

    def __len__(self) -> int:
        return len(self._seconds)

    def add(self, story: Story) -> None:
        """Set down the next story."""
        self._file.write(dump_record(story.to_record()) + b"\n")
        self._start.append(self._file.tell())
        self._seconds.append(story.published.second if story.published else UNDATED)
        self._points.append(bool(story.read_more))
        self._ids.append(story.id)
        key = key64(story.id)
        if key in self._number_of:
            self.replaced.append(story.id)
        self._number_of[key] = len(self) - 1

    def counts(self, number: int) -> bool:
        """Whether no later story has the same id."""
        return self._number_of[key64(self._ids[number])] == number

    def read(self, number: int) -> Story:
        """The story of that number."""
        self._file.seek(self._start[number])
        return story_from_own_record(json.loads(self._file.read(self._start[number + 1] - self._start[number])))

    def pointing(self) -> list[int]:
        """Numbers of the stories that count and have read-more pointers, in order."""
        return [number for number in range(len(self)) if self._points[number] and self.counts(number)]

    def in_row_order(self) -> list[int]:
        """Numbers of the stories that count: undated first, then by date, then by id descending."""
        numbers = [number for number in range(len(self)) if self.counts(number)]
        numbers.sort(key=lambda number: self._ids[number], reverse=True)
        numbers.sort(key=lambda number: self._seconds[number])
        return numbers

    def close(self) -> None:
        """Remove the file."""
        self._file.close()
        self._path.unlink(missing_ok=True)
