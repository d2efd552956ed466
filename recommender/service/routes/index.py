"""The index: what is served, its generations, and switching between them."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from recommender.errors import IndexFault
from recommender.generation import Listed
from recommender.service import openapi
from recommender.service.context import Engine, reading, writing
from recommender.service.problems import Problems
from recommender.service.uncached import uncached

router = APIRouter(tags=["index"])


@router.get("/v1/index", **openapi.INDEX_GET)
async def index(request: Request) -> Response:
    """The generation that is served: when and of what it was built, its size, and its measured quality."""
    service = reading(request)
    about = await service.engine_work.run(service.engine.describe)
    return uncached(about)


@router.get("/v1/index/generations", **openapi.GENERATIONS_GET)
async def generations(request: Request) -> Response:
    """All generations, the newest first. One that cannot be used says why in `problem`."""
    service = reading(request)
    listing = await service.engine_work.run(service.engine.index.listing)  # a change may take long
    return uncached({"generations": described(listing, service.problems)})


@router.post("/v1/index/generations/{generation}/promote", **openapi.PROMOTE_POST)
async def promote(request: Request, generation: str) -> Response:
    """Serve this generation from now on. Promoting an earlier one is the way back.

    It is verified first; requests in progress end with the generation that they began with.
    """
    service, _ = writing(request)
    await service.change_work.run(_promote, service.engine, generation)
    return uncached({"generation": generation, "live": True})


def described(listing: list[Listed], problems: Problems) -> list[dict[str, Any]]:
    """Generations as the API lists them, the newest first."""
    return [_described(one, problems) for one in reversed(listing)]


def _described(listed: Listed, problems: Problems) -> dict[str, Any]:
    about: dict[str, Any] = {"generation": listed.name, "live": listed.live}
    manifest = listed.manifest
    if manifest is not None:
        about |= {
            "built_at": manifest.built_at,
            "model": manifest.embedder.get("model"),
            "stories": manifest.rows,
            "counts": manifest.counts,
            "bytes": manifest.size,
            "journal": manifest.journal,
            "quality": manifest.quality,
        }
    return about | ({"problem": problems.told(listed.problem)} if listed.problem else {})


def _promote(engine: Engine, generation: str) -> None:
    folder = engine.index
    before = folder.live_name()
    folder.promote(generation)
    try:
        engine.refresh()
    except IndexFault:  # sound, but not for this service's model: stay with what works
        folder.promote(before)
        raise
