"""`recommender sync`: follow feeds and sites, and lay what they bring over the live index."""

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import closing

from recommender.cli.console import say
from recommender.cli.corpora import named_corpora
from recommender.corpus.fetch import Limits
from recommender.corpus.follow import LIMITS, Follower, Round
from recommender.corpus.memory import Memory
from recommender.engine import Recommender
from recommender.errors import RecommenderError, SettingsError
from recommender.logs import audit_to_stderr
from recommender.serving import open_recommender
from recommender.settings import Settings
from recommender.stories import Story

_SHORTEST = 5.0


class LiveSink:
    """The live index as a `Sink`."""

    def __init__(self, recommender: Recommender) -> None:
        self._recommender = recommender
        self._changes = recommender.changes()

    def current(self, story_id: str) -> Story | None:
        """The story with this id as it is now, hidden or not."""
        generation = self._recommender.generation
        row = generation.row_of(story_id)
        return None if row is None else generation.story(row)

    def is_deleted(self, story_id: str) -> bool:
        """Whether this story was deleted."""
        return self._changes.state_of(story_id).deleted

    def put_many(self, stories: Sequence[Story]) -> list[str | RecommenderError]:
        """Add or replace stories."""
        changes = self._changes.put_many(stories, who="sync")
        return [change if isinstance(change, RecommenderError) else change.result for change in changes]

    def close(self) -> None:
        """Let go of the journal."""
        self._changes.close()


def sync(settings: Settings, arguments: argparse.Namespace) -> int:
    """Follow sources, once or again and again; exit status 1 where every source failed."""
    if arguments.every is not None and arguments.every < _SHORTEST:
        raise SettingsError(f"--every is {arguments.every:g}, expected at least {_SHORTEST:g} seconds")
    limits = Limits(size=LIMITS.size, seconds=LIMITS.seconds, private=arguments.allow_private)
    with (
        closing(open_recommender(settings)) as recommender,
        closing(LiveSink(recommender)) as sink,
        closing(Memory(settings.index)) as memory,
    ):
        audit_to_stderr()
        follower = Follower(named_corpora(arguments), sink, memory, limits=limits)
        before = ""
        while True:
            rounds = follower.round()
            lines = [f"{time.strftime('%H:%M:%S')} {_told(one)}" for one in rounds]
            say([one.to_json() for one in rounds], "\n".join(lines), as_json=arguments.json)
            if arguments.every is None:
                return 1 if all(one.outcome == "failed" for one in rounds) else 0
            why = _refreshed(recommender)
            if why not in ("", before):  # once, not after every round
                print(f"not up to date with the index: {why}", file=sys.stderr, flush=True)
            before = why
            time.sleep(arguments.every)


def _refreshed(recommender: Recommender) -> str:
    """Takes over what was promoted, and lays changes anew where that saves memory: a command that follows for months
    would grow with every change. What keeps it from that, if anything does: it may pass.
    """
    try:
        recommender.refresh()
    except RecommenderError as error:
        return str(error)
    return ""


def _told(one: Round) -> str:
    """What was done with a source, for a person."""
    parts = [f"{one.created:,} new, {one.updated:,} changed, {one.unchanged:,} as they were"]
    parts += [f"{one.rejected:,} rejected"] if one.rejected else []
    parts += [f"{one.deleted_here:,} stay deleted"] if one.deleted_here else []
    parts += [f"{one.left:,} left for the next round"] if one.left else []
    said = "; ".join(parts) if one.outcome == "read" else one.outcome
    return f"{one.source}: {said}" + (f" ({one.problem})" if one.problem else "")
