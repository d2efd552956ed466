"""The ranking model: a weighted sum of named features, kept as readable JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from recommender.errors import IndexCorrupt
from recommender.ranking.features import age_columns
from recommender.vectors import Float32

VERSION = 1

FEATURES: dict[str, str] = {
    "similarity": "says similar things",
    "lexical": "shares words",
    "rare": "shares a rare word",
    "title": "its headline's words are in the story",
    "quoted": "its headline is quoted in the story",
    "votes": "editors of similar stories linked to it",
    "best_vote": "the editors of a very similar story linked to it",
    "in_links": "editors often link to it",
    "section": "same section",
    "tempo": "as old as related stories here usually are",
    "age": "age",
    "age_fortnight": "age beyond two weeks",
}
"""Every feature, in words for an editor."""

TIME = frozenset({"tempo", "age", "age_fortnight"})
"""Features that depend on dates alone."""

TIME_SPAN = 6.0
"""The most that dates can take from a sum. Without it a model of a corpus whose links never reach back would put any
fresh story before the one old story that fits."""

_IS_TIME = np.array([name in TIME for name in FEATURES])


@dataclass(frozen=True)
class Ranker:
    """Weights by feature, and the corpus' tempo (`tempo.measure_tempo`; none: age says nothing there).

    The sum becomes a score of 0 to 1 by 1 / (1 + exp(-(slope · sum + offset))).
    """

    weights: Mapping[str, float]
    slope: float
    offset: float
    tempo: Sequence[float] = ()
    origin: str = "default"
    about: Mapping[str, Any] = field(default_factory=dict)

    def sums(self, features: Float32, *, dated: bool) -> Float32:
        """The sum of each row of a feature matrix (n, len(FEATURES)), columns in the order of `FEATURES`.

        Dates only take away: a story of the best age loses nothing, any other at most `TIME_SPAN`; without a date of
        the query (`dated` false) none does. So a fresh story scores what its content says.
        """
        content = features @ np.where(_IS_TIME, 0, self.vector)
        return np.asarray(content + self.lost_to_time(features) if dated else content)

    def lost_to_time(self, features: Float32) -> Float32:
        """What dates take from the sum of each row: 0 at the best age, `-TIME_SPAN` at the least."""
        time = features @ np.where(_IS_TIME, self.vector, 0)
        return np.asarray(np.maximum(time - np.float32(self.best_time), -np.float32(TIME_SPAN)))

    @cached_property
    def best_time(self) -> float:
        """The largest weighted sum of the features of time, at any age."""
        columns = age_columns(np.arange(4_000, dtype=np.float32), 0.0, list(self.tempo))
        total = np.sum([self.weights.get(name, 0.0) * columns[name] for name in TIME], axis=0)
        return float(total.max())

    @cached_property
    def vector(self) -> Float32:
        """The weights in the order of `FEATURES`; a feature without one has 0."""
        return np.array([self.weights.get(name, 0.0) for name in FEATURES], np.float32)

    def score(self, sums: Float32) -> Float32:
        """Calibrated scores, 0 to 1, in the order of the sums."""
        return np.asarray(1 / (1 + np.exp(-(self.slope * sums + self.offset))), np.float32)

    def to_json(self) -> dict[str, Any]:
        """The model as a JSON object."""
        return {
            "version": VERSION,
            "origin": self.origin,
            "weights": dict(self.weights),
            "slope": self.slope,
            "offset": self.offset,
            "tempo": list(self.tempo),
            "about": dict(self.about),
        }


def ranker_from_json(content: Any) -> Ranker:
    """Read what `Ranker.to_json` wrote.

    Raises:
        IndexCorrupt: it is no such model, or of another version.
    """
    try:
        if content["version"] != VERSION:
            raise ValueError(f"has version {content['version']}, this program reads {VERSION}")
        weights = {str(name): float(weight) for name, weight in content["weights"].items()}
        if unknown := set(weights) - set(FEATURES):
            raise ValueError(f"has unknown features {sorted(unknown)}")
        slope, offset = float(content["slope"]), float(content["offset"])
        tempo = [float(value) for value in content["tempo"]]
        return Ranker(weights, slope, offset, tempo, str(content["origin"]), content.get("about", {}))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise IndexCorrupt(f"the ranking model cannot be read: {error}") from None


DEFAULT = Ranker(
    weights={
        "similarity": 3.7,
        "lexical": 4.5,
        "title": 1.0,
        "quoted": 2.0,
        "votes": 0.9,
        "section": 0.2,
        "tempo": 1.25,
        "age": -0.25,
    },
    slope=0.76,
    offset=-3.74,
)
"""Weights that need no links of the corpus: the best on all of several corpora at once (`docs/evaluation.md`)."""


def matrix(columns: Mapping[str, Float32], rows: int) -> Float32:
    """A feature matrix (rows, len(FEATURES)) of named columns; one that is absent is 0."""
    result = np.zeros((rows, len(FEATURES)), np.float32)
    for place, name in enumerate(FEATURES):
        if name in columns:
            result[:, place] = columns[name]
    return result
