"""One connection of a client, held to limits that no route can see: slow or endless headers, bodies and readers."""

import asyncio
import re
import time
from http import HTTPStatus
from typing import Any

from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from recommender.service.access import REFUSED, Access, request_id
from recommender.service.limits import MAX_ADDRESS
from recommender.service.problems import AddressTooLong, BadRequest, HeadersTooLarge, Problems, TookTooLong
from recommender.service.security import ALWAYS

MAX_HEADERS = 32_768
"""Longest headers of a request, all together, bytes."""
HEAD_SECONDS = 10.0
"""A request's address and headers have to arrive within this, and the first request so soon after the connection."""
WRITE_SECONDS = 30.0
"""A client that reads nothing of what waits for it for so long is cut off."""
LINGER_SECONDS = 5.0
"""So long may what is left come in or go out, once there is nothing more to say."""

_PROBLEMS = Problems()
_QUERY = re.compile(rb"[?#]")


class Connection(HttpToolsProtocol):
    """The server's protocol with deadlines; how long a request may take, its body too, is the application's."""

    _deadline: asyncio.TimerHandle | None = None
    _stuck: asyncio.TimerHandle | None = None
    _began = 0.0
    _head = 0
    _in_head = False
    _body_is_due = False
    _is_refused = False
    _held: Exception | None = None
    url = b""

    @property
    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request, not for ever."""
        super().connection_made(transport)
        self._arm(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadlines."""
        self._disarm()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; a head that is not complete is counted and timed."""
        if self._is_refused:
            return
        self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > MAX_ADDRESS + MAX_HEADERS:
            self._refuse_head()
        if self._is_idle and self._deadline is None and self.timeout_keep_alive_task is None:
            self._arm(HEAD_SECONDS)

    def on_message_begin(self) -> None:
        """A head begins; what came with its beginning is not counted, it may be of earlier requests."""
        super().on_message_begin()
        self._began = time.perf_counter()
        self._head, self._in_head = 0, True

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._disarm()
        self._in_head = False
        if sum(len(name) + len(value) for name, value in self.headers) > MAX_HEADERS:
            self._refuse_head()
        elif self.parser.get_http_version() == "1.1" and sum(name == b"host" for name, _ in self.headers) != 1:
            self._refuse(BadRequest("HTTP/1.1 asks for one header Host"))  # RFC 9112, 3.2
        else:
            self._body_is_due = True
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body came."""
        if not self._is_refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The body is complete."""
        self._body_is_due = False
        if self._stuck is not None:  # now it has time to read
            self._watch_reading()
        if not self._is_refused:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Nothing more is to be said; a body that nobody waits for is not read for ever."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._close()
        elif self._held is not None:
            if self._is_idle:
                self._say(self._held)
        elif self._body_is_due:
            self._arm(LINGER_SECONDS)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, or has an address beyond what the parser takes."""
        if len(self.url) > MAX_ADDRESS:
            self._refuse(AddressTooLong("address", f"has more than {MAX_ADDRESS:,} bytes; use POST"))
        else:
            self._refuse(BadRequest("this is no HTTP request, or its address is not percent-encoded"))

    def timeout_keep_alive_handler(self) -> None:
        """Nothing came after the last answer."""
        self._close()

    def shutdown(self) -> None:
        """The service stops."""
        super().shutdown()
        if self.transport.is_closing():
            self._close()

    def pause_writing(self) -> None:
        """The client does not read what waits for it."""
        super().pause_writing()
        if self._stuck is None:
            self._watch_reading()

    def resume_writing(self) -> None:
        """It has read."""
        super().resume_writing()
        self._forget_reading()

    def _watch_reading(self) -> None:
        self._forget_reading()
        self._stuck = self.loop.call_later(WRITE_SECONDS, self._has_not_read)

    def _forget_reading(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def _has_not_read(self) -> None:
        if self._body_is_due and not self.transport.is_closing():  # it may send all before it reads
            self._watch_reading()
        else:
            self.transport.abort()

    def _refuse_head(self) -> None:
        self._refuse(HeadersTooLarge("headers", f"have more than {MAX_HEADERS:,} bytes"))

    def _refuse(self, error: Exception) -> None:
        if self._is_refused or self.transport.is_closing():
            return
        self._is_refused = True
        if self._is_idle:
            self._say(error)
        elif self._body_is_due and self.cycle.response_started:
            self._close()  # what is wrong is the rest of a body whose answer has begun: it ends unfinished
        elif self._body_is_due:
            self._say(error)
        else:  # an earlier request is not answered yet, and answers come in the order of their requests
            self._held = error

    def _say(self, error: Exception) -> None:
        given = next((value for name, value in self.headers or () if name == b"x-request-id"), b"")
        name = request_id(given)
        answer = _PROBLEMS.response(error, name.decode())
        self.transport.write(_raw(answer, [*self.server_state.default_headers, (b"x-request-id", name)]))
        self._close()
        method = self.parser.get_method().decode() if self.url else "-"  # it says one also where none came
        seconds, size = time.perf_counter() - self._began, len(answer.body)
        path = _QUERY.split(self.url, 1)[0]
        access: Access = self.app_state["access"]
        access.note(name.decode(), method, path, REFUSED, answer.status_code, seconds, size)

    def _arm(self, seconds: float) -> None:
        self._disarm()
        self._deadline = self.loop.call_later(seconds, self._too_late)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        if self._in_head:
            self._refuse(TookTooLong(f"the request did not arrive within {HEAD_SECONDS:g} s"))
        self._close()

    def _close(self) -> None:
        """Close once what waits is sent, and if it cannot be sent, without."""
        self._disarm()
        self.transport.close()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)


def _raw(response: Response, more: list[tuple[bytes, bytes]]) -> bytes:
    status = response.status_code
    headers: list[Any] = [*more, *response.raw_headers, *ALWAYS, (b"connection", b"close")]
    lines = [b"HTTP/1.1 %d %s" % (status, HTTPStatus(status).phrase.encode())]
    lines += [name + b": " + value for name, value in headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + bytes(response.body)
