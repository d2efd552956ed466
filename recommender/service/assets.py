"""The widget, and the styles and scripts of the pages: read once, compressed once."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Asset:
    """A file that is served; `version` changes with its content."""

    body: bytes
    packed: bytes
    media_type: str
    version: str


@cache
def assets() -> dict[str, Asset]:
    """The files of `recommender/service/static/` by name."""
    found = {}
    for entry in files("recommender.service").joinpath("static").iterdir():
        if entry.is_file():
            body = entry.read_bytes()
            kind = mimetypes.guess_type(entry.name)[0] or "application/octet-stream"
            text = "; charset=utf-8" if kind.startswith("text/") else ""
            version = hashlib.sha256(body).hexdigest()[:12]
            found[entry.name] = Asset(body, gzip.compress(body, 9, mtime=0), kind + text, version)
    return found


def address(name: str) -> str:
    """The address of a file that may be kept for ever: it holds the version."""
    return f"/static/{assets()[name].version}/{name}"
