"""A story that was set down, to what an index stores of it and the text to embed: a task for any process."""

import json
from dataclasses import dataclass, replace

from recommender.generation import StoredStory
from recommender.ingest import prepare
from recommender.records import story_from_own_record
from recommender.stories import DIGEST_LINKS, dump_record


@dataclass(frozen=True)  # without slots: its pickle is read in a third of the time
class Task:
    """A story's record, with what only a look at all stories tells.

    `elsewhere` is how many links of its body lead to no story, `keys` those of its URL and of its headline where they
    were made before.
    """

    record: bytes
    elsewhere: int
    keys: tuple[int, int] | None

    @property
    def size(self) -> int:
        """Bytes of the record."""
        return len(self.record)

    def __str__(self) -> str:
        return str(json.loads(self.record)["id"])


def make_stored(max_chars: int, task: Task) -> tuple[str, StoredStory]:
    """A story's text to embed (`max_chars` is what the embedder reads of one at most), and what is stored of it.

    It is a round-up if many of its links lead to stories. Those that lead elsewhere stay in it: a story may arrive
    there.
    """
    story = given = story_from_own_record(json.loads(task.record))
    if not story.digest and len(story.read_more) - task.elsewhere > DIGEST_LINKS:
        story = replace(story, digest=True)
    prepared = prepare(story, max_chars)
    record = task.record if prepared.story is given else dump_record(prepared.story.to_record())
    return prepared.text, StoredStory.of(prepared.story, record, prepared.title_terms, prepared.body_terms, task.keys)
