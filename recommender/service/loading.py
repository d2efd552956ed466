"""While the index is loaded: the port is open, and whoever asks is told to come again."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import socket

import uvicorn
from starlette.types import Receive, Scope, Send

from recommender.service.exchange import Exchange
from recommender.service.problems import Loading, Problems
from recommender.service.security import CrossOrigin
from recommender.service.uncached import uncached
from recommender.settings import Settings

_LOOK = 0.03
"""Seconds between two looks whether it is over: each takes Python's lock from the thread that loads."""


@contextmanager
def answering_meanwhile(
    settings: Settings, listeners: list[socket], until: Callable[[], bool] = lambda: False
) -> Iterator[None]:
    """Answer at these listeners, in a thread, and close them when the block ends, or before: as soon as `until` holds.

    `/healthz` is well, all else is 503 with `Retry-After`.
    """
    config = uvicorn.Config(
        _App(settings), http="httptools", ws="none", lifespan="off", log_config=None, access_log=False,
        server_header=False, headers=[("connection", "close")],
    )  # fmt: skip
    for one in listeners:
        one.listen(config.backlog)
    server = _Server(config, until)
    threading.Thread(target=server.run, args=(listeners,), name="loading", daemon=True).start()
    try:
        yield
    finally:
        server.should_exit = True


class _Server(uvicorn.Server):
    """One that ends soon after it is told to."""

    def __init__(self, config: uvicorn.Config, until: Callable[[], bool]) -> None:
        super().__init__(config)
        self._until = until

    async def main_loop(self) -> None:
        """Go on until it is to end."""
        await self.on_tick(0)  # sets the headers of every answer
        while not (self.should_exit or self._until()):
            await asyncio.sleep(_LOOK)


class _App:
    def __init__(self, settings: Settings) -> None:
        self._problems = Problems(settings.base_url)
        self._cross_origin = CrossOrigin(settings.cors_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, send, self._cross_origin)
        if exchange.is_preflight:
            await exchange.answer_preflight()
        elif scope["path"] == "/healthz":
            await uncached({"status": "ok"})(exchange.scope, receive, exchange.send)
        else:
            error = Loading("the service is loading its index; try again in 1 s")
            await self._problems.response(error, exchange.request_id)(exchange.scope, receive, exchange.send)
