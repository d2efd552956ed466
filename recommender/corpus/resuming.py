"""Going on where an answer broke off: what is asked for, and whether what comes is the rest of the same document."""

import re
from collections.abc import Mapping

RESUMPTIONS = 5
"""How often a download is gone on with before it has failed."""
FIRST_WAIT = 1.0
"""Seconds before the first time; twice as many before each further one."""

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)\Z")


def range_headers(headers: Mapping[str, str], begin: int) -> dict[str, str] | None:
    """Headers that ask for what stands from byte `begin` on; None where the server does not give parts.

    Args:
        headers: of the first answer. One that has neither a strong ETag nor a date cannot be told from another.
        begin: bytes that have come.
    """
    tag = headers.get("etag", "")
    same = tag if tag.startswith('"') else headers.get("last-modified")
    if headers.get("accept-ranges", "").strip().lower() != "bytes" or not same:
        return None
    return {"Range": f"bytes={begin}-", "If-Range": same}


def is_rest(status: int, headers: Mapping[str, str], first: Mapping[str, str], begin: int) -> bool:
    """Whether an answer is the rest of the document whose `first` headers came before."""
    said = _RANGE.match(headers.get("content-range", "").strip())
    if status != 206 or said is None or int(said[1]) != begin:
        return False
    length = first.get("content-length", "")
    whole = int(length) if length.isdecimal() else None
    if whole is not None and (said[3] not in ("*", str(whole)) or int(said[2]) != whole - 1):
        return False
    kept = ("etag", "content-encoding")
    return all(headers.get(name, first.get(name)) == first.get(name) for name in kept)
