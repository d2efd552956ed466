"""One story, one slot: copies and updates of one story are found by text and time."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from recommender.vectors import Float32, Int64, Mask

LONG = 40
"""Distinct terms from which on a text is judged as an article, not as a headline."""

ARTICLE_COSINE, ARTICLE_OVERLAP, ARTICLE_DAYS = 0.75, 0.5, 3
"""Two articles are one story when both are reached and no more days lie between them."""

SHORT_MEAN, SHORT_PER_DAY, SHORT_NUMBERS, SHORT_DAYS = 0.68, 0.03, 0.15, 2
"""Two short texts are one story when the mean of cosine and overlap reaches the first, more for each day between them,
and more where both hold numbers but none in common."""

NEAR = 0.55
"""Cosine below which two texts are never one story: the overlap of short ones cannot make up for it."""

WINDOW = 40
"""Places behind a slot's best within which its other copies are looked for to be shown and counted; those further
behind are left out all the same. So what a slot shows does not depend on how deep one looks."""


@dataclass(frozen=True)
class Bag:
    """A text's terms: ids (n,) ascending, their weights (n,), and the ids of its numbers."""

    ids: NDArray[np.int32]
    weights: Float32
    numbers: NDArray[np.int32]


@dataclass(frozen=True)
class Group:
    """Which of n candidates, best first, are shown.

    `leaders` (m,) are the places whose score and slot count, `shown` (m,) those shown there, `sizes` (m,) how many
    candidates within `WINDOW` tell the story of each, and `copies` pairs of a place that is not shown and the place
    shown in its stead (-1: the query).
    """

    leaders: Int64
    shown: Int64
    sizes: Int64
    copies: list[tuple[int, int]]


def alone(count: int) -> Group:
    """Every candidate is a story of its own."""
    places = np.arange(count, dtype=np.int64)
    return Group(places, places, np.ones(count, np.int64), [])


def overlap(one: Bag, other: Bag) -> float:
    """Weighted Jaccard: what two bags of terms share of all they have (Ioffe 2010)."""
    if not len(one.ids) or not len(other.ids):
        return 0.0
    place = np.minimum(np.searchsorted(other.ids, one.ids), len(other.ids) - 1)
    hit = other.ids[place] == one.ids
    both = float(np.minimum(one.weights[hit], other.weights[place[hit]]).sum())
    return both / max(float(one.weights.sum() + other.weights.sum()) - both, 1e-9)


def may_be_same(cosine: Float32, terms: Int64, days: Float32) -> Mask:
    """Which pairs can tell one story at all, before their words are compared: by cosine, length and days between.

    Args:
        cosine: of the pairs' vectors.
        terms: distinct terms of the shorter text of each pair.
        days: between them; NaN where either has no date, which then counts for nothing.
    """
    needed = np.where(terms >= LONG, ARTICLE_COSINE, NEAR)
    most = np.where(terms >= LONG, ARTICLE_DAYS, SHORT_DAYS)
    return np.asarray((cosine >= needed) & ~(days > most))


def same_story(cosine: float, one: Bag, other: Bag, days: float) -> bool:
    """Whether two texts that may tell one story (`may_be_same`) do, by their words.

    Args:
        cosine: of their vectors.
        one: the terms of the first.
        other: the terms of the second.
        days: between them; NaN = unknown.
    """
    if min(len(one.ids), len(other.ids)) >= LONG:
        return overlap(one, other) >= ARTICLE_OVERLAP
    needed = SHORT_MEAN + (0.0 if np.isnan(days) else SHORT_PER_DAY * days)
    if len(one.numbers) and len(other.numbers) and not len(np.intersect1d(one.numbers, other.numbers)):
        needed += SHORT_NUMBERS
    return cosine + 1 >= 2 * needed and (cosine + overlap(one, other)) / 2 >= needed


@dataclass(frozen=True)
class Texts:
    """Candidates, best first, as they are compared.

    `vectors` (n, dim) unit rows, `terms` (n,) distinct terms of each, `day` (n,) of publication (NaN: undated), `rank`
    (n,) which of a story's copies to show (the highest), and `bag`, the terms of the candidate at a place.
    """

    vectors: Float32
    terms: Int64
    day: Float32
    rank: Int64
    bag: Callable[[int], Bag]


@dataclass(frozen=True)
class QueryText:
    """A query whose copies are told among the candidates: cosine with each (n,), its terms and its day (NaN: none)."""

    cosine: Float32
    bag: Bag
    terms: int
    day: float


def collapse(texts: Texts, query: QueryText | None) -> Group:
    """Put candidates that tell one story into one slot, that of the best of them, and leave out copies of the query.

    A candidate joins the first slot, best first, whose leader tells its story; so chains of small changes do not merge
    what is far apart.
    """
    bag = lru_cache(maxsize=None)(texts.bag)
    earlier = _earlier_pairs(texts)
    copies = [] if query is None else _copies_of(query, texts, bag)
    is_copy = set(copies)
    members: dict[int, list[int]] = {}
    for place in range(len(texts.terms)):
        if place in is_copy:
            continue
        for leader, cosine, gap in earlier.get(place, ()):
            if leader in members and same_story(cosine, bag(place), bag(leader), gap):
                members[leader].append(place)
                break
        else:
            members[place] = [place]
    close = [[place for place in places if place <= leader + WINDOW] for leader, places in members.items()]
    shown = [max(places, key=lambda place: (int(texts.rank[place]), -place)) for places in close]
    left_out = [(place, best) for best, places in zip(shown, members.values(), strict=True) for place in places]
    return Group(
        leaders=np.array(list(members), np.int64),
        shown=np.array(shown, np.int64),
        sizes=np.array([len(places) for places in close], np.int64),
        copies=[(place, -1) for place in copies] + [(place, best) for place, best in left_out if place != best],
    )


def _earlier_pairs(texts: Texts) -> dict[int, list[tuple[int, float, float]]]:
    """For each candidate the earlier ones that may tell its story, in order, with the cosine and the days between."""
    cosines = texts.vectors @ texts.vectors.T
    places, others = np.nonzero(np.tril(cosines >= NEAR, -1))
    cosine = cosines[places, others]
    gap = np.abs(texts.day[places] - texts.day[others])
    possible = may_be_same(cosine, np.minimum(texts.terms[places], texts.terms[others]), gap)
    pairs: dict[int, list[tuple[int, float, float]]] = {}
    kept = (column[possible].tolist() for column in (places, others, cosine, gap))
    for place, other, near, days in zip(*kept, strict=True):
        pairs.setdefault(place, []).append((other, near, days))
    return pairs


def _copies_of(query: QueryText, texts: Texts, bag: Callable[[int], Bag]) -> list[int]:
    gap = np.abs(texts.day - np.float32(query.day))
    possible = np.flatnonzero(may_be_same(query.cosine, np.minimum(texts.terms, query.terms), gap)).tolist()
    return [
        place for place in possible if same_story(float(query.cosine[place]), bag(place), query.bag, float(gap[place]))
    ]
