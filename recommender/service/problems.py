"""Errors as RFC 9457 problem details: one table says the status and title of every class."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from starlette.responses import Response

from recommender import errors
from recommender.stories import dump_record

MEDIA_TYPE = "application/problem+json"

log = logging.getLogger("recommender.service")


class Unauthorized(errors.RecommenderError):
    """No key, or one that is not known."""


class Forbidden(errors.RecommenderError):
    """A key that may not do this, or writing is off."""


class UnsupportedMediaType(errors.RecommenderError):
    """A body of another type than the route reads."""


class BadRequest(errors.RecommenderError):
    """What came is no HTTP request, or has an address that is no text."""


class HeadersTooLarge(errors.InputError):
    """Headers beyond the limit."""


class TooManyRequests(errors.RecommenderError):
    """One client sent more requests than it may."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"this client sends more requests than it may; try again in {retry_after} s")
        self.retry_after = retry_after


class AddressTooLong(errors.InputError):
    """A path and query string beyond the limit."""


class TookTooLong(errors.RecommenderError):
    """A request that was given up after the time limit."""


class Loading(errors.RecommenderError):
    """The service has no index to answer from yet."""


@dataclass(frozen=True)
class Kind:
    """A kind of problem: `slug` names it in the `type` URI, `about` explains it on the documentation page."""

    status: int
    slug: str
    title: str
    about: str


NOT_FOUND = Kind(404, "not-found", "Not found", "No such route, story or generation.")
METHOD = Kind(405, "method-not-allowed", "Method not allowed", "The route exists; the header Allow names its methods.")
INTERNAL = Kind(
    500, "internal-error", "Internal error", "A fault of the service. Quote the request_id when you report it."
)
NOT_READY = Kind(503, "not-ready", "Not ready", "The service is loading its index, or stopping.")
UNUSABLE = Kind(503, "index-unusable", "The index cannot be used", "An operator has to look: the log says why.")

KINDS: dict[type[Exception], Kind] = {
    Unauthorized: Kind(
        401, "unauthorized", "A key is needed", "Send a key: `Authorization: Bearer KEY` or `X-API-Key: KEY`."
    ),
    Forbidden: Kind(
        403, "forbidden", "Not allowed", "The key may not do this, or writing is off because no admin key is set."
    ),
    errors.NotFound: NOT_FOUND,
    errors.IndexMissing: NOT_FOUND,
    errors.IndexMismatch: Kind(
        409, "index-mismatch", "The index does not fit the model", "It was made with another model."
    ),
    errors.IndexFormat: Kind(
        409, "index-format", "The index has another format", "Another version wrote it: rebuild it."
    ),
    errors.IndexCorrupt: Kind(409, "index-corrupt", "The generation is damaged", "A file is missing or was altered."),
    errors.IndexBusy: Kind(
        409, "index-busy", "The index is being changed", "Another process holds it: try again later."
    ),
    errors.PromotionRefused: Kind(
        409, "promotion-refused", "Not promoted", "The generation is clearly worse than the live one."
    ),
    errors.TooLarge: Kind(413, "too-large", "Too large", "The body, a text or a batch is beyond the limit."),
    BadRequest: Kind(400, "bad-request", "Bad request", "What came is no HTTP request, or its address is not encoded."),
    AddressTooLong: Kind(414, "address-too-long", "Address too long", "Send long texts with POST."),
    UnsupportedMediaType: Kind(
        415, "unsupported-media-type", "Unsupported media type", "Send `Content-Type: application/json`."
    ),
    errors.AmbiguousURL: Kind(
        422, "ambiguous-url", "The URL belongs to several stories", "Ask by id; `candidates` lists them."
    ),
    errors.InputError: Kind(422, "invalid-input", "Wrong input", "`errors` says which field, and why."),
    errors.RecordError: Kind(422, "invalid-record", "Wrong story", "`errors` says which field of the story, and why."),
    errors.CorpusError: Kind(422, "invalid-corpus", "Wrong corpus", "It cannot be read, or holds no story."),
    TooManyRequests: Kind(
        429, "too-many-requests", "Too many requests", "Of one client; try again after `Retry-After` seconds."
    ),
    HeadersTooLarge: Kind(431, "headers-too-large", "Headers too large", "Send fewer or shorter headers."),
    errors.Overloaded: Kind(503, "overloaded", "Too busy", "Try again after `Retry-After` seconds."),
    errors.Stopping: NOT_READY,
    Loading: NOT_READY,
    TookTooLong: Kind(503, "timeout", "Took too long", "The request was given up at the time limit."),
    errors.ModelError: UNUSABLE,
    errors.IndexFault: UNUSABLE,
    errors.MissingExtra: Kind(501, "not-installed", "Not installed", "An optional part of the service is missing."),
}
"""What a class of error is over HTTP; a class that is not listed is what its nearest base is."""

_DAMAGE = errors.IndexCorrupt, errors.IndexFormat, errors.IndexMismatch


def kind_of(error: Exception) -> Kind:
    """The kind of problem that an error is."""
    return next((KINDS[base] for base in type(error).__mro__ if base in KINDS), INTERNAL)


def all_kinds() -> list[Kind]:
    """Every kind once, by status."""
    kinds = {kind.slug: kind for kind in (*KINDS.values(), NOT_FOUND, METHOD, INTERNAL)}
    return sorted(kinds.values(), key=lambda kind: (kind.status, kind.slug))


class Problems:
    """Errors as the answers of one service.

    Args:
        base_url: under which its documentation is.
        folder: of the index. Errors name files with it, for operators; readers are told the rest of the name.
    """

    def __init__(self, base_url: str = "", folder: Path | None = None) -> None:
        self._base_url = base_url
        self._folder = str(folder) if folder is not None and folder.is_absolute() else ""

    def members(self, error: Exception, request_id: str) -> dict[str, Any]:
        """The problem details of an error. Those of the service's own faults say nothing of its inside."""
        kind = kind_of(error)
        members = self._members(kind, request_id)
        if kind not in (INTERNAL, UNUSABLE):
            members["detail"] = self.told(str(error))
        if isinstance(error, errors.InputError | errors.RecordError):
            members["errors"] = [{"field": error.field, "detail": error.reason}]
        if isinstance(error, errors.AmbiguousURL):
            members["candidates"] = list(error.candidates)
        return members

    def told(self, text: str) -> str:
        """What may be said of a text that may name files of the index."""
        if not self._folder:
            return text
        folder = re.escape(self._folder)
        return re.sub(rf"{folder}(?![\w-]|\.\w)", "the index", re.sub(rf"{folder}/", "", text))

    def response(self, error: Exception, request_id: str) -> Response:
        """The answer to a request that failed with this error; what an operator has to look at is logged."""
        self.log(error, request_id)
        kind = kind_of(error)
        headers: dict[str, str] = {}
        if isinstance(error, Unauthorized):
            headers["www-authenticate"] = 'Bearer realm="recommender"'
        if kind.status in (429, 503):
            headers["retry-after"] = str(getattr(error, "retry_after", 1))
        return _response(kind.status, self.members(error, request_id), headers)

    def log(self, error: Exception, request_id: str) -> None:
        """Log what an operator has to look at, with all that the answer leaves out."""
        if kind_of(error) is UNUSABLE or isinstance(error, _DAMAGE):
            log.error("request %s: %s", request_id, error)

    def of_status(
        self, status: int, detail: str, request_id: str, headers: Mapping[str, str] | None = None
    ) -> Response:
        """The answer to a request that the routing refused: unknown route, wrong method."""
        kind = {404: NOT_FOUND, 405: METHOD, 500: INTERNAL}.get(status)
        if kind is None:
            phrase = HTTPStatus(status).phrase
            kind = Kind(status, phrase.lower().replace(" ", "-"), phrase, "")
        members = self._members(kind, request_id) | ({"detail": detail} if detail else {})
        return _response(status, members, dict(headers or {}))

    def _members(self, kind: Kind, request_id: str) -> dict[str, Any]:
        return {
            "type": f"{self._base_url}/docs#problem-{kind.slug}",
            "title": kind.title,
            "status": kind.status,
            "request_id": request_id,
        }


def _response(status: int, members: Mapping[str, Any], headers: dict[str, str]) -> Response:
    headers["cache-control"] = "no-store"
    return Response(dump_record(members), status, headers, MEDIA_TYPE)
