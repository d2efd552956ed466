"""How long work tells what it is doing."""

from typing import Protocol


class Progress(Protocol):
    """Told of each step of a long work; the command line shows it."""

    def step(self, name: str, total: int | None = None, unit: str = "stories") -> None:
        """A step begins, of `total` units if that is known; the one before is done."""
        ...

    def advance(self, count: int = 1) -> None:
        """So many more units are done."""
        ...

    def note(self, text: str) -> None:
        """Something that the user should know."""
        ...


class Silent:
    """Shows nothing."""

    def step(self, name: str, total: int | None = None, unit: str = "stories") -> None:
        """Ignore it."""

    def advance(self, count: int = 1) -> None:
        """Ignore it."""

    def note(self, text: str) -> None:
        """Ignore it."""
