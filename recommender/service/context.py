"""What every route shares: settings, the engine, the worker threads, the cache, keys and metrics."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol, cast

from starlette.requests import Request
from starlette.types import Scope

from recommender.embedding import Encoded
from recommender.engine.answer import Recommendations, State
from recommender.engine.listing import Headlines
from recommender.engine.options import Options
from recommender.engine.query import Query
from recommender.errors import RecommenderError
from recommender.live import Changes, Upsert
from recommender.service.cache import AnswerCache
from recommender.service.limits import check_pointers
from recommender.service.metrics import Metrics
from recommender.service.problems import Problems, TooManyRequests
from recommender.service.rate import RateLimit, client_of
from recommender.service.security import Keys, given_key
from recommender.service.work import Work
from recommender.settings import Settings

if TYPE_CHECKING:
    from recommender.generation import IndexFolder


class Engine(Protocol):
    """The part of `engine.Recommender` that the service calls; safe to call from several threads."""

    @property
    def index(self) -> "IndexFolder":
        """The folder of generations."""

    def gather_while(self, busy: Callable[[], bool]) -> None:
        """Let texts wait for each other while `busy` says that nobody could use their vectors yet."""

    def encoding(self, query: Query) -> Future[Encoded] | None:
        """Begin to encode what a query's answer needs; None if that is nothing."""

    def related(self, query: Query, options: Options) -> Recommendations:
        """The nearest stories to a query."""

    def related_many(self, requests: Sequence[tuple[Query, Options]]) -> list[Recommendations | RecommenderError]:
        """The answers to several queries, from one generation."""

    def story(self, story_id: str) -> dict[str, Any]:
        """A story's record, its links and who mentions it."""

    def headlines(self, limit: int, offset: int) -> Headlines:
        """Headlines that wait for their article."""

    def newest(self, limit: int) -> list[dict[str, Any]]:
        """The newest articles."""

    def state(self) -> State:
        """What the next answer will be made of."""

    def describe(self) -> dict[str, Any]:
        """What is served, for operators."""

    def refresh(self) -> None:
        """Serve the generation that was promoted, if another was."""

    def changes(self) -> Changes:
        """Takes live changes; to be closed by the caller."""

    def close(self) -> None:
        """Let go of the index."""


@dataclass
class Service:
    """One application's parts.

    `list_work` answers what readers' pages ask, one list at a time; `engine_work` all other questions; `change_work`
    adds stories and turns to another generation, one at a time; `status_work` hides and shows stories, which must not
    wait for texts that are encoded or for a generation that is opened.
    """

    settings: Settings
    engine: Engine
    keys: Keys
    cache: AnswerCache
    metrics: Metrics
    problems: Problems
    list_work: Work
    engine_work: Work
    change_work: Work
    status_work: Work
    rate: RateLimit | None = None
    base_url: str = ""
    draining: bool = False
    pages: dict[str, Any] = field(default_factory=dict)
    _changes: Changes | None = None
    _opening: Lock = field(default_factory=Lock)
    _state: State | None = None

    def state(self) -> State:
        """The engine's state, for the event loop: looked up once in each of its turns.

        What runs in one turn came before it, so all of it may have the state of any moment of the turn. A look-up lets
        go of Python's lock, and the loop waits to get it back each time that threads compute.
        """
        if self._state is None:
            self._state = self.engine.state()
            asyncio.get_running_loop().call_soon(self._forget_state)  # before what is read in the next turn
        return self._state

    def _forget_state(self) -> None:
        self._state = None

    def changes(self) -> Changes:
        """Takes live changes; opened when the first one comes."""
        with self._opening:
            if self._changes is None:
                self._changes = self.engine.changes()
            return self._changes

    def upsert(self, record: Any, story_id: str | None = None) -> Upsert:
        """A story that a client wants to add, within the limits of what is taken over HTTP.

        Raises:
            RecordError: it is no story, says another id, or has too many read-more headlines.
        """
        check_pointers(record.get("read_more") if isinstance(record, dict) else None)
        upsert = self.changes().upsert(record, story_id)
        check_pointers(upsert.story.read_more)
        return upsert

    def close(self) -> None:
        """Finish what runs, and let go of the index."""
        self.list_work.close()
        self.engine_work.close()
        self.change_work.close()
        self.status_work.close()
        if self._changes is not None:
            self._changes.close()
        self.engine.close()

    def charge(self, scope: Scope, requests: int = 1) -> None:
        """Count requests of a client, where their number is limited; whoever has an admin key may send any number.

        Raises:
            TooManyRequests: it has to wait.
        """
        if self.rate is None:
            return
        client = scope.get("client")
        try:
            self.rate.take(client_of(client[0]) if client else "", requests)
        except TooManyRequests:
            if not self.keys.may_write(scope["headers"]):
                raise

    def drain(self) -> None:
        """Tell load balancers to send no more: `/readyz` fails from now on, requests are still answered."""
        self.draining = True


def service_of(request: Request) -> Service:
    """The service that answers this request."""
    return cast(Service, request.app.state.service)


def reading(request: Request) -> Service:
    """The service, for a request that may read.

    Raises:
        Unauthorized: it may not.
    """
    service = service_of(request)
    service.keys.check_read(request.headers.raw)
    return service


def writing(request: Request) -> tuple[Service, str]:
    """The service, for a request that may write, and who writes, for the audit: which key, from where.

    Raises:
        Unauthorized, Forbidden: it may not.
    """
    service = service_of(request)
    service.keys.check_write(request.headers.raw)
    key = hashlib.sha256(given_key(request.headers.raw)).hexdigest()[:8]
    host = request.client.host if request.client else "-"
    return service, f"key {key} from {host}"


def request_id_of(request: Request) -> str:
    """The id of this request, as in the header `X-Request-Id`."""
    return str(request.scope.get("request_id", ""))
