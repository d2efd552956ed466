"""Stories set down on disk while a build reads its corpora: memory holds a few numbers for each."""

import json
import os
from array import array
from pathlib import Path

import numpy as np

from recommender.dates import UNDATED
from recommender.records import story_from_own_record
from recommender.storage import key64
from recommender.stories import Story, dump_record
from recommender.vectors import Int64, Mask


class Spool:
    """Stories by number, first all set down, then read; of several with one id the last one counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ids_path = path.with_name(f"ids.{path.name}")
        self._file = path.open("w+b")
        self._ids = self._ids_path.open("w+b")
        self._start = array("q", [0])
        self._ids_start = array("q", [0])
        self._seconds = array("q")
        self._points = array("b")
        self._keys = array("Q")
        self._order: Int64 | None = None

    def __len__(self) -> int:
        return len(self._start) - 1

    def add(self, story: Story) -> None:
        """Set down the next story."""
        self._file.write(dump_record(story.to_record()) + b"\n")
        self._start.append(self._file.tell())
        self._ids.write(_bytes(story.id))
        self._ids_start.append(self._ids.tell())
        self._seconds.append(story.published.second if story.published else UNDATED)
        self._points.append(bool(story.read_more))
        self._keys.append(key64(story.id))

    def read(self, number: int) -> Story:
        """The story of that number."""
        return story_from_own_record(json.loads(self.record(number)))

    def record(self, number: int) -> bytes:
        """The same as it was set down: a JSON object."""
        self._file.seek(self._start[number])
        return self._file.read(self._start[number + 1] - self._start[number] - 1)

    def repeated(self) -> list[int]:
        """Numbers of the stories whose id had come before, in order."""
        order, is_new = self._by_id()
        return list(map(int, np.sort(order[~is_new])))

    def pointing(self) -> list[int]:
        """Numbers of the stories that count and have read-more pointers, in the order of rows."""
        order = self.in_row_order()
        points: list[int] = order[np.array(self._points, np.bool_)[order]].tolist()
        return points

    def in_row_order(self) -> Int64:
        """Numbers of the stories that count, once all are set down: undated first, then by date, then id descending."""
        if self._order is None:
            self._order = self._in_row_order()
        return self._order

    def _in_row_order(self) -> Int64:
        numbers = np.flatnonzero(self._counts())
        seconds = np.array(self._seconds)[numbers]
        order = np.argsort(seconds, kind="stable")
        numbers, seconds = numbers[order], seconds[order]
        starts = np.flatnonzero(np.diff(seconds, prepend=seconds[:1] - 1))
        sizes = np.diff(starts, append=len(numbers))
        self._ids.flush()
        for start, size in zip(starts[sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True):
            of_one_time = numbers[start : start + size]
            of_one_time[:] = sorted(of_one_time.tolist(), key=self._id, reverse=True)
        return numbers

    def forget_order(self) -> None:
        """Let go of all but the stories themselves, for reading."""
        self._ids.close()
        self._ids_path.unlink(missing_ok=True)
        self._seconds, self._points, self._keys, self._ids_start = array("q"), array("b"), array("Q"), array("q")
        self._order = None

    def close(self) -> None:
        """Remove the files."""
        self.forget_order()
        self._file.close()
        self._path.unlink(missing_ok=True)

    def _id(self, number: int) -> bytes:
        """A story's id in UTF-8, which is in the order of its characters."""
        begin = self._ids_start[number]
        return os.pread(self._ids.fileno(), self._ids_start[number + 1] - begin, begin)

    def _by_id(self) -> tuple[Int64, Mask]:
        """Numbers in order of their ids' keys, those of one id in order, and where another id begins."""
        keys = np.array(self._keys, np.uint64)
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        is_new = np.ones(len(keys), np.bool_)
        np.not_equal(keys[1:], keys[:-1], out=is_new[1:])
        return order, is_new

    def _counts(self) -> Mask:
        """Which stories have an id that does not come again."""
        order, is_new = self._by_id()
        is_last = np.ones(len(order), np.bool_)
        is_last[:-1] = is_new[1:]
        counts = np.empty(len(order), np.bool_)
        counts[order] = is_last
        return counts


def _bytes(story_id: str) -> bytes:
    return story_id.encode("utf-8", "surrogatepass")
