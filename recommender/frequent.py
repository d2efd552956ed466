"""Which of endlessly many keys come often, in bounded memory: lossy counting."""

from collections.abc import Iterable


class FrequentKeys:
    """Counts keys, `capacity` of them at once; of more, those that came least are forgotten.

    What is forgotten and comes again is counted from one, so that a count is too low at times and never too high.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._counts: dict[int, int] = {}
        self._forgotten = 0

    def add(self, keys: Iterable[int]) -> None:
        """Count these keys, each as often as it is among them."""
        for key in keys:
            self._counts[key] = self._counts.get(key, 0) + 1
        if len(self._counts) > self._capacity:
            self._forgotten += 1
            self._counts = {key: count for key, count in self._counts.items() if count > self._forgotten}

    def count(self, key: int) -> int:
        """How often a key came, as far as that is known."""
        return self._counts.get(key, 0)

    def at_least(self, count: int) -> list[int]:
        """The keys that came so often, in order."""
        return sorted(key for key, found in self._counts.items() if found >= count)
