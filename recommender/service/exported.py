"""The names of exported lists, as the widget works them out to find them."""

import contextlib
import hashlib
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from recommender.service.fragment import is_web


def story_path(story_id: str) -> str:
    """A story's files without their ending: the first 32 digits of its id's SHA-256, the first two as a folder."""
    digest = _digest(story_id)
    return f"{digest[:2]}/{digest[2:32]}"


def page_key(url: str) -> str:
    """What the widget makes of an address: host without `www.`, path without a last slash, query."""
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").removeprefix("www.")
    with contextlib.suppress(UnicodeError):
        host = host.encode("idna").decode()
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    port = f":{parts.port}" if parts.port not in (None, usual) else ""
    path = quote(parts.path.replace("\\", "/"), safe="!$%&'()*+,;=:@/~[]|-._", errors="replace").rstrip("/")
    query = quote(parts.query, safe="!$%&()*+,;=:@/~[]|^\\-._?`{}", errors="replace")
    return f"{host}{port}{path}{'?' if query else ''}{query}"


def url_shards(articles: Iterable[tuple[str, str | None]]) -> dict[str, dict[str, str]]:
    """By the first three digits of the key's SHA-256; an address that several stories share leads to none."""
    names: dict[str, str | None] = {}
    for story_id, url in articles:
        if url is not None and is_web(url):
            with contextlib.suppress(ValueError):
                key = page_key(url)
                names[key] = None if key in names else story_path(story_id)
    shards: dict[str, dict[str, str]] = {}
    for key in sorted(names):
        if (name := names[key]) is not None:
            shards.setdefault(_digest(key)[:3], {})[key] = name
    return shards


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
