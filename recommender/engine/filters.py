"""Which rows an answer may hold: state, time direction and the caller's filters, as masks over all rows."""

from collections.abc import Iterable

import numpy as np

from recommender.dates import UNDATED, Moment
from recommender.engine.options import ANY, BACKGROUND, FOLLOWUP, Options
from recommender.generation import FACETS, KIND_HEADLINE, Generation
from recommender.ranking.freshness import from_on, newer_than, past_of
from recommender.readmore import is_stub_id
from recommender.stories import KINDS, STATUSES, USABLE
from recommender.vectors import Mask


def visible(generation: Generation, now: int) -> Mask:
    """Stories that may be shown at `now` (epoch seconds): usable, and under no embargo.

    A headline that only hidden stories mention is theirs, and hidden with them.
    """
    columns, graph = generation.columns, generation.graph
    shown = np.asarray((columns.status == STATUSES.index(USABLE)) & (columns.embargoed <= now))
    _, targets = graph.targets_of(np.flatnonzero(~shown))
    headlines = np.unique(targets[columns.kind[targets] == KIND_HEADLINE])
    place, sources = graph.sources_of(headlines)
    mentions = np.bincount(place, weights=shown[sources], minlength=len(headlines))
    for row in headlines[mentions == 0].tolist():
        shown[row] &= not is_stub_id(str(generation.record(row)["id"]))
    return shown


def mode_of(options: Options, moment: Moment | None, is_stored: bool) -> str:
    """The mode of an answer: as asked, else `background` for a known story with a date, else `any`."""
    mode = options.mode or (BACKGROUND if is_stored else ANY)
    return ANY if moment is None and mode in (BACKGROUND, FOLLOWUP) else mode


def in_time(generation: Generation, mode: str, moment: Moment | None) -> Mask | None:
    """Stories that the mode lets through; None: all."""
    if moment is None or mode not in (BACKGROUND, FOLLOWUP):
        return None
    columns = generation.columns
    choose = past_of if mode == BACKGROUND else newer_than
    return choose(columns.second, columns.is_day, moment, generation.ordered)


def filtered(generation: Generation, options: Options, excluded: Iterable[int]) -> Mask | None:
    """Stories that the caller's filters let through; None: all."""
    columns = generation.columns
    masks: list[Mask] = [
        np.isin(getattr(columns, facet), [columns.code(facet, value) for value in wanted])
        for facet in FACETS
        if (wanted := getattr(options, facet))
    ]
    if options.kind:
        masks.append(np.isin(columns.kind, [KINDS.index(kind) for kind in options.kind]))
    if options.published_after:
        masks.append(from_on(columns.second, columns.is_day, options.published_after))
    if options.published_before:
        masks.append(past_of(columns.second, columns.is_day, options.published_before, generation.ordered))
    rows = np.fromiter(excluded, np.int64)
    if len(rows):
        mask = np.ones(len(generation), np.bool_)
        mask[rows] = False
        masks.append(mask)
    return np.logical_and.reduce(masks) if masks else None


def newest_second(generation: Generation, allowed: Mask, now: int) -> int:
    """The date of the newest allowed story, at most `now`."""
    seconds = generation.columns.second[allowed]
    dated = seconds[(seconds != UNDATED) & (seconds <= now)]
    return int(dated.max()) if len(dated) else now
