"""Answers to GET: rendered once, kept, recognised by their ETag, and cacheable for as long as their story's age allows.

Everything that needs no engine (a 304, a kept answer) is done at once on the event loop; texts are encoded together by
the encoder's own thread; then lists are made one after the other in another.
"""

import hashlib
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from recommender import __version__
from recommender.dates import Moment
from recommender.embedding import Encoded
from recommender.engine.answer import Recommendations, State
from recommender.engine.options import LATEST, MAX_OFFSET
from recommender.service.cache import Answer
from recommender.service.context import Service
from recommender.service.fragment import render_fragment, wider
from recommender.service.questions import FRAGMENT, Question
from recommender.stories import dump_record

Headers = tuple[tuple[bytes, bytes], ...]

BROWSER = 60
"""Longest that a browser keeps an answer, seconds."""
STALE = 60
"""How long a shared cache may serve an answer while it asks for a new one, seconds."""
BY_AGE = ((3_600, 30), (86_400, 120))
OLDER = 240
"""Seconds in a shared cache: 30 in a story's first hour, 120 on its first day, then 240. With `STALE` at most 300:
for so long may a story that was withdrawn still be seen somewhere if nobody purges it."""
UNSURE = 15
"""Seconds in a shared cache for an empty answer, or one that was filled with the newest stories."""
SLICE = 300
"""Answers that depend on the time of asking get another ETag every so many seconds."""

MAX_TAGS = 128
_MAX_LINK = 1_000
"""Longest address that is linked, bytes: it stands there twice, and beside the tags of twenty stories all headers have
to fit into the 4 KB that nginx takes by itself."""
_JSON = b"application/json"
_HTML = b"text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Finished:
    """A response that is ready to be sent; `source` says where it came from: hit, miss or not_modified."""

    status: int
    headers: Headers
    body: bytes
    source: str


class Answers:
    """The answers of one service to questions that GET asks."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def at_once(self, question: Question, state: State, if_none_match: bytes) -> Finished | None:
        """The answer in this state of the index if it takes no engine: the asker has it already, or it is kept."""
        answer = self._service.cache.get(state, question)
        if answer is not None:
            if matches(if_none_match, answer.etag):
                return self._not_modified(answer.etag, answer.headers, answer.lifetime, state)
            return self._finished(answer, state, "hit")
        if if_none_match not in (b"", b"*"):  # whether there is any answer, which `*` asks for, only the engine knows
            etag = self._etag(state, question)
            if matches(if_none_match, etag):
                return self._not_modified(etag, (), UNSURE, state)
        return None

    async def find(self, question: Question, state: State) -> Finished:
        """The answer from the engine; those who ask for the same in one state of the index wait for one answer.

        Raises:
            RecommenderError: there is none (see the engine).
        """
        make, encode = partial(self._make, question), partial(self._encode, question)
        answer, state_of = await self._service.list_work.run_shared((state, question), make, encode)
        if state_of is None:
            headers = ((b"cache-control", b"no-store"), *answer.headers, _length(answer.body))
            return Finished(200, headers, answer.body, "miss")
        self._service.cache.put(state_of, question, answer)
        return self._finished(answer, state_of, "miss")

    def _encode(self, question: Question) -> Future[Encoded] | None:
        began = time.perf_counter()
        encoding = self._service.engine.encoding(question.query)
        if encoding is not None:
            stage = self._service.metrics.stage
            encoding.add_done_callback(lambda _: stage("encode", time.perf_counter() - began))
        return encoding

    def _make(self, question: Question) -> tuple[Answer, State | None]:
        options = wider(question.options) if question.route == FRAGMENT else question.options
        found = self._service.engine.related(question.query, options)
        self._service.metrics.answered(found, question.options.limit)
        began = time.perf_counter()
        answer = self._render(question, found)
        self._service.metrics.stage("body", time.perf_counter() - began)
        return answer, found.state

    def _render(self, question: Question, found: Recommendations) -> Answer:
        hits = [hit.values for hit in found.hits]
        if question.view is not None:
            body = render_fragment(hits, question.options.limit, question.view).encode("utf-8", "replace")
            kind = _HTML
        else:
            body, kind = dump_record(found.to_json()), _JSON
        headers = [(b"content-type", kind), (b"cache-tag", cache_tags(found.query, hits))]
        if links := _links(question, found):
            headers.append((b"link", links))
        etag = self._etag(found.state, question) if found.state else b""
        return Answer(body, etag, tuple(headers), lifetime_of(found, time.time()) if body else UNSURE)

    def _etag(self, state: State, question: Question) -> bytes:
        drifts = question.options.mode == LATEST or question.options.on_empty == "latest"
        piece = int(time.time() // SLICE) if drifts else 0
        return etag_of(state, question, piece)

    def _finished(self, answer: Answer, state: State, source: str) -> Finished:
        control = self._cache_control(answer.lifetime, state)
        headers = ((b"etag", answer.etag), *control, *answer.headers, _length(answer.body))
        return Finished(200, headers, answer.body, source)

    def _not_modified(self, etag: bytes, headers: Headers, lifetime: int, state: State) -> Finished:
        kept = tuple(pair for pair in headers if pair[0] != b"content-type")
        return Finished(304, ((b"etag", etag), *self._cache_control(lifetime, state), *kept), b"", "not_modified")

    def _cache_control(self, lifetime: int, state: State) -> Headers:
        left = lifetime + STALE if state[2] is None else max(0, state[2] - int(time.time()))
        return cache_control(lifetime, left, self._service.keys.reading_is_open)


def cache_control(lifetime: int, left: int, public: bool) -> Headers:
    """The caching headers of an answer.

    Args:
        lifetime: seconds that a shared cache may keep it.
        left: seconds until an embargo begins or ends: no cache may serve it beyond.
        public: whether reading is open; otherwise no shared cache may keep it at all.
    """
    shared = min(lifetime, left)
    browser = min(BROWSER, shared)
    if not public:
        return ((b"cache-control", b"private, max-age=%d" % browser), (b"vary", b"Authorization, X-API-Key"))
    stale = min(STALE, left - shared)
    return (
        (b"cache-control", b"public, max-age=%d, s-maxage=%d, stale-while-revalidate=%d" % (browser, shared, stale)),
    )


def lifetime_of(found: Recommendations, now: float) -> int:
    """Seconds that a shared cache may keep an answer: by the age of the story that was asked for."""
    if not found.hits or any(hit.values.get("fallback") for hit in found.hits):
        return UNSURE
    try:
        published = Moment.parse(str(found.query.get("date_published") or ""))
    except ValueError:
        return BY_AGE[-1][1]
    age = now - published.second
    return next((seconds for limit, seconds in BY_AGE if age < limit), OLDER)


def etag_of(state: State, *parts: object) -> bytes:
    """The ETag of what these parts lead to in a state of the index; weak, as two workers may measure other times."""
    seed = repr((__version__, state, *parts)).encode("utf-8", "replace")
    return b'W/"' + hashlib.blake2b(seed, digest_size=12).hexdigest().encode() + b'"'


def asked_unless(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The ETags that a request says it has: its lines of If-None-Match as one list, as RFC 9110 asks; empty: none.

    Args:
        headers: names in lower case.
    """
    return b", ".join(value for name, value in headers if name == b"if-none-match")


def matches(if_none_match: bytes, etag: bytes) -> bool:
    """Whether a request's If-None-Match names this ETag (weak comparison, as RFC 9110 asks)."""
    if not if_none_match:
        return False
    if if_none_match in (etag, b"*"):
        return True
    return any(one.strip().removeprefix(b"W/") == etag.removeprefix(b"W/") for one in if_none_match.split(b","))


def cache_tag(story_id: str) -> str:
    """The name under which a CDN purges what shows a story: `story-` and the id, or a hash of an unwieldy one."""
    name = quote(story_id, safe="", errors="replace")
    if len(name) > 40:
        name = hashlib.blake2b(story_id.encode("utf-8", "replace"), digest_size=12).hexdigest()
    return f"story-{name}"


def cache_tags(query: Mapping[str, Any], hits: Iterable[Mapping[str, Any]]) -> bytes:
    """The tags of an answer: of the story asked for, the stories shown, and of all answers (`related`)."""
    hits = list(hits)
    ids = [query["id"]] if query.get("id") else []
    ids += [hit["id"] for hit in hits]
    ids += [one["id"] for hit in hits for one in hit.get("mentioned_by") or ()]
    tags = dict.fromkeys(("related", *map(cache_tag, ids)))
    return ",".join(list(tags)[:MAX_TAGS]).encode()


def _links(question: Question, found: Recommendations) -> bytes:
    links = ['</openapi.json>; rel="service-desc"']
    page = question.options.limit
    following = question.options.offset + page
    if len(address := question.address()) <= _MAX_LINK and question.view is None:
        if not found.exhausted and following <= MAX_OFFSET and address:
            links.append(f'<{question.address(offset=following)}>; rel="next"')
        links.append(f'<{question.address(FRAGMENT)}>; rel="alternate"; type="text/html"')
    return ", ".join(links).encode()


def _length(body: bytes) -> tuple[bytes, bytes]:
    return b"content-length", str(len(body)).encode()
