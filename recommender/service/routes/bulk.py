"""Many stories at once: NDJSON in, a result a line out, while it is still being sent."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from recommender.errors import Overloaded, RecommenderError, RecordError, TooLarge
from recommender.live import Change, Upsert, in_steps
from recommender.service import openapi_changes as openapi
from recommender.service.context import Service, request_id_of, writing
from recommender.service.limits import check_type, strict_json
from recommender.stories import dump_record

router = APIRouter(tags=["stories"])

TOGETHER = 100
"""Lines that are looked at together; they are written in steps (`in_steps`)."""
MOST = 100_000
"""Lines of a request, at most."""


@router.post("/v1/stories/bulk", **openapi.BULK_POST)
async def bulk(request: Request) -> Response:
    """Add or replace stories: a record a line in, a result a line out, in the same order.

    A line that is no story is a problem in its place, the others go in. Whatever was answered is on disk; what was
    not may be sent again.
    """
    service, who = writing(request)
    check_type(request, str(openapi.NDJSON.media_type))
    return _Streamed(service, who, request)


class _Streamed(openapi.NDJSON):
    """Answers while it reads."""

    def __init__(self, service: Service, who: str, request: Request) -> None:
        super().__init__(headers={"cache-control": "no-store"})
        del self.headers["content-length"]
        self._service, self._who = service, who
        self._request_id = request_id_of(request)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read and write some lines at a time; send their results beside, as fast as the client takes them.

        Many clients send all before they read: to wait for them here would be to wait for each other. What they have
        not read yet is kept; there are at most `MOST` results.
        """
        results: asyncio.Queue[bytes] = asyncio.Queue()
        sender: asyncio.Task[None] | None = None
        limit: asyncio.Timeout | None = scope.get("time_limit")
        try:
            async for lines in _chunks(_lines(Request(scope, receive), self._service.settings.max_body)):
                left: Sequence[bytes | Upsert | RecommenderError] = lines
                while left:
                    if limit is not None:  # it is for each step, not for the whole
                        seconds = self._service.settings.request_timeout
                        limit.reschedule(asyncio.get_running_loop().time() + seconds)
                    try:
                        body, left = await self._service.change_work.run(self._step, left)
                    except Overloaded as error:
                        if sender is None:
                            raise
                        body = self._failed(left, error)
                        left = ()
                    results.put_nowait(body)
                    sender = sender or asyncio.create_task(self._send(results, send))
            if limit is not None:  # from here on that of the connection, for a client that does not read
                limit.reschedule(None)
            results.put_nowait(b"")
            await (sender or self._send(results, send))
        finally:
            if sender is not None:
                sender.cancel()

    async def _send(self, results: "asyncio.Queue[bytes]", send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        while body := await results.get():
            await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def _step(
        self, lines: Sequence[bytes | Upsert | RecommenderError]
    ) -> tuple[bytes, Sequence[Upsert | RecommenderError]]:
        """Write the first step of some lines: its results, and what is left of the lines."""
        known = lines
        try:
            known = read = [self._upsert(one) if isinstance(one, bytes) else one for one in lines]
            step = next(in_steps(read))
            return self._lines(self._service.changes().write_step(step, self._who)), read[len(step) :]
        except RecommenderError as error:  # none of them went in: too busy, or the disk is full
            self._service.problems.log(error, self._request_id)
            return self._failed(known, error), ()

    def _upsert(self, line: bytes) -> Upsert | RecommenderError:
        try:
            return self._service.upsert(_parse(line))
        except RecordError as error:
            return error

    def _failed(self, lines: Iterable[bytes | Upsert | RecommenderError], error: RecommenderError) -> bytes:
        """The results of lines of which none went in: its own fault, or this error."""
        return self._lines([one if isinstance(one, RecommenderError) else error for one in lines])

    def _lines(self, results: Iterable[Change | RecommenderError]) -> bytes:
        return b"".join(dump_record(self._result(one)) + b"\n" for one in results)

    def _result(self, one: Change | RecommenderError) -> dict[str, Any]:
        if isinstance(one, Change):
            return one.to_json()
        return self._service.problems.members(one, self._request_id)


async def _lines(request: Request, most: int) -> AsyncIterator[bytes | RecommenderError]:
    """The lines of a body that are not blank; one that is too long is an error in its place."""
    rest, count, too_long = b"", 0, False
    try:
        async for part in request.stream():
            *whole, rest = (rest + part).split(b"\n")
            for line in whole:
                if line.strip() or too_long:
                    count += 1
                    if count > MOST:
                        yield TooLarge("body", f"has more than {MOST:,} lines; send the rest in another request")
                        return
                    yield _limited(b" " * (most + 1) if too_long else line, most)
                too_long = False
            if len(rest) > most:
                rest, too_long = b"", True
    except ClientDisconnect:
        return
    if rest.strip() or too_long:
        yield _limited(b" " * (most + 1) if too_long else rest, most)


def _limited(line: bytes, most: int) -> bytes | RecommenderError:
    return TooLarge("line", f"has more than {most:,} bytes") if len(line) > most else line


async def _chunks(
    lines: AsyncIterator[bytes | RecommenderError],
) -> AsyncIterator[list[bytes | RecommenderError]]:
    chunk: list[bytes | RecommenderError] = []
    async for line in lines:
        chunk.append(line)
        if len(chunk) == TOGETHER:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _parse(line: bytes) -> Any:
    try:
        return strict_json(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise RecordError("line", f"is not UTF-8 (byte {error.start})") from None
    except (ValueError, RecursionError) as error:
        raise RecordError("line", f"is not JSON: {str(error)[:200]}") from None
