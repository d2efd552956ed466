"""The pages for people beside the desk: a story, headlines, the index, its quality, and the widget at work."""

import re
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from recommender.engine.query import Options, Query, parse_request
from recommender.errors import InputError
from recommender.service.fragment import READERS, day_of, render_fragment, wider
from recommender.service.html import for_people, page, reading
from recommender.service.questions import View, read_pairs
from recommender.service.routes.desk import explained
from recommender.service.routes.index import described

router = APIRouter(include_in_schema=False)
_PARAGRAPHS = re.compile(r"\s*\n\s*")


@router.get("/story")
@for_people()
async def story(request: Request) -> Response:
    """A story, what it links to and what links to it, and its list with the reasons."""
    service = reading(request)
    story_id = _only_id(request)
    record = await service.engine_work.run(service.engine.story, story_id)
    answer = await explained(service, Query(id=story_id), Options(explain=True))
    return page(request, "story.html", story=record, paragraphs=_paragraphs(record), answer=answer)


@router.get("/headlines")
@for_people()
async def headlines(request: Request) -> Response:
    """Headlines that editors pointed to and whose article is not in the corpus: all, or those near a text."""
    service = reading(request)
    about = await service.engine_work.run(service.engine.describe)
    text = read_pairs(request.scope["query_string"]).get("q", [""])[0].strip()
    options: dict[str, Any] = {"kind": "headline", "limit": 100}
    if not text:  # nothing scores 1: what is left are the newest
        options |= {"min_score": 1, "on_empty": "latest"}
    query, checked = parse_request({"text": text or "headline", **options}, service.settings.max_text)
    found = await service.engine_work.run(service.engine.related, query, checked)
    hits = [hit.values for hit in found.hits]
    return page(request, "headlines.html", hits=hits, text=text, waiting=about.get("counts", {}).get("headlines"))


@router.get("/index")
@for_people()
async def index(request: Request) -> Response:
    """What is served, all generations, and switching between them."""
    service = reading(request)
    about = await service.engine_work.run(service.engine.describe)
    listing = described(await service.change_work.run(service.engine.index.listing))
    return page(request, "index.html", about=about, generations=listing, writing=service.keys.writing_is_on)


@router.get("/quality")
@for_people()
async def quality(request: Request) -> Response:
    """How well the ranking finds what editors linked to, beside simple baselines."""
    service = reading(request)
    about = await service.engine_work.run(service.engine.describe)
    return page(request, "quality.html", about=about, quality=about.get("quality") or {})


@router.get("/demo")
@for_people()
async def demo(request: Request) -> Response:
    """A page of a made-up newspaper with the widget, as a site would add it."""
    service = reading(request)
    work, engine = service.engine_work, service.engine
    newest, options = parse_request(
        {"text": "story", "kind": "article", "min_score": 1, "on_empty": "latest", "limit": 100}
    )
    found = await work.run(engine.related, newest, options)
    others = [hit.values for hit in found.hits]
    given = read_pairs(request.scope["query_string"]).get("id", [])
    story_id = given[0] if given else next((one["id"] for one in others if one.get("url")), None)
    if story_id is None:
        raise InputError("id", "the index holds no article to show")
    record = await work.run(engine.story, story_id)
    nearest = await work.run(engine.related, Query(id=story_id), wider(READERS))
    fragment = render_fragment([hit.values for hit in nearest.hits], READERS.limit, View(thumbnails=True))
    return page(
        request,
        "demo.html",
        story=record,
        day=day_of(record.get("published")),
        paragraphs=_paragraphs(record),
        fragment=fragment,
        others=[one for one in others if one["id"] != story_id][::12][:6],
        base=service.base_url or str(request.base_url).rstrip("/"),
    )


def _only_id(request: Request) -> str:
    given = read_pairs(request.scope["query_string"]).get("id", [])
    if len(given) != 1 or not given[0]:
        raise InputError("id", "give the id of one story")
    return given[0]


def _paragraphs(record: dict[str, Any]) -> list[str]:
    return [part for part in _PARAGRAPHS.split(str(record.get("text") or "").strip()) if part]
