"""The read-more graph against a dict of lists."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.graph import Graph, write_graph
from recommender.stories import Link

ROWS = 12
links = st.lists(st.builds(Link, st.integers(0, ROWS - 1), st.integers(0, ROWS - 1)), max_size=40)


@settings(max_examples=80)
@given(links, st.lists(st.integers(0, ROWS - 1), max_size=6))
def test_it_holds_the_links_both_ways(
    tmp_path_factory: pytest.TempPathFactory, links: list[Link], asked: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("graph") / "graph"
    write_graph(folder, ROWS, links)
    graph = Graph(folder)
    out: dict[int, list[int]] = {row: [] for row in range(ROWS)}
    for link in links:
        if link.source != link.target and link.target not in out[link.source]:
            out[link.source].append(link.target)
    into = {row: sorted(source for source, targets in out.items() if row in targets) for row in range(ROWS)}
    assert {row: graph.targets(row).tolist() for row in range(ROWS)} == out
    assert {row: graph.sources(row).tolist() for row in range(ROWS)} == into
    rows = np.array(asked, np.int64)
    for found, expected in ((graph.targets_of(rows), out), (graph.sources_of(rows), into)):
        pairs = list(zip(found[0].tolist(), found[1].tolist(), strict=True))
        assert pairs == [(place, end) for place, row in enumerate(asked) for end in expected[row]]


def test_a_graph_without_rows_or_links(tmp_path: Path) -> None:
    write_graph(tmp_path / "none", 0, [])
    empty = Graph(tmp_path / "none").targets_of(np.empty(0, np.int64))
    assert [part.tolist() for part in empty] == [[], []]
    write_graph(tmp_path / "alone", 1, [Link(0, 0)])
    assert Graph(tmp_path / "alone").targets(0).tolist() == []
