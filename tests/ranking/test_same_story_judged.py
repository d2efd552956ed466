"""The collapse of copies against judgements made by hand, on real headlines and articles."""

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from recommender.analysis import analyzer
from recommender.dates import DAY_SECONDS
from recommender.embedding import Role, open_embedder
from recommender.lexical import IDF_POWER, inverse_document_frequency
from recommender.ranking.collapse import Bags, may_be_same, same_story, shared
from recommender.records import story_from_record

JUDGED = Path(__file__).with_name("same_story_judged.tsv")
"""72 pairs of front page headlines of one week, twelve from each band of likeness: ids, one story (1) or not (0)."""


class Pairs:
    """Headlines compared as the engine compares stored stories."""

    def __init__(self, data_folder, encoders):
        with gzip.open(data_folder / "frontpage_headlines.jsonl.gz") as file:
            self.stories = {story.id: story for story in map(story_from_record, map(json.loads, file))}
        terms = {identity: analyzer("en").terms(story.title) for identity, story in self.stories.items()}
        self.numbers = {term: number for number, term in enumerate(sorted({t for ts in terms.values() for t in ts}))}
        self.terms = {k: np.unique([self.numbers[t] for t in ts]).astype(np.int32) for k, ts in terms.items()}
        frequency = np.bincount(np.concatenate(list(self.terms.values())), minlength=len(self.numbers))
        self.idf = inverse_document_frequency(frequency, len(self.stories))
        self.is_number = np.array([term[:1].isdigit() for term in sorted(self.numbers)])
        self.embedder = open_embedder(encoders=encoders)

    def bag(self, identity):
        ids = self.terms[identity]
        return Bags(ids, self.idf[ids] ** IDF_POWER, self.is_number[ids], np.array([0, len(ids)]))

    def are_one(self, a, b):
        rows = self.embedder.embed([self.stories[a].title, self.stories[b].title], Role.DOCUMENT).rows
        cosine = np.array([rows[0] @ rows[1]])
        days = np.array([abs(self.stories[a].published.second - self.stories[b].published.second) / DAY_SECONDS])
        one, other = self.bag(a), self.bag(b)
        words = shared(one.joined(other), np.array([0]), np.array([1]))
        terms = np.array([min(len(one.ids), len(other.ids))])
        return bool((may_be_same(cosine, terms, days) & same_story(cosine, terms, days, words, np.array([False])))[0])


@pytest.fixture(scope="module")
def pairs(data_folder, encoders):
    return Pairs(data_folder, encoders)


def test_what_is_put_together_was_judged_one_story(pairs):
    with JUDGED.open() as file:
        judged = [(row["id_a"], row["id_b"], row["same_story"] == "1") for row in csv.DictReader(file, delimiter="\t")]
    assert len(judged) == 72
    together = [same for a, b, same in judged if pairs.are_one(a, b)]
    assert len(together) >= 10
    assert sum(together) / len(together) >= 0.9, f"{sum(together)} of {len(together)} pairs were judged one story"
