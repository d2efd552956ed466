"""Every story's list as files that any web server or CDN can serve: JSON for the widget, HTML for includes.

    OUT/index.json               what was exported; the mark of an export, written anew each time
    OUT/stories/ab/cdef….json    a story's list, and beside it the same as .html; `story_path` says the name
    OUT/urls/abc.json            for pages that know their address only: {page_key(URL): name of the story's files}

A file is touched only where its content changed, and removed where its story is gone.
"""

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from recommender import __version__
from recommender.engine import Query, Recommender
from recommender.engine.options import MAX_LIMIT
from recommender.errors import IndexFault, InputError, NotFound
from recommender.processes import processors, start_workers
from recommender.progress import Progress, Silent
from recommender.service.exported import story_path, url_shards
from recommender.service.fragment import FIELDS, READERS, listed, render_fragment
from recommender.service.questions import View
from recommender.serving import open_recommender
from recommender.settings import Settings
from recommender.stories import dump_record

FORMAT = 1
MARK = "index.json"
STORIES, URLS = "stories", "urls"

_PLAIN = View()
_PROGRAM = Path(__file__).parent
_MAKES = (".py", ".html")
_BATCH = 64
_ALONE = 2_000
"""Fewer stories than this are not worth a second process, which takes a second to start."""
_OURS = re.compile(r"(?:stories/[0-9a-f]{2}/[0-9a-f]{30}\.(?:json|html)|urls/[0-9a-f]{3}\.json)(?:\.part)?\Z")


@dataclass(frozen=True)
class Lists:
    """How the lists look: stories in one (twice as many in the JSON, so that lists of a page need not share any)."""

    limit: int = READERS.limit
    view: View = _PLAIN


@dataclass(frozen=True)
class Exported:
    """What an export did. `current`: nothing had changed since the last one, so nothing was looked at."""

    stories: int
    written: int = 0
    unchanged: int = 0
    removed: int = 0
    current: bool = False


def export(settings: Settings, out: Path, lists: Lists | None = None, progress: Progress | None = None) -> Exported:
    """Write the list of every article of the live index into a folder, and remove those of stories that are gone.

    Raises:
        InputError: the folder holds something else, or cannot be written.
        IndexFault: there is no index, or it cannot be used.
    """
    lists, progress = lists or Lists(), progress or Silent()
    with contextlib.closing(open_recommender(settings)) as recommender, _faults(settings.index, out):
        state = [program_digest(_PROGRAM), FORMAT, *recommender.state(), asdict(lists)]
        with _writing():
            before = _read_mark(out)
        articles = recommender.articles()
        if before is not None and before.get("state") == json.loads(json.dumps(state)):
            return Exported(len(articles), current=True)
        _write_mark(out, lists, 0, None)
        ids = [story_id for story_id, _ in articles]
        progress.step("Writing the lists", len(ids), "stories")
        written = unchanged = 0
        gone: set[str] = set()
        for result in _all_lists(recommender, settings, out, lists, ids):
            written += result.written
            unchanged += result.unchanged
            gone.update(result.gone)
            progress.advance(result.stories)
        kept = [(story_id, url) for story_id, url in articles if story_id not in gone]
        shards = url_shards(kept)
        changed = sum(_write(out / URLS / f"{name}.json", dump_record(shard)) for name, shard in shards.items())
        progress.step("Removing the lists of stories that are gone", None)
        with _writing():
            removed = _sweep(out, {story_path(story_id) for story_id, _ in kept}, set(shards))
        _write_mark(out, lists, len(kept), state)
    return Exported(len(kept), written + changed, unchanged + len(shards) - changed, removed)


def program_digest(package: Path) -> str:
    """What makes the lists, as one number: a template or a rule may change within a version of the program.

    All of the program counts, as a list hangs on most of it; what is looked at in vain costs less than what is missed.
    Babel writes the dates.
    """
    digest = hashlib.sha256(f"{__version__} {version('babel')}".encode())
    for path in sorted(package.rglob("*")):
        if path.suffix in _MAKES:
            digest.update(f"\0{path.relative_to(package).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()


class _Unwritable(OSError):
    """The folder that is written is at fault, not the index that is read."""


@contextlib.contextmanager
def _faults(index: Path, out: Path) -> Iterator[None]:
    try:
        yield
    except _Unwritable as error:
        raise InputError("out", f"{out} cannot be written ({error.strerror}); name another folder") from None
    except OSError as error:
        raise IndexFault(f"{index}: cannot be read ({error.strerror or error})") from None


@contextlib.contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _Unwritable(error.errno, error.strerror) from None


@dataclass(frozen=True)
class _Batch:
    stories: int
    written: int
    unchanged: int
    gone: tuple[str, ...]


def _all_lists(
    recommender: Recommender, settings: Settings, out: Path, lists: Lists, ids: Sequence[str]
) -> Iterator[_Batch]:
    count = min(settings.threads or processors(), len(ids) // _ALONE)
    if count < 2:
        for batch in _batches(ids):
            yield _write_lists(recommender, out, lists, batch)
        return
    # Processes of their own: an answer is a few thousand small steps of Python, which threads would take in turns.
    alone = replace(settings, threads=1)
    with start_workers(count, _begin, alone, out, lists) as workers:
        try:
            yield from workers.map(_work, _batches(ids))
        finally:  # stopped by the user: nobody waits for what has not begun
            workers.shutdown(cancel_futures=True)


_worker: tuple[Recommender, Path, Lists] | None = None


def _begin(settings: Settings, out: Path, lists: Lists) -> None:
    global _worker
    _worker = open_recommender(settings), out, lists


def _work(ids: Sequence[str]) -> _Batch:
    assert _worker is not None  # a process's first step is `_begin`
    return _write_lists(*_worker, ids)


def _write_lists(recommender: Recommender, out: Path, lists: Lists, ids: Sequence[str]) -> _Batch:
    written, gone = 0, []
    for story_id in ids:
        try:
            found = _found(recommender, story_id, 2 * lists.limit)
        except NotFound:  # withdrawn meanwhile
            gone.append(story_id)
            continue
        hits = [{name: hit[name] for name in FIELDS if hit.get(name) is not None} for hit in found]
        path = out / STORIES / story_path(story_id)
        written += _write(path.with_suffix(".json"), dump_record({"query": {"id": story_id}, "hits": hits}))
        written += _write(path.with_suffix(".html"), render_fragment(found, lists.limit, lists.view).encode())
    return _Batch(len(ids), written, 2 * (len(ids) - len(gone)) - written, tuple(gone))


def _found(recommender: Recommender, story_id: str, limit: int) -> list[dict[str, Any]]:
    """The stories of a list; a longer answer, which costs several times as much, only where some have no address."""
    for most in (limit + 2, min(MAX_LIMIT, 2 * limit + 10)):
        answer = recommender.related(Query(id=story_id), replace(READERS, limit=most))
        found = listed([hit.values for hit in answer.hits], limit)
        if len(found) == limit or answer.exhausted:
            break
    return found


def _write(path: Path, content: bytes) -> bool:
    """Write a file whole, unless it holds just that; whether it was written."""
    with _writing():
        try:
            if path.read_bytes() == content:
                return False
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        part.write_bytes(content)
        part.replace(path)
        return True


def _sweep(out: Path, stories: set[str], shards: set[str]) -> int:
    """Remove the files of an export that are no longer wanted, and folders left empty; how many files."""
    removed = 0
    for folder, _, files in os.walk(out, topdown=False):
        for file in files:
            path = Path(folder, file)
            name = path.relative_to(out).as_posix()
            wanted = name.partition("/")[2].partition(".")[0] in (shards if name.startswith(URLS) else stories)
            if _OURS.match(name) and (name.endswith(".part") or not wanted):
                path.unlink()
                removed += 1
        if Path(folder) != out and not os.listdir(folder):
            os.rmdir(folder)
    return removed


def _read_mark(out: Path) -> dict[str, Any] | None:
    if out.exists() and not out.is_dir():
        raise InputError("out", f"{out} is no folder")
    if not out.exists() or not any(out.iterdir()):
        return None
    try:
        mark = json.loads((out / MARK).read_bytes())
        if mark["format"] == FORMAT and mark["made_by"].startswith("recommender "):
            return dict(mark)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    raise InputError("out", f"{out} holds other files; name an empty folder, or that of an earlier export")


def _write_mark(out: Path, lists: Lists, stories: int, state: Any) -> None:
    """The mark of an export; without a `state` while it is being written."""
    names = f"{STORIES}/<first 2>/<next 30 digits of the id's SHA-256>.json and .html"
    mark = {"format": FORMAT, "made_by": f"recommender {__version__}", "state": state, "stories": stories}
    _write(out / MARK, dump_record(mark | {"limit": lists.limit, "names": names}))


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))
