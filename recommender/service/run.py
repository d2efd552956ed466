"""Running the service: one process, or several that share the index on disk."""

import asyncio
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from socket import socket
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from recommender.heap import settle, share_arenas
from recommender.logs import log_to_stderr
from recommender.scratch import scratch_folder
from recommender.service.app import create_app
from recommender.service.connection import Connection
from recommender.service.context import Service
from recommender.service.listening import LISTENERS, listeners, shared_listeners
from recommender.service.loading import answering_meanwhile
from recommender.service.metrics import is_shared, share
from recommender.serving import open_recommender
from recommender.settings import Settings

log = logging.getLogger("recommender.service")

SILENT_SECONDS = 60
"""A worker that says nothing for so long is taken for hung and killed. One that starts says nothing until its modules
are imported: on a busy machine that took longer than the server's own five seconds, and none ever came up."""


def serve(settings: Settings) -> int:
    """Serve until told to stop; returns the exit status.

    Raises:
        IndexFault, ModelError: the live index cannot be served.
        AddressUnavailable: the host and port cannot be listened on.
    """
    log_to_stderr(settings)
    return _serve_alone(settings) if settings.workers == 1 else _serve_with_workers(settings)


def _serve_alone(settings: Settings) -> int:
    with ExitStack() as stack:
        opened = [stack.enter_context(one) for one in listeners(settings.host, settings.port, LISTENERS)]
        with answering_meanwhile(settings, [one.dup() for one in opened]):
            app = _load(settings)
        server = uvicorn.Server(_config(settings, partial(_draining, app, settings.drain_seconds)))
        _say(settings)
        try:
            server.run(opened)
        except KeyboardInterrupt:
            return 0
        return 0 if server.started else 1


def _serve_with_workers(settings: Settings) -> int:
    config = _config(settings, partial(_worker_app, settings))
    reserved, opened, meanwhile = shared_listeners(settings.host, settings.port)
    with ExitStack() as stack:
        for one in (*reserved, *opened):
            stack.enter_context(one)
        share(str(stack.enter_context(scratch_folder("recommender-metrics-"))))
        # A worker counts shortly before it listens. From then on nobody is told that the service loads: it might be
        # one whom a worker has answered already.
        stack.enter_context(answering_meanwhile(settings, meanwhile, until=is_shared))
        open_recommender(settings).close()  # an index that cannot be served is said once, not by every worker
        _Workers(config, opened, partial(_say, settings)).run()
    return 0


class _Workers(Multiprocess):
    """Keeps the workers alive, and says so where one had to be replaced; calls `when_up` once one of them answers."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket], when_up: Callable[[], None]) -> None:
        super().__init__(config, sockets)
        self._when_up: Callable[[], None] | None = when_up

    def keep_subprocess_alive(self) -> None:
        """Replace the workers that have died."""
        before = list(self.processes)
        super().keep_subprocess_alive()
        if self._when_up and any(worker.is_ready() for worker in self.processes):
            self._when_up()
            self._when_up = None
        for worker in before:
            if worker not in self.processes:
                log.error("worker %s ended (exit status %s) and was replaced", worker.pid, worker.exitcode)


def _worker_app(settings: Settings) -> FastAPI:
    log_to_stderr(settings)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return _draining(_load(settings), settings.drain_seconds)


def _end_with_parent() -> None:
    """Stop a worker whose main process was killed: it would hold the port, and answer with settings of before."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _load(settings: Settings) -> FastAPI:
    share_arenas()
    app = create_app(settings, open_recommender(settings))
    settle()
    return app


def _draining(app: FastAPI, seconds: float) -> FastAPI:
    """The application, once the server listens to signals: when it is told to stop `/readyz` fails, and so many
    seconds later it does stop; told twice, at once.
    """
    stop: Any = signal.getsignal(signal.SIGTERM)  # the server's own
    service: Service = app.state.service
    loop = asyncio.get_running_loop()

    def drain(number: int, frame: FrameType | None) -> None:
        wait = 0.0 if service.draining else seconds
        service.drain()
        if wait:
            loop.call_later(wait, stop, number, frame)
        else:
            stop(number, frame)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, drain)
    return app


def _config(settings: Settings, app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=isinstance(app, partial),
        host=settings.host,
        port=settings.port,
        http=Connection,
        forwarded_allow_ips=",".join(settings.proxies),
        workers=settings.workers,
        log_config=None,
        access_log=False,  # it would hold query strings; `front` writes one that does not
        server_header=False,
        ws="none",
        timeout_keep_alive=20,
        timeout_graceful_shutdown=int(settings.request_timeout) + 1,
        timeout_worker_healthcheck=SILENT_SECONDS,
    )


def _say(settings: Settings) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    log.info("Serving on http://%s:%d (Ctrl+C stops)", host, settings.port)
