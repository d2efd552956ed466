"""The nearest stories: one question by GET or POST, several in a batch, and the list as HTML."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from recommender.engine.answer import Recommendations
from recommender.engine.query import parse_request
from recommender.errors import InputError, RecommenderError, TooLarge
from recommender.service import openapi
from recommender.service.answers import Answers, Finished
from recommender.service.context import Service, reading, request_id_of
from recommender.service.limits import read_json
from recommender.service.questions import FRAGMENT, RELATED, Questions
from recommender.service.uncached import uncached
from recommender.stories import dump_record

router = APIRouter(tags=["related"])


@router.get(RELATED, **openapi.RELATED_GET)
async def related(request: Request) -> Response:
    """The nearest stories to a story of the index (`id` or `url`) or to any `text`.

    Give exactly one of the three. The answer can be cached: see its `ETag` and `Cache-Control`.
    """
    return await _cacheable(request, RELATED)


@router.get(FRAGMENT, **openapi.FRAGMENT_GET)
async def fragment(request: Request) -> Response:
    """The same list as a small piece of HTML, for server-side and edge includes: no script is needed.

    It lists only stories that have an http(s) URL, and is empty where there are none.
    """
    return await _cacheable(request, FRAGMENT)


@router.post(RELATED, **openapi.RELATED_POST)
async def related_to_body(request: Request) -> Response:
    """The same, for texts too long for an address and for stories that are not in the index.

    Nothing of it is stored or logged.
    """
    service = reading(request)
    body = await read_json(request, service.settings.max_body)

    def answer() -> bytes:  # reading it too: a long draft in HTML takes seconds, and nobody else may wait for it
        query, options = parse_request(body, service.settings.max_text)
        found = service.engine.related(query, options)
        service.metrics.answered(found, options.limit)
        return dump_record(found.to_json())

    return uncached(await service.engine_work.run(answer))


@router.post(RELATED + "/batch", **openapi.BATCH_POST)
async def related_batch(request: Request) -> Response:
    """Several questions at once: one result or one problem each, in their order, all from one generation."""
    service = reading(request)
    body = await read_json(request, service.settings.max_body)
    asked = _queries(body, service.settings.max_batch)
    service.charge(request.scope, len(asked) - 1)  # the request itself is counted already
    request_id = request_id_of(request)

    def answer() -> bytes:
        return dump_record({"results": _results(service, asked, request_id)})

    return uncached(await service.engine_work.run(answer))


def _queries(body: dict[str, Any], most: int) -> list[Any]:
    if unknown := [name for name in body if name != "queries"]:
        raise InputError(str(unknown[0])[:80], "is no field of a batch; there is: queries")
    asked = body.get("queries")
    if not isinstance(asked, list) or not asked:
        raise InputError("queries", "expected a list of at least one question")
    if len(asked) > most:
        raise TooLarge("queries", f"has {len(asked)} questions, at most {most} are allowed")
    return asked


def _results(service: Service, asked: list[Any], request_id: str) -> list[dict[str, Any]]:
    results: list[Any] = []
    requests = []
    for place, one in enumerate(asked):
        try:
            if not isinstance(one, dict):
                raise InputError(f"queries.{place}", "expected an object")
            requests.append(parse_request(one, service.settings.max_text))
            results.append(None)
        except RecommenderError as error:
            results.append(error)
    found = service.engine.related_many(requests)
    for one in found:
        if isinstance(one, Recommendations):
            service.metrics.answered(one, one.limit)
    answers = iter(found)
    results = [next(answers) if result is None else result for result in results]
    return [
        service.problems.members(one, request_id) if isinstance(one, RecommenderError) else one.to_json()
        for one in results
    ]


async def _cacheable(request: Request, route: str) -> Response:
    service = reading(request)
    questions: Questions = request.app.state.questions
    answers: Answers = request.app.state.answers
    question = questions.read(route, request.scope["query_string"])
    finished = await answers.find(question, service.state())
    service.metrics.source(finished.source)
    return respond(finished)


def respond(finished: Finished) -> Response:
    """A finished answer as a response of the framework."""
    response = Response(finished.body, finished.status)
    response.raw_headers = list(finished.headers)
    return response
