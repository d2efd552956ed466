"""The application: `create_app(settings, engine)`."""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from recommender import __version__
from recommender.errors import InputError, Overloaded, RecommenderError
from recommender.heap import give_back
from recommender.service import openapi
from recommender.service.access import Access
from recommender.service.answers import Answers
from recommender.service.cache import AnswerCache
from recommender.service.context import Engine, Service, request_id_of, service_of
from recommender.service.front import Front
from recommender.service.metrics import Metrics
from recommender.service.problems import Problems
from recommender.service.questions import Questions
from recommender.service.rate import RateLimit
from recommender.service.routes import ROUTERS
from recommender.service.security import Keys
from recommender.service.work import Work
from recommender.settings import Settings

ENGINE_THREADS = 8
"""For all but lists that are asked for by GET (see `answers`): enough for concurrent texts to be embedded together."""
LIST_THREADS = 1
"""Several would take Python's lock from each other, and each list would cost up to a quarter more; their texts are
encoded before, so that nobody waits in the thread."""
PATIENCE = 0.5
"""Seconds that a question may wait for a thread when many do."""
WATCH_SECONDS = 1.0
GIVE_BACK_AFTER = 10
"""Turns of the watch after which memory that is free goes back to the system."""

log = logging.getLogger("recommender.service")


def create_app(settings: Settings, engine: Engine) -> FastAPI:
    """The HTTP service over an engine. The engine stays the caller's: it is closed when the application stops."""
    metrics = Metrics()
    base_url = settings.base_url

    def queued(seconds: float) -> None:
        metrics.stage("queue", seconds)

    service = Service(
        settings=settings,
        engine=engine,
        keys=Keys(settings),
        cache=AnswerCache(settings.cache_answers),
        metrics=metrics,
        list_work=Work("lists", LIST_THREADS, settings.queue, PATIENCE, queued),
        engine_work=Work("engine", ENGINE_THREADS, settings.queue, PATIENCE, queued),
        change_work=Work("change", 1, 16),
        status_work=Work("status", 1, 16),
        rate=RateLimit(settings.rate_limit) if settings.rate_limit else None,
        problems=Problems(base_url, settings.index),
        base_url=base_url,
    )
    metrics.watch(lambda: _gauges(service))
    engine.gather_while(lambda: service.list_work.ready > 0)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        watching = asyncio.create_task(_watch(service))
        yield {"access": access}  # for the connections
        watching.cancel()
        service.drain()
        service.close()

    app = FastAPI(
        title="Related articles", version=__version__, description=openapi.DESCRIPTION, lifespan=lifespan,
        docs_url=None, redoc_url=None, redirect_slashes=False, openapi_tags=openapi.TAGS,
        servers=[{"url": service.base_url}] if service.base_url else None,
        exception_handlers={
            RecommenderError: _refused, HTTPException: _not_routed, RequestValidationError: _not_valid
        },
    )  # fmt: skip
    access, questions, answers = Access(metrics), Questions(settings.max_text), Answers(service)
    app.state.service, app.state.questions, app.state.answers = service, questions, answers
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(Front, service=service, access=access, questions=questions, answers=answers)
    openapi.install(app)
    return app


async def _watch(service: Service) -> None:
    """Let the engine take up a promoted generation in a thread, before a request has to; keep the memory small."""
    last = ""
    for turn in itertools.count(1):
        await asyncio.sleep(WATCH_SECONDS)
        try:
            await service.change_work.run(service.engine.refresh)
            if turn % GIVE_BACK_AFTER == 0:
                await service.change_work.run(give_back)
            last = ""
        except Overloaded:  # that passes
            continue
        except Exception as error:
            if str(error) != last:  # once, not every second
                last = str(error)
                unforeseen = not isinstance(error, RecommenderError)
                log.error("what is served is not up to date: %s", last, exc_info=unforeseen)


async def _refused(request: Request, error: Exception) -> Response:
    return service_of(request).problems.response(error, request_id_of(request))


async def _not_valid(request: Request, error: Exception) -> Response:
    first = error.errors()[0] if isinstance(error, RequestValidationError) and error.errors() else {}
    place = ".".join(str(part) for part in first.get("loc", ("request",)))
    return await _refused(request, InputError(place, str(first.get("msg", "is wrong"))))


async def _not_routed(request: Request, error: Exception) -> Response:
    status, headers = (error.status_code, error.headers) if isinstance(error, HTTPException) else (500, None)
    detail = {
        404: f"there is no {request.url.path[:200]}; /docs lists the routes",
        405: f"{request.method} is not possible here",
    }.get(status, "")
    if status == 405:  # the framework names the methods of the first route alone
        headers = {"allow": ", ".join(_methods(request))}
    return service_of(request).problems.of_status(status, detail, request_id_of(request), headers)


def _methods(request: Request) -> list[str]:
    """The methods of the path that fits best, on whichever routes they are; HEAD where GET is (see `front`)."""
    routes = [one for router in ROUTERS for one in router.routes if isinstance(one, Route)]
    fits = [one for one in routes if one.matches(request.scope)[0] != Match.NONE]
    best = min(fits, key=lambda one: "{" in one.path).path
    methods = {method for one in fits if one.path == best for method in one.methods or ()}
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


def _gauges(service: Service) -> Iterator[tuple[str, str, dict[str, str], float]]:
    lists, others, cache = service.list_work, service.engine_work, service.cache
    yield "recommender_ready", "Whether readers may be sent: not while it stops", {}, float(not service.draining)
    pending, waiting = lists.pending + others.pending, lists.waiting + others.waiting
    yield "recommender_engine_pending", "Questions that run or wait for a thread", {}, pending
    yield "recommender_engine_waiting", "Questions that wait for a thread", {}, waiting
    yield "recommender_cache_answers", "Answers that are kept", {}, len(cache)
    yield "recommender_cache_bytes", "Bytes of the answers that are kept", {}, cache.size
    about: dict[str, Any] = service.engine.describe()
    yield "recommender_generation_info", "The generation that is served", {"generation": str(about["generation"])}, 1
    yield "recommender_journal_position", "Live changes up to here are served", {}, service.engine.state()[1]
    if isinstance(journal := about.get("journal"), dict):
        for name, text in (
            ("laid_over", "Live changes that the generation does not hold yet: rebuild when they are many"),
            ("rows", "Rows in memory for live changes"),
        ):
            yield f"recommender_journal_{name}", text, {}, journal[name]
    try:
        built = datetime.fromisoformat(str(about["built_at"]))
        age = (datetime.now(UTC) - (built if built.tzinfo else built.replace(tzinfo=UTC))).total_seconds()
        # A clock that was set back makes nothing younger than new.
        yield "recommender_generation_age_seconds", "Time since the generation was built", {}, max(0.0, age)
    except (KeyError, ValueError):
        pass
    for name, count in about.get("counts", {}).items():
        if isinstance(count, int | float):
            yield "recommender_index_count", "What the generation holds", {"of": name}, count
