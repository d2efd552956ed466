"""Reading a request within limits: its address, its body."""

import json
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

from starlette.requests import Request
from starlette.types import Scope

from recommender.errors import InputError, RecordError, TooLarge
from recommender.service.problems import AddressTooLong, BadRequest, UnsupportedMediaType

MAX_ADDRESS = 8_192
"""Longest path and query string, bytes; longer texts go into a POST."""

MAX_POINTERS = 500
"""Read-more headlines of a record: each that is new is encoded while other stories wait to be added, 500 of them for
some seconds. Real articles have a few, round-ups some dozens."""

_JSON = "application/json"


def check_address(scope: Scope) -> None:
    """Refuse an address that is too long, or whose path is not UTF-8: ids of other bytes would all be read as one.

    Raises:
        AddressTooLong, BadRequest: it is.
    """
    raw: bytes = scope.get("raw_path") or b""
    if len(raw) + len(scope["query_string"]) > MAX_ADDRESS:
        raise AddressTooLong("query string", f"the address has more than {MAX_ADDRESS:,} bytes; use POST")
    if "\ufffd" in scope["path"]:  # stands for such bytes, unless it was sent itself
        try:
            unquote_to_bytes(raw).decode()
        except UnicodeDecodeError:
            raise BadRequest("the path of the address is not UTF-8, percent-encoded") from None


def check_pointers(read_more: Any) -> None:
    """Refuse a read-more list that is too long, as it was sent or as it was found.

    Raises:
        RecordError: it is.
    """
    if isinstance(read_more, list | tuple) and len(read_more) > MAX_POINTERS:
        raise RecordError("read_more", f"has {len(read_more):,} headlines, at most {MAX_POINTERS:,} are taken")


async def read_body(request: Request, most: int) -> bytes:
    """The body, however it is sent: the announced length and the bytes that arrive are both held to the limit.

    Raises:
        TooLarge: it has more than `most` bytes.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced[:20]) > most:
        raise TooLarge("body", f"has {int(announced[:20]):,} bytes, at most {most:,} are allowed")
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise TooLarge("body", f"has more than {most:,} bytes")
        parts.append(part)
    return b"".join(parts)


async def read_json(request: Request, most: int) -> dict[str, Any]:
    """The body as a JSON object.

    Raises:
        UnsupportedMediaType: it is announced as something else, or compressed.
        TooLarge: it has more than `most` bytes.
        InputError: it is no JSON object.
    """
    check_type(request, _JSON)
    body = await read_body(request, most)
    if not body.strip():
        raise InputError("body", "is empty; expected a JSON object")
    try:
        value = strict_json(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError("body", f"is not UTF-8 (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise InputError("body", f"is not JSON: {error.msg} (line {error.lineno}, column {error.colno})") from None
    except (ValueError, RecursionError):  # a huge number, NaN, or brackets without end
        raise InputError(
            "body", "is not JSON that this service reads (NaN, a huge number, or nested too deep)"
        ) from None
    if not isinstance(value, dict):
        raise InputError("body", "expected a JSON object")
    return value


def strict_json(text: str) -> Any:
    """What a text says in JSON.

    Raises:
        ValueError: it is no JSON, or holds NaN.
        RecursionError: it is nested too deep.
    """
    return json.loads(text, parse_constant=_no_constant)


def check_type(request: Request, wanted: str) -> None:
    """Refuse a body that is announced as another media type, or compressed.

    Raises:
        UnsupportedMediaType: it is.
    """
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != wanted and not (wanted == _JSON and given.startswith("application/") and given.endswith("+json")):
        said = f"Content-Type is {given[:80]!r}" if given else "Content-Type is missing"
        raise UnsupportedMediaType(f"{said}; send {wanted}")
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding != "identity":
        raise UnsupportedMediaType(f"Content-Encoding is {encoding[:40]!r}; send the body as it is")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
