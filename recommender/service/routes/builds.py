"""Rebuilds from the configured corpora, and the way back."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from recommender.builds import Builds
from recommender.service import openapi_changes as openapi
from recommender.service.context import Engine, writing
from recommender.service.uncached import uncached

router = APIRouter(tags=["index"])
_BUILDS = "/v1/index/builds"


@router.post(_BUILDS, **openapi.BUILDS_POST)
async def start(request: Request) -> Response:
    """Rebuild the index from the configured corpora, in a process of its own, and serve it when it is verified.

    One at a time. `Location` says where its state is. Live changes, earlier and later ones, are kept.
    """
    service, who = writing(request)
    record = await service.change_work.run(Builds(service.settings).start, who)
    return uncached(record.to_json(), 202, {"location": f"{_BUILDS}/{record.id}"})


@router.get(_BUILDS, **openapi.BUILDS_GET)
async def all_builds(request: Request) -> Response:
    """The last builds, the newest first."""
    service, _ = writing(request)
    records = await service.engine_work.run(Builds(service.settings).all)
    return uncached({"builds": [one.to_json() for one in records]})


@router.get(_BUILDS + "/{build_id}", **openapi.BUILD_GET)
async def build(request: Request, build_id: str) -> Response:
    """How a build is getting on: `enqueued`, `running`, `succeeded`, `failed` (and why) or `canceled`."""
    service, _ = writing(request)
    record = await service.engine_work.run(Builds(service.settings).get, build_id)
    return uncached(record.to_json())


@router.delete(_BUILDS + "/{build_id}", **openapi.BUILD_DELETE)
async def cancel(request: Request, build_id: str) -> Response:
    """Stop a build; what is served stays as it is. One that is over is left alone."""
    service, _ = writing(request)
    record = await service.engine_work.run(Builds(service.settings).cancel, build_id)
    return uncached(record.to_json())


@router.post("/v1/index/rollback", **openapi.ROLLBACK_POST)
async def rollback(request: Request) -> Response:
    """Serve the generation that was live before. Live changes are laid over it: none is lost."""
    service, _ = writing(request)
    name = await service.change_work.run(_rollback, service.engine)
    return uncached({"generation": name, "live": True})


def _rollback(engine: Engine) -> str:
    name = engine.index.rollback()
    engine.refresh()
    return name
