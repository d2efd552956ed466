"""The exam that a corpus carries: its editors' own read-more links."""

from dataclasses import dataclass

import numpy as np

from recommender.dates import DAY_SECONDS, UNDATED
from recommender.generation import KIND_ARTICLE, Generation
from recommender.vectors import Int64


@dataclass(frozen=True)
class Judged:
    """A query and the stories that its editors linked to, as rows."""

    row: int
    targets: Int64


@dataclass(frozen=True)
class Qrels:
    """Judged queries in order of date, then id."""

    queries: list[Judged]

    @property
    def older(self) -> list[Judged]:
        """The older half: to fit on."""
        return self.queries[: len(self.queries) // 2]

    @property
    def newer(self) -> list[Judged]:
        """The newer half: to measure on."""
        return self.queries[len(self.queries) // 2 :]


def editors_links(generation: Generation) -> Qrels:
    """The qrels of a generation.

    A target counts where it is an article of the same day or earlier. Digests and undated stories are neither
    queries nor labels; they stay candidates.
    """
    columns, graph = generation.columns, generation.graph
    day = columns.second // DAY_SECONDS
    usable = (columns.kind == KIND_ARTICLE) & (columns.second != UNDATED) & ~columns.digest
    queries = []
    for row in np.flatnonzero(usable):
        targets = graph.targets(int(row))
        targets = targets[usable[targets] & (day[targets] <= day[row]) & (targets != row)]
        if len(targets):
            queries.append(Judged(int(row), np.unique(targets)))
    # Rows of one day are in descending order of id.
    queries.sort(key=lambda query: (int(day[query.row]), -query.row))
    return Qrels(queries)
