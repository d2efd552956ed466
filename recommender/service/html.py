"""Answers that are pages for people: rendered, never kept, with a strict policy; problems as pages too."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from recommender.errors import RecommenderError
from recommender.ranking.model import FEATURES
from recommender.service.assets import address
from recommender.service.context import request_id_of, service_of
from recommender.service.fragment import day_of, is_web
from recommender.service.pages import render
from recommender.service.problems import Unauthorized, kind_of
from recommender.service.security import PAGE_POLICY

NAVIGATION = (
    ("/", "Desk"),
    ("/headlines", "Headlines"),
    ("/index", "Index"),
    ("/quality", "Quality"),
    ("/demo", "Widget"),
    ("/docs", "API"),
)
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def page(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A template as a page."""
    content = render(
        template,
        path=request.url.path,
        navigation=NAVIGATION,
        asset=address,
        day_of=day_of,
        is_web=is_web,
        reason=reason,
        **values,
    )
    headers = {"cache-control": "no-store", "content-security-policy": PAGE_POLICY}
    return Response(content.encode("utf-8", "replace"), status, headers, "text/html; charset=utf-8")


def for_people(template: str = "problem.html") -> Callable[[Handler], Handler]:
    """Show what a handler refuses as a page (or another template) in place of a JSON problem."""

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except RecommenderError as error:
                problems = service_of(request).problems
                problems.log(error, request_id_of(request))
                members = problems.members(error, request_id_of(request))
                response = page(request, template, kind_of(error).status, problem=members)
                if isinstance(error, Unauthorized):
                    # Browsers send no bearer key on a click; a password that may only read does for pages.
                    response.headers["www-authenticate"] = 'Basic realm="recommender", charset="UTF-8"'
                return response

        return answer

    return decorate


def reason(name: str) -> str:
    """A feature of the ranking in words for an editor."""
    return FEATURES.get(name, name.replace("_", " "))
