"""The features of candidates: numbers of one size, each with a meaning that an editor can check."""

import numpy as np

from recommender.vectors import Float32, Int64

HINGES = {"age_week": 7, "age_month": 30, "age_year": 365}
"""Days at which the effect of age may change its slope."""

NEIGHBOURS = 50
"""Stories most similar to the query whose editors' links count as votes."""


def lexical_share(scores: Float32, best: float) -> Float32:
    """BM25 as a share of the best one, 0 to 1."""
    return np.asarray(scores / np.float32(best)) if best > 0 else np.zeros_like(scores)


def hybrid(similarity: Float32, lexical: Float32) -> Float32:
    """Mean of the cosine and the share of the best BM25: how near a story is, before anything is learnt."""
    return (similarity + lexical) * np.float32(0.5)


def votes(closeness: Float32, voter: Int64, target: Int64, candidates: Int64) -> Float32:
    """ln(1 + 5 · sum of closeness³ over the neighbours that link to a candidate), of each candidate.

    Args:
        closeness: (neighbours,) `hybrid` of each neighbour.
        voter: (links,) place of the neighbour that links.
        target: (links,) row that it links to.
        candidates: (n,) rows, ascending.
    """
    total = np.zeros(len(candidates), np.float32)
    if len(target) and len(candidates):
        place = np.minimum(np.searchsorted(candidates, target), len(candidates) - 1)
        hit = candidates[place] == target
        np.add.at(total, place[hit], np.maximum(closeness[voter[hit]], 0) ** 3)
    return np.asarray(np.log1p(np.float32(5) * total))


def age_columns(days: Float32) -> dict[str, Float32]:
    """ln(1 + days) and its hinges max(0, ln(1 + days) - ln(1 + knot)).

    Where no candidate has an age the columns are 0: age says nothing. A candidate without a date among dated ones
    is taken to be of their median age.
    """
    known = np.isfinite(days)
    if not known.any():
        return {}
    log = np.log1p(np.where(known, days, np.median(days[known]))).astype(np.float32)
    hinges = {name: np.maximum(log - np.float32(np.log1p(knot)), 0) for name, knot in HINGES.items()}
    return {"age": log, **hinges}
