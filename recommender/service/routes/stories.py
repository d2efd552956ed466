"""A story of the index."""

from fastapi import APIRouter
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response

from recommender.service import openapi
from recommender.service.answers import asked_unless, cache_tag, etag_of, matches
from recommender.service.context import reading
from recommender.stories import dump_record

router = APIRouter(tags=["stories"])


class _Anything(Convertor[str]):
    """The rest of an address, whatever it holds: `/` and line ends too, as ids may."""

    regex = "(?s:.+)"

    def convert(self, value: str) -> str:
        """As it is."""
        return value

    def to_string(self, value: str) -> str:
        """As it is."""
        return value


register_url_convertor("anything", _Anything())
STORY = "/v1/stories/{story_id:anything}"


@router.get(STORY, **openapi.STORY_GET)
async def story(request: Request, story_id: str) -> Response:
    """A story's record, what it links to and what mentions it.

    The id is percent-encoded in the address, `/` and `#` too.
    """
    service = reading(request)
    # Kept by nobody without asking again: withdrawn means gone, and operators look here to see it.
    etag = etag_of(service.engine.state(), story_id)
    headers = {
        "etag": etag.decode(),
        "cache-control": "no-cache" if service.keys.reading_is_open else "private, no-cache",
    }
    known = asked_unless(request.headers.raw)
    if known != b"*" and matches(known, etag):
        return Response(b"", 304, headers)
    record = await service.engine_work.run(service.engine.story, story_id)
    headers["cache-tag"] = cache_tag(story_id)
    return Response(dump_record(record), 200, headers, "application/json")
