"""Who may do what: keys, cross-origin reading, and the headers that every answer carries."""

import base64
import binascii
import contextlib
import hashlib
import hmac
import re
from collections.abc import Iterable

from recommender.service.problems import Forbidden, Unauthorized
from recommender.settings import Settings

NOBODY, READER, ADMIN = 0, 1, 2
_HASHED = re.compile(r"sha256-([0-9a-fA-F]{64})\Z")

API_POLICY = "default-src 'none'; frame-ancestors 'none'"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' http: https: data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of pages: own files only, nothing inline; pictures from where the stories have theirs."""

ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
)
EXPOSED = "ETag, Link, Retry-After, X-Request-Id"
PREFLIGHT = (
    (b"access-control-allow-methods", b"GET, HEAD, POST, OPTIONS"),
    (b"access-control-allow-headers", b"Authorization, Content-Type, If-None-Match, X-API-Key, X-Request-Id"),
    (b"access-control-max-age", b"86400"),
)


class Keys:
    """The keys that may write and read, kept as SHA-256 and compared in constant time."""

    def __init__(self, settings: Settings) -> None:
        self._admin = [_digest(key) for key in settings.admin_key]
        self._read = [_digest(key) for key in settings.read_key]

    @property
    def reading_is_open(self) -> bool:
        """Whether reading needs no key."""
        return not self._read

    @property
    def writing_is_on(self) -> bool:
        """Whether there is an admin key."""
        return bool(self._admin)

    def may_read(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Whether this request may read."""
        return not self._read or self._role(given_key(headers, basic=True)) >= READER

    def check_read(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Refuse a request that may not read.

        Raises:
            Unauthorized: it has no key, or an unknown one.
        """
        if not self.may_read(headers):
            raise Unauthorized("reading needs a key: Authorization: Bearer KEY, or X-API-Key: KEY")

    def may_write(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Whether this request may write."""
        return bool(self._admin) and self._role(given_key(headers)) == ADMIN

    def check_write(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Refuse a request that may not write.

        Raises:
            Unauthorized: it has no key, or an unknown one.
            Forbidden: its key may only read, or writing is off.
        """
        if not self._admin:
            raise Forbidden("writing is off: start the service with an admin key (RECOMMENDER_ADMIN_KEY)")
        role = self._role(given_key(headers))
        if role == NOBODY:
            said = "this key is not known" if given_key(headers) else "this needs the admin key"
            raise Unauthorized(f"{said}: Authorization: Bearer KEY, or X-API-Key: KEY")
        if role != ADMIN:
            raise Forbidden("this key may only read")

    def _role(self, key: bytes) -> int:
        if not key:
            return NOBODY
        digest = hashlib.sha256(key).digest()
        role = NOBODY
        for known, gives in (*((one, READER) for one in self._read), *((one, ADMIN) for one in self._admin)):
            if hmac.compare_digest(known, digest):  # every key is compared: the time tells nothing
                role = max(role, gives)
        return role


def given_key(headers: Iterable[tuple[bytes, bytes]], basic: bool = False) -> bytes:
    """The key in a request's headers, empty if there is none.

    Args:
        headers: names in lower case.
        basic: also take the password of `Authorization: Basic`. A browser sends that by itself, so it may open pages
            for reading and must never allow a change.
    """
    found = b""
    for name, value in headers:
        if name == b"x-api-key":
            return value.strip()  # whatever else is said: a proxy may ask for an Authorization of its own
        if name == b"authorization" and not found:
            scheme, _, rest = value.partition(b" ")
            if scheme.lower() == b"bearer":
                found = rest.strip()
            elif basic and scheme.lower() == b"basic":
                with contextlib.suppress(binascii.Error):
                    found = base64.b64decode(rest.strip(), validate=True).partition(b":")[2]
    return found


class CrossOrigin:
    """Which origins' pages may read answers. `*` allows every origin, `null` (sandboxed and local pages) too."""

    def __init__(self, origins: tuple[str, ...]) -> None:
        self._any = "*" in origins
        self._origins = {origin.rstrip("/").encode() for origin in origins}
        exposed = (b"access-control-expose-headers", EXPOSED.encode())
        self._open = ((b"access-control-allow-origin", b"*"), exposed)
        self._exposed = exposed

    def headers(self, origin: bytes) -> tuple[tuple[bytes, bytes], ...]:
        """The headers for a request from this origin (empty: none was sent)."""
        if self._any:
            return self._open
        if origin in self._origins:
            return ((b"access-control-allow-origin", origin), self._exposed, (b"vary", b"Origin"))
        return ((b"vary", b"Origin"),)


def _digest(key: str) -> bytes:
    """The SHA-256 of a key, which may itself be given as `sha256-` and 64 hexadecimal digits."""
    if (match := _HASHED.match(key)) is not None:
        return bytes.fromhex(match[1])
    return hashlib.sha256(key.encode()).digest()
