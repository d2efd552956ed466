"""The last step of every reader that is read once: no boilerplate, and no links of a template."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from recommender.boilerplate import Boilerplate
from recommender.corpus.reader import CorpusReader, Rejected
from recommender.corpus.templates import TemplateLinks
from recommender.stories import Story

_HEAD = 1_000
"""Stories that are looked at before the first is given out; later ones go on teaching."""


class Polished:
    """A corpus (`CorpusReader`) without what many stories share, as a stream that holds some stories at once."""

    def __init__(self, source: CorpusReader) -> None:
        self._source = source
        self.name = source.name
        self.boilerplate: Sequence[str] = ()

    def __iter__(self) -> Iterator[Story | Rejected]:
        boilerplate, templates = Boilerplate(), TemplateLinks()

        def learn(item: Story | Rejected) -> None:
            if isinstance(item, Story):
                boilerplate.learn(item.text)
                templates.learn(item)

        def finish(item: Story | Rejected) -> Story | Rejected:
            if isinstance(item, Rejected):
                return item
            text = boilerplate.strip(item.text)
            pointers = item.read_more and tuple(one for one in item.read_more if not templates.has(one))
            same = text == item.text and pointers == item.read_more
            return item if same else replace(item, text=text, read_more=pointers)

        items = iter(self._source)
        head = deque(islice(items, _HEAD))
        for item in head:
            learn(item)
        while head:
            yield finish(head.popleft())
        for item in items:
            learn(item)
            yield finish(item)
        self.boilerplate = boilerplate.found()
