"""What keeps a story out of an answer, in words an editor understands."""

from collections.abc import Iterator
from typing import Any

import pytest
from newsdesk import ask, engine_of, ids, make_index, story

from recommender.engine import Recommender


@pytest.fixture(scope="module")
def near(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recommender]:
    """Stories near to `wall`, of which each differs in one thing."""
    here: dict[str, Any] = {"section": "City", "source": "Ledger"}
    records = [
        story("wall", "Storm breaks harbour wall", "", "2026-02-05", **here),
        story("before", "Storm wall of the harbour once", "", "2026-02-01", **here),
        story("after", "Storm wall of the harbour again", "", "2026-02-09", **here),
        story("elsewhere", "Storm wall of the harbour abroad", "", "2026-02-05", section="World", source="Ledger"),
        story("foreign", "Storm wall of the harbour there", "", "2026-02-05", **here | {"language": "de"}),
        story("wire", "Storm wall of the harbour sent", "", "2026-02-05", section="City", source="Wire"),
        story("hidden", "Storm wall of the harbour gone", "", "2026-02-05", status="withheld", **here),
    ]
    folder = tmp_path_factory.mktemp("near") / "index"
    make_index(folder, records)
    with engine_of(folder) as recommender:
        yield recommender


@pytest.mark.parametrize(
    ("options", "name", "reason"),
    [
        ({}, "after", "newer than the story"),
        ({"mode": "followup"}, "before", "older than the story"),
        ({"section": "City"}, "elsewhere", "another section"),
        ({"language": "en"}, "foreign", "another language"),
        ({"source": "Ledger"}, "wire", "another source"),
        ({"kind": "headline"}, "before", "another kind"),
        ({"published_after": "2026-02-03"}, "before", "published too early"),
        ({"published_before": "2026-02-03"}, "wire", "published too late"),
        ({"exclude": "wire"}, "wire", "excluded"),
        ({"section": "World", "mode": "followup"}, "before", "older than the story"),
    ],
)
def test_a_filter_says_what_it_takes_out(near: Recommender, options: dict[str, str], name: str, reason: str) -> None:
    answer = ask(near, "wall", limit=100, explain=True, **options)
    said = {one["id"]: one["reason"] for one in answer.rejected or ()}
    assert name not in ids(answer)
    assert said[name] == reason
    assert not {"wall", "hidden"} & said.keys()
    assert not said.keys() & set(ids(answer))
