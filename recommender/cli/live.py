"""Live changes from the command line, with or without a service that runs: it sees them in its next answer."""

import argparse
import getpass
import shlex
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any

from recommender.cli.console import progress_for, say, where
from recommender.dates import Moment
from recommender.errors import InputError, NotFound, RecommenderError
from recommender.logs import audit_to_stderr
from recommender.settings import Settings
from recommender.stories import CANCELED, USABLE, Story

if TYPE_CHECKING:
    from recommender.live import Changes, LiveState

Run = Callable[[Settings, argparse.Namespace], int]
_TOGETHER = 100


def add_live(commands: Any, command: Callable[[Any, str, str], argparse.ArgumentParser]) -> None:
    """Add the commands' words to the parser."""
    for name, text in {
        "add": "add or replace stories: of a file, a folder or a feed, the rest stays",
        "withdraw": "take a story from every answer",
        "restore": "bring a withdrawn story back",
        "embargo": "hide a story until a time",
        "delete": "remove a story, whatever the corpus says",
    }.items():
        parser = command(commands, name, text)
        if name == "add":
            parser.add_argument("file", metavar="FILE", help="what `recommender build` reads")
        else:
            parser.add_argument("id", metavar="ID", help="the story's id")
        if name == "embargo":
            parser.add_argument("time", metavar="TIME", help="date-time (RFC 3339), or none")
        parser.add_argument("--json", action="store_true", help="as JSON")


def _add(settings: Settings, arguments: argparse.Namespace) -> int:
    from recommender.corpus import Rejected, open_corpus

    counts: Counter[str] = Counter()
    with closing(_changes(settings)) as changes, progress_for() as progress:
        corpus = open_corpus(arguments.file, progress=progress)
        progress.step(f"Adding {arguments.file}", unit="records")
        items = iter(corpus)
        while batch := list(islice(items, _TOGETHER)):
            stories = [item for item in batch if isinstance(item, Story)]
            for item in batch:
                if isinstance(item, Rejected):
                    progress.note(f"rejected {item.place}: {item.reason}")
                    counts["rejected"] += 1
            for change in changes.put_many(stories, who=_who()):
                if isinstance(change, RecommenderError):
                    progress.note(f"rejected: {change}")
                counts["rejected" if isinstance(change, RecommenderError) else change.result] += 1
            progress.advance(len(batch))
    said = ", ".join(f"{count:,} {result}" for result, count in counts.items()) or "nothing"
    say(dict(counts), f"{arguments.file}: {said}.", as_json=arguments.json)
    return 0 if counts.total() > counts["rejected"] else 1


def _patch(said: "Callable[[LiveState, str], str]", **what: Any) -> Run:
    """Changes a story's status or embargo; `said` words what it is now, given the flags that a next command needs."""

    def run(settings: Settings, arguments: argparse.Namespace) -> int:
        with closing(_changes(settings)) as changes:
            try:
                change = changes.patch(arguments.id, who=_who(), **what)
            except NotFound:
                if changes.state_of(arguments.id).deleted:
                    raise RecommenderError(
                        f"the story {arguments.id!r} was deleted; only adding it again brings it back: "
                        f"recommender add FILE{where(settings)}"
                    ) from None
                raise
            text = said(changes.state_of(arguments.id), where(settings))
        say(change.to_json(), f"{arguments.id} {text}", as_json=arguments.json)
        return 0

    return run


def _restored(now: "LiveState", flags: str) -> str:
    if now.embargoed is None or now.embargoed.is_past_for(Moment.now()):
        return "is usable."
    return (
        f"is usable, but hidden until {now.embargoed} by its embargo, "
        f"which ends at once with: recommender embargo {shlex.quote(now.id)} none{flags}"
    )


def _embargoed(now: "LiveState", flags: str) -> str:
    if now.embargoed is None:
        said, shown = "has no embargo", True
    elif shown := now.embargoed.is_past_for(Moment.now()):
        said = f"has an embargo that is over ({now.embargoed} has passed)"
    else:
        said = f"is hidden until {now.embargoed}"
    if now.is_hidden:
        return f"{said}, and stays hidden until: recommender restore {shlex.quote(now.id)}{flags}"
    return f"{said}: it is shown." if shown else f"{said}."


def _embargo(settings: Settings, arguments: argparse.Namespace) -> int:
    until = None if arguments.time.lower() == "none" else arguments.time
    if until is not None and until.isdigit():
        raise InputError("time", f"{until[:40]!r} is no date-time, expected for instance 2026-03-01T06:00:00Z")
    return _patch(_embargoed, embargoed=until)(settings, arguments)


def _delete(settings: Settings, arguments: argparse.Namespace) -> int:
    with closing(_changes(settings)) as changes:
        change = changes.delete(arguments.id, who=_who())
    say(change.to_json(), f"{arguments.id} is deleted.", as_json=arguments.json)
    return 0


def _changes(settings: Settings) -> "Changes":
    """Takes live changes; each is logged as a service logs it."""
    from recommender.serving import open_changes

    audit_to_stderr()
    return open_changes(settings)


def _who() -> str:
    try:
        return f"{getpass.getuser()}, command line"
    except (KeyError, OSError):
        return "command line"


LIVE: dict[str, Run] = {
    "add": _add,
    "withdraw": _patch(lambda now, flags: "is withdrawn.", status=CANCELED),
    "restore": _patch(_restored, status=USABLE),
    "embargo": _embargo,
    "delete": _delete,
}
"""The commands of this module."""
