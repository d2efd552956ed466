"""What changes from one generation to another: the stories, and how many lists of recommendations."""

import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from recommender.engine.filters import visible
from recommender.engine.options import Options
from recommender.engine.probe import probe_row
from recommender.engine.searcher import Searcher
from recommender.generation import KIND_ARTICLE, Generation
from recommender.vectors import Mask

_SHOWN = 20


@dataclass(frozen=True)
class Difference:
    """Ids of stories that only one has, or that differ (the first ones; `counts` has all), and of lists compared.

    `lists_changed` counts lists whose ids or their order differ; `overlap` is the mean share of ids in common.
    """

    before: str
    after: str
    counts: dict[str, int]
    added: list[str]
    removed: list[str]
    changed: list[str]
    lists_compared: int
    lists_changed: int
    overlap: float

    def to_json(self) -> dict[str, Any]:
        """The difference as a JSON object."""
        return asdict(self)


def difference(before: Generation, after: Generation, sample: int = 200) -> Difference:
    """Compare two generations; `sample` articles that both have are asked for their lists."""
    old, new = _rows(before), _rows(after)
    added, removed = [name for name in new if name not in old], [name for name in old if name not in new]
    common = [name for name in new if name in old]
    changed = [name for name in common if before.record(old[name]) != after.record(new[name])]
    now = int(time.time())
    shown = visible(before, now), visible(after, now)
    is_article = after.columns.kind == KIND_ARTICLE
    askable = [name for name in common if shown[0][old[name]] and shown[1][new[name]] and is_article[new[name]]]
    asked = [askable[place] for place in np.linspace(0, len(askable) - 1, min(sample, len(askable))).astype(int)]
    searchers = Searcher(before, before.ranker), Searcher(after, after.ranker)
    shares, differ = [], 0
    for name in asked:
        one = _list(searchers[0], old[name], shown[0], now)
        other = _list(searchers[1], new[name], shown[1], now)
        differ += one != other
        shares.append(len(set(one) & set(other)) / max(len(one), len(other), 1) if one or other else 1.0)
    return Difference(
        before=before.name,
        after=after.name,
        counts={"added": len(added), "removed": len(removed), "changed": len(changed), "common": len(common)},
        added=added[:_SHOWN],
        removed=removed[:_SHOWN],
        changed=changed[:_SHOWN],
        lists_compared=len(asked),
        lists_changed=differ,
        overlap=round(float(np.mean(shares)), 4) if shares else 1.0,
    )


def _rows(generation: Generation) -> dict[str, int]:
    return {str(generation.record(row)["id"]): row for row in range(len(generation))}


def _list(searcher: Searcher, row: int, shown: Mask, now: int) -> list[str]:
    found = searcher.search(probe_row(searcher.generation, row), Options(), shown, now)
    return [str(searcher.generation.record(int(found.ranked.rows[place]))["id"]) for place in found.page]
