"""What a story's live changes come to: one rule, for serving and for building alike.

For each story four entries count, the latest of each sort: the last upsert, the last change of status, the last change
of its embargo, the last delete. A delete ends what stands before it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from recommender.dates import Moment
from recommender.readmore import headline_key, url_key
from recommender.records import story_from_record
from recommender.storage import key64
from recommender.stories import USABLE, Story

PUT, STATUS, EMBARGO, DELETE = "put", "status", "embargo", "delete"


@dataclass(frozen=True)
class Entry:
    """An acknowledged change: `at` in epoch milliseconds, `who` made it, `packed` is its `payload` as JSON.

    put: `record`; status: `status` and `keys`; embargo: `embargoed` (text or null); delete: `keys`. `keys` are those of
    the story's URL and headline (`hiding_keys`).
    """

    position: int
    at: int
    who: str
    kind: str
    id: str
    packed: bytes

    @cached_property
    def payload(self) -> Mapping[str, Any]:
        """By `kind`; read when it is first looked at, which of a story that was changed often few entries are."""
        payload: Mapping[str, Any] = json.loads(self.packed)
        return payload

    @cached_property
    def story(self) -> Story:
        """The story that a put says; read and checked once."""
        return story_from_record(self.payload["record"])

    def says(self, name: str) -> bool:
        """Whether it is a put whose record has a field of this name."""
        return self.kind == PUT and f'"{name}"'.encode() in self.packed and name in self.payload["record"]


def pack_payload(payload: Mapping[str, Any]) -> bytes:
    """A payload as entries hold it.

    Raises:
        ValueError: a number in it is not finite, which JSON cannot say.
    """
    return json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")


@dataclass(frozen=True)
class LiveState:
    """What the entries of one story come to; `entries` are those that made it so, oldest first."""

    id: str
    put: Entry | None = None
    deleted: bool = False
    status: str | None = None
    embargo_is_set: bool = False
    embargoed: Moment | None = None
    keys: frozenset[int] = frozenset()
    entries: tuple[Entry, ...] = field(default=())

    @property
    def is_hidden(self) -> bool:
        """Whether the story was deleted, or its status makes it invisible."""
        return self.deleted or self.status not in (None, USABLE)

    @property
    def barred(self) -> frozenset[int]:
        """While the story is hidden, the keys of its id, URL and headline: no headline-only story may stand for it."""
        return self.keys | {key64(self.id)} if self.is_hidden else frozenset()

    def story(self) -> Story | None:
        """The story of the last upsert, with status and embargo as they are now."""
        return None if self.put is None else self.dress(self.put.story)

    def dress(self, story: Story) -> Story:
        """A story with the live status and embargo, where there are such."""
        if self.status is not None:
            story = replace(story, status=self.status)
        return replace(story, embargoed=self.embargoed) if self.embargo_is_set else story


def fold(story_id: str, entries: Iterable[Entry]) -> LiveState:
    """The state that a story's entries, in order, come to."""
    put: Entry | None = None
    status: Entry | None = None
    embargo: Entry | None = None
    deleted: Entry | None = None
    for entry in reversed(list(entries)):
        if entry.kind == DELETE:
            deleted = entry if put is None else None
            break
        if status is None and (entry.kind == STATUS or (entry.says("status") and _said(entry, "status"))):
            status = entry
        if embargo is None and (entry.kind == EMBARGO or entry.says("embargoed")):
            embargo = entry
        if put is None and entry.kind == PUT:
            put = entry
    kept = {entry.position: entry for entry in (put, status, embargo, deleted) if entry is not None}
    said = None if status is None else str(_said(status, "status"))
    keys: set[int] = set()
    if put is not None:
        keys |= hiding_keys(put.story)
    for last in (status, deleted):
        keys |= set(last.payload.get("keys", ())) if last is not None else set()
    until = None if embargo is None else _said(embargo, "embargoed")
    return LiveState(
        id=story_id,
        put=put,
        deleted=deleted is not None,
        status=said,
        embargo_is_set=embargo is not None,
        embargoed=Moment.parse(until) if until else None,
        keys=frozenset(keys),
        entries=tuple(kept[position] for position in sorted(kept)),
    )


def hiding_keys(story: Story) -> set[int]:
    """Keys of a story's URL and headline: while it is hidden no headline-only story may stand for it."""
    keys = {url_key(story.url)} if story.url else set()
    return keys | ({headline_key(story.title)} if story.title else set())


def is_newer(corpus: Story, put: Entry) -> bool:
    """Whether the corpus' story was modified after the live one; without `modified` that was modified when it came."""
    modified = put.story.modified or Moment(put.at // 1_000)
    return corpus.modified is not None and not corpus.modified.is_past_for(modified)


def wins(base: Story | None, before: LiveState, now: LiveState) -> bool:
    """Whether the last upsert, and not the generation's story, is the one that counts.

    Args:
        base: the story that the generation has under this id.
        before: the state that was folded into the generation: is its story the corpus' own, or an earlier upsert?
        now: the state to be served.
    """
    if now.put is None:
        return False
    if base is None:
        return True
    from_corpus = before.put is None or is_newer(base, before.put)
    return not (from_corpus and is_newer(base, now.put))


def _said(entry: Entry, name: str) -> Any:
    return (entry.payload["record"] if entry.kind == PUT else entry.payload).get(name)
