"""What the terminal shows: progress, tables, errors."""

import json
import shlex
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from recommender.settings import DEFAULT_INDEX, Settings

_PLAIN_EVERY = 10.0


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        """Units a second."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "", style="progress.data.speed")


class BarProgress:
    """Progress on a terminal: one bar a step, with rate and time left."""

    def __init__(self, console: Console) -> None:
        self._bars = Bars(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            _Rate(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> "BarProgress":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        if _[0] is None:
            self._finish()
        self._bars.stop()

    def _finish(self) -> None:
        if self._task is not None:
            task = next(task for task in self._bars.tasks if task.id == self._task)
            self._bars.update(self._task, total=task.completed or 1, completed=task.completed or 1)

    def step(self, name: str, total: int | None = None, unit: str = "stories") -> None:
        """A step begins; the one before is done."""
        self._finish()
        self._task = self._bars.add_task(name, total=total)

    def advance(self, count: int = 1) -> None:
        """So many more units are done."""
        if self._task is not None:
            self._bars.advance(self._task, count)

    def note(self, text: str) -> None:
        """Something that the user should know."""
        self._bars.console.print(f"  {text}", style="yellow", markup=False, highlight=False)


class LineProgress:
    """Progress elsewhere: a plain line now and then on standard error."""

    def __init__(self) -> None:
        self._name, self._done, self._unit = "", 0, ""
        self._total: int | None = None
        self._began = self._said = time.monotonic()

    def __enter__(self) -> "LineProgress":
        return self

    def __exit__(self, *_: object) -> None:
        self._finish()

    def _finish(self) -> None:
        if self._name:
            done = f": {self._done:,} {self._unit}" if self._done else ""
            self._say(f"{self._name}{done} in {time.monotonic() - self._began:.1f} s")

    def step(self, name: str, total: int | None = None, unit: str = "stories") -> None:
        """A step begins; the one before is done."""
        self._finish()
        self._name, self._total, self._done, self._unit = name, total, 0, unit
        self._began = self._said = time.monotonic()

    def advance(self, count: int = 1) -> None:
        """So many more units are done."""
        self._done += count
        now = time.monotonic()
        if now - self._said > _PLAIN_EVERY:
            self._said = now
            rate = self._done / (now - self._began)
            left = f" of {self._total:,}, {(self._total - self._done) / rate:,.0f} s left" if self._total else ""
            self._say(f"{self._name}: {self._done:,}{left} ({rate:,.0f}/s)")

    def note(self, text: str) -> None:
        """Something that the user should know."""
        self._say(f"  {text}")

    def _say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


def progress_for() -> BarProgress | LineProgress:
    """Progress on standard error: bars on a terminal, lines elsewhere."""
    console = Console(stderr=True)
    return BarProgress(console) if console.is_terminal else LineProgress()


def print_json(value: Any) -> None:
    """One JSON document on standard output, at once: a pipe would hold back what a command that goes on has to say."""
    print(json.dumps(value, ensure_ascii=False, indent=2), flush=True)


def say(value: Any, text: str, *, as_json: bool) -> None:
    """What a command has done: a value for programs, or lines for a person, however wide the terminal."""
    if as_json:
        print_json(value)
    else:
        print(text, flush=True)


def table(title: str | None, columns: Sequence[tuple[str, dict[str, Any]]], rows: Iterable[Sequence[object]]) -> Table:
    """A table; a column is its heading and rich's options for it. Cells are shown as they are, without markup."""
    result = Table(title=title, title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False)
    for heading, options in columns:
        result.add_column(heading, **options)
    for row in rows:
        result.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    return result


def console() -> Console:
    """Standard output: as wide as the terminal, or wide enough for a table where there is none."""
    output = Console()
    return output if output.is_terminal else Console(width=140)


def size(count: int) -> str:
    """Bytes for a person."""
    amount = float(count)
    for unit in ("B", "kB", "MB"):
        if amount < 1_000:
            return f"{amount:.0f} {unit}" if amount >= 100 or unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1_000
    return f"{amount:.1f} GB"


def where(settings: Settings) -> str:
    """The flag that a command shown to the user needs to mean the same index."""
    return "" if settings.index == DEFAULT_INDEX else f" --index {shlex.quote(str(settings.index))}"
