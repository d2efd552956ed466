"""A request and its answer, with what holds for each: its id, the headers of every answer, HEAD as GET."""

import time
from collections.abc import Iterable

from starlette.types import Message, Scope, Send

from recommender.service.access import request_id
from recommender.service.security import ALWAYS, API_POLICY, PREFLIGHT, CrossOrigin

_POLICY = (b"content-security-policy", API_POLICY.encode())


class Exchange:
    """One request and what was sent in answer to it; `headers` are those that every answer has."""

    def __init__(self, scope: Scope, send: Send, cross_origin: CrossOrigin) -> None:
        self.began = time.perf_counter()
        self.started = False
        self.status = 0
        self.size = 0
        self.route = ""
        self.source = ""
        self._send = send
        self.method = scope["method"]
        self._is_head = self.method == "HEAD"
        origin, given, preflight = b"", b"", False
        for name, value in scope["headers"]:
            if name == b"origin":
                origin = value
            elif name == b"x-request-id":
                given = value
            elif name == b"access-control-request-method":
                preflight = True
        self.is_preflight = preflight and bool(origin) and scope["method"] == "OPTIONS"
        chosen = request_id(given)
        self.request_id = chosen.decode()
        self.headers = (*ALWAYS, (b"x-request-id", chosen), *cross_origin.headers(origin))
        # Routes know GET only; the server goes by its own scope, and sends no body.
        self.scope: Scope = {**scope, "method": "GET"} if self._is_head else scope
        self.scope["request_id"] = self.request_id

    async def send(self, message: Message) -> None:
        """Pass on a message of the application, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self.started = True
            self.status = message["status"]
            message["headers"] = self._complete(message["headers"])
        elif message["type"] == "http.response.body":
            self.size += len(message.get("body", b""))
            if self._is_head:
                message = {**message, "body": b""}
        await self._send(message)

    async def finish(self, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> None:
        """Send an answer that is ready, with the headers that every answer has."""
        await self._send_whole(status, self._complete(headers), body)

    async def answer_preflight(self) -> None:
        """Say what pages of other sites may ask."""
        await self._send_whole(204, [*PREFLIGHT, *self.headers], b"")

    async def _send_whole(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        self.started = True
        self.status = status
        self.size = len(body)
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": b"" if self._is_head else body})

    def _complete(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        complete = [*headers, *self.headers]
        if not any(name == _POLICY[0] for name, _ in headers):
            complete.append(_POLICY)
        return complete
