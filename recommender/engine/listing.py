"""What there is, without a question: the newest stories, the headlines that wait, all articles, their sections."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from recommender.engine.order import best_first
from recommender.engine.render import Renderer
from recommender.generation import KIND_ARTICLE, KIND_HEADLINE, Generation
from recommender.vectors import Int64, Mask


@dataclass(frozen=True)
class Headlines:
    """A page of the headlines without an article: `items` as the fields of a hit, `total` of all pages."""

    items: list[dict[str, Any]]
    total: int


def waiting(generation: Generation, render: Renderer, shown: Mask, limit: int, offset: int) -> Headlines:
    """Headlines whose article is not there: those with the most editors' links first, then the latest linked."""
    columns = generation.columns
    rows = np.flatnonzero(shown & (columns.kind == KIND_HEADLINE))
    place, sources = generation.graph.sources_of(rows)
    seen = shown[sources]
    place, sources = place[seen], sources[seen]
    latest = np.full(len(rows), np.iinfo(np.int64).min)
    np.maximum.at(latest, place, columns.second[sources])
    order = np.lexsort((rows, -latest.astype(np.float64), -np.bincount(place, minlength=len(rows))))
    page = rows[order[offset : offset + limit]]
    return Headlines([render.listed(int(row), shown) for row in page], len(rows))


def latest(generation: Generation, render: Renderer, shown: Mask, limit: int) -> list[dict[str, Any]]:
    """The newest articles."""
    allowed = shown & (generation.columns.kind == KIND_ARTICLE)
    return [render.listed(int(row), shown) for row in newest(generation, allowed, limit)]


def articles(generation: Generation, shown: Mask) -> list[tuple[str, str | None]]:
    """The id and URL of every article."""
    rows = np.flatnonzero(shown & (generation.columns.kind == KIND_ARTICLE))
    records = (generation.record(int(row)) for row in rows)
    return [(str(record["id"]), record.get("url")) for record in records]


def facet_values(generation: Generation, facet: str, shown: Mask) -> list[str]:
    """The sections, languages or sources of the stories that may be seen, in the order of the alphabet."""
    codes = getattr(generation.columns, facet)[shown]
    used = np.flatnonzero(np.bincount(codes[codes >= 0]))
    return sorted(generation.columns.facets[facet][code] for code in used.tolist())


def newest(generation: Generation, allowed: Mask, count: int) -> Int64:
    """The newest of the allowed rows, the newest first."""
    rows = np.flatnonzero(allowed)
    if generation.ordered == len(generation):
        return np.asarray(rows[-count:][::-1])
    seconds = generation.columns.second[rows]
    if count < len(rows):
        late = seconds >= np.partition(seconds, -count)[-count]
        rows, seconds = rows[late], seconds[late]
    return rows[best_first(generation, np.zeros(len(rows), np.float32), seconds, rows)[:count]]
