"""What is kept of each request: its id, a line in the access log, its count and its time."""

import logging
import random
import re

from recommender.service.metrics import Metrics

access = logging.getLogger("recommender.access")

OTHER = "other"
"""Route, in the metrics, of what fits none."""
REFUSED = "refused"
"""Route, in the metrics, of what its connection refused before any route could see it."""

_GIVEN = re.compile(rb"[A-Za-z0-9._:-]{1,64}\Z")
_ids = random.Random()  # noqa: S311 - an id is no secret, and asking the system for each lets go of Python's lock


def request_id(given: bytes = b"") -> bytes:
    """The id of a request: what its `X-Request-Id` says, if that can be an id, or a new one."""
    return given if _GIVEN.match(given) else b"%016x" % _ids.getrandbits(64)


class Access:
    """Takes down every request that was answered or refused."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def note(
        self, request_id: str, method: str, address: bytes, route: str, status: int, seconds: float, size: int,
        source: str = "",
    ) -> None:  # fmt: skip
        """Count a request, and log it where the log is wanted.

        Args:
            request_id: its id.
            method: of HTTP; `-` where none came.
            address: its path as it was sent, never the query string: that holds what a person typed.
            route: the pattern that answered, `OTHER` or `REFUSED`.
            status: of the answer.
            seconds: from its beginning to the end of the answer.
            size: bytes of the answer's body.
            source: where an answer to GET came from.
        """
        self._metrics.request(route, status, seconds)
        if access.isEnabledFor(logging.INFO):
            path = address.decode("ascii", "backslashreplace")[:200]
            milliseconds = round(seconds * 1_000, 2)
            line = {
                "request_id": request_id,
                "method": method,
                "path": path,
                "status": status,
                "ms": milliseconds,
                "bytes": size,
                "answer": source,
            }
            access.info("%s %s %d %s ms", method, path, status, milliseconds, extra={"fields": line})
