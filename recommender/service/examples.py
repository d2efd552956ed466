"""Examples for the API's description."""

from typing import Any

from recommender.service.problems import Kind

STORED = "hl-0011"
"""A story of the sample corpus: what is read."""
NEW = "example-1"
"""No story of the sample corpus: what is written, so that trying an example changes none of its stories."""

GENERATION = "20260322T040000Z-7f3a"
BUILD = "20260322T040000Z-51c0"
_INDEX = {"generation": GENERATION, "model": "all-MiniLM-L6-v2", "built_at": "2026-03-22T04:00:12Z"}

ASKED: dict[str, Any] = {"text": "storm breaks the sea wall", "limit": 2}
"""The question of the GET examples."""
QUESTION = {
    "text": "The sea wall broke in the night, and the ferries stayed in the harbour.",
    "limit": 1,
    "section": ["City"],
}
QUERIES: dict[str, Any] = {"queries": [{"id": STORED, "limit": 1}, {"id": "x"}]}


def _hit(
    story_id: str, section: str, published: str, path: str, title: str, summary: str, **found: Any
) -> dict[str, Any]:
    return {
        "id": story_id, "kind": "article", "title": title, "url": f"https://harbourledger.example/{path}",
        "summary": summary, "image": None, "date_published": published, "language": "en", "section": section,
        "source": "The Harbour Ledger", **found, "story": {"size": 1},
    }  # fmt: skip


_WALL = _hit(
    "hl-0021", "Opinion", "2026-02-10T06:00:00Z", "opinion/2026-02-10-build-the-wall-higher",
    "The next sea will not wait for a committee",
    "Everyone in Port Salder knows someone whose cellar is full of water. Everyone also knows, or should, "
    "that we were lucky. Storm Ragna arrived a day before the spring tide.",
    score=0.869, similarity=0.4695,
)  # fmt: skip
_CONCRETE = _hit(
    "hl-0036", "City", "2026-02-16T11:40:00Z", "city/2026-02-16-concrete-north-mole-breach",
    "Engineers start pouring concrete into the North Mole breach",
    "The first of 1,150 cubic metres of concrete went into the gap in the North Mole on Monday morning, "
    "eleven days after Storm Ragna opened it.",
    score=0.593, similarity=0.4039,
)  # fmt: skip
_TIED_UP = _hit(
    "hl-0010", "City", "2026-02-04T15:20:00Z", "city/2026-02-04-storm-ragna-ferries-tied-up",
    "Storm Ragna bears down on Port Salder as ferries are tied up",
    "The harbour master ordered both Tarrow Island ferries to double their mooring lines and stay in port "
    "from two o'clock on Wednesday afternoon, eleven hours before Storm Ragna is due to reach the Salder Coast.",
    score=0.7608, similarity=0.7438,
)  # fmt: skip


def _answer(query: dict[str, Any], hits: list[dict[str, Any]], same_story: int) -> dict[str, Any]:
    return {
        "query": query, "hits": hits, "limit": len(hits), "offset": 0, "exhausted": False,
        "filtered_out": {"same_story": same_story, "below_min_score": 0}, "processing_time_ms": 4.1, "index": _INDEX,
    }  # fmt: skip


_OF_TEXT = {"truncated": False, "language": "en"}
RELATED = _answer(_OF_TEXT, [_WALL, _CONCRETE], 1)
"""The answer to `ASKED`."""
RELATED_TO_DRAFT = _answer(_OF_TEXT, [{**_CONCRETE, "score": 0.7037, "similarity": 0.4397}], 1)
"""The answer to `QUESTION`."""
RELATED_TO_STORY = _answer({"id": STORED, "truncated": True, "date_published": "2026-02-05T08:55:00Z"}, [_TIED_UP], 0)
FRAGMENT = (
    '<nav class="read-more" part="container" aria-label="Read more">'
    '<h2 class="read-more-heading" part="heading">Read more</h2><ul class="read-more-list" part="list">'
    '<li class="read-more-item" part="item"><a class="read-more-link" part="link" '
    'href="https://harbourledger.example/opinion/2026-02-10-build-the-wall-higher" dir="auto" lang="en">'
    'The next sea will not wait for a committee</a> <time class="read-more-date" part="date" datetime="2026-02-10">'
    "10 February 2026</time></li>"
    '<li class="read-more-item" part="item"><a class="read-more-link" part="link" '
    'href="https://harbourledger.example/city/2026-02-16-concrete-north-mole-breach" dir="auto" lang="en">'
    "Engineers start pouring concrete into the North Mole breach</a> "
    '<time class="read-more-date" part="date" datetime="2026-02-16">16 February 2026</time></li></ul></nav>'
)
STORED_URL = "https://harbourledger.example/city/2026-02-05-storm-ragna-breaches-north-mole"
STORY = {
    "id": STORED, "kind": "article", "title": "Storm Ragna breaches North Mole and floods cellars in Saltmarket",
    "text": "Storm Ragna opened a 38-metre hole in the North Mole of Port Salder…", "url": STORED_URL,
    "published": "2026-02-05T08:55:00Z", "section": "City", "language": "en", "source": "Coastal Press Agency",
    "summary": "Storm Ragna opened a 38-metre hole in the North Mole of Port Salder in the early hours of Thursday, "
    "sending waves across the inner harbour and flooding at least 260 cellars in the Saltmarket district. Nobody was "
    "killed.",
    "links": {
        "read_more": [
            {"id": "hl-0010", "title": "Storm Ragna bears down on Port Salder as ferries are tied up"},
            {"id": "hl-0005", "title": "Sea off Brack Point was warmest on record for January"},
        ],
        "mentioned_by": [],
    },
}  # fmt: skip
INDEX = {**_INDEX, "stories": 120, "counts": {"articles": 111, "headlines": 9, "links": 266}}
GENERATIONS = {
    "generations": [{"generation": GENERATION, "live": True, "built_at": _INDEX["built_at"], "stories": 120}]
}
RECORD = {
    "title": "Two more sailings a day to Tarrow Island",
    "published": "2026-03-23T06:40:00Z", "section": "City", "language": "en", "source": "The Harbour Ledger",
    "url": "https://harbourledger.example/city/2026-03-23-tarrow-island-more-sailings",
    "text": "The shipping office adds a morning and an evening ferry from Monday.\n\nRead more:\n"
    "- Harbour ferries return as storm repairs finish",
}  # fmt: skip
RECORDS = (
    '{"id":"example-2","title":"Market hall opens on Sundays","text":"From April the stalls open at ten."}\n'
    '{"id":"example-3","title":"Night bus 14 runs later","text":"The last one leaves at two."}\n'
)
RESULTS = (
    '{"id":"example-2","result":"created","position":1208}\n{"id":"example-3","result":"created","position":1209}\n'
)


def problem_of(kind: Kind) -> dict[str, Any]:
    """An example of a kind of problem."""
    members: dict[str, Any] = {"type": f"/docs#problem-{kind.slug}", "title": kind.title, "status": kind.status}
    if kind.status == 422:
        members |= {
            "detail": "limit: is 101, allowed are 1 to 100",
            "errors": [{"field": "limit", "detail": "is 101, allowed are 1 to 100"}],
        }
    return members | {"request_id": "5f0c4d1e9a7b2c36"}


BATCH = {"results": [RELATED_TO_STORY, {"type": "/docs#problem-not-found", "title": "Not found", "status": 404,
                               "detail": "no story with the id 'x' in this index"}]}  # fmt: skip
