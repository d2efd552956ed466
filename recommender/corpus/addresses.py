"""Which hosts may be fetched from: the world's, and one's own network only where that is allowed."""

import ipaddress
import socket
from typing import NamedTuple
from urllib.parse import urlsplit

from recommender.errors import CorpusError


class FetchRefused(CorpusError):
    """An address that is not fetched, whatever it may answer."""


class Target(NamedTuple):
    """Where a URL leads."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def site(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://{self.host}:{self.port}"


def target_of(url: str) -> Target:
    """Take a URL apart.

    Raises:
        FetchRefused: it is no http(s) URL, or holds a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = (parts.hostname or "").encode("idna").decode("ascii") if parts.hostname else ""
    except (ValueError, UnicodeError):
        raise FetchRefused(f"{url[:200]!r} is no URL") from None
    if parts.scheme not in ("http", "https") or not host or any(sign <= " " or sign > "~" for sign in host):
        raise FetchRefused(f"{url[:200]!r} is no http(s) URL")
    if parts.username is not None:
        raise FetchRefused(f"{host}: a URL with a user name is not fetched")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path)


def resolve(target: Target, *, private: bool) -> str:
    """The IP address to connect to: the one that was checked, so that a second look-up cannot answer otherwise.

    Raises:
        FetchRefused: it lies inside one's own network, and `private` is not set.
        OSError: the host is not known.
    """
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not private and (inner := next((address for address in addresses if not is_public(address)), None)):
        named = target.host if target.host == inner else f"{target.host} ({inner})"
        raise FetchRefused(f"{named} is inside a private network; to allow that, say #private=yes behind the address")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the world's: not loopback, private, link-local, multicast or reserved."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
