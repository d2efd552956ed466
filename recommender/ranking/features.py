"""The features of candidates: numbers of one size, each with a meaning that an editor can check."""

import numpy as np

from recommender.ranking.tempo import tempo
from recommender.vectors import Float32, Int64

HINGES = {"age_fortnight": 14}
"""Days at which the effect of age may change its slope: news moves on in about two weeks."""

NEIGHBOURS = 50
"""Stories most similar to the query whose editors' links count as votes."""


def lexical_share(scores: Float32, best: float) -> Float32:
    """BM25 as a share of the best one, 0 to 1."""
    return np.asarray(scores / np.float32(best)) if best > 0 else np.zeros_like(scores)


UNRELATED_MEDIAN, UNRELATED_SPREAD = 0.0364, 0.068
"""Cosines of all-MiniLM-L6-v2 between unrelated texts (`fluency.background`): the scale that others are brought to."""


def rescaled(similarity: Float32, median: float, spread: float) -> Float32:
    """Cosines of a model whose unrelated texts have this median and spread, on the scale of the default model."""
    return (similarity - np.float32(median)) * np.float32(UNRELATED_SPREAD / spread) + np.float32(UNRELATED_MEDIAN)


def hybrid(similarity: Float32, lexical: Float32) -> Float32:
    """Mean of the cosine and the share of the best BM25: how near a story is, before anything is learnt."""
    return (similarity + lexical) * np.float32(0.5)


def votes(closeness: Float32, voter: Int64, target: Int64, candidates: Int64) -> dict[str, Float32]:
    """What the editors of the neighbours say of each candidate.

    `votes` is ln(1 + 5 · sum of closeness³ over the neighbours that link to the candidate), `best_vote` the largest
    closeness of one that does.

    Args:
        closeness: (neighbours,) `hybrid` of each neighbour.
        voter: (links,) place of the neighbour that links.
        target: (links,) row that it links to.
        candidates: (n,) rows, ascending.
    """
    total, best = np.zeros(len(candidates), np.float32), np.zeros(len(candidates), np.float32)
    if len(target) and len(candidates):
        place = np.minimum(np.searchsorted(candidates, target), len(candidates) - 1)
        hit = candidates[place] == target
        weight = np.maximum(closeness[voter[hit]], 0)
        np.add.at(total, place[hit], weight**3)
        np.maximum.at(best, place[hit], weight)
    return {"votes": np.asarray(np.log1p(np.float32(5) * total)), "best_vote": best}


def typical_age(days: Float32) -> float:
    """The median of the ages that are known; NaN where none is."""
    known = days[np.isfinite(days)]
    middle = [(len(known) - 1) // 2, len(known) // 2]
    return float(np.partition(known, middle)[middle].mean()) if len(known) else float("nan")


def age_columns(days: Float32, typical: float, table: list[float]) -> dict[str, Float32]:
    """ln(1 + days), its hinges max(0, ln(1 + days) - ln(1 + knot)), and the corpus' tempo at that age.

    A candidate without a date is taken to be of the `typical` age of what is near to the query; where that is NaN the
    columns are absent: age says nothing.
    """
    if np.isnan(typical):
        return {}
    filled = np.where(np.isfinite(days), days, typical).astype(np.float32)
    log = np.log1p(filled)
    hinges = {name: np.maximum(log - np.float32(np.log1p(knot)), 0) for name, knot in HINGES.items()}
    return {"age": log, **hinges, "tempo": tempo(filled, table) if table else np.zeros_like(log)}
