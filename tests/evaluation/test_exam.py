"""The exam: every baseline against a plain reading of it, the report and its chart."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from newsdesk import PAPER

from recommender.embedding import HashingEmbedder, Role
from recommender.errors import CorpusError
from recommender.evaluation.chart import draw
from recommender.evaluation.evaluate import Report
from recommender.evaluation.exam import take_exam
from recommender.evaluation.qrels import editors_links
from recommender.evaluation.systems import Baselines, dense_system, engine_system
from recommender.generation import Generation
from recommender.tuning import default_ranker, spread

NOW = 4_000_000_000
DATED = [number for number, record in enumerate(PAPER) if record["published"] is not None]


@pytest.fixture(scope="module")
def report(paper_generation: Generation) -> Report:
    return take_exam(paper_generation, HashingEmbedder(64))


def past(generation: Generation, row: int) -> list[int]:
    """Rows that may stand under a row: dated at or before it by the rule, or undated, and not itself."""
    story = generation.story(row)
    assert story.published
    return [
        other
        for other in range(len(generation))
        if other != row
        and ((published := generation.story(other).published) is None or published.is_past_for(story.published))
    ]


@pytest.mark.parametrize("number", DATED[::40])
def test_baselines_rank_the_past_by_what_they_say(paper_generation: Generation, number: int) -> None:
    row = paper_generation.row_of(PAPER[number]["id"])
    assert row is not None
    plain = Baselines(paper_generation, NOW)
    before = past(paper_generation, row)
    vectors = paper_generation.dense.rows(np.arange(len(paper_generation)))
    titles = HashingEmbedder(64).embed(
        [paper_generation.record(one)["title"] for one in range(len(paper_generation))], Role.DOCUMENT
    ).rows  # fmt: skip
    for found, value in (
        (dense_system(paper_generation, NOW)(row), lambda one: float(vectors[one] @ vectors[row])),
        (plain.titles(titles)(row), lambda one: float(titles[one] @ titles[row])),
    ):
        best = sorted(before, key=lambda one: (-round(value(one), 5), -one))[:10]
        assert [round(value(one), 4) for one in found.tolist()] == pytest.approx([value(one) for one in best], abs=1e-3)
        assert set(found.tolist()) <= set(before)
    section = paper_generation.story(row).section
    expected = [one for one in before if paper_generation.story(one).section == section]
    expected = [one for one in expected if paper_generation.story(one).kind == "article"]
    assert plain.newest(row).tolist() == sorted(expected, reverse=True)[:10]
    for system in (plain.lexical, plain.hybrid, engine_system(paper_generation, default_ranker(paper_generation), NOW)):
        found = system(row).tolist()
        assert len(found) == len(set(found)) == min(10, len(found))
        assert set(found) <= set(before)


def test_every_system_answers_the_same_queries(paper_generation: Generation, report: Report) -> None:
    names = ["newest in section", "title vectors", "plain vectors", "BM25", "hybrid", "default", "tuned"]
    assert [run.name for run in report.runs] == names
    queries = editors_links(paper_generation).newer
    assert report.queries == len(queries)
    assert report.links == sum(len(query.targets) for query in queries)
    assert sum(report.section_sizes.values()) == report.queries
    for run in report.runs:
        assert run.hits.shape == (len(queries), 10)
        for place, query in enumerate(queries):
            hits = np.isin(run.hits[place], query.targets)
            assert run.values["recall@10"][place] == pytest.approx(hits.sum() / len(query.targets))
        known = run.hits[run.hits >= 0]
        assert report.coverage[run.name]["never_recommended"] == pytest.approx(
            1 - len(np.unique(known)) / len(paper_generation), abs=1e-4
        )
    baseline = next(run for run in report.runs if run.name == report.baseline)
    assert report.comparison(baseline).ties == report.queries


def test_the_report_is_json(report: Report) -> None:
    content = report.to_json()
    assert json.loads(json.dumps(content)) == content
    assert set(content["runs"]["tuned"]) >= {"ndcg@10", "ndcg@5", "recall@10", "mrr", "ms_per_query"}


def test_the_chart_is_a_picture_of_the_report(report: Report) -> None:
    report = replace(report, generation="<odd> & name")
    root = ET.fromstring(draw(report))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    for run in report.runs:
        assert run.name in texts
        assert f"{run.mean('ndcg@10').mean:.3f}" in texts
    assert any("<odd> & name" in (text or "") for text in texts)
    bars = [float(bar.get("width", 0)) for bar in root.iter("{http://www.w3.org/2000/svg}rect")][1:]
    means = [run.mean("ndcg@10").mean for run in report.runs]
    assert np.argsort(bars).tolist() == np.argsort(means).tolist()
    assert ET.fromstring(draw(replace(report, runs=[]))) is not None


def test_too_few_links_are_said_so(paper_generation: Generation) -> None:
    with pytest.raises(CorpusError, match="at least 20 are needed"):
        take_exam(paper_generation, HashingEmbedder(64), most=9)


def test_queries_are_spread_evenly(paper_generation: Generation) -> None:
    queries = editors_links(paper_generation).queries
    assert spread(queries, 1_000) == queries
    assert spread(queries, 3) == [queries[0], queries[(len(queries) - 1) // 2], queries[-1]]
    assert spread([], 5) == []
