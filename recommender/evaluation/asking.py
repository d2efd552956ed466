"""Many queries asked of one generation, by several processes where that is worth while."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from recommender.generation import Generation
from recommender.parallel import ParallelMap
from recommender.progress import Progress

_TOGETHER = 100
"""Queries of a part: one takes some milliseconds, and opening the generation about twenty."""

_Query = TypeVar("_Query")
_Found = TypeVar("_Found")
Ask = Callable[[Generation, Sequence[_Query]], list[_Found]]


@dataclass(frozen=True)
class _Part(Generic[_Query, _Found]):
    ask: Ask[_Query, _Found]
    folder: Path
    queries: Sequence[_Query]

    def __str__(self) -> str:
        return f"{len(self.queries)} queries of {self.folder.name}"


def ask_all(
    ask: Ask[_Query, _Found], generation: Generation, queries: Sequence[_Query], progress: Progress
) -> list[_Found]:
    """What `ask` finds for each query, in order.

    Args:
        ask: a function of a module, or a `partial` of one; it is called with the generation, opened anew, and some of
            the queries, and gives as many results.
        generation: as it stands in its folder.
        queries: what to ask.
        progress: advances by query.
    """
    parts = (
        _Part(ask, generation.folder, queries[begin : begin + _TOGETHER]) for begin in range(0, len(queries), _TOGETHER)
    )
    found: list[_Found] = []
    parallel: ParallelMap[_Part[_Query, _Found], list[_Found]] = ParallelMap(_ask, lambda part: 0, together=1)
    with parallel:
        for _, some in parallel.map(parts):
            found += some
            progress.advance(len(some))
    return found


def _ask(part: _Part[_Query, _Found]) -> list[_Found]:
    with closing(Generation(part.folder, checksums=False)) as generation:
        return part.ask(generation, part.queries)
