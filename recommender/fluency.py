"""What a model is like, measured on text alone: how similar it finds unrelated texts, and which languages it knows."""

import heapq
from collections import Counter
from collections.abc import Sequence

import numpy as np

from recommender.embedding import Embedder, Role
from recommender.generation import StoredStory
from recommender.lexical import inverse_document_frequency
from recommender.recipe import body_without_title, clean
from recommender.stories import ARTICLE, KINDS

UNRELATED = (
    "The central bank left its interest rate unchanged for a fourth month.",
    "A keeper at the zoo has hand-reared two orphaned otters.",
    "Engineers reopened the mountain tunnel after replacing its lighting.",
    "The novelist's letters to her sister were sold at auction.",
    "Doctors warn that ticks have spread further north this spring.",
    "The under-19 handball team won the regional final on penalties.",
    "A new species of orchid was found on a limestone cliff.",
    "Parliament will vote on the fishing treaty before the summer break.",
    "The bakery on the market square closes after ninety years.",
    "Software engineers patched a flaw in a widely used mail server.",
    "Farmers expect the smallest potato harvest in a decade.",
    "The orchestra opens its season with a forgotten symphony.",
    "A cyclist was fined for riding through the pedestrian zone.",
    "Astronomers measured the mass of a distant dwarf galaxy.",
    "The school will teach sign language from the third year on.",
    "Two men were convicted of smuggling counterfeit perfume.",
    "The river ferry is out of service until its engine is repaired.",
    "A court ruled that the landlord must return the deposit.",
    "Climbers reached the summit by a route not used since 1961.",
    "The museum has restored a medieval altarpiece.",
    "Insurers paid out record sums after the hailstorm.",
    "The chess champion drew all four games of the play-off.",
    "Vets advise against feeding bread to swans.",
    "A satellite photographed the eruption from orbit.",
    "The party elected a new treasurer at its congress.",
    "Brewers complain about the price of glass bottles.",
    "An exhibition shows toys from the years after the war.",
    "The airline drops its night flights to the islands.",
    "Researchers taught a robot to fold shirts.",
    "The town council debates a ban on leaf blowers.",
    "A whale stranded on the sandbank was freed at high tide.",
    "The actress plays a lighthouse keeper in her new film.",
)
"""Sentences of one language and no common subject."""

SAMPLE = 48
"""Articles of a language that are looked at; with fewer nothing is said of it."""

KNOWN = 0.85
"""A model that matches titles to texts this well, against shared words, knows the language; a little below, hardly."""

LEAST = 0.3
"""Trust in a model that does not know a language at all: names look alike in all of them."""

_LEAD = 600


def background(embedder: Embedder) -> tuple[float, float]:
    """Median and spread (interquartile range / 1.349) of the cosines between unrelated texts."""
    rows = embedder.embed(UNRELATED, Role.DOCUMENT).rows
    cosines = (rows @ rows.T)[np.triu_indices(len(rows), 1)]
    low, middle, high = np.quantile(cosines, [0.25, 0.5, 0.75])
    return round(float(middle), 4), round(max(float(high - low) / 1.349, 1e-3), 4)


class FluencySample:
    """A few articles of each language, the same ones whatever the order in which they come."""

    def __init__(self) -> None:
        self._chosen: dict[str, list[tuple[int, int, StoredStory]]] = {}
        self._seen = 0

    def add(self, stored: StoredStory) -> None:
        """Look at a story."""
        kind, language = KINDS[stored.values["kind"]], stored.values["language"]
        if kind != ARTICLE or not language or not stored.title_terms or stored.length < _LEAD // 2:
            return
        self._seen += 1
        chosen = self._chosen.setdefault(language, [])
        item = (-stored.values["id_key"], self._seen, stored)
        if len(chosen) < SAMPLE:
            heapq.heappush(chosen, item)
        else:
            heapq.heappushpop(chosen, item)

    def measure(self, embedder: Embedder) -> dict[str, float]:
        """Trust in the model by language, `LEAST` to 1, of each language with enough articles."""
        return {
            language: _trust(embedder, [stored for _, _, stored in sorted(chosen)[::-1]])
            for language, chosen in sorted(self._chosen.items())
            if len(chosen) == SAMPLE
        }


def _trust(embedder: Embedder, sample: Sequence[StoredStory]) -> float:
    """How often a title's nearest text is its own by the model, against how often by shared words."""
    stories = [stored.story for stored in sample]
    titles = embedder.embed([story.title for story in stories], Role.DOCUMENT).rows
    leads = [clean(body_without_title(story.title, story.text), _LEAD) for story in stories]
    by_model = (titles @ embedder.embed(leads, Role.DOCUMENT).rows.T).argmax(axis=1)
    by_words = _word_overlap(sample).argmax(axis=1)
    own = np.arange(len(sample))
    ratio = float((by_model == own).sum()) / max(float((by_words == own).sum()), 1.0)
    return round(float(np.clip(ratio / KNOWN, LEAST, 1.0)), 3)


def _word_overlap(sample: Sequence[StoredStory]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    titles = [set(item.title_terms) for item in sample]
    leads = [set(item.body_terms[:100]) for item in sample]
    frequency = Counter(term for lead in leads for term in lead)
    idf = {
        term: float(inverse_document_frequency(np.array([count]), len(sample))[0]) for term, count in frequency.items()
    }
    return np.array(
        [[sum(idf[term] for term in title & lead) / np.sqrt(len(lead) + 1) for lead in leads] for title in titles]
    )
