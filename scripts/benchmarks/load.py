"""A load generator that costs little: keep-alive connections on one event loop, raw bytes, no HTTP library.

Run as a process of its own: a plan as JSON on standard input, the seconds of each request as JSON on standard output.
The plan: `port` (of 127.0.0.1, nothing else is ever asked), `clients`, `requests` (each a whole request as text),
`limit_s`. Every request is sent once; each client takes the next one when its last is answered.
"""

import asyncio
import json
import re
import sys
import time

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, load: "Load") -> None:
        self.load = load
        self.got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.next()

    def next(self) -> None:
        request = next(self.load.waiting, None)
        if request is None:
            self.transport.close()
            return
        self.begun = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.got += data
        end = self.got.find(b"\r\n\r\n")
        if end < 0:
            return
        length = _LENGTH.search(self.got, 0, end + 2)
        status = int(self.got[9:12])
        if length is None and status != 304:
            raise SystemExit(f"an answer without a length: {self.got[:200]!r}")
        if len(self.got) < end + 4 + (int(length[1]) if length and status != 304 else 0):
            return
        self.load.seconds.append(time.perf_counter() - self.begun)
        self.load.statuses[status] = self.load.statuses.get(status, 0) + 1
        self.got = b""
        self.next()

    def connection_lost(self, error: Exception | None) -> None:
        self.load.open -= 1
        if not self.load.open:
            self.load.done.set_result(None)


class Load:
    """All connections and what they measured."""

    def __init__(self, plan: dict) -> None:
        self.plan = plan
        self.waiting = iter([request.encode() for request in plan["requests"]])
        self.seconds: list[float] = []
        self.statuses: dict[int, int] = {}
        self.open = plan["clients"]

    async def run(self) -> dict:
        loop = asyncio.get_running_loop()
        self.done = loop.create_future()
        begun, used = time.perf_counter(), time.process_time()
        for _ in range(self.plan["clients"]):
            await loop.create_connection(lambda: Client(self), "127.0.0.1", self.plan["port"])
        await asyncio.wait_for(self.done, self.plan.get("limit_s", 300))
        return {
            "wall_s": time.perf_counter() - begun,
            "own_cpu_s": time.process_time() - used,
            "seconds": self.seconds,
            "statuses": self.statuses,
        }


def main() -> None:
    plan = json.load(sys.stdin)
    try:
        import uvloop

        run = uvloop.run
    except ImportError:
        run = asyncio.run
    json.dump(run(Load(plan).run()), sys.stdout)


if __name__ == "__main__":
    main()
