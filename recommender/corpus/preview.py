"""What a build would read: counts, languages, dates, sections, some stories, links and rejects; nothing is written."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from recommender.corpus.opening import open_corpus
from recommender.corpus.reader import CorpusReader, Rejected
from recommender.dates import Moment
from recommender.language import detect_language
from recommender.progress import Progress, Silent
from recommender.readmore import IN_TEXT, Resolver
from recommender.stories import ReadMore, Story

_SHOWN = 3
_REJECTS = 20
_DETECTED = 2_000
"""Stories whose language is detected, where their records do not say it."""
_MOST_POINTERS = 200_000


_UNRESOLVED = {"stub": "headline only", "self": "to itself", "dangling": "leads nowhere"}


@dataclass
class Preview:
    """What corpora hold.

    `links` counts pointers by how they resolve, `in_text` the resolved ones that are links of bodies; of
    `languages_detected` stories the language was detected, the others' records say it (or were not looked at).
    """

    corpora: list[dict[str, Any]] = field(default_factory=list)
    stories: int = 0
    rejected: int = 0
    replaced: int = 0
    languages: dict[str, int] = field(default_factory=dict)
    languages_detected: int = 0
    dated: int = 0
    first: str | None = None
    last: str | None = None
    sections: dict[str, int] = field(default_factory=dict)
    with_url: int = 0
    with_image: int = 0
    headlines_only: int = 0
    median_length: int = 0
    links: dict[str, int] = field(default_factory=dict)
    in_text: int = 0
    samples: list[dict[str, Any]] = field(default_factory=list)
    rejects: list[dict[str, str]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The same as a JSON object."""
        return asdict(self)


def preview(corpora: Sequence[str], progress: Progress | None = None) -> Preview:
    """Read corpora as a build would.

    Raises:
        CorpusError: one of them cannot be read.
        MissingExtra: one of them needs an optional part.
    """
    progress = progress or Silent()
    work = _Work()
    for reader in [open_corpus(corpus, progress=progress) for corpus in corpora]:
        work.read(reader, progress)
    progress.step("Resolving read-more headlines", None)
    return work.finish()


class _Work:
    def __init__(self) -> None:
        self._seen = Preview()
        self._resolver = Resolver()
        self._pointers: list[tuple[Story, ReadMore]] = []
        self._languages: Counter[str] = Counter()
        self._sections: Counter[str] = Counter()
        self._lengths: list[int] = []
        self._days: list[Moment] = []
        self._undetected: list[str] = []
        self._samples: list[Story] = []
        self._draw = random.Random(1)  # noqa: S311 - a sample, the same each time

    def read(self, reader: CorpusReader, progress: Progress) -> None:
        progress.step(f"Reading {reader.name}")
        stories = rejected = 0
        for item in reader:
            if isinstance(item, Rejected):
                rejected += 1
                if len(self._seen.rejects) < _REJECTS:
                    self._seen.rejects.append({"place": item.place, "reason": item.reason})
            else:
                stories += 1
                self._story(item)
                progress.advance()
        self._seen.corpora.append({"corpus": reader.name, "stories": stories, "rejected": rejected})
        self._seen.rejected += rejected

    def _story(self, story: Story) -> None:
        seen = self._seen
        seen.stories += 1
        self._resolver.add(story)
        bare = replace(story, text="", extra={})
        if len(self._pointers) < _MOST_POINTERS:
            self._pointers += ((bare, pointer) for pointer in story.read_more)
        if story.language:
            self._languages[story.language] += 1
        elif len(self._undetected) < _DETECTED:
            self._undetected.append(f"{story.title} {story.text[:600]}")
        if story.published:
            seen.dated += 1
            days = [*self._days, story.published]
            self._days = [min(days, key=_second), max(days, key=_second)]
        self._sections[story.section or ""] += 1
        self._lengths.append(len(story.text))
        seen.with_url += story.url is not None
        seen.with_image += story.image is not None
        seen.headlines_only += not story.text
        if seen.stories <= _SHOWN:
            self._samples.append(story)
        elif (place := self._draw.randrange(seen.stories)) < _SHOWN:
            self._samples[place] = story

    def finish(self) -> Preview:
        seen = self._seen
        for text in self._undetected:
            self._languages[detect_language(text) or "unknown"] += 1
        seen.languages_detected = len(self._undetected)
        seen.languages = dict(self._languages.most_common())
        seen.sections = dict(self._sections.most_common())
        seen.replaced = len(self._resolver.superseded())
        if self._days:
            seen.first, seen.last = str(self._days[0]), str(self._days[1])
        seen.median_length = sorted(self._lengths)[len(self._lengths) // 2] if self._lengths else 0
        found: Counter[str] = Counter()
        for story, pointer in self._pointers:
            target, how = self._resolver.resolve(pointer, story)
            if target is None and pointer.kind == IN_TEXT and how == "dangling":
                continue  # a link to elsewhere, which a build leaves out
            found["resolved" if target is not None else _UNRESOLVED[how]] += 1
            seen.in_text += pointer.kind == IN_TEXT and target is not None
        seen.links = dict(found)
        seen.samples = [_sample(story) for story in self._samples]
        return seen


def _second(moment: Moment) -> int:
    return moment.second


def _sample(story: Story) -> dict[str, Any]:
    record = story.to_record()
    record["text"] = story.text[:400] + ("…" if len(story.text) > 400 else "")
    record.pop("image", None)
    return {name: value for name, value in record.items() if name in Story.__dataclass_fields__}
