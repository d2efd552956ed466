"""Running the service: one process, or several that share the index on disk."""

import asyncio
import errno
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from socket import (
    AF_INET6,
    IPPROTO_IPV6,
    IPV6_V6ONLY,
    SO_REUSEADDR,
    SOCK_STREAM,
    SOL_SOCKET,
    gaierror,
    getaddrinfo,
    socket,
)
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from recommender.errors import AddressUnavailable
from recommender.heap import settle, share_arenas
from recommender.logs import log_to_stderr
from recommender.scratch import scratch_folder
from recommender.service.app import create_app
from recommender.service.connection import Connection
from recommender.service.context import Service
from recommender.service.loading import answering_meanwhile
from recommender.service.metrics import is_shared, share
from recommender.serving import open_recommender
from recommender.settings import Settings

log = logging.getLogger("recommender.service")

LISTENERS = 64
"""The event loop takes one new connection from each listener a turn, and where hundreds ask at once a turn takes a
tenth of a second: with a single listener a new client waited for seconds before anybody saw it."""
SHARED_LISTENERS = 4
"""Of several workers where they share them: with more the first to wake would take all who come at once."""
SPREADS = sys.platform == "linux"
"""Whether the kernel spreads connections among several sockets that listen at one address."""
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


class OwnListeners(list[socket]):
    """None, but whoever is sent it, as each worker is, opens listeners of its own at the address.

    So the kernel spreads connections among the workers, and who dies leaves none waiting. Where workers share a
    listener the first to wake takes whoever comes: of eight connections one of two workers had all.
    """

    def __init__(self, host: str, port: int) -> None:
        super().__init__()
        self._address = host, port

    def __reduce__(self) -> tuple[Any, ...]:
        return listeners, (*self._address, LISTENERS, True)


def shared_listeners(host: str, port: int) -> tuple[list[socket], list[socket], list[socket]]:
    """Sockets that keep the port for as long as they are open, the listeners for several workers, and those for whoever
    answers before them.

    Raises:
        AddressUnavailable: the port cannot be opened.
    """
    reserved = listeners(host, port, 1)
    if not SPREADS:
        shared = [one.dup() for one in reserved for _ in range(SHARED_LISTENERS)]
        return reserved, shared, [one.dup() for one in reserved]
    port = reserved[0].getsockname()[1]
    for one in reserved:
        one.close()  # nobody else listens there
    return listeners(host, port, 1, True), OwnListeners(host, port), listeners(host, port, 1, True)


def listeners(host: str, port: int, count: int, beside_others: bool = False) -> list[socket]:
    """The port, opened once at each address of the host, as so many listeners each; if `beside_others` other processes
    of this user may open it as well.

    Raises:
        AddressUnavailable: it cannot be opened.
    """
    opened: list[socket] = []
    without: OSError | None = None
    try:
        found = list(dict.fromkeys((family, at) for family, *_, at in getaddrinfo(host, port, type=SOCK_STREAM)))
        for family, at in found:
            if port == 0 and opened:  # whichever was free at the first address
                at = (at[0], opened[0].getsockname()[1], *at[2:])
            try:
                opened.append(_listener(family, at, beside_others, alone=len(found) == 1))
            except OSError as error:
                if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    raise
                without = error  # `localhost` may have an address of IPv6 where the machine has none
        if without and not opened:
            raise without
    except (OSError, UnicodeError) as error:
        for one in opened:
            one.close()
        raise AddressUnavailable(_why_not(host, port, error)) from None
    return [*opened, *(one.dup() for one in opened for _ in range(count - 1))]


def _listener(family: int, at: Any, beside_others: bool, alone: bool) -> socket:
    one = socket(family)
    try:
        one.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        if family == AF_INET6 and not alone:  # IPv4 has a socket of its own
            one.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 1)
        if beside_others:
            from socket import SO_REUSEPORT  # Windows has none

            one.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
        one.bind(at)
    except BaseException:
        one.close()
        raise
    one.set_inheritable(True)
    return one


def _why_not(host: str, port: int, error: OSError | UnicodeError) -> str:
    where = f"cannot listen on host {host!r}, port {port}"
    if isinstance(error, UnicodeError | gaierror):
        return f"{where}: no host of this name is known; choose another --host"
    match error.errno:
        case errno.EADDRINUSE:
            return f"{where}: another process listens there; end it, or choose another --port"
        case errno.EADDRNOTAVAIL:
            return f"{where}: this machine has no such address; choose another --host"
        case errno.EACCES:
            return f"{where}: ports below 1024 need special rights; choose a higher --port"
    return f"{where} ({error.strerror}); choose another --host or --port"


def _say(settings: Settings) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    log.info("Serving on http://%s:%d (Ctrl+C stops)", host, settings.port)
