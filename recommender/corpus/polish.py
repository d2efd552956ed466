"""The last step of every reader that is read once: clean characters, and no boilerplate."""

from collections.abc import Iterator
from dataclasses import replace

from recommender.corpus.boilerplate import Boilerplate, head_and_rest
from recommender.corpus.cleaning import clean_story
from recommender.corpus.reader import CorpusReader, Rejected
from recommender.stories import Story

_HEAD = 1_000
"""Stories that are looked at before the first is given out; later ones go on teaching."""


class Polished:
    """A corpus (`CorpusReader`) with clean stories, as a stream that holds some stories at once."""

    def __init__(self, source: CorpusReader) -> None:
        self._source = source
        self.name = source.name
        self.size_bytes = source.size_bytes

    @property
    def position(self) -> int:
        """How many bytes of the source were read."""
        return self._source.position

    def __iter__(self) -> Iterator[Story | Rejected]:
        boilerplate = Boilerplate()
        head, rest = head_and_rest(_cleaned(self._source), _HEAD)
        for item in head:
            if isinstance(item, Story):
                boilerplate.learn(item.text)
        while head:
            yield _stripped(head.pop(0), boilerplate)
        for item in rest:
            if isinstance(item, Story):
                boilerplate.learn(item.text)
            yield _stripped(item, boilerplate)


def _cleaned(source: CorpusReader) -> Iterator[Story | Rejected]:
    for item in source:
        yield clean_story(item) if isinstance(item, Story) else item


def _stripped(item: Story | Rejected, boilerplate: Boilerplate) -> Story | Rejected:
    if isinstance(item, Rejected):
        return item
    text = boilerplate.strip(item.text)
    return item if text == item.text else replace(item, text=text)
