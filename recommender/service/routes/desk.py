"""The desk: paste a draft or search, see what belongs under it. Nothing that is typed is stored."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from recommender.engine.options import Options
from recommender.engine.query import Query, parse_request
from recommender.service.context import Service, reading
from recommender.service.fragment import is_web
from recommender.service.html import for_people, page
from recommender.service.limits import check_type, read_body
from recommender.service.questions import read_pairs

router = APIRouter(include_in_schema=False)

MODE_LABELS = {
    "": "as suits the query",
    "background": "background: what came before",
    "latest": "latest: the newest first",
    "followup": "follow-ups: what came after",
    "any": "any time",
}
DEFAULTS = {"limit": "10", "collapse": "story", "linked": "include", "diversity": "0", "min_score": "0"}
_FORM = "application/x-www-form-urlencoded"


@router.get("/")
@for_people()
async def desk(request: Request) -> Response:
    """The empty desk."""
    service = reading(request)
    return await _desk(request, service, {}, None)


@router.post("/")
@for_people()
async def desk_without_script(request: Request) -> Response:
    """The desk with an answer, for browsers that run no script."""
    service = reading(request)
    given = await _form(request, service)
    return await _desk(request, service, given, await _answer(service, given))


@router.post("/desk/results")
@for_people("results.html")
async def results(request: Request) -> Response:
    """The answer alone, as the desk's script asks for it while somebody types."""
    service = reading(request)
    return page(request, "results.html", answer=await _answer(service, await _form(request, service)))


async def _desk(request: Request, service: Service, given: dict[str, list[str]], answer: Any) -> Response:
    about = await service.engine_work.run(service.engine.describe)
    return page(request, "desk.html", about=about, modes=MODE_LABELS, given=DEFAULTS | _single(given), answer=answer)


def _single(given: dict[str, list[str]]) -> dict[str, str]:
    return {name: values[0] for name, values in given.items()}


async def _form(request: Request, service: Service) -> dict[str, list[str]]:
    check_type(request, _FORM)
    return read_pairs(await read_body(request, service.settings.max_body))


async def _answer(service: Service, given: dict[str, list[str]]) -> dict[str, Any] | None:
    options = {name: values for name, values in given.items() if name != "q" and any(values)}
    text = given.get("q", [""])[0]
    if not text.strip():
        return None
    asked = "url" if is_web(text.strip()) else "text"
    query, checked = parse_request({**options, asked: text, "explain": True}, service.settings.max_text)
    return await explained(service, query, checked)


async def explained(service: Service, query: Query, options: Options) -> dict[str, Any]:
    """An answer with its reasons, as the templates show it."""
    found = await service.engine_work.run(service.engine.related, query, options)
    answer = found.to_json()
    # One scale for all bars of an answer, so that they can be compared: a bar is its share of the hit's score.
    widths = [hit.get("score", 1) * abs(share) for hit in answer["hits"] for share in hit.get("reasons", {}).values()]
    return answer | {"scale": max(widths, default=1.0) or 1.0}
