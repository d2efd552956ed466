"""Connections held to limits, on a real socket: slow and endless requests, clients that do not read, HEAD."""

import asyncio
import contextlib
import gc
import json
import logging
import pickle
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.flow_control import FlowControl

from recommender.errors import AddressUnavailable, NotFound, Overloaded
from recommender.service import connection, create_app, listening
from recommender.service.connection import Connection
from recommender.service.listening import LISTENERS, SPREADS, listeners, shared_listeners
from recommender.service.work import Work
from recommender.settings import Settings

HOST = b"Host: x.example\r\n"


Connect = Callable[[], socket.socket]


@pytest.fixture
def connect(engine: Any, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Connect]:
    for name, seconds in (("HEAD_SECONDS", 0.5), ("LINGER_SECONDS", 0.3), ("WRITE_SECONDS", 0.5)):
        monkeypatch.setattr(connection, name, seconds)
    settings = replace(Settings(), admin_key=("secret",), request_timeout=getattr(request, "param", 0.5))
    app = create_app(settings, engine)
    config = uvicorn.Config(app, port=0, log_config=None, http=Connection, timeout_keep_alive=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    address = server.servers[0].sockets[0].getsockname()
    with ExitStack() as opened:
        yield lambda: opened.enter_context(socket.create_connection(address, 10))
    server.should_exit = True
    thread.join(10)


def rest(client: socket.socket) -> bytes:
    """What comes until the server closes; a test that waits for ever fails by the socket's time limit."""
    parts = []
    try:
        while part := client.recv(1 << 16):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def drip(client: socket.socket, data: bytes, seconds: float) -> bytes:
    """Send the same again and again, a little at a time, until the server has enough."""
    until = time.monotonic() + seconds
    client.settimeout(0.05)
    got = b""
    while time.monotonic() < until:
        try:
            client.sendall(data)
            part = client.recv(1 << 16)
            if not part:
                return got
            got += part
        except TimeoutError:
            continue
        except OSError:
            return got
    raise AssertionError(f"the server still listens: {got[:200]!r}")


def problem_of(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    assert b"nosniff" in head
    return int(head[9:12]), json.loads(body)["type"].rpartition("problem-")[2]


def test_a_connection_that_says_nothing_is_closed(connect: Connect) -> None:
    assert rest(connect()) == b""


def test_headers_that_come_too_slowly_are_refused(connect: Connect) -> None:
    client = connect()
    client.sendall(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
    assert problem_of(drip(client, b"a", 10)) == (503, "timeout")


def test_empty_lines_keep_no_connection_open(connect: Connect) -> None:
    assert drip(connect(), b"\r\n", 10) == b""


def test_headers_without_end_are_refused(connect: Connect) -> None:
    client = connect()
    client.sendall(b"GET /healthz HTTP/1.1\r\nX-Long: ")
    assert problem_of(drip(client, b"a" * 10_000, 10)) == (431, "headers-too-large")
    client = connect()
    client.sendall(
        b"GET /healthz HTTP/1.1\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"a" * 400) for n in range(85)) + b"\r\n"
    )
    assert problem_of(rest(client)) == (431, "headers-too-large")


def test_an_address_beyond_what_the_parser_takes_is_too_long(connect: Connect) -> None:
    client = connect()
    client.sendall(b"GET /v1/related?text=" + b"a" * 70_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n")
    answer = rest(client)
    assert problem_of(answer)[0] in (414, 431)
    client = connect()
    client.sendall(b"nonsense\r\n\r\n")
    assert problem_of(rest(client)) == (400, "bad-request")


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b"nonsense\r\n\r\n", ("-", "", 400)),
        (b"GET /v1/related?text=private HTTP/1.1\r\nNo header\r\n\r\n", ("GET", "/v1/related", 400)),
        (b"PUT /v1/stories/" + b"a" * 60_000 + b" HTTP/1.1\r\n" + HOST, ("PUT", "/v1/stories/" + "a" * 188, None)),
        (b"GET /?" + b"private" * 10_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", ("GET", "/", 414)),
        (b"POST /#private HTTP/1.1\r\nX-Long: " + b"a" * 40_000 + b"\r\n\r\n", ("POST", "/", 431)),
        (b"GET /healthz?private HTTP/1.1\r\nX-Slow: a", ("GET", "/healthz", 503)),
    ],
)
def test_what_the_connection_refuses_is_logged_and_counted(
    connect: Connect, sent: bytes, told: tuple[str, str, int | None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "recommender.access")
    client = connect()
    client.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
    while b'"ok"' not in client.recv(1 << 16):
        pass
    client.sendall(sent)
    head, _, body = rest(client).partition(b"\r\n\r\n")
    problem = json.loads(body)
    fields = [one.fields for one in caplog.records if one.name == "recommender.access"]
    assert [one["path"] for one in fields] == ["/healthz", told[1]]
    refused = fields[1]
    assert told[2] in (problem["status"], None)
    assert [refused[name] for name in ("method", "path", "status")] == [*told[:2], problem["status"]]
    assert refused["request_id"] == problem["request_id"]
    assert f"x-request-id: {refused['request_id']}\r\n".encode() in head + b"\r\n"
    assert "private" not in caplog.text + json.dumps(fields)
    client = connect()
    client.sendall(b"GET /metrics HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    counted = f'recommender_http_requests_total{{route="refused",status="{problem["status"]}"}} 1.0'
    assert counted.encode() in rest(client)


def test_an_address_that_is_not_encoded_is_told_so(connect: Connect) -> None:
    client = connect()
    client.sendall("GET /v1/related?text=Київ HTTP/1.1\r\n".encode() + HOST + b"\r\n")
    answer = rest(client)
    assert problem_of(answer) == (400, "bad-request")
    assert b"percent-encoded" in answer


@pytest.mark.parametrize("hosts", [b"", HOST + b"Host: other.example\r\n"])
def test_a_request_has_one_host(connect: Connect, hosts: bytes) -> None:
    client = connect()
    client.sendall(b"GET /healthz HTTP/1.1\r\n" + hosts + b"\r\n")
    assert problem_of(rest(client)) == (400, "bad-request")
    client = connect()
    client.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
    assert b'"ok"' in rest(client)


@pytest.mark.parametrize("wrong", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nX-Long: " + b"a" * 50_000 + b"\r\n\r\n"])
def test_what_is_refused_waits_for_the_answers_before_it(connect: Connect, wrong: bytes) -> None:
    client = connect()
    first, second = (b"GET /v1/related?id=%s HTTP/1.1\r\n%s\r\n" % (one, HOST) for one in (b"a1", b"nobody"))
    client.sendall(first + second + wrong)
    assert [int(one[:3]) for one in rest(client).split(b"HTTP/1.1 ")[1:-1]] == [200, 404]


def test_what_is_refused_keeps_the_id_that_it_was_given(connect: Connect) -> None:
    client = connect()
    client.sendall(b"GET / HTTP/1.1\r\nX-Request-Id: mine-1\r\nX-Long: " + b"a" * 40_000 + b"\r\n\r\n")
    head, _, body = rest(client).partition(b"\r\n\r\n")
    assert (json.loads(body)["request_id"], b"x-request-id: mine-1" in head) == ("mine-1", True)


def test_a_body_that_comes_too_slowly_is_given_up(connect: Connect) -> None:
    client = connect()
    client.sendall(
        b"POST /v1/related HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
    )
    assert b" 503 " in drip(client, b" ", 10)


def test_a_body_that_nobody_waits_for_is_not_read_for_ever(connect: Connect) -> None:
    client = connect()
    client.sendall(b"PUT /v1/stories/x HTTP/1.1\r\n" + HOST + b"Content-Length: 100000\r\n\r\n")
    assert b" 401 " in drip(client, b" ", 10)


class Transport:
    """Of a client that does not read."""

    cut = False

    def abort(self) -> None:
        self.cut = True


@pytest.mark.parametrize("reads", [False, True])
def test_a_client_that_does_not_read_is_cut_off(monkeypatch: pytest.MonkeyPatch, reads: bool) -> None:
    monkeypatch.setattr(connection, "WRITE_SECONDS", 0.05)

    async def stuck() -> bool:
        transport: Any = Transport()
        one = Connection.__new__(Connection)
        one.loop, one.transport, one.flow = asyncio.get_running_loop(), transport, FlowControl(transport)
        one.pause_writing()
        if reads:
            one.resume_writing()
        await asyncio.sleep(0.2)
        return bool(transport.cut)

    assert asyncio.run(stuck()) is not reads


def test_head_is_get_without_a_body_and_keeps_the_connection(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    client = connect()
    for _ in range(2):
        client.sendall(b"HEAD /v1/related?id=a1 HTTP/1.1\r\n" + HOST + b"\r\n")
        head = client.recv(1 << 16)
        assert head.startswith(b"HTTP/1.1 200")
        assert head.endswith(b"\r\n\r\n")
        assert b"content-length: 0" not in head
    client.sendall(b"HEAD /healthz HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    assert rest(client).startswith(b"HTTP/1.1 200")
    assert not caplog.records


@pytest.mark.parametrize("connect", [30], indirect=True)  # seconds for a step: this is not about them
def test_a_client_may_send_a_whole_bulk_before_it_reads(connect: Connect, engine: Any) -> None:
    engine.changes = lambda: SimpleNamespace(write_step=lambda step, who: step, close=lambda: None)
    client = connect()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    client.sendall(
        b"POST /v1/stories/bulk HTTP/1.1\r\nAuthorization: Bearer secret\r\nContent-Type: application/x-ndjson\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n" + HOST + b"\r\n"
    )
    some = b"no JSON\n" * 1_000
    for _ in range(40):  # in all the results are more than any buffer between takes
        client.sendall(b"%x\r\n%s\r\n" % (len(some), some))
        time.sleep(0.05)
    client.sendall(b"0\r\n\r\n")
    answer = rest(client)
    assert answer.count(b'"request_id"') == 40_000
    assert answer.endswith(b"0\r\n\r\n")


@pytest.mark.parametrize("connect", [30], indirect=True)
def test_a_body_that_breaks_off_in_nonsense_leaves_its_answer_unfinished(connect: Connect, engine: Any) -> None:
    engine.changes = lambda: SimpleNamespace(write_step=lambda step, who: step, close=lambda: None)
    client = connect()
    lines = b"no JSON\n" * 100
    client.sendall(
        b"POST /v1/stories/bulk HTTP/1.1\r\nAuthorization: Bearer secret\r\nContent-Type: application/x-ndjson\r\n"
        b"Transfer-Encoding: chunked\r\n" + HOST + b"\r\n%x\r\n%s\r\n" % (len(lines), lines)
    )
    assert client.recv(1 << 16).startswith(b"HTTP/1.1 200")
    client.sendall(b"nonsense\r\n")
    answer = rest(client)
    assert b"HTTP/1.1" not in answer
    assert not answer.endswith(b"0\r\n\r\n")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The time of `work`, which stands still until a test moves it; two that wait are many."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr("recommender.service.work.time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr("recommender.service.work.MANY", 2)
    return clock


def test_what_waits_too_long_among_many_is_given_up(clock: SimpleNamespace) -> None:
    work = Work("engine", 1, 100, patience=0.5)
    begun, hold = threading.Event(), threading.Event()

    def held() -> bool:
        begun.set()
        return hold.wait(60)

    async def run() -> list[Any]:
        first = [asyncio.ensure_future(work.run(held)) for _ in range(4)]
        await asyncio.sleep(0)
        assert begun.wait(60)
        clock.now += 1
        with pytest.raises(Overloaded):  # three wait, the first of them for too long
            await work.run(int)
        hold.set()
        return await asyncio.gather(*first, return_exceptions=True)

    results = asyncio.run(run())
    assert results[0] is True
    assert isinstance(results[1], Overloaded)  # two were waiting behind it
    assert results[2:] == [True, True]
    work.close()
    assert (work.pending, work.waiting) == (0, 0)


def test_whose_turn_would_come_too_late_is_refused_at_once(
    clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recommender.service.work.MEMORY", 1)
    work = Work("engine", 1, 100, patience=0.5)
    begun, hold = threading.Event(), threading.Event()

    def takes(seconds: float) -> None:
        clock.now += seconds

    def held() -> None:
        begun.set()
        hold.wait(60)

    async def run() -> list[Any]:
        first = [asyncio.ensure_future(work.run(held))]
        await asyncio.sleep(0)
        assert begun.wait(60)
        first += [asyncio.ensure_future(work.run(takes, 0.2)) for _ in range(3)]
        await asyncio.sleep(0)
        hold.set()
        await asyncio.gather(*first)  # two of them began 0.2 s after the one before
        begun.clear()
        hold.clear()
        first = [asyncio.ensure_future(work.run(held))]
        await asyncio.sleep(0)
        assert begun.wait(60)
        more = [asyncio.ensure_future(work.run(int)) for _ in range(5)]
        await asyncio.sleep(0)
        refused = [one.done() for one in more]
        hold.set()
        await asyncio.gather(*first)
        results = await asyncio.gather(*more, return_exceptions=True)
        return list(zip(refused, map(type, results), strict=True))

    assert asyncio.run(run()) == [(False, int)] * 3 + [(True, Overloaded)] * 2
    work.close()


def test_equal_calls_share_one_even_where_no_other_would_be_taken() -> None:
    work = Work("lists", 1, 0)
    calls: list[int] = []
    hold = threading.Event()

    def answer() -> int:
        hold.wait(60)
        calls.append(1)
        return len(calls)

    async def run() -> list[Any]:
        many = [asyncio.ensure_future(work.run_shared("one", answer)) for _ in range(5)]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await work.run_shared("another", answer)
        hold.set()
        return await asyncio.gather(*many)

    assert asyncio.run(run()) == [1] * 5
    work.close()


def test_what_comes_first_may_fail_and_whoever_gives_up_leaves_the_thread_counted() -> None:
    work = Work("lists", 1, 1)
    failed: Future[None] = Future()
    failed.set_exception(ZeroDivisionError())
    begun, hold = threading.Event(), threading.Event()

    def held() -> None:
        begun.set()
        hold.wait(60)

    async def run() -> None:
        with pytest.raises(ZeroDivisionError):
            await work.run_shared("failing", held, lambda: failed)
        assert (work.pending, work.waiting) == (0, 0)
        running, waiting = (asyncio.ensure_future(work.run(held)) for _ in range(2))
        await asyncio.to_thread(begun.wait, 60)
        for one in (running, waiting):
            one.cancel()
        await asyncio.sleep(0)
        assert (work.pending, work.waiting) == (1, 0)
        hold.set()

    asyncio.run(run())
    work.close()
    assert (work.pending, work.waiting) == (0, 0)


def test_what_an_answer_was_made_from_is_let_go_with_its_error() -> None:
    work = Work("lists", 1, 1)
    made: list[weakref.ref[Any]] = []

    def answer() -> None:
        serving = threading.Event()
        made.append(weakref.ref(serving))
        raise NotFound("id", "x")

    async def run() -> None:
        with contextlib.suppress(NotFound):
            await work.run_shared("x", answer)
        await asyncio.sleep(0)

    gc.collect()
    gc.disable()
    try:
        asyncio.run(run())
        work.close()
        assert made[0]() is None
    finally:
        gc.enable()


def test_calls_of_one_turn_are_taken_or_refused_in_it() -> None:
    work = Work("engine", 1, 3)
    hold = threading.Event()

    async def run() -> list[Any]:
        many = [asyncio.ensure_future(work.run_shared(number, partial(hold.wait, 60))) for number in range(10)]
        await asyncio.sleep(0)
        taken = work.pending
        hold.set()
        results = await asyncio.gather(*many, return_exceptions=True)
        return [taken, *(type(one) for one in results)]

    assert asyncio.run(run()) == [4, *[bool] * 4, *[Overloaded] * 6]
    work.close()


def test_many_clients_that_come_at_once_are_seen_in_a_few_turns_of_the_loop() -> None:
    uvloop = pytest.importorskip("uvloop")
    seen = []

    class Seen(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            seen.append(transport)

    async def turns() -> int:
        loop = asyncio.get_running_loop()
        listening = listeners("127.0.0.1", 0, LISTENERS)
        servers = [await loop.create_server(Seen, sock=one, backlog=500) for one in listening]
        clients = [socket.create_connection(listening[0].getsockname(), 10) for _ in range(200)]
        count = 0
        while len(seen) < len(clients):
            await asyncio.sleep(0)
            count += 1
        for one in seen:
            one.close()
        for client in clients:
            client.close()
        for server in servers:
            server.close()
            await server.wait_closed()
        for one in listening:
            one.close()
        return count

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(turns()) < 20


@pytest.mark.skipif(not SPREADS, reason="only Linux spreads connections among listeners")
def test_each_worker_has_listeners_of_its_own_to_which_connections_are_spread() -> None:
    (reserved,), opened, (meanwhile,) = shared_listeners("127.0.0.1", 0)
    meanwhile.close()
    address = reserved.getsockname()
    workers = [pickle.loads(pickle.dumps(opened)) for _ in range(2)]
    with reserved, ExitStack() as stack:
        for worker in workers:
            assert len(worker) == LISTENERS
            for one in worker:
                stack.enter_context(one).setblocking(False)
            worker[0].listen(100)
        for _ in range(40):
            stack.enter_context(socket.create_connection(address, 10))
        for worker in workers:
            stack.enter_context(worker[0].accept()[0])  # of each there is one, or this would block
        with pytest.raises(AddressUnavailable, match="another process listens there"):
            shared_listeners(*address)


def resolves(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """`localhost` has these addresses."""

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        assert host == "localhost"
        v4, v6 = socket.AF_INET, socket.AF_INET6
        return [(v6, 1, 6, "", (one, port, 0, 0)) if ":" in one else (v4, 1, 6, "", (one, port)) for one in addresses]

    monkeypatch.setattr(listening, "getaddrinfo", look_up)


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_name_is_listened_on_at_each_of_its_addresses(monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    resolves(monkeypatch, "::1", "127.0.0.1", "::1")
    with ExitStack() as stack:
        if workers == 1:
            opened = listeners("localhost", 0, 3)
        else:
            reserved, opened, meanwhile = shared_listeners("localhost", 0)
            for one in (*reserved, *meanwhile):
                stack.enter_context(one)
            opened = pickle.loads(pickle.dumps(opened)) if SPREADS else opened
        for one in opened:
            stack.enter_context(one).listen(10)
        port = opened[0].getsockname()[1]
        for address in ("::1", "127.0.0.1"):
            stack.enter_context(socket.create_connection((address, port), 10))
        with pytest.raises(AddressUnavailable, match="another process listens there"):
            listeners("localhost", port, 1)


def test_an_address_that_the_machine_lacks_is_left_out_where_the_name_has_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolves(monkeypatch, "2001:db8::1", "127.0.0.1")
    (one,) = listeners("localhost", 0, 1)
    with one:
        assert one.getsockname()[0] == "127.0.0.1"
    resolves(monkeypatch, "2001:db8::1")
    with pytest.raises(AddressUnavailable, match="this machine has no such address"):
        listeners("localhost", 0, 1)


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_every_address_of_ipv6_is_every_one_of_ipv4_too() -> None:
    (one,) = listeners("::", 0, 1)
    with one:
        one.listen()
        socket.create_connection(("127.0.0.1", one.getsockname()[1]), 10).close()


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("192.0.2.1", "this machine has no such address; choose another --host"),
        ("no-such-host.invalid", "no host of this name is known; choose another --host"),
        ("x" * 70, "no host of this name is known; choose another --host"),
    ],
)
def test_an_address_that_cannot_be_listened_on_is_named_with_what_to_do(host: str, says: str) -> None:
    with pytest.raises(AddressUnavailable) as refused:
        listeners(host, 8000, 2)
    assert str(refused.value) == f"cannot listen on host {host!r}, port 8000: {says}"
