"""The sockets that a service listens at: many at one port, so that no client waits, for one process or several."""

import errno
import sys
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
from typing import Any

from recommender.errors import AddressUnavailable

LISTENERS = 64
"""The event loop takes one new connection from each listener a turn, and where hundreds ask at once a turn takes a
tenth of a second: with a single listener a new client waited for seconds before anybody saw it."""
SHARED_LISTENERS = 4
"""Of several workers where they share them: with more the first to wake would take all who come at once."""
SPREADS = sys.platform == "linux"
"""Whether the kernel spreads connections among several sockets that listen at one address."""


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
