"""One story made ready for an index: what a build does a million times and a live change once."""

from dataclasses import dataclass, replace

from recommender.analysis import analyzer
from recommender.language import detect_language
from recommender.recipe import body_without_title, embedding_text
from recommender.stories import Story

MAX_TERMS = 20_000
"""Terms of a body that are searched; what follows in a longer one is left to the story itself."""

_MAX_BODY = 200_000


@dataclass(frozen=True, slots=True)
class Prepared:
    """A story with its language, the text to embed, and its lexical terms."""

    story: Story
    text: str
    title_terms: list[str]
    body_terms: list[str]


def prepare(story: Story, max_chars: int) -> Prepared:
    """Detect a missing language and make the texts and terms of a story.

    Args:
        story: without its read-more block, which is never embedded or searched.
        max_chars: what the embedder reads of a text at most.
    """
    if story.language is None:
        story = replace(story, language=detect_language(f"{story.title} {story.text[:600]}"))
    words = analyzer(story.language)
    title = words.terms(story.title)
    body = words.terms(body_without_title(story.title, story.text)[:_MAX_BODY])[:MAX_TERMS]
    return Prepared(story, embedding_text(story, max_chars), title, body)
