"""What is known of a query, whether it is a stored story, a story sent along, or any text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from recommender.dates import UNDATED, Moment
from recommender.embedding import Encoded
from recommender.generation import Generation
from recommender.ingest import prepare
from recommender.language import detect_language
from recommender.lexical import Int32, QueryTerms
from recommender.ranking.collapse import LONG
from recommender.readmore import headline_key, normalise_headline, split_read_more, url_key
from recommender.stories import Story
from recommender.vectors import Float32

MAX_QUERY_TEXT = 50_000
"""Characters of a query's text that are searched lexically; the model reads fewer."""


@dataclass(frozen=True)
class Probe:
    """A query made ready.

    `row` is that of a stored story, else None. `terms` are searched lexically; `all_terms` (ids, ascending), standing
    `counts` times, are all that it has. `is_story`: it is long enough that copies of it can be told. `text` gives
    its text, normalised as headlines are.
    """

    vector: Float32
    terms: QueryTerms
    all_terms: Int32
    counts: Float32
    moment: Moment | None
    language: str | None
    section: str | None
    text: Callable[[], str]
    is_story: bool = True
    row: int | None = None
    truncated: bool = False
    headline_key: int = 0
    url_key: int = 0


def probe_row(generation: Generation, row: int, record: Mapping[str, Any] | None = None) -> Probe:
    """A stored story as a query: nothing is embedded or tokenised. Its `record` is read where it is not given."""
    columns, lexical = generation.columns, generation.lexical
    story = generation.record(row) if record is None else record
    bag = lexical.terms_of(row)
    second = int(columns.second[row])
    return Probe(
        vector=generation.dense.rows(np.array([row]))[0],
        terms=lexical.weigh(bag),
        all_terms=bag.ids,
        counts=bag.counts,
        moment=None if second == UNDATED else Moment(second, bool(columns.is_day[row])),
        language=story.get("language"),
        section=story.get("section"),
        text=lambda: normalise_headline(f"{story.get('title', '')}\n{story.get('text', '')[:MAX_QUERY_TEXT]}"),
        row=row,
        truncated=bool(columns.truncated[row]),
        headline_key=int(columns.headline_key[row]),
        url_key=int(columns.url_key[row]),
    )


def story_of_text(text: str) -> Story:
    """Any text as a story: a short first line before a longer rest is its headline; a read-more list is left out."""
    text = text.strip()
    body = split_read_more(text)[0].strip()
    text = body if any(character.isalnum() for character in body) else text
    first, _, rest = text.partition("\n")
    if rest.strip() and len(first) <= 200:
        return Story(id="", title=" ".join(first.split()), text=rest.strip())
    return Story(id="", text=text) if len(text) > 200 else Story(id="", title=" ".join(text.split()))


def language_of(generation: Generation, story: Story) -> str | None:
    """The language of a query: as its record says, as detected among the index's, or what nearly all stories are in."""
    if story.language:
        return story.language
    languages = generation.columns.facets["language"]
    if len(languages) == 1:
        return languages[0]
    return detect_language(f"{story.title} {story.text[:600]}", languages) or generation.main_language


def probe_story(generation: Generation, story: Story, encoded: Callable[[], Encoded]) -> Probe:
    """A story that is not stored as a query; its `embedding_text` may be encoded while its terms are looked up."""
    story = replace(story, language=language_of(generation, story), text=story.text[:MAX_QUERY_TEXT])
    prepared = prepare(story, MAX_QUERY_TEXT)
    lexical = generation.lexical
    bag = lexical.lookup(prepared.title_terms + prepared.body_terms)
    terms = lexical.weigh(bag)
    vector, truncated = encoded()
    return Probe(
        vector=vector,
        terms=terms,
        all_terms=bag.ids,
        counts=bag.counts,
        moment=story.published,
        language=story.language,
        section=story.section,
        text=lambda: normalise_headline(f"{story.title}\n{story.text}"),
        is_story=bool(story.text) or len(bag.ids) >= LONG,
        truncated=truncated,
        headline_key=headline_key(story.title) if story.title else 0,
        url_key=url_key(story.url) if story.url else 0,
    )
