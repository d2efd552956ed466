"""Lays the journal over a generation: each change once, with what it changes for others."""

from collections import Counter
from collections.abc import Sequence

from recommender.generation import Generation
from recommender.ingest import prepare
from recommender.live.database import parts
from recommender.live.headlines import Headlines, Read
from recommender.live.journal import Journal
from recommender.live.pointing import Resolution, Touched
from recommender.live.rows import Rows
from recommender.live.state import Entry, LiveState, fold, hiding_keys, wins
from recommender.live.vectors import StoryVectors
from recommender.storage import key64
from recommender.stories import USABLE, Story

_IDLE = 250
"""So many rows that nobody needs are kept at least, before an overlay is laid anew."""


class Overlay:
    """A generation brought up to date; not for several threads at once.

    What a story comes to depends on its entries alone, not on the order in which overlays were told of them: every
    process, and a rebuild, arrive at the same.
    """

    def __init__(self, base: Generation, journal: Journal, vectors: StoryVectors) -> None:
        self.base = base
        self.position = base.manifest.journal
        self.view: Generation = base
        self.hidings = 0
        """How often a story may have been taken from sight: an answer made before that is not to be given any more."""
        self._journal = journal
        self._vectors = vectors
        self._rows = Rows(base)
        self._origin: dict[str, int] = {}
        self._hiding: dict[str, frozenset[int]] = {}
        self._blocked: Counter[int] = Counter()
        self._hidden: frozenset[int] | None = None
        self._read: dict[int, Read] = {}
        for story_id, keys in blocked_keys(journal, self.position).items():
            self._bar(story_id, keys)
        self.sync()

    @property
    def added(self) -> int:
        """Rows behind those of the generation."""
        return len(self._rows) - len(self.base)

    @property
    def hidden(self) -> frozenset[int]:
        """The keys of the stories that changes hide: of their ids, URLs and headlines."""
        if self._hidden is None:
            self._hidden = frozenset[int]().union(*self._hiding.values())
        return self._hidden

    @property
    def is_wasteful(self) -> bool:
        """Whether most added rows are versions of stories that were changed again: laid anew it would be smaller."""
        return self._rows.idle > max(_IDLE, self.added // 2)

    def sync(self) -> Generation:
        """Apply what was committed since the last time; what is to be served now."""
        ids, position = self._journal.ids_after(self.position)
        if ids:
            touched = Touched()
            for changed in parts(self._journal.deciding(ids, self.base.manifest.journal)):
                states = [(fold(story_id, entries), entries) for story_id, entries in changed]
                self._vectors.look_up(state.put.story for state, _ in states if state.put is not None)
                for state, entries in states:
                    self._apply(state, entries, touched)
            Resolution(self._rows, self._headlines(), lambda name: bool(self._origin.get(name)), self._add).run(touched)
            self._read = {}
            self.position = position
            self.view = self._rows.view()
        return self.view

    def _apply(self, state: LiveState, entries: list[Entry], touched: Touched) -> None:
        """Bring one story up to date, and note what that touches."""
        rows, story_id = self._rows, state.id
        before = fold(story_id, (entry for entry in entries if entry.position <= self.base.manifest.journal))
        base_row = self.base.row_of(story_id)
        base = None if base_row is None else self.base.story(base_row)
        live = wins(base, before, state)
        story = state.story() if live else None if base is None or state.deleted else state.dress(base)
        origin = state.put.position if live and state.put else 0
        self.hidings += story is None or story.status != USABLE or story.embargoed is not None
        row = rows.row_of(story_id)
        if row is not None and story is not None and origin == self._origin.get(story_id, 0):
            self._hide(state, touched)
            rows.dress(row, story)
            return
        old = [] if row is None else [rows.story(row)]
        self._hide(state, touched, [*old, story] if story else old)
        if row is not None:
            touched.retire(rows, row)
        if story is None:
            return
        self._origin[story_id] = origin
        if live or base_row is None:
            row = self._add(story)
        else:
            row = base_row
            rows.dress(row, story)
        if story.read_more:
            touched.sources.add(row)

    def _add(self, story: Story) -> int:
        prepared = prepare(story, 1)
        return self._rows.add(prepared, self._vectors(prepared.story))

    def _hide(self, state: LiveState, touched: Touched, stories: Sequence[Story] = ()) -> None:
        """While a story is hidden, no headline-only story with its headline or URL may stand for it.

        What that touches is noted first, and what a change of `stories` will.
        """
        before = self._hiding.get(state.id, frozenset())
        after = state.barred
        keys = set(before ^ after).union(*(hiding_keys(story) | {key64(story.id)} for story in stories))
        touched.note(self._rows, self._headlines(), keys, stories)
        if before != after:
            self._bar(state.id, after)

    def _bar(self, story_id: str, keys: frozenset[int]) -> None:
        self._hidden = None
        self._blocked.subtract(self._hiding.pop(story_id, ()))
        if keys:
            self._hiding[story_id] = keys
            self._blocked.update(keys)

    def _headlines(self) -> Headlines:
        return Headlines(self._rows, self._journal, self._blocked, self._read)


def blocked_keys(journal: Journal, upto: int) -> dict[str, frozenset[int]]:
    """For each story that live changes hide, up to a position, its keys (see `LiveState.barred`)."""
    changed = journal.deciding(journal.ids_of_hiding(), upto, upto)
    states = (fold(story_id, entries) for story_id, entries in changed)
    return {state.id: state.barred for state in states if state.is_hidden}
