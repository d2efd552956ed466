"""Files: the widget, and the styles and scripts of the pages."""

import re

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from recommender.service.answers import asked_unless, matches
from recommender.service.assets import assets

router = APIRouter(include_in_schema=False)
_IMMUTABLE = "public, max-age=31536000, immutable"
_NOTHING = re.compile(r"\s*q\s*=\s*0(\.0*)?\s*\Z", re.IGNORECASE)
_HOUR = "public, max-age=3600, stale-while-revalidate=86400"


@router.get("/widget.js")
async def widget(request: Request) -> Response:
    """The widget; new versions arrive within the hour."""
    return _send(request, "widget.js", _HOUR)


@router.get("/static/{version}/{name}")
async def static(request: Request, version: str, name: str) -> Response:
    """A file of the pages, or the widget pinned to a version (for `integrity`)."""
    if name not in assets() or assets()[name].version != version:
        raise HTTPException(404)
    return _send(request, name, _IMMUTABLE)


@router.get("/favicon.ico")
async def favicon(request: Request) -> Response:
    """The icon of the pages."""
    return _send(request, "icon.svg", _HOUR)


def takes_gzip(accept_encoding: str) -> bool:
    """Whether a client that says this takes gzip: named or meant by `*`, and not with a weight of nothing."""
    weights = {
        name.strip().lower(): rest for name, _, rest in (one.partition(";") for one in accept_encoding.split(","))
    }
    weight = weights.get("gzip", weights.get("*"))
    return weight is not None and not _NOTHING.match(weight)


def _send(request: Request, name: str, control: str) -> Response:
    asset = assets()[name]
    packed = takes_gzip(",".join(request.headers.getlist("accept-encoding")))
    etag = f'"{asset.version}{"-gz" if packed else ""}"'
    headers = {"cache-control": control, "etag": etag, "vary": "Accept-Encoding"}
    if matches(asked_unless(request.headers.raw), etag.encode()):
        return Response(b"", 304, headers)
    if packed:
        headers["content-encoding"] = "gzip"
    return Response(asset.packed if packed else asset.body, 200, headers, asset.media_type)
