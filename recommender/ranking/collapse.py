"""One story, one slot: copies and updates of one story are found by text and time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.vectors import Float32, Int64, Mask, distinct, runs

LONG = 40
"""Distinct terms from which on a text is judged as an article, not as a headline."""

ARTICLE_COSINE, ARTICLE_OVERLAP, ARTICLE_DAYS = 0.75, 0.5, 3
"""Two articles are one story when both are reached and no more days lie between them; the first is enough where they
have the same headline."""

SHORT_MEAN, SHORT_PER_DAY, SHORT_NUMBERS, SHORT_DAYS = 0.68, 0.03, 0.15, 2
"""Two short texts are one story when the mean of cosine and overlap reaches the first, more for each day between them,
and more where both hold numbers but none in common."""

NEAR = 0.55
"""Cosine below which two texts are never one story: the overlap of short ones cannot make up for it."""

WINDOW = 40
"""Places behind a slot's best within which its other copies are looked for to be shown and counted; those further
behind are left out all the same. So what a slot shows does not depend on how deep one looks."""


class Bags(NamedTuple):
    """The terms of m texts, one after the other.

    `ids` (t,), ascending within a text; their `weights` (t,); which of them `is_number` (t,); `start` (m + 1,) says
    where each text's begin.
    """

    ids: NDArray[np.int32]
    weights: Float32
    is_number: Mask
    start: Int64

    def joined(self, other: "Bags") -> "Bags":
        """These texts, and those of another behind them."""
        ids, weights, is_number = (np.concatenate(pair) for pair in zip(self[:3], other[:3], strict=True))
        return Bags(ids, weights, is_number, np.concatenate([self.start, self.start[-1] + other.start[1:]]))


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


class Shared(NamedTuple):
    """What two texts share, for p pairs: `overlap` (p,), and whether their numbers are in `conflict` (p,)."""

    overlap: Float32
    conflict: Mask


def shared(bags: Bags, one: Int64, other: Int64) -> Shared:
    """Compare the words of pairs of texts, given by their places in `bags`.

    The overlap is the weighted Jaccard measure: what two bags of terms share of all they have (Ioffe 2010). Numbers
    are in conflict where both texts hold some, but none in common.
    """
    count, sizes = len(bags.start) - 1, np.diff(bags.start)
    owner = np.repeat(np.arange(count), sizes)
    pair, place = runs(bags.start[one], sizes[one])
    # One ascending key a term, its text in the upper half, so that one search finds each term in the other text.
    keys = (owner << 32) | bags.ids
    wanted = (other[pair] << 32) | bags.ids[place]
    found = np.searchsorted(keys, wanted)
    hit = np.flatnonzero(keys[np.minimum(found, len(keys) - 1)] == wanted) if len(keys) else found
    pair, place, found = pair[hit], place[hit], found[hit]
    both = np.bincount(pair, np.minimum(bags.weights[place], bags.weights[found]), len(one))
    common = np.bincount(pair, bags.is_number[place], len(one)) > 0
    weight = np.bincount(owner, bags.weights, count)
    numbered = np.bincount(owner, bags.is_number, count) > 0
    overlap = both / np.maximum(weight[one] + weight[other] - both, 1e-9)
    return Shared(overlap.astype(np.float32), numbered[one] & numbered[other] & ~common)


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


def same_story(cosine: Float32, terms: Int64, days: Float32, words: Shared, titled: Mask) -> Mask:
    """Which pairs that may tell one story (`may_be_same`, which has the arguments) do, by the words they share.

    Those of the same headline (`titled`) do where they are near: an update is written anew under it.
    """
    needed = SHORT_MEAN + SHORT_PER_DAY * np.where(np.isnan(days), 0, days) + SHORT_NUMBERS * words.conflict
    by_words = np.where(terms >= LONG, words.overlap >= ARTICLE_OVERLAP, (cosine + words.overlap) / 2 >= needed)
    return np.asarray(by_words | (titled & (cosine >= ARTICLE_COSINE)))


@dataclass(frozen=True)
class Texts:
    """Candidates, best first, as they are compared.

    `vectors` (n, dim) unit rows, `terms` (n,) distinct terms of each, `day` (n,) of publication (NaN: undated), `rank`
    (n,) which of a story's copies to show (the highest), `headline` (n,) the keys of their headlines (0: none), and
    `bags`, the terms of the candidates at some places.
    """

    vectors: Float32
    terms: Int64
    day: Float32
    rank: Int64
    headline: NDArray[np.uint64]
    bags: Callable[[Int64], Bags]


@dataclass(frozen=True)
class QueryText:
    """A query whose copies are told among the candidates: cosine with each (n,), its terms (a text alone, of which so
    many `terms` are distinct), its day (NaN: none) and the key of its headline (0: none).
    """

    cosine: Float32
    bag: Bags
    terms: int
    day: float
    headline: int


QUERY = -1
"""Stands for the query where a place of a candidate is expected."""


def collapse(texts: Texts, query: QueryText | None) -> Group:
    """Put candidates that tell one story into one slot, that of the best of them, and leave out copies of the query.

    A candidate joins the first slot, best first, whose leader tells its story; so chains of small changes do not merge
    what is far apart.
    """
    count = len(texts.terms)
    leader = np.arange(count)
    members: dict[int, list[int]] = {}
    for place, other in _same_pairs(texts, query):
        if leader[place] == place and (other == QUERY or leader[other] == other):
            leader[place] = other
            members.setdefault(other, [other]).append(place)
    copies = [(place, QUERY) for place in members.pop(QUERY, [QUERY])[1:]]
    shown, sizes = np.arange(count), np.ones(count, np.int64)
    for first, places in members.items():
        close = [place for place in places if place <= first + WINDOW]
        shown[first] = max(close, key=lambda place: (int(texts.rank[place]), -place))
        sizes[first] = len(close)
        copies += [(place, int(shown[first])) for place in places if place != shown[first]]
    leaders = np.flatnonzero(leader == np.arange(count))
    return Group(leaders, shown[leaders], sizes[leaders], copies)


def _same_pairs(texts: Texts, query: QueryText | None) -> list[tuple[int, int]]:
    """The pairs that tell one story: a place and an earlier one, or `QUERY`; ascending by place, then by the other."""
    cosines = texts.vectors @ texts.vectors.T
    place, other = np.nonzero(cosines >= NEAR)
    earlier = other < place
    place, other = place[earlier], other[earlier]
    cosine = cosines[place, other]
    gap = np.abs(texts.day[place] - texts.day[other])
    terms = np.minimum(texts.terms[place], texts.terms[other])
    titled = (texts.headline[place] == texts.headline[other]) & (texts.headline[place] != 0)
    if query is not None:
        every = np.arange(len(texts.terms))
        place = np.concatenate([every, place])
        other = np.concatenate([np.full(len(every), QUERY), other])
        cosine = np.concatenate([query.cosine, cosine])
        gap = np.concatenate([np.abs(texts.day - np.float32(query.day)), gap])
        terms = np.concatenate([np.minimum(texts.terms, query.terms), terms])
        titled = np.concatenate([(texts.headline == query.headline) & (texts.headline != 0), titled])
    possible = np.flatnonzero(may_be_same(cosine, terms, gap))
    if not len(possible):
        return []
    place, other = place[possible], other[possible]
    cosine, gap, terms, titled = cosine[possible], gap[possible], terms[possible], titled[possible]
    compared = distinct(np.concatenate([place, other[other != QUERY]]))
    bags = texts.bags(compared)
    if query is not None:
        bags = bags.joined(query.bag)
    one = np.searchsorted(compared, place)
    two = np.where(other == QUERY, len(compared), np.searchsorted(compared, other))
    same = same_story(cosine, terms, gap, shared(bags, one, two), titled)
    return sorted(zip(place[same].tolist(), other[same].tolist(), strict=True))
