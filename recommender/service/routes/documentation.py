"""The API's documentation as a page: made of the description, without a script or a file from elsewhere."""

import json
from shlex import quote
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from recommender.service import examples
from recommender.service.context import service_of
from recommender.service.html import for_people, page
from recommender.service.problems import all_kinds

router = APIRouter(include_in_schema=False)


@router.get("/docs")
@for_people()
async def documentation(request: Request) -> Response:
    """Every route with its parameters, an example to try, and every kind of problem."""
    described: dict[str, Any] = request.app.openapi()
    base = service_of(request).base_url or str(request.base_url).rstrip("/")
    operations = [
        _operation(method, path, operation, base)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    groups = [(tag, [one for one in operations if tag["name"] in one["tags"]]) for tag in described["tags"]]
    return page(request, "docs.html", info=described["info"], groups=groups, problems=all_kinds())


def _operation(method: str, path: str, operation: dict[str, Any], base: str) -> dict[str, Any]:
    return {
        "id": f"{method}-{path.strip('/').replace('/', '-').replace('{', '').replace('}', '').replace(':path', '')}",
        "method": method.upper(),
        "path": path.replace(":path", ""),
        "tags": operation.get("tags", []),
        "summary": operation.get("summary", ""),
        "description": operation.get("description", "").split("\n\n"),
        "parameters": [_parameter(one) for one in operation.get("parameters", [])],
        "statuses": [(status, answer["description"]) for status, answer in sorted(operation["responses"].items())],
        "command": _command(method, path, operation, base),
        "answer": _answer(operation["responses"]),
    }


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    schema = parameter["schema"]
    items = schema.get("items", {})
    choices = schema.get("enum") or items.get("enum")
    limits = ""
    if choices:
        limits = ", ".join(choices)
    elif "minimum" in schema and "maximum" in schema:
        limits = f"{schema['minimum']:g} to {schema['maximum']:g}"
    return {
        "name": parameter["name"],
        "where": parameter["in"],
        "kind": "repeatable" if schema.get("type") == "array" else schema.get("type", "string"),
        "limits": limits,
        "default": schema.get("default"),
        "about": parameter.get("description", ""),
    }


def _command(method: str, path: str, operation: dict[str, Any], base: str) -> str:
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", parameter["example"])
    address = base + path
    if "/v1/related" in path and method == "get":
        address += "?" + urlencode(examples.ASKED)
    command = "curl " + ("" if method == "get" else f"-X {method.upper()} ") + quote(address)
    if operation.get("security"):
        command += " \\\n  -H 'Authorization: Bearer KEY'"
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        body = content["example"]
        text = body.rstrip("\n") if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        command += f" \\\n  -H 'Content-Type: {kind}' \\\n  --data-binary {quote(text)}"
    return command


def _answer(answers: dict[str, Any]) -> str:
    """What the command gets the first time: a story or a build that is made, rather than one that was there."""
    first: dict[str, Any] = next((answers[status] for status in ("201", "202", "200") if status in answers), {})
    for content in first.get("content", {}).values():
        example = content.get("example")
        if example is not None:
            return example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)
    return ""
