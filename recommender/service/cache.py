"""Finished answers kept for repeated questions: bounded in number and bytes, dropped as one when the index changes."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from recommender.engine.answer import State
from recommender.service.questions import Question

MAX_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """A rendered answer. `lifetime` is how long a shared cache may keep it, in seconds."""

    body: bytes
    etag: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    lifetime: int


class AnswerCache:
    """The answers most recently asked for, all of one state of the index."""

    def __init__(self, entries: int, most_bytes: int = MAX_BYTES, clock: Callable[[], float] = time.monotonic) -> None:
        self._entries = entries
        self._most_bytes = most_bytes
        self._clock = clock
        self._state: State | None = None
        self._kept: OrderedDict[Question, tuple[Answer, float]] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def size(self) -> int:
        """Bytes of the bodies that are kept."""
        return self._bytes

    def get(self, state: State, question: Question) -> Answer | None:
        """The answer to a question in this state of the index, if it is kept and still fresh."""
        if state != self._state:
            return None
        kept = self._kept.get(question)
        if kept is None:
            return None
        answer, until = kept
        if self._clock() >= until:
            self._drop(question)
            return None
        self._kept.move_to_end(question)
        return answer

    def put(self, state: State, question: Question, answer: Answer) -> None:
        """Keep an answer that was made in this state of the index."""
        if state != self._state:
            self._kept.clear()
            self._bytes = 0
            self._state = state
        if question in self._kept:
            self._drop(question)
        self._kept[question] = (answer, self._clock() + answer.lifetime)
        self._bytes += len(answer.body)
        while len(self._kept) > self._entries or (self._bytes > self._most_bytes and self._kept):
            self._drop(next(iter(self._kept)))

    def _drop(self, question: Question) -> None:
        answer, _ = self._kept.pop(question)
        self._bytes -= len(answer.body)
