"""Answers as JSON that nobody may keep."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from recommender.stories import dump_record

NO_STORE = {"cache-control": "no-store"}


def uncached(
    content: Mapping[str, Any] | bytes, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """An object as such an answer; bytes are JSON already, made where the event loop does not wait for it."""
    body = content if isinstance(content, bytes) else dump_record(content)
    return Response(body, status, {**NO_STORE, **(headers or {})}, "application/json")
