"""Live changes of one story: put, change of status or embargo, removal."""

from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from recommender.errors import InputError
from recommender.live import UNSET, Change
from recommender.service import openapi_changes as openapi
from recommender.service.answers import cache_tag
from recommender.service.context import writing
from recommender.service.limits import read_json
from recommender.service.routes.stories import STORY
from recommender.service.uncached import uncached

router = APIRouter(tags=["stories"])


@router.put(STORY, **openapi.STORY_PUT)
async def put(request: Request, story_id: str) -> Response:
    """Add a story, or replace it: a record of the corpus, its read-more block still in its text or not.

    Once this is answered the story is on disk and in every answer. Without `status` or `embargoed` in the record, these
    stay as they are.
    """
    service, who = writing(request)
    record = await read_json(request, service.settings.max_body)
    (change,) = await service.change_work.run(lambda: service.changes().write([service.upsert(record, story_id)], who))
    return _answer(change, 201 if change.result == "created" else 200)


@router.patch(STORY, **openapi.STORY_PATCH)
async def patch(request: Request, story_id: str) -> Response:
    """Change a story's `status` (`canceled` or `withheld` take it from every answer, `usable` brings it back), or its
    `embargoed` (a date-time until which it is not shown; null: none).
    """
    service, who = writing(request)
    body = await read_json(request, service.settings.max_body)
    if unknown := [name for name in body if name not in ("status", "embargoed")]:
        raise InputError(str(unknown[0])[:80], "cannot be changed alone; status and embargoed can, or put the story")
    if "status" in body and not isinstance(body["status"], str):
        raise InputError("status", "expected a string")
    what = {"status": body.get("status"), "embargoed": body.get("embargoed", UNSET)}
    change = await service.status_work.run(lambda: service.changes().patch(story_id, **what, who=who))
    return _answer(change, 200)


@router.delete(STORY, **openapi.STORY_DELETE)
async def delete(request: Request, story_id: str) -> Response:
    """Remove a story. It stays away, whatever the corpus says, until it is put again."""
    service, who = writing(request)
    change = await service.status_work.run(lambda: service.changes().delete(story_id, who=who))
    return _answer(change, 200)


def _answer(change: Change, status: int) -> Response:
    headers = {"cache-tag": cache_tag(change.id)}
    if status == 201:
        headers["location"] = f"/v1/stories/{quote(change.id, safe='', errors='replace')}"
    return uncached(change.to_json(), status, headers)
