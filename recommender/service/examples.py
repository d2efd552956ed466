"""Examples for the API's description."""

from typing import Any

from recommender.service.problems import Kind

_INDEX = {"generation": "20260322T040000Z-7f3a", "model": "all-MiniLM-L6-v2", "built_at": "2026-03-22T04:00:12Z"}

RELATED: dict[str, Any] = {
    "query": {"id": "hl-0101", "truncated": False},
    "hits": [
        {
            "id": "hl-0115", "kind": "article", "title": "Storm Ragna breaches the North Mole",
            "url": "https://harbour-ledger.example/2026/02/05/storm-ragna-breaches-north-mole",
            "summary": "A hole twelve metres wide opened in the sea wall overnight.", "image": None,
            "date_published": "2026-02-05", "language": "en", "section": "City", "source": "The Harbour Ledger",
            "score": 0.83, "similarity": 0.71, "story": {"size": 3},
        }
    ],
    "limit": 10, "offset": 0, "exhausted": False, "filtered_out": {"same_story": 3, "below_min_score": 0},
    "processing_time_ms": 4.1, "index": _INDEX,
}  # fmt: skip
QUESTION = {
    "text": "The sea wall broke in the night, and the ferries stayed in the harbour.",
    "limit": 5,
    "section": ["City"],
}
FRAGMENT = (
    '<nav class="read-more" part="container" aria-label="Read more">'
    '<h2 class="read-more-heading" part="heading">Read more</h2><ul class="read-more-list" part="list">'
    '<li class="read-more-item" part="item"><a class="read-more-link" part="link" '
    'href="https://harbour-ledger.example/2026/02/05/storm-ragna-breaches-north-mole" dir="auto" lang="en">'
    'Storm Ragna breaches the North Mole</a> <time class="read-more-date" part="date" datetime="2026-02-05">'
    "5 February 2026</time></li></ul></nav>"
)
STORY = {
    "id": "hl-0115", "kind": "article", "title": "Storm Ragna breaches the North Mole",
    "text": "A hole twelve metres wide opened in the sea wall overnight…", "published": "2026-02-05", "section": "City",
    "summary": "A hole twelve metres wide opened in the sea wall overnight.",
    "links": {"read_more": [{"id": "hl-0101", "title": "Ferries tied up as Storm Ragna nears"}], "mentioned_by": []},
}  # fmt: skip
INDEX = {**_INDEX, "stories": 140, "counts": {"articles": 120, "headlines": 20, "links": 210}}
GENERATIONS = {
    "generations": [{"generation": _INDEX["generation"], "live": True, "built_at": _INDEX["built_at"], "stories": 140}]
}


def problem_of(kind: Kind) -> dict[str, Any]:
    """An example of a kind of problem."""
    members: dict[str, Any] = {"type": f"/docs#problem-{kind.slug}", "title": kind.title, "status": kind.status}
    if kind.status == 422:
        members |= {
            "detail": "limit: is 101, allowed are 1 to 100",
            "errors": [{"field": "limit", "detail": "is 101, allowed are 1 to 100"}],
        }
    return members | {"request_id": "5f0c4d1e9a7b2c36"}


BATCH = {"results": [RELATED, {"type": "/docs#problem-not-found", "title": "Not found", "status": 404,
                               "detail": "no story with the id 'x' in this index"}]}  # fmt: skip
