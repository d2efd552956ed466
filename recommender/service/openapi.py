"""The description of the API and of the routes that read: what they take and answer, with examples, and problems."""

from typing import Any

from fastapi import FastAPI
from starlette.responses import HTMLResponse

from recommender.service import examples
from recommender.service.openapi_questions import VIEW_PARAMETERS, asked_parameters, option_parameters, question_schema
from recommender.service.problems import MEDIA_TYPE, all_kinds
from recommender.service.questions import FLOOR
from recommender.service.schemas import SCHEMAS, ref

DESCRIPTION = """Finds the stories that belong under an article.

Ask for a story of the index by `id` or `url`, or send any `text`; options are the same everywhere.
Errors are `application/problem+json` (RFC 9457). Reading is open unless the operator set read keys; writing needs the
admin key: `Authorization: Bearer KEY` or `X-API-Key: KEY`.

Filters match exactly, case included. Several values of one are given by repeating it (`section=City&section=World`);
only `fields` and `kind` may have commas instead. A language is its code of two letters, or three where there is none
of two (ISO 639). `filtered_out` counts what was looked at for the page that is asked for: with another `limit` it may
differ.
"""
TAGS = [
    {"name": "related", "description": "The nearest stories."},
    {"name": "stories", "description": "The stories of the index."},
    {"name": "index", "description": "What is served, and switching between generations."},
    {"name": "operations", "description": "Health and metrics."},
]
_JSON = "application/json"
KEYS: list[dict[str, list[str]]] = [{"bearer": []}, {"apiKey": []}]
_COMMON = (400, 414, 429, 431, 500, 503)

Documentation = dict[str, Any]
"""Arguments of a route's decorator, or parts of its description."""
Responses = dict[int | str, dict[str, Any]]


def problems(*statuses: int) -> Responses:
    """The problem responses of a route: those given, and those that every route may give."""
    kinds = all_kinds()
    documented: Responses = {}
    for status in sorted({*statuses, *_COMMON}):
        about = [kind for kind in kinds if kind.status == status]
        documented[status] = {
            "description": "; ".join(kind.title for kind in about),
            "content": {MEDIA_TYPE: {"schema": ref("Problem"), "example": examples.problem_of(about[0])}},
        }
        if status in (429, 503):
            documented[status]["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}}
    return documented


def json_answer(example: Any, schema: str | None = None, description: str = "The answer") -> Responses:
    """A 200 answer in JSON, with an example."""
    content: dict[str, Any] = {"schema": ref(schema) if schema else {"type": "object"}, "example": example}
    return {200: {"description": description, "content": {_JSON: content}}}


def _body(schema: str, example: Any) -> Documentation:
    return {"requestBody": {"required": True, "content": {_JSON: {"schema": ref(schema), "example": example}}}}


def _if_none_match() -> dict[str, Any]:
    return {
        "name": "If-None-Match", "in": "header", "required": False, "schema": {"type": "string"},
        "description": "the ETag of an answer that the client has: 304 if it still holds",
    }  # fmt: skip


_CACHED: Documentation = {
    "ETag": {"schema": {"type": "string"}, "description": "changes with the index and the question"},
    "Cache-Control": {"schema": {"type": "string"}, "description": "`s-maxage` by the age of the story, at most 300 s"},
    "Cache-Tag": {"schema": {"type": "string"}, "description": "`story-…` of every story in the answer, for purging"},
    "Link": {"schema": {"type": "string"}, "description": "the next page, the list as HTML, this description"},
}
_NOT_MODIFIED: Responses = {304: {"description": "What the client has still holds"}}

RELATED_GET: Documentation = {
    "summary": "The nearest stories",
    "responses": {
        200: json_answer(examples.RELATED, "Related", "The nearest stories, the best first")[200]
        | {"headers": _CACHED},
        **_NOT_MODIFIED,
        **problems(401, 404, 409, 413, 422),
    },
    "openapi_extra": {"parameters": [*asked_parameters(), *option_parameters(), _if_none_match()]},
}
FRAGMENT_GET: Documentation = {
    "summary": "The list as HTML",
    "response_class": HTMLResponse,
    "responses": {
        200: {"description": "The list; empty where there is none", "headers": _CACHED,
              "content": {"text/html": {"schema": {"type": "string"}, "example": examples.FRAGMENT}}},
        **_NOT_MODIFIED,
        **problems(401, 404, 409, 413, 422),
    },
    "openapi_extra": {"parameters": [
        *asked_parameters(), *VIEW_PARAMETERS, *option_parameters(min_score=FLOOR), _if_none_match(),
    ]},
}  # fmt: skip
RELATED_POST: Documentation = {
    "summary": "The nearest stories to a text or a story in the body",
    "responses": json_answer(examples.RELATED_TO_DRAFT, "Related") | problems(401, 404, 409, 413, 415, 422),
    "openapi_extra": _body("Question", examples.QUESTION),
}
BATCH_POST: Documentation = {
    "summary": "Several questions at once",
    "responses": json_answer(examples.BATCH, "Results") | problems(401, 409, 413, 415, 422),
    "openapi_extra": _body("Batch", examples.QUERIES),
}
STORY_GET: Documentation = {
    "summary": "A story",
    "responses": json_answer(examples.STORY, "Story") | _NOT_MODIFIED | problems(401, 404),
    "openapi_extra": {"parameters": [_if_none_match()]},
}
INDEX_GET: Documentation = {
    "summary": "What is served",
    "responses": json_answer(examples.INDEX, "Index") | problems(401),
}
GENERATIONS_GET: Documentation = {
    "summary": "All generations",
    "responses": json_answer(examples.GENERATIONS, "Generations") | problems(401),
}
PROMOTE_POST: Documentation = {
    "summary": "Serve another generation",
    "responses": json_answer({"generation": examples.GENERATION, "live": True}, "Promoted")
    | problems(401, 403, 404, 409),
    "openapi_extra": {"security": KEYS},
}


def _give_examples(method: str, operation: dict[str, Any]) -> None:
    """Give each part of the path an example: an id that is there for reading, one that is free for writing."""
    of_path = {
        "story_id": examples.STORED if method == "get" else examples.NEW,
        "generation": examples.GENERATION,
        "build_id": examples.BUILD,
    }
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            parameter["example"] = of_path[parameter["name"]]


def install(app: FastAPI) -> None:
    """Complete the description that the framework makes of the routes."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = generate()
            components = described.setdefault("components", {})
            components["schemas"] = {**SCHEMAS, "Question": question_schema()}
            components["securitySchemes"] = {
                "bearer": {"type": "http", "scheme": "bearer"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            }
            for operations in described["paths"].values():
                for method, operation in operations.items():
                    _give_examples(method, operation)
                    # this service reads its input itself: never FastAPI's own errors
                    if MEDIA_TYPE not in operation["responses"].get("422", {}).get("content", {MEDIA_TYPE: 0}):
                        del operation["responses"]["422"]
            app.openapi_schema = described
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
