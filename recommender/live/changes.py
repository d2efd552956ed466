"""Live changes as they are made: checked, given their vectors, written to the journal; then they are acknowledged."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from recommender.dates import Moment
from recommender.embedding.packed import pack
from recommender.errors import InputError, NotFound, RecommenderError
from recommender.generation import Generation
from recommender.live.audit import log_changes
from recommender.live.journal import Journal, Writing
from recommender.live.state import DELETE, EMBARGO, PUT, STATUS, Entry, LiveState, fold, hiding_keys, pack_payload
from recommender.live.upsert import Upsert, in_steps, upsert_of
from recommender.live.vectors import EmbedStories, vectors_for
from recommender.readmore import is_stub_id
from recommender.stories import STATUSES, USABLE, Story

Result = Literal["created", "updated", "unchanged", "deleted"]
UNSET: Any = object()


@dataclass(frozen=True)
class Change:
    """An acknowledged change: durable, and in every answer that is asked for from now on.

    `position` is the journal's, 0 where nothing was to be changed.
    """

    id: str
    result: Result
    position: int = 0

    def to_json(self) -> dict[str, Any]:
        """The change as the API returns it."""
        return {"id": self.id, "result": self.result} | ({"position": self.position} if self.position else {})


class Changes:
    """Takes live changes; safe to use from several threads and processes.

    Args:
        journal: for this object alone.
        served: what is served now, to know the stories of the generation.
        fingerprint: of the embedder.
        embed: its vectors.
        let_go: is called when this is closed, to close what was opened for this object alone.
    """

    def __init__(
        self,
        journal: Journal,
        served: Callable[[], Generation],
        fingerprint: str,
        embed: EmbedStories,
        let_go: Callable[[], None] = lambda: None,
    ) -> None:
        self._journal = journal
        self._served = served
        self._fingerprint = fingerprint
        self._embed = embed
        self._let_go = let_go

    def put(self, record: Any, *, story_id: str | None = None, who: str = "") -> Change:
        """Add a story, or replace it: `upsert` and `write` in one.

        Raises:
            RecordError: it is no story, or says another id.
        """
        return self.write([self.upsert(record, story_id)], who)[0]

    def put_many(self, records: Iterable[Any], *, who: str = "") -> list[Change | RecommenderError]:
        """Add or replace stories in a few steps: a change or an error for each, in their order.

        Args:
            records: as for `put`; a `Story` is one that a reader has cleaned already.
            who: makes the changes, for the audit.
        """
        upserts: list[Upsert | RecommenderError] = []
        for record in records:
            try:
                upserts.append(self.upsert(record))
            except RecommenderError as error:
                upserts.append(error)
        return [result for step in in_steps(upserts) for result in self.write_step(step, who)]

    def upsert(self, record: Any, story_id: str | None = None) -> Upsert:
        """A story that is to be added, or to replace what has its id, as `write` takes it.

        A record that does not say `status` or `embargoed` leaves them as they are.

        Args:
            record: as in a corpus, its read-more block still in its text or not.
            story_id: as in the address; the record may leave its own out.

        Raises:
            RecordError: it is no story, or says another id.
        """
        return upsert_of(record, story_id, self._boilerplate())

    def write_step(self, step: Sequence[Upsert | RecommenderError], who: str = "") -> list[Change | RecommenderError]:
        """As `write`, of a step (`in_steps`) in which errors stand for records that are no stories."""
        done = iter(self.write([one for one in step if isinstance(one, Upsert)], who))
        return [next(done) if isinstance(one, Upsert) else one for one in step]

    def write(self, upserts: Sequence[Upsert], who: str = "") -> list[Change]:
        """Add or replace stories in one step. Their texts are embedded before it: others may change stories meanwhile.

        Args:
            upserts: the stories.
            who: makes the changes, for the audit.
        """
        stories = [one.story for one in upserts]
        vectors = vectors_for(stories, self._journal, self._served(), self._fingerprint, self._embed)
        served = self._served()
        with self._journal.writing() as writing:
            writing.keep_vectors((key, pack(*encoded)) for key, encoded in vectors.items())
            written = [_append(writing, one, served, who) for one in upserts]
        log_changes([entry for _, entry in written if entry is not None])
        return [change for change, _ in written]

    def patch(self, story_id: str, *, status: str | None = None, embargoed: Any = UNSET, who: str = "") -> Change:
        """Change a story's status, or its embargo (a date-time, or None to end it).

        Raises:
            InputError: no such status, no such date, or nothing to change.
            NotFound: no story has this id.
        """
        if status is None and embargoed is UNSET:
            raise InputError("body", "give status or embargoed")
        if status is not None and status not in STATUSES:
            raise InputError("status", f"{str(status)[:40]!r} is none of {', '.join(STATUSES)}")
        until = UNSET if embargoed is UNSET else _embargo(embargoed)
        served = self._served()  # not while the journal is locked: it may be brought up to date first
        with self._journal.writing() as writing:
            state = fold(story_id, writing.entries_of(story_id))
            story = _story_to_change(state, served)
            known = story or state
            entries = []
            if status is not None and status != known.status:
                entries.append(writing.append(STATUS, story_id, {"status": status, "keys": _keys(state, story)}, who))
            if until is not UNSET and until != known.embargoed:
                payload = {"embargoed": None if until is None else str(until)}
                entries.append(writing.append(EMBARGO, story_id, payload, who))
        log_changes(entries)
        return Change(story_id, "updated" if entries else "unchanged", entries[-1].position if entries else 0)

    def delete(self, story_id: str, *, who: str = "") -> Change:
        """Remove a story; it stays away, whatever the corpus says, until it is put again.

        Raises:
            NotFound: no story has, or had, this id.
        """
        served = self._served()
        with self._journal.writing() as writing:
            state = fold(story_id, writing.entries_of(story_id))
            if state.deleted:
                return Change(story_id, "unchanged")
            keys = _keys(state, _story_to_change(state, served))
            entry = writing.append(DELETE, story_id, {"keys": keys}, who)
        log_changes([entry])
        return Change(story_id, "deleted", entry.position)

    def state_of(self, story_id: str) -> LiveState:
        """What live changes have made of a story, with its own status and embargo where they say none."""
        state = fold(story_id, self._journal.entries_of(story_id))
        story = _story(state, self._served())
        return state if story is None else replace(state, status=story.status, embargoed=story.embargoed)

    def close(self) -> None:
        """Close the journal, and what else is for this object alone."""
        self._journal.close()
        self._let_go()

    def _boilerplate(self) -> frozenset[str]:
        """The lines that the build of what is served left out."""
        return frozenset(self._served().manifest.boilerplate)


def _append(writing: Writing, upsert: Upsert, served: Generation, who: str) -> tuple[Change, Entry | None]:
    story, record = upsert.story, upsert.record
    entries = writing.entries_of(story.id)
    state = fold(story.id, entries)
    known = _story(state, served)
    if known is not None:  # what hides the corpus' story hides its successor, unless that says otherwise
        if state.status is None and known.status != USABLE and not record.get("status"):
            record = {**record, "status": known.status}
        if not state.embargo_is_set and known.embargoed is not None and "embargoed" not in record:
            record = {**record, "embargoed": str(known.embargoed)}
    if state.put is not None and dict(state.put.payload["record"]) == record:
        again = Entry(state.put.position + 1, state.put.at, who, PUT, story.id, pack_payload({"record": record}))
        if fold(story.id, [*entries, again]).story() == known:
            return Change(story.id, "unchanged"), None
    entry = writing.append(PUT, story.id, {"record": record}, who)
    return Change(story.id, "created" if known is None else "updated", entry.position), entry


def _story(state: LiveState, served: Generation) -> Story | None:
    """The story as it is now, hidden or not."""
    if state.deleted:
        return None
    if state.put is not None:
        return state.story()
    row = served.row_of(state.id)
    return None if row is None else state.dress(served.story(row))


def _story_to_change(state: LiveState, served: Generation) -> Story | None:
    """The same of one that must be there; None of a headline without an article that changes hide: nothing stands for
    it in the index meanwhile.

    Raises:
        NotFound: it is not there.
    """
    story = _story(state, served)
    if story is None and (state.deleted or not state.is_hidden or not is_stub_id(state.id)):
        raise NotFound("id", state.id)
    return story


def _keys(state: LiveState, story: Story | None) -> list[int]:
    """Of the story's URLs and headlines, as it is and as it was hidden before."""
    return sorted(state.keys.union(hiding_keys(story) if story else ()))


def _embargo(value: Any) -> Moment | None:
    if value is None:
        return None
    try:
        return Moment.parse(str(value))
    except ValueError as error:
        raise InputError("embargoed", str(error)) from None
