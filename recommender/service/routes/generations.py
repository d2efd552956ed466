"""The pages about the index: what is served, all generations, and what changed from one to another."""

from contextlib import closing
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from recommender.errors import InputError, NotFound
from recommender.evaluation.diff import Difference, difference
from recommender.service.context import Engine, Service, reading
from recommender.service.html import for_people, page
from recommender.service.questions import read_pairs
from recommender.service.routes.index import described

router = APIRouter(include_in_schema=False)
_SAMPLE = 60
"""Stories whose lists are compared: enough for a share in whole tens of per cent, in about a second."""
_KEPT = 50


@router.get("/index")
@for_people()
async def index(request: Request) -> Response:
    """What is served, all generations, and switching between them."""
    service = reading(request)
    about = await service.engine_work.run(service.engine.describe)
    listing = described(await service.engine_work.run(service.engine.index.listing), service.problems)
    return page(request, "index.html", about=about, generations=listing, writing=service.keys.writing_is_on)


@router.get("/index/changes")
@for_people()
async def changes(request: Request) -> Response:
    """What changed from one generation to another: stories, and the lists of a sample of them."""
    service = reading(request)
    given = read_pairs(request.scope["query_string"])
    before, after = (given.get(name, [""])[0] for name in ("from", "to"))
    if not before or not after:
        raise InputError("from" if not before else "to", "give the names of two generations")
    found = await _difference(service, before, after)
    titles = await service.engine_work.run(_titles, service.engine, [*found.added, *found.changed])
    return page(request, "changes.html", found=found, titles=titles)


async def _difference(service: Service, before: str, after: str) -> Difference:
    """Generations never change, so what was found out once is kept."""
    key = f"changes {before} {after}"
    found: Difference | None = service.pages.get(key)
    if found is None:
        folder = service.engine.index

        def compare() -> Difference:
            with closing(folder.open(before)) as one, closing(folder.open(after)) as other:
                return difference(one, other, _SAMPLE)

        found = await service.engine_work.run_shared(key, compare)
        if len(service.pages) >= _KEPT:
            service.pages.pop(next(iter(service.pages)))
        service.pages[key] = found
    return found


def _titles(engine: Engine, ids: list[str]) -> dict[str, str]:
    """The titles of those that may be seen now: a story withdrawn since is in no list."""
    titles: dict[str, Any] = {}
    for story_id in ids:
        try:
            titles[story_id] = engine.story(story_id).get("title") or story_id
        except NotFound:
            continue
    return titles
