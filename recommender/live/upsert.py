"""A story that is to be added or replaced: what a record says, checked and clean."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from recommender.boilerplate import without_lines
from recommender.cleaning import story_of
from recommender.errors import RecommenderError, RecordError
from recommender.stories import Story

TEXTS = 64
"""Stories and headlines that are written in one step. The next answer has to take in all of a step, a millisecond each,
and other stories that are added wait while its texts are embedded, some milliseconds each."""


@dataclass(frozen=True)
class Upsert:
    """The `story` of a record, and the `record` as the journal keeps it: clean."""

    story: Story
    record: Mapping[str, Any]

    @property
    def texts(self) -> int:
        """The story and the headlines that it points to."""
        return 1 + len(self.story.read_more)


def upsert_of(record: Any, story_id: str | None, boilerplate: frozenset[str]) -> Upsert:
    """What a record asks for.

    Args:
        record: as in a corpus; a `Story` is one that a reader has cleaned already.
        story_id: as in the address; the record may leave its own out.
        boilerplate: lines that go from the text.

    Raises:
        RecordError: it is no story, or says another id.
    """
    said: dict[str, Any] = {}
    if isinstance(record, Mapping):
        record = dict(record)
        if story_id is not None:
            if record.get("id") not in (None, "") and str(record["id"]).strip() != story_id:
                raise RecordError("id", f"is {str(record['id'])[:80]!r}, the address says {story_id[:80]!r}")
            record["id"] = story_id
        said = {name: record[name] for name in ("status", "embargoed") if name in record}  # "usable" and null as well
    story = record if isinstance(record, Story) else story_of(record)
    if story_id is not None and story.id != story_id:  # it would stand where its address does not lead
        raise RecordError("id", f"{story_id[:80]!r} cannot be kept: an id has no white space around it and no NUL")
    story = replace(story, text=without_lines(story.text, boilerplate))
    if said.get("status"):
        said["status"] = story.status
    return Upsert(story, story.to_record() | said)


def in_steps(items: Iterable[Upsert | RecommenderError]) -> Iterator[list[Upsert | RecommenderError]]:
    """Items in their order, as many together as have no more than `TEXTS` texts: one that has more is alone."""
    step: list[Upsert | RecommenderError] = []
    texts = 0
    for item in items:
        more = item.texts if isinstance(item, Upsert) else 0
        if step and texts + more > TEXTS:
            yield step
            step, texts = [], 0
        step.append(item)
        texts += more
    if step:
        yield step
