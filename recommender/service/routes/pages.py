"""The pages for people beside the desk: a story, headlines that wait, its quality, and the widget at work."""

import re
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from recommender.engine.options import Options
from recommender.engine.query import Query, parse_request
from recommender.errors import InputError, NotFound
from recommender.service.context import Service, reading, request_id_of
from recommender.service.fragment import READERS, day_of, render_fragment, wider
from recommender.service.html import for_people, page
from recommender.service.questions import View, read_pairs
from recommender.service.routes.desk import explained

router = APIRouter(include_in_schema=False)
_PARAGRAPHS = re.compile(r"\s*\n\s*")
_PER_PAGE, _MOST_PER_PAGE = 50, 100
_SYSTEMS = {
    "plain vectors": ("A plain vector index", "the nearest texts by embedding, as most services do"),
    "default": ("This service, not tuned", "the general weights, which know nothing of this corpus"),
    "served": ("This service, as it is served", "what readers get"),
}
_OTHERS = 6


@router.get("/story")
@for_people()
async def story(request: Request) -> Response:
    """A story, what it links to and what links to it, and its list with the reasons."""
    service = reading(request)
    story_id = _only_id(request)
    writing = service.keys.writing_is_on
    try:
        record = await service.engine_work.run(service.engine.story, story_id)
        answer = await explained(service, Query(id=story_id), Options(explain=True))
        fragment = await _fragment(service, story_id, View(heading=""))
    except NotFound as error:  # never there, or withdrawn: nobody is told which without the key
        about = service.problems.members(error, request_id_of(request))
        return page(request, "problem.html", 404, problem=about, hidden_id=story_id if writing else None)
    return page(
        request, "story.html", story=record, paragraphs=_paragraphs(record), answer=answer, fragment=fragment,
        writing=writing,
    )  # fmt: skip


@router.get("/headlines")
@for_people()
async def headlines(request: Request) -> Response:
    """Headlines that editors pointed to and whose article is not in the corpus: all, or those near a text."""
    service = reading(request)
    given = read_pairs(request.scope["query_string"])
    text = given.get("q", [""])[0].strip()
    offset, per = _number(given, "offset", 0, 10**9), _number(given, "per", _PER_PAGE, _MOST_PER_PAGE) or 1
    listed = await service.engine_work.run(service.engine.headlines, per, 0 if text else offset)
    if text:
        query, options = parse_request({"text": text, "kind": "headline", "limit": per}, service.settings.max_text)
        found = await service.engine_work.run(service.engine.related, query, options)
        return page(request, "headlines.html", hits=[hit.values for hit in found.hits], text=text, total=listed.total)
    size = {} if per == _PER_PAGE else {"per": per}
    turn = {
        name: f"/headlines?{urlencode({'offset': start} | size)}"
        for name, start in (("Previous", max(0, offset - per)), ("Next", offset + per))
        if 0 <= start < listed.total and start != offset
    }
    return page(
        request, "headlines.html", hits=listed.items, text="", total=listed.total, first=offset + 1, turn=turn
    )  # fmt: skip


@router.get("/quality")
@for_people()
async def quality(request: Request) -> Response:
    """How well the ranking finds what editors linked to, beside a plain vector index."""
    service = reading(request)
    about = await service.engine_work.run(service.engine.describe)
    measured = about.get("quality") or {}
    systems = [(*words, measured[name]) for name, words in _SYSTEMS.items() if name in measured]
    top = max((interval["high"] for *_, interval in systems), default=1.0)
    return page(request, "quality.html", about=about, quality=measured, systems=systems, top=max(top, 0.1))


@router.get("/demo")
@for_people()
async def demo(request: Request) -> Response:
    """A page of a made-up newspaper with the widget, as a site would add it."""
    service = reading(request)
    work, engine = service.engine_work, service.engine
    others = await work.run(engine.newest, 100)
    given = read_pairs(request.scope["query_string"]).get("id", [])
    story_id = given[0] if given else next((one["id"] for one in others if one.get("url")), None)
    if story_id is None:
        raise InputError("id", "the index holds no article to show")
    record = await work.run(engine.story, story_id)
    fragment = await _fragment(service, story_id, View(thumbnails=True))
    others = [one for one in others if one["id"] != story_id]
    return page(
        request,
        "demo.html",
        story=record,
        day=day_of(record.get("published"), record.get("language")),
        paragraphs=_paragraphs(record),
        fragment=fragment,
        others=others[:: max(1, len(others) // _OTHERS)][:_OTHERS],
        base=service.base_url or str(request.base_url).rstrip("/"),
    )


async def _fragment(service: Service, story_id: str, view: View) -> str:
    nearest = await service.engine_work.run(service.engine.related, Query(id=story_id), wider(READERS))
    return render_fragment([hit.values for hit in nearest.hits], READERS.limit, view)


def _only_id(request: Request) -> str:
    given = read_pairs(request.scope["query_string"]).get("id", [])
    if len(given) != 1 or not given[0]:
        raise InputError("id", "give the id of one story")
    return given[0]


def _number(given: dict[str, list[str]], name: str, default: int, most: int) -> int:
    value = given.get(name, [""])[0]
    if value and not (value.isascii() and value.isdigit() and len(value) < 10 and int(value) <= most):
        raise InputError(name, f"{value[:40]!r} is no whole number from 0 to {most:,}")
    return int(value) if value else default


def _paragraphs(record: dict[str, Any]) -> list[str]:
    return [part for part in _PARAGRAPHS.split(str(record.get("text") or "").strip()) if part]
