"""Stories near to a query that an answer may not hold, and what keeps them out, in words an editor understands."""

import numpy as np

from recommender.engine.filters import in_time, mode_of
from recommender.engine.options import FOLLOWUP, Options
from recommender.engine.probe import Probe
from recommender.generation import FACETS, Generation
from recommender.ranking.freshness import from_on, past_of
from recommender.stories import KINDS
from recommender.vectors import Int64, Mask, top_k

NEAREST = 20
"""Stories by each channel that are looked at."""


def kept_out(
    generation: Generation, probe: Probe, options: Options, shown: Mask, allowed: Mask, own: Int64
) -> list[tuple[int, str]]:
    """The nearest of the stories that are shown but not allowed: row and reason, nearest first.

    Args:
        generation: where to look.
        probe: the query.
        options: whose filters keep them out.
        shown: rows that may be seen at all (mask (n,)).
        allowed: rows that the answer may hold (mask (n,)).
        own: rows that are the query itself.
    """
    barred = shown & ~allowed
    barred[own] = False
    dense = generation.dense.search(probe.vector[None], NEAREST, barred).rows[0]
    scores = np.where(barred, generation.lexical.scores(probe.terms), 0)
    lexical = top_k(scores, NEAREST)
    near = np.union1d(dense[dense >= 0], lexical[scores[lexical] > 0])
    order = np.argsort(-(generation.dense.rows(near) @ probe.vector), kind="stable")[:NEAREST]
    mode = mode_of(options, probe.moment, probe.row is not None)
    when = in_time(generation, mode, probe.moment)
    out_of_time = "older than the story" if mode == FOLLOWUP else "newer than the story"
    return [
        (row, _reason(generation, options, row) if when is None or when[row] else out_of_time)
        for row in near[order].tolist()
    ]


def _reason(generation: Generation, options: Options, row: int) -> str:
    columns = generation.columns
    second, is_day = columns.second[row : row + 1], columns.is_day[row : row + 1]
    for facet in FACETS:
        wanted = getattr(options, facet)
        if wanted and getattr(columns, facet)[row] not in [columns.code(facet, value) for value in wanted]:
            return f"another {facet}"
    if options.kind and KINDS[int(columns.kind[row])] not in options.kind:
        return "another kind"
    if options.published_after and not from_on(second, is_day, options.published_after)[0]:
        return "published too early"
    if options.published_before and not past_of(second, is_day, options.published_before)[0]:
        return "published too late"
    return "excluded"
