"""The outermost layer: what holds for every request, and the short way for the questions that readers' pages ask."""

import asyncio
import logging
import time
from collections.abc import Awaitable

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from recommender.errors import InputError, RecommenderError
from recommender.service.access import OTHER, Access
from recommender.service.answers import Answers, asked_unless
from recommender.service.context import Service
from recommender.service.exchange import Exchange
from recommender.service.limits import MAX_ADDRESS, check_address
from recommender.service.problems import TookTooLong
from recommender.service.questions import ROUTES, Question, Questions
from recommender.service.security import CrossOrigin

log = logging.getLogger("recommender.service")

NEVER_LIMITED = ("/healthz", "/readyz", "/metrics")
"""Whoever watches the service is not to be told to come again."""
GONE = 499
"""Status in the log of a request whose client went away."""


class Front:
    """Request ids, security and cross-origin headers, limits, time-outs, metrics, the access log; HEAD as GET.

    Lists that are asked for by GET are answered from here, without the framework, which takes as long as a tenth of
    their ranking; what is wrong with a question is left for its route to say.
    """

    def __init__(self, app: ASGIApp, service: Service, access: Access, questions: Questions, answers: Answers) -> None:
        self._app = app
        self._service = service
        self._access = access
        self._questions = questions
        self._answers = answers
        self._cross_origin = CrossOrigin(service.settings.cors_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = Exchange(scope, send, self._cross_origin)
        scope = exchange.scope
        try:
            if exchange.is_preflight:
                await exchange.answer_preflight()
                return
            if scope["path"] not in NEVER_LIMITED:
                self._service.charge(scope)
            question = self._question(scope)
            if question is not None:
                await self._in_time(self._answer(question, exchange), exchange, scope, receive)
            else:
                check_address(scope)
                await self._in_time(self._app(scope, receive, exchange.send), exchange, scope, receive)
        except RecommenderError as error:
            await self._refuse(error, exchange, scope, receive)
        except Exception:
            log.exception("request %s: failed", exchange.request_id)
            exchange.status = 500
            if not exchange.started:
                response = self._service.problems.of_status(500, "", exchange.request_id)
                await response(scope, receive, exchange.send)
        finally:
            self._record(exchange, scope)

    def _question(self, scope: Scope) -> Question | None:
        """What a GET for a list asks; None: the routes answer, with a problem if it is one."""
        path = scope["path"]
        if path not in ROUTES or scope["method"] not in ("GET", "HEAD"):
            return None
        if len(scope["query_string"]) > MAX_ADDRESS or not self._service.keys.may_read(scope["headers"]):
            return None
        try:
            return self._questions.read(path, scope["query_string"])
        except InputError:
            return None

    async def _answer(self, question: Question, exchange: Exchange) -> None:
        exchange.route = question.route
        state = self._service.state()
        finished = self._answers.at_once(question, state, asked_unless(exchange.scope["headers"]))
        if finished is None:
            finished = await self._answers.find(question, state)
        self._service.metrics.source(finished.source)
        exchange.source = finished.source
        await exchange.finish(finished.status, finished.headers, finished.body)

    async def _in_time(self, answering: Awaitable[None], exchange: Exchange, scope: Scope, receive: Receive) -> None:
        seconds = self._service.settings.request_timeout
        try:
            async with asyncio.timeout(seconds) as limit:
                scope["time_limit"] = limit
                await answering
        except RecommenderError:
            raise
        except TimeoutError:
            log.warning("request %s: given up after %g s", exchange.request_id, seconds)
            if not exchange.started:
                await self._refuse(TookTooLong(f"given up after {seconds:g} s"), exchange, scope, receive)
        except ClientDisconnect:
            exchange.status = GONE

    async def _refuse(self, error: Exception, exchange: Exchange, scope: Scope, receive: Receive) -> None:
        response = self._service.problems.response(error, exchange.request_id)
        await response(scope, receive, exchange.send)

    def _record(self, exchange: Exchange, scope: Scope) -> None:
        seconds = time.perf_counter() - exchange.began
        route = exchange.route or getattr(scope.get("route"), "path", OTHER)
        address: bytes = scope.get("raw_path") or b""
        one = exchange
        self._access.note(one.request_id, one.method, address, route, one.status, seconds, one.size, one.source)
