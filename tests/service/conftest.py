"""A service over an engine whose answers are known, and a client that needs no socket."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from recommender.engine.answer import Hit, Recommendations
from recommender.engine.listing import Headlines
from recommender.errors import AmbiguousURL, IndexMismatch, IndexMissing, NotFound, RecommenderError
from recommender.generation.folder import Listed
from recommender.generation.manifest import Manifest
from recommender.service import create_app
from recommender.settings import Settings

TITLES = {"a1": "Storm breaks the wall", "b/2#x": "Ferries stay in port", "c3": "Mayor asks why"}


class FakeIndex:
    def __init__(self) -> None:
        self.live = "g1"

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        yield

    def live_name(self) -> str:
        return self.live

    def listing(self) -> list[Listed]:
        def manifest(name: str, rows: int) -> Manifest:
            return Manifest(name, "2026-03-01T04:00:00Z", rows, {"model": "m"}, "word/1", [], {"articles": rows})

        good = [Listed(name, name == self.live, manifest(name, 3)) for name in ("g1", "g2")]
        return [*good, Listed("g3", False, None, "vectors.npy: has 3 bytes, the manifest says 4")]

    def promote(self, name: str) -> None:
        if name not in ("g1", "g2"):
            raise IndexMissing(f"no generation {name!r}; there are: g1, g2")
        self.live = name


class FakeEngine:
    """Knows three stories; an answer is all others, in order. `g2` was made with another model."""

    def __init__(self) -> None:
        self.index = FakeIndex()
        self.journal = 0
        self.embargo: int | None = None
        self.calls = 0
        self.closed = False
        self.empty = False
        self.published = "2026-03-01"
        self.fault: Exception | None = None
        self.hold: Any = None
        self.encode: Any = lambda query: None
        self.odd_urls: dict[str, str | None] = {}

    def state(self) -> tuple[str, int, int | None]:
        return "g1", self.journal, self.embargo

    def refresh(self) -> None:
        if self.index.live == "g2":
            raise IndexMismatch("generation g2 was made with m2, the one at hand is m")

    def gather_while(self, busy: Any) -> None:
        self.busy = busy

    def encoding(self, query: Any) -> None:
        return self.encode(query)

    def related(self, query: Any, options: Any) -> Recommendations:
        self.calls += 1
        if self.hold is not None:
            self.hold.wait(5)
        if self.fault is not None:
            raise self.fault
        if query.id is not None and query.id not in TITLES:
            raise NotFound("id", query.id)
        if query.url == "https://x.example/shared":
            raise AmbiguousURL(query.url, ["a1", "c3"])
        ids = [] if self.empty else [one for one in TITLES if one != query.id]
        shown = ids[options.offset : options.offset + options.limit]
        return Recommendations(
            query={"id": query.id, "truncated": False, "date_published": self.published},
            hits=[self._hit(row, one, options) for row, one in enumerate(shown)],
            limit=options.limit,
            offset=options.offset,
            exhausted=options.offset + options.limit >= len(ids),
            filtered_out={"same_story": 0, "below_min_score": 0},
            index={"generation": "g1", "model": "m", "built_at": "2026-03-01T04:00:00Z"},
            processing_time_ms=1.5,
            state=self.state(),
            rejected=[{"id": "z9", "title": "Out", "reason": "below min_score", "score": 0.1}]
            if options.explain
            else None,
        )

    def _hit(self, row: int, one: str, options: Any) -> Hit:
        values: dict[str, Any] = {
            "id": one, "kind": "article", "title": TITLES[one], "date_published": "2026-03-01", "language": "en",
            "url": self.odd_urls.get(one, f"https://x.example/{row}"), "image": None, "summary": "…", "section": "City",
            "source": None, "score": 0.9 - row / 10, "similarity": 0.5, "story": {"size": 1},
        }  # fmt: skip
        if options.explain:
            values["reasons"] = {"says similar things": 0.6, "far in time": -0.2}
        return Hit(row, 0.9, 0.5, values)

    def related_many(self, requests: Any) -> list[Recommendations | RecommenderError]:
        answers: list[Recommendations | RecommenderError] = []
        for query, options in requests:
            try:
                answers.append(self.related(query, options))
            except RecommenderError as error:
                answers.append(error)
        return answers

    def story(self, story_id: str) -> dict[str, Any]:
        if story_id not in TITLES:
            raise NotFound("id", story_id)
        return {
            "id": story_id, "title": TITLES[story_id], "text": "One.\n\nTwo.", "kind": "article", "summary": "One.",
            "links": {"read_more": [{"id": "c3", "title": TITLES["c3"]}], "mentioned_by": []},
        }  # fmt: skip

    def headlines(self, limit: int, offset: int) -> Headlines:
        return Headlines([{"id": "h1", "title": "Waiting", "mentioned_by": [{"id": "a1", "title": "Storm"}]}], 1)

    def newest(self, limit: int) -> list[dict[str, Any]]:
        return [{"id": one, "title": title, "url": f"https://x.example/{one}"} for one, title in TITLES.items()]

    def describe(self) -> dict[str, Any]:
        return {
            "generation": "g1", "built_at": "2026-03-01T04:00:00Z", "stories": 3, "counts": {"headlines": 0},
            "quality": {},
            "sections": ["City"], "languages": ["en"], "sources": [], "embedder": {"model": "m"}, "bytes": 1_000,
        }  # fmt: skip

    def close(self) -> None:
        self.closed = True


class Client:
    """Requests to an application, on one event loop."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self._runner = asyncio.Runner()
        self.service = app.state.service

    def __call__(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.together((method, path, more))[0]

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self("POST", path, **more)

    def together(self, *requests: tuple[str, str, dict[str, Any]]) -> list[httpx.Response]:
        async def send() -> list[httpx.Response]:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://service.example") as client:
                return await asyncio.gather(*(client.request(method, path, **more) for method, path, more in requests))

        return self._runner.run(send())

    def close(self) -> None:
        self.service.list_work.close()
        self.service.engine_work.close()
        self.service.change_work.close()
        self.service.status_work.close()
        self._runner.close()


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def make(engine: FakeEngine) -> Iterator[Any]:
    made: list[Client] = []

    def build(**settings: Any) -> Client:
        made.append(Client(create_app(replace(Settings(), **settings), engine)))
        return made[-1]

    yield build
    for client in made:
        client.close()


@pytest.fixture
def client(make: Any) -> Client:
    return make(admin_key=("secret",))
