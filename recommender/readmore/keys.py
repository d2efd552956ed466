"""Keys under which a pointer and a story meet: a normalised headline, a canonical URL."""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes, urlsplit

from recommender.storage import key64

_QUOTES = dict.fromkeys(map(ord, "\"'`´‘’‚‛“”„‟‹›«»′″ʼʹ\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))
_DASHES = {ord(dash): " " for dash in "-‐‑‒–—―−﹣－"}
_TYPOGRAPHY = _QUOTES | _DASHES
_TRAILING = " .,:;!?…·•|/"
_OUTLET = re.compile(r" \| ([^|\d]{2,40})\Z")
_REMEMBERED = 128
"""Keys of each sort: a story that is laid over an index asks five times for its own and for those of its pointers."""


def url_key(url: str) -> int:
    """The key of an address, as the files of an index hold it."""
    return key64(canonical_url(url))


def headline_key(title: str) -> int:
    """The key of a headline, as the files of an index hold it."""
    return key64(normalise_headline(title))


@lru_cache(_REMEMBERED)
def normalise_headline(title: str) -> str:
    """The key of a headline: equal for headlines that differ in case, quotes, dashes, spaces or final punctuation only.

    An outlet's name at the end ("Headline | The Gazette") is left out where it stands behind a bar, is short, holds
    no digit and leaves at least three words. A headline without a letter or digit is its own key.
    """
    key = title
    for _ in range(8):  # once is enough for nearly every headline; some rare characters need another round
        before, key = key, _headline_round(key)
        if key == before or (key.isascii() and "|" not in key):  # another round would change nothing
            break
    return key or " ".join(title.split())


def _headline_round(title: str) -> str:
    key = title if title.isascii() else unicodedata.normalize("NFKC", title)
    key = key.casefold()
    if not key.isascii():
        key = unicodedata.normalize("NFKC", key)
    key = " ".join(key.translate(_TYPOGRAPHY).split())
    while (outlet := _OUTLET.search(key)) and len(outlet[1].split()) <= 4 and key[: outlet.start()].count(" ") >= 2:
        key = key[: outlet.start()]
    return key.strip(_TRAILING)


_TRACKING = frozenset(
    [
        *("fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "ysclid", "twclid", "ttclid"),
        *("igsh", "igshid", "li_fat_id", "mc_cid", "mc_eid", "mkt_tok", "_hsenc", "_hsmi", "_ga", "_gl", "wt_mc"),
        *("oly_anon_id", "oly_enc_id", "vero_id", "vero_conv", "rb_clickid", "cmpid", "ns_campaign", "ns_mchannel"),
        *("ns_source", "at_medium", "at_campaign", "ref_src", "ref_url", "__twitter_impression"),
    ]
)
_TRACKING_PREFIXES = ("utm_", "pk_", "mtm_", "piwik_", "matomo_", "hsa_", "at_custom")
_HTTP = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_PORT = re.compile(r":(?:80|443)?\Z")
_NO_HOST = re.compile(r"[\s\"%<>\\^`{|}]")
_PATH_SAFE = "!$&'()*+,;=:@/~[]|"
_QUERY_SAFE = _PATH_SAFE + "?"
_PLAIN = re.compile(r"[\w.~!$&'()*+,;=:@/\[\]|-]*", re.ASCII)
"""What needs no encoding in either."""


@lru_cache(_REMEMBERED)
def canonical_url(url: str) -> str:
    """The key of a URL: equal for addresses that differ in scheme, `www`, case of the host, default port, trailing
    slash, fragment, tracking parameters, order of the query or percent-encoding only.

    It reads `https://…`. What is no http(s) URL is returned stripped; junk never raises.
    """
    url = url.strip()
    if not _HTTP.match(url):
        return url
    try:
        parts = urlsplit(_CONTROL.sub("", url))
        host = _host(parts.netloc)
    except ValueError:
        return url
    if not host:
        return url
    path = _without_dots(_encode(parts.path, _PATH_SAFE)).rstrip("/")
    query = "&".join(sorted(filter(_means, _encode(parts.query, _QUERY_SAFE).split("&"))))
    return f"https://{host}{path}?{query}" if query else f"https://{host}{path}"


def _host(netloc: str) -> str:
    host = _PORT.sub("", netloc.rpartition("@")[2]).lower().rstrip(".")
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            host = unicodedata.normalize("NFKC", host).lower()
    if _NO_HOST.search(host):
        raise ValueError(host)
    return host.removeprefix("www.") if host.count(".") > 1 else host


def is_tracking(name: str) -> bool:
    """Whether a parameter of a URL says only where its reader came from."""
    name = name.lower()
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)


def _means(piece: str) -> bool:
    return bool(piece) and not is_tracking(piece.partition("=")[0])


def _encode(text: str, safe: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    # A "%" that begins no escape, and an escape of a sign that would change the meaning, both stay escaped.
    pieces = re.split(r"(%[0-9A-Fa-f]{2})", text)
    return "".join(
        _decode(piece) if place % 2 else quote(piece, safe, errors="replace") for place, piece in enumerate(pieces)
    )


def _decode(escape: str) -> str:
    sign = unquote_to_bytes(escape).decode("latin-1")
    return sign if sign.isascii() and (sign.isalnum() or sign in "-._~") else escape.upper()


def _without_dots(path: str) -> str:
    if "/." not in path:
        return path
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            kept = kept[:-1] if len(kept) > 1 else kept
        elif segment != ".":
            kept.append(segment)
    return "/".join(kept)
