"""The rows of a generation and those that live changes add: changed one at a time, then shown as a `View`."""

import numpy as np

from recommender.dates import UNDATED, Moment
from recommender.embedding import Encoded
from recommender.generation import Generation, pointer_keys
from recommender.ingest import Prepared
from recommender.live.arrays import Growing
from recommender.live.columns import GONE, ColumnChanges
from recommender.live.dense import LiveDense
from recommender.live.graph import GraphChanges
from recommender.live.lexical import LexicalChanges
from recommender.live.view import Parts, Patch, View, record_of
from recommender.readmore import Candidate, is_stub_id
from recommender.records import story_from_record
from recommender.storage import key64
from recommender.stories import ARTICLE, KINDS, USABLE, Story, dump_record

KEYS = ("id_key", "url_key", "headline_key", "pointer_key")
_MOST = 1_000
"""Of so many stories under one key the last ones are looked at."""


class Rows:
    """Changes to the rows of one generation; also the index (`Lookups`) in which pointers are resolved."""

    def __init__(self, base: Generation) -> None:
        self.base = base
        self.idle = 0
        """Added rows that are no story any more."""
        self.graph = GraphChanges(base.graph, len(base))
        self._columns = ColumnChanges(base.columns)
        self._lexical = LexicalChanges(base.lexical)
        self._vectors = Growing.empty(np.float32, int(base.manifest.embedder["dim"]))
        self._records: list[bytes] = []
        self._ids: list[str] = []
        self._patches: dict[int, Patch] = {}
        self._keys: dict[str, dict[int, tuple[int, ...]]] = {name: {} for name in KEYS}

    def __len__(self) -> int:
        return len(self._columns)

    def add(self, prepared: Prepared, encoded: Encoded) -> int:
        """Add a story, without its links; its row."""
        row, story = len(self), prepared.story
        self._records.append(dump_record(story.to_record()))
        self._ids.append(story.id)
        self._columns.add(story, encoded.truncated)
        self._lexical.add(prepared.title_terms, prepared.body_terms)
        self._vectors.append(encoded.vector[None])
        for name in KEYS[:3]:
            if key := self._columns.value(name, row):
                self._point(name, key, row)
        for key in pointer_keys(story.read_more):
            self._point("pointer_key", key, row)
        return row

    def dress(self, row: int, story: Story) -> None:
        """Take over a story's status and embargo; a row that was retired is a story again."""
        self.idle -= row >= len(self.base) and self.is_gone(row)
        self._columns.dress(row, story)
        self._patches[row] = {
            "status": None if story.status == USABLE else story.status,
            "embargoed": str(story.embargoed) if story.embargoed else None,
        }

    def retire(self, row: int) -> list[int]:
        """The row is no story any more; the rows that it linked to."""
        self.idle += row >= len(self.base) and not self.is_gone(row)
        self._columns.retire(row)
        return self.graph.set_targets(row, ())

    def is_gone(self, row: int) -> bool:
        """Whether the row is no story any more."""
        return bool(self._columns.value("status", row) == GONE)

    def is_stub(self, row: int) -> bool:
        """Whether the row is a headline that only pointers have made."""
        is_headline = KINDS[self._columns.value("kind", row)] != ARTICLE
        return is_headline and is_stub_id(self.id_of(row))

    def id_of(self, row: int) -> str:
        """The id of the row's story, without reading all of it."""
        added = row - len(self.base)
        return str(self.base.record(row)["id"]) if added < 0 else self._ids[added]

    def second(self, row: int) -> int:
        """When the row's story was published, epoch seconds, or `UNDATED`."""
        return int(self._columns.value("second", row))

    def story(self, row: int) -> Story:
        """The story of a row."""
        return story_from_record(record_of(self.base, self._records, self._patches, row))

    def row_of(self, story_id: str) -> int | None:
        """The row of an id."""
        rows = self.rows_of_key("id_key", key64(story_id))
        return next((row for row in rows if self.id_of(row) == story_id), None)

    def rows_of_key(self, name: str, key: int) -> list[int]:
        """The rows with this key, or that point to it (`pointer_key`), ascending."""
        rows = [*self.base.rows_of_key(name, key).tolist(), *self._keys[name].get(key, ())]
        return [row for row in rows if not self.is_gone(row)]

    def identity(self, story_id: str) -> int:
        """What `Candidate.id` holds for this id."""
        return key64(story_id)

    def by_id(self, story_id: str) -> list[Candidate]:
        """The story with this id."""
        return self._candidates("id_key", story_id)

    def by_url(self, canonical: str) -> list[Candidate]:
        """The stories with this canonical URL."""
        return self._candidates("url_key", canonical)

    def by_headline(self, key: str) -> list[Candidate]:
        """The stories with this normalised headline."""
        return self._candidates("headline_key", key)

    def view(self) -> View:
        """What there is now."""
        return View(
            self.base,
            Parts(
                columns=self._columns.view(),
                dense=LiveDense(self.base.dense, self._vectors.view()),
                lexical=self._lexical.view(),
                graph=self.graph.view(),
                records=self._records,
                patches=dict(self._patches),
                keys=self._keys,
            ),
        )

    def _point(self, name: str, key: int, row: int) -> None:
        self._keys[name][key] = (*self._keys[name].get(key, ()), row)

    def _candidates(self, name: str, text: str) -> list[Candidate]:
        """Stories of their own: a headline that pointers have made is nothing that a pointer could mean."""
        rows = [row for row in self.rows_of_key(name, key64(text)) if not self.is_stub(row)]
        return [self._candidate(row) for row in rows[-_MOST:]]

    def _candidate(self, row: int) -> Candidate:
        value = self._columns.value
        second = value("second", row)
        published = None if second == UNDATED else Moment(second, value("is_day", row))
        return Candidate(row, value("id_key", row), published, KINDS[value("kind", row)] == ARTICLE)
