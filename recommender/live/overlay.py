"""Lays the journal over a generation: each change once, with what it changes for others."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from recommender.generation import Generation
from recommender.ingest import prepare
from recommender.live.journal import Journal
from recommender.live.rows import Rows
from recommender.live.state import Entry, LiveState, fold, hiding_keys, wins
from recommender.live.vectors import VectorOf
from recommender.readmore import canonical_url, headline_key, settle, stub_story, url_key
from recommender.storage import key64
from recommender.stories import USABLE, ReadMore, Story

_IDLE = 250
"""So many rows that nobody needs are kept at least, before an overlay is laid anew."""


class Overlay:
    """A generation brought up to date; not for several threads at once.

    What a story comes to depends on its entries alone, not on the order in which overlays were told of them: every
    process, and a rebuild, arrive at the same.
    """

    def __init__(self, base: Generation, journal: Journal, vector_of: VectorOf) -> None:
        self.base = base
        self.position = base.manifest.journal
        self.view: Generation = base
        self.hidings = 0
        """How often a story may have been taken from sight: an answer made before that is not to be given any more."""
        self._journal = journal
        self._vector_of = vector_of
        self._rows = Rows(base)
        self._origin: dict[str, int] = {}
        self._put_at: dict[int, int] = {}
        self._hiding: dict[str, frozenset[int]] = {}
        self._blocked: Counter[int] = Counter()
        self._hidden: frozenset[int] | None = None
        for story_id, keys in blocked_keys(journal, self.position).items():
            self._hide(story_id, keys)
        self.sync()

    @property
    def added(self) -> int:
        """Rows behind those of the generation."""
        return len(self._rows) - len(self.base)

    @property
    def hidden(self) -> frozenset[int]:
        """The keys of the stories that changes hide: of their ids, URLs and headlines."""
        if self._hidden is None:
            self._hidden = frozenset(key64(name) for name in self._hiding).union(*self._hiding.values())
        return self._hidden

    @property
    def is_wasteful(self) -> bool:
        """Whether most added rows are versions of stories that were changed again: laid anew it would be smaller."""
        return self._rows.idle > max(_IDLE, self.added // 2)

    def sync(self) -> Generation:
        """Apply what was committed since the last time; what is to be served now."""
        ids, position = self._journal.ids_after(self.position)
        if ids:
            keys: set[int] = set()
            lost: list[int] = []
            changed = self._journal.deciding(ids, self.base.manifest.journal)
            applied = [self._apply(story_id, entries, keys, lost) for story_id, entries in changed]
            fresh = [row for row in applied if row is not None]
            self._resolve(keys, fresh, lost)
            self.position = position
            self.view = self._rows.view()
        return self.view

    def _apply(self, story_id: str, entries: list[Entry], keys: set[int], lost: list[int]) -> int | None:
        """Bring one story up to date. Collects keys whose pointers are to be resolved again and rows that lost a
        link; returns the row whose own pointers are.
        """
        rows = self._rows
        state = fold(story_id, entries)
        before = fold(story_id, (entry for entry in entries if entry.position <= self.base.manifest.journal))
        base_row = self.base.row_of(story_id)
        base = None if base_row is None else self.base.story(base_row)
        live = wins(base, before, state)
        story = state.story() if live else None if base is None or state.deleted else state.dress(base)
        origin = state.put.position if live and state.put else 0
        self._block(state, keys, lost)
        row = rows.row_of(story_id)
        self.hidings += story is None or story.status != USABLE or story.embargoed is not None
        if row is not None and story is not None and origin == self._origin.get(story_id, 0):
            rows.dress(row, story)
            return None
        if row is not None:
            keys |= _keys(rows.story(row))
            lost += rows.retire(row)
        if story is None:
            return None
        keys |= _keys(story)
        self._origin[story_id] = origin
        if not live and base_row is not None:
            rows.dress(base_row, story)
            return base_row
        added = self._add(story)
        self._put_at[added] = origin
        return added

    def _add(self, story: Story) -> int:
        prepared = prepare(story, 1)
        return self._rows.add(prepared, self._vector_of(prepared.story))

    def _block(self, state: LiveState, keys: set[int], lost: list[int]) -> None:
        """While a story is hidden, no headline-only story with its headline or URL may stand for it."""
        before = self._hiding.get(state.id, frozenset())
        after = state.keys if state.is_hidden else frozenset()
        if before == after:
            return
        keys |= before ^ after
        self._hide(state.id, after)
        for key in after - before:
            for name in ("url_key", "headline_key"):
                for row in self._rows.rows_of_key(name, key):
                    if self._rows.is_stub(row) and self._rows.story(row).id != state.id:
                        keys |= _keys(self._rows.story(row))
                        lost += self._rows.retire(row)

    def _hide(self, story_id: str, keys: frozenset[int]) -> None:
        self._hidden = None
        self._blocked.subtract(self._hiding.pop(story_id, ()))
        if keys:
            self._hiding[story_id] = keys
            self._blocked.update(keys)

    def _resolve(self, keys: Iterable[int], fresh: Iterable[int], lost: list[int]) -> None:
        """Resolve again all pointers of stories that point to one of the keys, and of fresh ones."""
        rows = self._rows
        sources = {row for row in fresh if not rows.is_gone(row)}
        for key in keys:
            sources.update(rows.rows_of_key("pointer_key", key))
        again: set[int] = set()
        lists = _Lists(rows)
        for row in sorted({*lost, *self._point(sources)}):
            if not rows.is_gone(row) and rows.is_stub(row):
                left = rows.graph.sources(row)
                if not left or not self._is_borne_out(row, left, lists):
                    again.update(left)
                    rows.retire(row)
        self._point(again)

    def _point(self, sources: Iterable[int]) -> set[int]:
        """Resolve the pointers of some stories; the rows that they led to, and those that they lead to: a headline that
        lost and won no link may still be made by another pointer now.
        """
        graph = self._rows.graph
        touched: set[int] = set()
        for row in sorted(sources, key=self._place):
            story, before = self._rows.story(row), set(graph.targets(row))
            targets = [self._target(pointer, story) for pointer in story.read_more]
            graph.set_targets(row, [target for target in targets if target is not None])
            touched |= before.union(graph.targets(row))
        return touched

    def _place(self, row: int) -> int:
        """Where a story stands in the order in which pointers are resolved: after the generation's, as it was put."""
        return row if row < len(self.base) else len(self.base) + self._put_at.get(row, 0)

    def _is_borne_out(self, row: int, sources: Iterable[int], lists: "_Lists") -> bool:
        """Whether a stub is what its mentions make of it: the first of them, if it is none of the generation's."""
        story = self._rows.story(row)
        if row < len(self.base):
            return self._is_made_so(story)
        source = min(sources, key=self._place)
        first, pointers = lists.story(source), lists.that_may_mean(story, source)
        pointer = next((pointer for pointer in pointers if self._target(pointer, first) == row), None)
        if pointer is None:  # it means another one now
            return False
        made = self._made(pointer, first)
        same = (made.id, made.title, made.url) == (story.id, story.title, story.url)
        return same and made.language in (None, story.language) and self._stub_of_base(made.id) is None

    def _is_made_so(self, stub: Story) -> bool:
        """Whether a mention still has a stub's very words, language and URL."""
        mentions = (self._rows.story(row) for row in self._rows.rows_of_key("pointer_key", headline_key(stub.title)))
        return self._has_its_url(stub) and any(
            pointer.title == stub.title and source.language == stub.language
            for source in mentions
            for pointer in source.read_more
        )

    def _has_its_url(self, stub: Story) -> bool:
        """Whether a mention still says a stub's URL, if it has one, and no story bears it, a hidden one included."""
        if not stub.url:
            return True
        canonical = canonical_url(stub.url)
        key = key64(canonical)
        if self._blocked.get(key) or self._rows.by_url(canonical):
            return False
        mentions = (self._rows.story(row) for row in self._rows.rows_of_key("pointer_key", key))
        return any(
            pointer.url and canonical_url(pointer.url) == canonical and settle(pointer, story, self._rows).by == "stub"
            for story in mentions
            for pointer in story.read_more
        )

    def _target(self, pointer: ReadMore, source: Story) -> int | None:
        settled = settle(pointer, source, self._rows)
        return self._stub(pointer, source) if settled.by == "stub" else settled.ordinal

    def _stub(self, pointer: ReadMore, source: Story) -> int | None:
        """The headline-only story that stands for an unresolved pointer, a new one as a rule."""
        if is_blocked(pointer, self._blocked):
            return None
        stub = stub_story(pointer)
        state = fold(stub.id, self._journal.entries_of(stub.id))
        if state.deleted:
            return None
        by_url = self._rows.stubs_by_url(canonical_url(pointer.url)) if pointer.url else []
        row = by_url[0] if by_url else self._rows.row_of(stub.id)
        if row is not None:
            return row
        known = self._stub_of_base(stub.id)
        if known is not None:
            self._rows.dress(known, state.dress(self.base.story(known)))
            return known
        return self._add(state.dress(self._made(pointer, source)))

    def _stub_of_base(self, stub_id: str) -> int | None:
        """The generation's row of a stub, if that is still what it was built as."""
        row = self.base.row_of(stub_id)
        usable = row is not None and not self._origin.get(stub_id) and self._is_made_so(self.base.story(row))
        return row if usable else None

    def _made(self, pointer: ReadMore, source: Story) -> Story:
        """The stub that a pointer makes."""
        return replace(stub_story(pointer), language=source.language)


class _Lists:
    """Read-more lists by what they name: each is read once, however many of its headlines are looked at."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._read: dict[int, tuple[Story, dict[int, list[int]]]] = {}

    def story(self, row: int) -> Story:
        """The story of a row."""
        return self._of(row)[0]

    def that_may_mean(self, stub: Story, row: int) -> list[ReadMore]:
        """The pointers of a row's story with the URL or headline of a stub, in their order."""
        story, places = self._of(row)
        return [
            story.read_more[place] for place in sorted({p for key in hiding_keys(stub) for p in places.get(key, ())})
        ]

    def _of(self, row: int) -> tuple[Story, dict[int, list[int]]]:
        if row not in self._read:
            story = self._rows.story(row)
            places: dict[int, list[int]] = {}
            for place, pointer in enumerate(story.read_more):
                for key in hiding_keys(stub_story(pointer)):
                    places.setdefault(key, []).append(place)
            self._read[row] = story, places
        return self._read[row]


def blocked_keys(journal: Journal, upto: int) -> dict[str, frozenset[int]]:
    """For each story that live changes hide, up to a position, its keys (see `LiveState.keys`)."""
    changed = journal.deciding(journal.ids_of_hiding(), upto, upto)
    states = (fold(story_id, entries) for story_id, entries in changed)
    return {state.id: state.keys for state in states if state.is_hidden}


def is_blocked(pointer: ReadMore, blocked: Mapping[int, int]) -> bool:
    """Whether a pointer's headline or URL is that of a hidden story; `blocked` counts these by key."""
    by_headline = pointer.title and blocked.get(headline_key(pointer.title))
    return bool(by_headline or (pointer.url and blocked.get(url_key(pointer.url))))


def _keys(story: Story) -> set[int]:
    return hiding_keys(story) | {key64(story.id)}
