"""Whether the service lives, whether it is ready, and its metrics."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from recommender.errors import Stopping
from recommender.service import examples, openapi
from recommender.service.context import reading, service_of
from recommender.service.metrics import MEDIA_TYPE
from recommender.service.uncached import NO_STORE, uncached

router = APIRouter(tags=["operations"], responses=openapi.problems())


@router.get("/healthz", summary="Whether the process lives", responses=openapi.json_answer({"status": "ok"}))
async def healthz(request: Request) -> Response:
    """Always 200 while the process can answer: restart it when this fails."""
    return uncached({"status": "ok"})


@router.get(
    "/readyz", summary="Whether questions can be answered",
    responses=openapi.json_answer({"status": "ready", "generation": examples.GENERATION}) | openapi.problems(503),
)  # fmt: skip
async def readyz(request: Request) -> Response:
    """503 while the index is loaded, and while the service drains before it stops: send no readers then."""
    service = service_of(request)
    if service.draining:
        raise Stopping("the service")
    return uncached({"status": "ready", "generation": service.engine.state()[0]})


@router.get(
    "/metrics", summary="Metrics for Prometheus", response_class=PlainTextResponse,
    responses={200: {"description": "Prometheus text", "content": {"text/plain": {}}}, **openapi.problems(401)},
)  # fmt: skip
async def metrics(request: Request) -> Response:
    """Requests, times, queue, cache and index. Needs a key where reading does."""
    return Response(reading(request).metrics.text(), 200, NO_STORE, MEDIA_TYPE)
