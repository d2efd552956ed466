"""Arrays that grow at their end while readers hold what was there before."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

TOGETHER = 500
"""So many rows are added in one go, which takes a fraction of the time; until then what they hold waits."""


class Growing:
    """An array (n, …) to which rows are added; a view taken earlier never changes.

    `base` is copied once, when the first row is added; until then views are `base` itself.
    """

    def __init__(self, base: NDArray[Any]) -> None:
        self._values = base
        self._length = len(base)
        self._is_own = False

    @classmethod
    def empty(cls, dtype: DTypeLike, *shape: int) -> "Growing":
        """One without rows, of that type, each of that shape."""
        return cls(np.empty((0, *shape), dtype))

    def __len__(self) -> int:
        return self._length

    def append(self, rows: Any) -> None:
        """Add rows at the end."""
        rows = np.asarray(rows, self._values.dtype)
        if not len(rows):
            return
        end = self._length + len(rows)
        if not self._is_own or end > len(self._values):
            larger = np.empty((max(end + end // 8, end + 64), *self._values.shape[1:]), self._values.dtype)
            larger[: self._length] = self._values[: self._length]
            self._values, self._is_own = larger, True
        self._values[self._length : end] = rows
        self._length = end

    def view(self) -> NDArray[Any]:
        """The rows that are there now."""
        return self._values[: self._length]
