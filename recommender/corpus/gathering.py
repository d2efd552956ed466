"""A corpus read twice, the second time from disk: only then is it known which links lead to its stories."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from recommender.boilerplate import Boilerplate
from recommender.corpus.reader import CorpusReader, Rejected
from recommender.corpus.site import HERE, link_keys
from recommender.corpus.templates import TemplateLinks
from recommender.corpus.temporary import disk_faults, temporary_file
from recommender.readmore import IN_TEXT, url_key
from recommender.records import story_from_record
from recommender.storage import key64
from recommender.stories import ReadMore, Story, dump_record

_REJECTED = b"!"
"""Begins a line of the temporary file that holds no story."""


class Drafted(NamedTuple):
    """A story with the names under which files of its site link to it."""

    item: Story | Rejected
    keys: Sequence[str] = ()


class Gathered:
    """A corpus (`CorpusReader`) whose bodies hold links: those to its own stories become read-more pointers.

    Links that most bodies have (navigation) are left out, as are lines that many bodies begin or end with. Those that
    lead elsewhere stay: another corpus may have their story, and a build leaves out the rest. Memory holds some
    numbers a story; the stories themselves wait in a temporary file.
    """

    def __init__(
        self, source: CorpusReader, drafts: Callable[[], Iterator[Drafted]] | None = None, base: str = ""
    ) -> None:
        self._source = source
        self._drafts = drafts
        self._base = base
        self.name = source.name
        self.boilerplate: Sequence[str] = ()

    def __iter__(self) -> Iterator[Story | Rejected]:
        learned = _Learned(self._base)
        drafts = self._drafts() if self._drafts else map(Drafted, self._source)
        with temporary_file() as disk:
            for draft in drafts:
                if isinstance(draft.item, Rejected):
                    line = _REJECTED + dump_record({"place": draft.item.place, "reason": draft.item.reason})
                else:
                    learned.learn(draft.item, draft.keys)
                    line = dump_record(draft.item.to_record())
                with disk_faults():
                    disk.write(line + b"\n")
            self.boilerplate = learned.boilerplate.found()
            with disk_faults():
                disk.seek(0)
            for line in disk:
                if line.startswith(_REJECTED):
                    yield Rejected(**json.loads(line.removeprefix(_REJECTED)))
                else:
                    yield learned.finish(story_from_record(json.loads(line)))


class _Learned:
    """What the first reading tells."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._urls: set[int] = set()
        self._id_of: dict[int, str | None] = {}
        self._templates = TemplateLinks()
        self.boilerplate = Boilerplate()

    def learn(self, story: Story, keys: Sequence[str]) -> None:
        if story.url:
            self._urls.add(url_key(story.url))
        for key in keys:
            number = key64(key)
            known = self._id_of.setdefault(number, story.id)
            if known != story.id:
                self._id_of[number] = None  # a name of two files is the name of none
        self._templates.learn(story)
        self.boilerplate.learn(story.text)

    def finish(self, story: Story) -> Story:
        pointers = dict.fromkeys(found for pointer in story.read_more if (found := self._pointer(pointer, story)))
        text = self.boilerplate.strip(story.text)
        return replace(story, text=text, read_more=tuple(pointers))

    def _pointer(self, pointer: ReadMore, story: Story) -> ReadMore | None:
        if not pointer.url:
            return pointer
        in_text = pointer.kind == IN_TEXT
        key = url_key(pointer.url)
        if self._templates.has(pointer):
            return None
        if key in self._urls:
            own = story.url is not None and url_key(story.url) == key
            return None if own and in_text else pointer
        for name in link_keys(pointer.url, self._base):
            target = self._id_of.get(key64(name))
            if target == story.id:
                return None
            if target is not None:
                return replace(pointer, id=target, url=None if pointer.url.startswith(HERE) else pointer.url)
        if not pointer.url.startswith(HERE):
            return pointer
        return None if in_text else replace(pointer, url=None)
