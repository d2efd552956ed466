"""What a server answers: its head, then a body that is read as it comes, in time and up to a size."""

import contextlib
import http.client
import io
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from recommender.corpus.streams import DAMAGED, gunzipped
from recommender.errors import CorpusError

_BLOCK = 1 << 16
_REDIRECTS = (301, 302, 303, 307, 308)


GoOn = Callable[[int], http.client.HTTPResponse | None]


class FetchFailed(CorpusError):
    """A document that did not come; `retry_after` is how many seconds the server asked to wait."""

    def __init__(self, message: str, *, status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Document:
    """What came: `url` is where it was found after redirects; `data` is None where it is as it was (304)."""

    url: str
    data: bytes | None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def charset(self) -> str | None:
        """The encoding that the server states."""
        kind = self.headers.get("content-type", "")
        _, sign, name = kind.lower().partition("charset=")
        return name.split(";")[0].strip(" \"'") or None if sign else None

    @property
    def kind(self) -> str:
        """The media type that the server states."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Deadline:
    """When an answer must be there. It hangs up then: a server may send a byte a minute."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._begun = time.monotonic()
        self._line: socket.socket | None = None
        self._timer: threading.Timer | None = None

    def watch(self, line: socket.socket) -> None:
        """Hang up this line when the time is over."""
        self.cancel()
        self._line = line
        self._timer = threading.Timer(self._begun + self.seconds - time.monotonic(), _hang_up, [line])
        self._timer.daemon = True
        self._timer.start()

    def move(self, seconds: float) -> None:
        """Allow so many seconds in all."""
        self.seconds = seconds
        if self._line:
            self.watch(self._line)

    def cancel(self) -> None:
        """Hang up no more."""
        if self._timer:
            self._timer.cancel()

    def is_over(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self._begun + self.seconds

    def failed(self, url: str, error: Exception) -> FetchFailed:
        """What an error of the line says: that the time is over, if it is, to a blink."""
        late = time.monotonic() >= self._begun + self.seconds - 0.05
        why = f"no full answer within {self.seconds:g} s" if late else str(error) or type(error).__name__
        return FetchFailed(f"{url}: {why}")


class Answer:
    """An answer whose head has come; its body is read once, by `blocks` or `whole`.

    `location` is where the document is instead, if the answer is that it is elsewhere; `length` is how many bytes
    `blocks` will have, if that is known. `go_on` answers with the bytes from one on, where the line went down there.
    """

    def __init__(
        self,
        url: str,
        response: http.client.HTTPResponse,
        size: int,
        deadline: Deadline,
        go_on: GoOn = lambda begin: None,
    ) -> None:
        self.url = url
        self.headers = headers_of(response)
        self.location = self.headers.get("location") if response.status in _REDIRECTS else None
        self._is_packed = "gzip" in self.headers.get("content-encoding", "").lower()
        self.length = None if self._is_packed else response.length
        self._response = response
        self._size = size
        self._deadline = deadline
        self._go_on = go_on

    def allow(self, size: int, seconds: float) -> None:
        """Let the body be so long, and take so long."""
        self._size = size
        self._deadline.move(seconds)

    def blocks(self) -> Iterator[bytes]:
        """The body, unpacked where the server packed it for the way.

        Raises:
            FetchFailed: it is too long, comes too late, not whole, or damaged.
        """
        body = _Body(self._response, self._go_on)
        data = gunzipped(cast(BinaryIO, io.BufferedReader(body, _BLOCK))) if self._is_packed else body
        total = 0
        try:
            while block := data.read(_BLOCK):
                total += len(block)
                if max(total, body.count) > self._size:
                    said = "longer" if body.count > self._size else "unpacks to more"
                    raise FetchFailed(
                        f"{self.url}: {said} than {self._size:,} bytes; fetch it to a file, and read that"
                    )
                if self._deadline.is_over():
                    raise TimeoutError
                yield block
            if self._deadline.is_over():  # it was hung up on, which may look like its end
                raise TimeoutError
            if body.missing:  # the line went down before all of what was announced
                raise FetchFailed(f"{self.url}: cut off, {body.missing:,} bytes are missing")
        except (http.client.HTTPException, ValueError, *DAMAGED) as error:
            if self._is_packed and not body.is_broken:
                error = OSError(f"damaged on the way ({error})")
            raise self._deadline.failed(self.url, error) from None

    def whole(self) -> Document:
        """All of it.

        Raises:
            FetchFailed: as `blocks` does.
        """
        data = None if self._response.status == 304 else b"".join(self.blocks())
        return Document(self.url, data, self.headers)


class _Body(io.RawIOBase):
    """The bytes of an answer as they come: how many did, and whether the line went down."""

    def __init__(self, response: http.client.HTTPResponse, go_on: GoOn) -> None:
        self._response = response
        self._go_on = go_on
        self.count = 0
        self.is_broken = False

    @property
    def missing(self) -> int:
        """Bytes that were announced and have not come."""
        return self._response.length or 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.count

    def readinto(self, buffer: object) -> int:
        target = memoryview(cast(bytearray, buffer)).cast("B")
        while True:
            try:
                data = self._response.read1(len(target))
            except Exception:
                self.is_broken = not self._is_resumed()
                if self.is_broken:
                    raise
                continue
            if data or not self.missing or not self._is_resumed():
                break
        target[: len(data)] = data
        self.count += len(data)
        return len(data)

    def _is_resumed(self) -> bool:
        rest = self._go_on(self.count)
        self._response = rest or self._response
        return rest is not None


def headers_of(response: http.client.HTTPResponse) -> dict[str, str]:
    """The headers of an answer, their names in small letters."""
    return {name.lower(): value for name, value in response.getheaders()}


def _hang_up(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
