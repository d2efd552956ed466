"""Live changes folded into a build: one stream of stories out of the corpora and the journal."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from recommender.embedding import Embedded, Embedder, Encoded, Role
from recommender.embedding.packed import unpack
from recommender.live.headlines import is_blocked
from recommender.live.journal import Journal
from recommender.live.overlay import blocked_keys
from recommender.live.state import fold, is_newer
from recommender.live.vectors import content_key
from recommender.readmore import stub_story
from recommender.recipe import embedding_text
from recommender.stories import ReadMore, Story


class Fold:
    """The journal up to a position, as a build takes it in; hand every story of the corpora to `take`, then `rest`."""

    def __init__(self, journal: Journal) -> None:
        self.position = journal.position()
        self._journal = journal
        changed = journal.deciding(journal.ids(self.position), self.position, self.position)
        self._states = {story_id: fold(story_id, entries) for story_id, entries in changed}
        self._blocked = Counter(key for keys in blocked_keys(journal, self.position).values() for key in keys)
        self._corpus_wins: set[str] = set()

    def __len__(self) -> int:
        return len(self._states)

    def take(self, story: Story) -> Story | None:
        """What becomes of a story of the corpora: itself, as live changes have it; None where these outdo it."""
        state = self._states.get(story.id)
        if state is None:
            return story
        if state.deleted:
            return None
        if state.put is None:
            return state.dress(story)
        if is_newer(story, state.put):
            self._corpus_wins.add(story.id)
            return state.dress(story)
        self._corpus_wins.discard(story.id)
        return None

    def rest(self) -> Iterator[Story]:
        """The stories that live changes have added, or put in place of the corpora's."""
        for state in self._states.values():
            if state.id not in self._corpus_wins and (story := state.story()) is not None:
                yield story

    def is_blocked(self, pointer: ReadMore) -> bool:
        """Whether a pointer means a story that is hidden and not there: no headline may stand for it."""
        state = self._states.get(stub_story(pointer).id) if pointer.title else None
        return is_blocked(pointer, self._blocked) or (state is not None and state.deleted)

    def dress(self, stub: Story) -> Story:
        """A headline-only story with its live status and embargo."""
        state = self._states.get(stub.id)
        return stub if state is None else state.dress(stub)

    def vectors(self, embedder: Embedder) -> dict[str, Encoded]:
        """The vectors that live changes were given, by the text that is embedded."""
        stories = [story for state in self._states.values() if (story := state.story()) is not None]
        texts = {content_key(embedder.fingerprint, one): embedding_text(one, embedder.max_chars) for one in stories}
        rows = self._journal.vectors.find(list(texts))
        unpacked = {texts[key]: unpack(row, embedder.dim) for key, row in rows.items()}
        return {text: row for text, row in unpacked.items() if row is not None}


class WithVectors:
    """An `Embedder` that knows some vectors already: what was embedded for a live change is not embedded again."""

    def __init__(self, embedder: Embedder, known: dict[str, Encoded]) -> None:
        self._embedder = embedder
        self._known = known
        self.name, self.fingerprint, self.runtime = embedder.name, embedder.fingerprint, embedder.runtime
        self.dim, self.max_tokens, self.max_chars = embedder.dim, embedder.max_tokens, embedder.max_chars

    def embed(self, texts: Sequence[str], role: Role) -> Embedded:
        """Rows (n, dim) float32, unit length."""
        places = [place for place, text in enumerate(texts) if role is not Role.DOCUMENT or text not in self._known]
        if len(places) == len(texts):
            return self._embedder.embed(texts, role)
        rows, truncated = np.empty((len(texts), self.dim), np.float32), np.zeros(len(texts), np.bool_)
        if places:
            rows[places], truncated[places] = self._embedder.embed([texts[place] for place in places], role)
        for place in set(range(len(texts))).difference(places):
            rows[place], truncated[place] = self._known[texts[place]]
        return Embedded(rows, truncated)

    def close(self) -> None:
        """Close the embedder."""
        self._embedder.close()
