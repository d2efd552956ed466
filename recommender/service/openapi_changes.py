"""The description of the routes that write."""

from typing import Any

from starlette.responses import Response

from recommender.service import examples
from recommender.service.openapi import KEYS, Documentation, Responses, json_answer, problems
from recommender.service.schemas import MOMENT, ref
from recommender.stories import STATUSES

_CHANGE = {"id": examples.NEW, "result": "updated", "position": 1207}
_BUILD = {
    "id": examples.BUILD, "state": "running", "created_at": "2026-03-22T04:00:00Z",
    "corpora": ["stories.jsonl"], "started_at": "2026-03-22T04:00:01Z",
    "progress": {"step": "Embedding and indexing", "done": 4096, "total": 12000},
}  # fmt: skip
_WRITE: Documentation = {"security": KEYS}


def _takes(kind: str, schema: dict[str, Any], example: Any) -> Documentation:
    content = {kind: {"schema": schema, "example": example}}
    return {"openapi_extra": {**_WRITE, "requestBody": {"required": True, "content": content}}}


def _as(status: int, answer: Responses, description: str) -> Responses:
    return {status: {**answer[200], "description": description}}


_EMBARGO = {"anyOf": [MOMENT, {"type": "null"}], "description": "date-time until which it is not shown; null: none"}
_STATUS = {"type": "string", "enum": list(STATUSES)}

STORY_PUT: Documentation = {
    "summary": "Add or replace a story",
    "responses": json_answer(_CHANGE, "Change", "It was there")
    | _as(201, json_answer({**_CHANGE, "result": "created"}, "Change"), "It was not there")
    | problems(401, 403, 409, 413, 415, 422),
    **_takes("application/json", ref("StoryRecord"), examples.RECORD),
}
STORY_PATCH: Documentation = {
    "summary": "Withdraw, restore or embargo a story",
    "responses": json_answer(_CHANGE, "Change") | problems(401, 403, 404, 409, 413, 415, 422),
    **_takes(
        "application/json",
        {
            "type": "object",
            "properties": {"status": _STATUS, "embargoed": _EMBARGO},
            "additionalProperties": False,
            "minProperties": 1,
        },
        {"status": "canceled"},
    ),
}
STORY_DELETE: Documentation = {
    "summary": "Remove a story",
    "responses": json_answer({**_CHANGE, "result": "deleted"}, "Change") | problems(401, 403, 404, 409),
    "openapi_extra": _WRITE,
}


class NDJSON(Response):
    """An answer of JSON objects, one a line."""

    media_type = "application/x-ndjson"


BULK_POST: Documentation = {
    "response_class": NDJSON,
    "summary": "Add or replace many stories",
    "responses": {
        200: {
            "description": "A result or a problem a line, in the order of the records",
            "content": {"application/x-ndjson": {"schema": {"type": "string"}, "example": examples.RESULTS}},
        },
        **problems(401, 403, 415),
    },
    **_takes("application/x-ndjson", {"type": "string"}, examples.RECORDS),
}
BUILDS_POST: Documentation = {
    "summary": "Rebuild the index",
    "responses": _as(202, json_answer({**_BUILD, "state": "enqueued"}, "Build"), "It has begun; `Location` says where")
    | problems(401, 403, 409, 422),
    "status_code": 202,
    "openapi_extra": _WRITE,
}
BUILDS_GET: Documentation = {
    "summary": "The last builds",
    "responses": json_answer({"builds": [_BUILD]}, "Builds") | problems(401, 403),
    "openapi_extra": _WRITE,
}
BUILD_GET: Documentation = {
    "summary": "A build",
    "responses": json_answer(_BUILD, "Build") | problems(401, 403, 404),
    "openapi_extra": _WRITE,
}
BUILD_DELETE: Documentation = {
    "summary": "Cancel a build",
    "responses": json_answer({**_BUILD, "state": "canceled"}, "Build") | problems(401, 403, 404),
    "openapi_extra": _WRITE,
}
ROLLBACK_POST: Documentation = {
    "summary": "Serve the generation before",
    "responses": json_answer({"generation": examples.GENERATION, "live": True}, "Promoted")
    | problems(401, 403, 404, 409),
    "openapi_extra": _WRITE,
}
