"""Lines that stand at the beginning or end of many stories of a corpus: boilerplate, and no part of any of them."""

import re
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet

from recommender.frequent import FrequentKeys
from recommender.storage import key64

_FIRST, _LAST = 3, 6
"""How many lines at each end are looked at."""
_SHORTEST, _LONGEST = 12, 600
_SHARE = 0.02
_LEAST = 8
_CAPACITY = 200_000
"""Lines that are counted at once."""

_SPACE = re.compile(r"\n{3,}")


class Boilerplate:
    """Counts the lines at the ends of bodies in bounded memory, and takes out those that many bodies share."""

    def __init__(self) -> None:
        self._lines = FrequentKeys(_CAPACITY)
        self._stories = 0

    def learn(self, text: str) -> None:
        """Count the lines of a body."""
        if not text:
            return
        self._stories += 1
        self._lines.add({key for _, key in _edges(text.split("\n"))})

    @property
    def threshold(self) -> int:
        """So many bodies must share a line."""
        return max(_LEAST, round(self._stories * _SHARE))

    def strip(self, text: str) -> str:
        """A body without the lines that many others begin or end with."""
        least, lines = self.threshold, self._lines
        return _without(text, lambda key: lines.count(key) >= least)

    def found(self) -> list[str]:
        """The lines that many bodies share, as `without_lines` takes them: some hundred at most."""
        return [f"{key:016x}" for key in self._lines.at_least(self.threshold)]


def without_lines(text: str, found: AbstractSet[str]) -> str:
    """A body that arrives alone without the lines that a build has `found` in many."""
    return _without(text, lambda key: f"{key:016x}" in found) if found else text


def _without(text: str, is_shared: Callable[[int], bool]) -> str:
    """A body without such lines at its ends; whole where nothing else would be left."""
    lines = text.split("\n")
    dropped = {place for place, key in _edges(lines) if is_shared(key)}
    if not dropped:
        return text
    kept = "\n".join(line for place, line in enumerate(lines) if place not in dropped)
    return _SPACE.sub("\n\n", kept).strip() or text


def _edges(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Places and keys of the filled lines at both ends; a body of one line has none to lose."""
    filled = [place for place, line in enumerate(lines) if line.strip()]
    if len(filled) < 2:
        return
    for place in dict.fromkeys(filled[:_FIRST] + filled[-_LAST:]):
        line = lines[place].strip()
        if _SHORTEST <= len(line) <= _LONGEST and " " in line:  # a word alone may well be a heading, or a cell
            yield place, key64(line.casefold())
