"""Follow sources: take over what is new and what changed, again and again, and never drop the rest."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

from recommender.corpus.addresses import FetchRefused
from recommender.corpus.answers import Document, FetchFailed
from recommender.corpus.documents import SITEMAP
from recommender.corpus.fetch import Fetcher, Limits
from recommender.corpus.memory import Memory, Visit
from recommender.corpus.opening import open_corpus
from recommender.corpus.reader import Rejected
from recommender.corpus.remote import Remote
from recommender.corpus.sitemap import SitemapPages
from recommender.corpus.spec import Spec, parse_spec
from recommender.errors import RecommenderError
from recommender.stories import Story

MAX_ITEMS = 10_000
"""Items of a source that one round looks at."""
MAX_PAGES = 500
"""Pages of a sitemap that one round fetches; the next one goes on."""
LONGEST_WAIT = 86_400.0
LIMITS = Limits(size=32 << 20, seconds=60.0)

_FIRST_WAIT = 60.0
_BATCH = 50


class Sink(Protocol):
    """The index that stories are added to."""

    def current(self, story_id: str) -> Story | None:
        """The story with this id as it is now, hidden or not."""
        ...

    def is_deleted(self, story_id: str) -> bool:
        """Whether this story was deleted: a source that still has it does not bring it back."""
        ...

    def put_many(self, stories: Sequence[Story]) -> list[str | RecommenderError]:
        """Add or replace stories: "created", "updated", "unchanged" or an error for each."""
        ...


@dataclass
class Round:
    """What was done with a source: `outcome` is read, not modified, waiting or failed."""

    source: str
    outcome: str = "read"
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted_here: int = 0
    rejected: int = 0
    left: int = 0
    problem: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The same as a JSON object."""
        return {name: value for name, value in asdict(self).items() if value is not None}


class Follower:
    """Takes over the news of sources; one that is down is asked again later, ever more seldom."""

    def __init__(
        self,
        sources: Sequence[str],
        sink: Sink,
        memory: Memory,
        *,
        limits: Limits = LIMITS,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Make ready to follow.

        Raises:
            CorpusError: a source cannot be read as such.
        """
        self._specs = [parse_spec(source) for source in sources]
        self._sink = sink
        self._memory = memory
        self._clock = clock
        self._fetchers = {
            private: Fetcher(replace(limits, private=private or limits.private), sleep) for private in (False, True)
        }

    def round(self) -> list[Round]:
        """Ask every source once."""
        return [self._ask(spec) for spec in self._specs]

    def _ask(self, spec: Spec) -> Round:
        done = Round(spec.target)
        visit = self._memory.visit(spec.target)
        if self._clock() < visit.not_before:
            wait = visit.not_before - self._clock()
            return replace(
                done, outcome="waiting", problem=f"asked again in {wait:,.0f} s, as it failed {visit.failures} times"
            )
        try:
            found = self._read(spec, visit, done)
            self._memory.visited(spec.target, found if not done.problem else replace(found, etag=None, modified=None))
        except FetchRefused as error:  # nobody was asked, so nobody has to be spared
            done.outcome, done.problem = "failed", str(error)
        except (RecommenderError, OSError, sqlite3.Error) as error:
            failures = visit.failures + 1
            asked = error.retry_after if isinstance(error, FetchFailed) else None
            wait = asked or min(_FIRST_WAIT * 2 ** min(visit.failures, 20), LONGEST_WAIT)
            done.outcome, done.problem = "failed", f"{error}; asked again in {wait:,.0f} s at the earliest"
            self._memory.visited(spec.target, replace(visit, failures=failures, not_before=self._clock() + wait))
        return done

    def _read(self, spec: Spec, visit: Visit, done: Round) -> Visit:
        """Take over what a source has; what to ask it with next time."""
        if not spec.is_url:
            self._take(spec.target, iter(open_corpus(spec.name)), done)
            return Visit()
        fetcher = self._fetchers[spec.flag("private")]
        document = fetcher.get(spec.target, visit.conditions)
        if document.data is None:
            done.outcome = "not modified"
            return replace(visit, failures=0, not_before=0.0)
        remote = Remote(spec, fetcher)
        if remote.form_of(document) == SITEMAP:
            self._take(spec.target, self._pages(spec, fetcher, document, done), done)
        else:
            self._take(spec.target, remote.stories(document), done)
        if done.left:
            return Visit()  # the next round goes on
        return Visit(document.headers.get("etag"), document.headers.get("last-modified"))

    def _pages(self, spec: Spec, fetcher: Fetcher, first: Document, done: Round) -> Iterator[Story | Rejected]:
        """The pages of a sitemap that are new or have another date than when they were read."""
        pages = SitemapPages(spec.target, fetcher, first=first)
        most = spec.number("max_pages", MAX_PAGES)
        count = 0
        for item in pages.listed():
            if isinstance(item, Rejected):
                yield item
                continue
            if not self._memory.page_changed(spec.target, item.url, item.changed):
                done.unchanged += 1
                continue
            if count >= most:
                done.left += 1
                continue
            count += 1
            yield pages.page(item)
            self._memory.page_read(spec.target, item.url, item.changed)

    def _take(self, source: str, items: Iterator[Story | Rejected], done: Round) -> None:
        batch: list[Story] = []
        for number, item in enumerate(items):
            if number >= MAX_ITEMS:
                done.problem = f"more than {MAX_ITEMS:,} items; the rest of them was left"
                break
            if isinstance(item, Rejected):
                done.rejected += 1
                continue
            if not self._memory.is_new(source, item):
                done.unchanged += 1
            elif self._sink.is_deleted(item.id):
                done.deleted_here += 1
            elif _says_the_same(self._sink.current(item.id), item):
                done.unchanged += 1
                self._memory.taken(source, [item])
            else:
                batch.append(item)
            if len(batch) == _BATCH:
                self._put(source, batch, done)
                batch = []
        if batch:
            self._put(source, batch, done)

    def _put(self, source: str, batch: Sequence[Story], done: Round) -> None:
        for story, result in zip(batch, self._sink.put_many(batch), strict=True):
            if isinstance(result, RecommenderError):
                done.rejected += 1
                continue
            setattr(done, result, getattr(done, result) + 1)
            self._memory.taken(source, [story])


def _says_the_same(known: Story | None, story: Story) -> bool:
    """Whether the index has a story already, as a build read it."""
    if known is None:
        return False
    return (known.title, known.text, known.url, known.published) == (
        story.title,
        story.text,
        story.url,
        story.published,
    )
