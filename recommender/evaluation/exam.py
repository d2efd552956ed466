"""The whole exam of a generation: every baseline, the defaults and the tuned model, on the newer half of its links."""

import time
from collections.abc import Sequence

import numpy as np

from recommender.embedding import Embedder, Role
from recommender.errors import CorpusError
from recommender.evaluation.evaluate import Report, Run, make_report, run_system
from recommender.evaluation.qrels import Judged, editors_links
from recommender.evaluation.systems import Baselines, System, dense_system, engine_system
from recommender.generation import Generation
from recommender.progress import Progress, Silent
from recommender.recipe import clean
from recommender.tuning import spread, tune, untuned
from recommender.vectors import Float32

BASELINE = "plain vectors"
"""What a plain embedding index answers: the yardstick."""

FEWEST = 10
"""Judged queries below which figures would say nothing."""


def take_exam(
    generation: Generation, embedder: Embedder, *, most: int = 2_000, progress: Progress | None = None
) -> Report:
    """Run every system over the newer half of the judged queries (at most `most`, evenly spread).

    The tuned model is fitted here, on the older half, whether or not it is the one that is served.

    Raises:
        CorpusError: too few read-more links to measure on.
    """
    progress = progress or Silent()
    qrels = editors_links(generation)
    queries = spread(qrels.newer, most)
    if len(queries) < FEWEST:
        raise CorpusError(
            f"{len(qrels.queries)} stories of this index link to an earlier one; at least {2 * FEWEST} are needed "
            "to measure on (half of them are kept for fitting)"
        )
    now = int(time.time())
    titles = _title_vectors(generation, embedder, progress)
    tuned = tune(generation, progress=progress).ranker
    plain = Baselines(generation, now)
    systems: dict[str, System] = {
        "newest in section": plain.newest,
        "title vectors": plain.titles(titles),
        BASELINE: dense_system(generation, now),
        "BM25": plain.lexical,
        "hybrid": plain.hybrid,
        "default": engine_system(generation, untuned(tuned), now),
        "tuned": engine_system(generation, tuned, now),
    }
    return make_report(generation, queries, _run_all(systems, queries, progress), BASELINE)


def _run_all(systems: dict[str, System], queries: Sequence[Judged], progress: Progress) -> list[Run]:
    runs = []
    for name, system in systems.items():
        progress.step(f"Measuring {name}", len(queries), "queries")
        runs.append(run_system(name, system, queries, progress))
    return runs


def _title_vectors(generation: Generation, embedder: Embedder, progress: Progress) -> Float32:
    """The vectors of all titles (n, dim)."""
    progress.step("Embedding titles", len(generation), "titles")
    vectors = np.zeros((len(generation), embedder.dim), np.float32)
    for begin in range(0, len(generation), 4_096):
        end = min(begin + 4_096, len(generation))
        titles = [clean(str(generation.record(row).get("title", "")), embedder.max_chars) for row in range(begin, end)]
        vectors[begin:end] = embedder.embed(titles, Role.DOCUMENT).rows
        progress.advance(end - begin)
    return vectors
