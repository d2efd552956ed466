"""Read-more pointers of a build's stories to links between them, and to headlines that stand for no story."""

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from recommender.live.fold import Fold
from recommender.progress import Progress
from recommender.readmore import IN_TEXT, Resolver, Stubs
from recommender.spool import Spool
from recommender.stories import Link


class Links:
    """Pairs of story numbers, 16 bytes each."""

    def __init__(self) -> None:
        self._sources, self._targets = array("q"), array("q")

    def add(self, source: int, target: int) -> None:
        """Add a link."""
        self._sources.append(source)
        self._targets.append(target)

    def __len__(self) -> int:
        return len(self._sources)

    def as_rows(self, row_of: NDArray[np.int32]) -> Iterator[Link]:
        """The same links between rows."""
        for source, target in zip(self._sources, self._targets, strict=True):
            yield Link(int(row_of[source]), int(row_of[target]))


@dataclass(frozen=True)
class Linked:
    """What became of the pointers of all stories.

    `elsewhere` is how many links of a body lead to no story of any corpus, by story number; `counts` the other pointers
    that are no link, by what became of them.
    """

    links: Links = field(default_factory=Links)
    elsewhere: Counter[int] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)


def link_stories(spool: Spool, made: Spool, resolver: Resolver, changes: Fold | None, progress: Progress) -> Linked:
    """Resolve the pointers of all stories, in the order of rows, to numbers: of a story, or of a headline behind them.

    Args:
        spool: the stories.
        made: gets the headlines that stand for no story.
        resolver: knows every story.
        changes: live changes, which hide headlines or dress them.
        progress: is told of each story.
    """
    pointing = spool.pointing()
    progress.step("Resolving read-more headlines", len(pointing))
    stubs = Stubs(resolver)
    linked = Linked()
    for number in pointing:
        story = spool.read(number)
        targets: set[int] = set()  # a headline below a body may be linked in it as well
        for pointer in story.read_more:
            target, how = resolver.resolve(pointer, story)
            if how == "stub":
                if changes and changes.is_blocked(pointer):
                    linked.counts["hidden"] += 1
                    continue
                stub = stubs.place(pointer)
                target = len(spool) + stub.number
                if stub.story:
                    headline = replace(stub.story, language=story.language)
                    made.add(changes.dress(headline) if changes else headline)
            if target is None and how == "dangling" and pointer.kind == IN_TEXT:
                linked.elsewhere[number] += 1
            elif target is None:
                linked.counts[how] += 1
            elif target not in targets:
                targets.add(target)
                linked.links.add(number, target)
        progress.advance()
    return linked
