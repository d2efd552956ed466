"""What a server does: text and id search beside txtai's, repeated questions, pasted drafts, memory."""

import argparse
import json
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from statistics import median
from typing import Any
from urllib.parse import quote

from benchmarks import peer, servers
from benchmarks.report import Report
from benchmarks.servers import Measured, Server
from benchmarks.setting import CORPUS, Command, Setting, note

RELATED = "/v1/related"
SEED = 1_789
DRAFT_WORDS = 800
Ask = Callable[[], str]


def text(setting: Setting, arguments: argparse.Namespace) -> Report:
    """Headlines of other papers, each asked once, of both servers in turn."""
    with ExitStack() as stack:
        ours = stack.enter_context(servers.recommender(setting))
        asks: dict[Server, Ask] = {ours: _asker(headlines(setting), ask_by_text)}
        if not arguments.alone:
            theirs = stack.enter_context(peer.serving(setting, peer.large_index(setting)))
            asks[theirs] = _asker(headlines(setting), peer.question)
        return _report("text", setting, asks, arguments, "text search, full ranking, against txtai's plain search")


def by_id(setting: Setting, arguments: argparse.Namespace) -> Report:
    """Stories of the index, each asked once; txtai, which has no such search, is asked with the story's headline."""
    records = list(setting.records(CORPUS))
    random.Random(SEED).shuffle(records)  # noqa: S311
    with ExitStack() as stack:
        ours = stack.enter_context(servers.recommender(setting))
        asks: dict[Server, Ask] = {ours: _asker((record["id"] for record in records), ask_by_id)}
        if not arguments.alone:
            theirs = stack.enter_context(peer.serving(setting, peer.large_index(setting)))
            asks[theirs] = _asker((record["title"] for record in records), peer.question)
        return _report("id", setting, asks, arguments, "by id, full ranking, against txtai with the story's headline")


def cached(setting: Setting, arguments: argparse.Namespace) -> Report:
    """Questions that were asked before, and questions whose answer the asker has already (304)."""
    ids = [record["id"] for record in setting.records(CORPUS, 50)]
    found: dict[str, list[Measured]] = {}
    with servers.recommender(setting, cached=True) as server:
        tags = [servers.fetch(server, f"{RELATED}?id={quote(one, safe='')}")[0]["etag"] for one in ids]
        repeated = [ask_by_id(one) for one in ids]
        known = [
            servers.get(f"{RELATED}?id={quote(one, safe='')}", f"If-None-Match: {tag}\r\n")
            for one, tag in zip(ids, tags, strict=True)
        ]
        for _ in range(arguments.rounds):
            for name, requests in (("repeated", repeated), ("304", known)):
                found.setdefault(name, []).append(servers.send(server, requests * arguments.times, 16))
    return Report("cached", setting.machine(), [_middle(name, runs) for name, runs in found.items()])


def draft(setting: Setting, arguments: argparse.Namespace) -> Report:
    """A pasted text of 800 words, each another one."""
    texts = [words for record in setting.records("digitalgov.jsonl.gz") if len(words := record["text"].split()) >= 800]
    texts = [" ".join(one[:DRAFT_WORDS]) for one in texts][: arguments.requests]
    with servers.recommender(setting) as server:
        servers.send(server, [servers.post(RELATED, {"text": one[:300]}) for one in texts[:5]], 1)
        found = servers.send(server, [servers.post(RELATED, {"text": one}) for one in texts], 1)
    return Report("draft", setting.machine(), [found.row(f"{DRAFT_WORDS} words pasted")])


def memory(setting: Setting, arguments: argparse.Namespace) -> Report:
    """Resident memory, mapped pages included, after a load; time from the process' start to the first answer."""
    ids = [record["id"] for record in setting.records(CORPUS, arguments.requests)]
    texts = headlines(setting)
    rows = []
    for _ in range(arguments.rounds):
        with servers.recommender(setting) as server:
            fresh = server.memory()
            servers.send(server, [ask_by_id(one) for one in ids], 16)
            servers.send(server, [ask_by_text(next(texts)) for _ in ids], 16)
            loaded = server.memory()
            stories = json.loads(servers.fetch(server, "/v1/index")[1])["stories"]
        rows.append(
            {"who": "recommender", "stories": stories, "ready s": server.ready_s}
            | {f"{name} at start": fresh[name] for name in ("resident_mb", "proportional_mb")}
            | {f"{name} after {2 * len(ids):,} requests": value for name, value in loaded.items()}
        )
    if not arguments.alone:
        with peer.serving(setting, peer.large_index(setting)) as server:
            fresh = server.memory()
            servers.send(server, [peer.question(next(texts)) for _ in range(200)], 16)
            rows.append({"who": "txtai", "ready s": server.ready_s})
            rows[-1] |= {f"{name} at start": fresh[name] for name in ("resident_mb", "proportional_mb")}
            rows[-1] |= {f"{name} after 200 requests": value for name, value in server.memory().items()}
    about = "resident: a page that several processes hold counts in each; proportional: it is shared out among them"
    return Report("memory", setting.machine(), rows, notes=[about])


def headlines(setting: Setting) -> Iterator[str]:
    found = dict.fromkeys(record["title"] for record in setting.records("reuters21578.jsonl.gz"))
    titles = [title for title in found if 4 <= len(title.split()) <= 14]
    random.Random(SEED).shuffle(titles)  # noqa: S311
    return iter(titles)


def ask_by_text(text: str) -> str:
    return servers.get(f"{RELATED}?text={quote(text, safe='')}&limit=10")


def ask_by_id(one: str) -> str:
    return servers.get(f"{RELATED}?id={quote(one, safe='')}&limit=10")


def _asker(values: Iterator[str], form: Callable[[str], str]) -> Ask:
    return lambda: form(next(values))


def _report(name: str, setting: Setting, asks: dict[Server, Ask], arguments: argparse.Namespace, about: str) -> Report:
    for server, ask in asks.items():
        servers.send(server, [ask() for _ in range(50)], 4)
    found: dict[tuple[int, str], list[Measured]] = {}
    for turn in range(arguments.rounds):
        for clients in arguments.clients:
            for server, ask in asks.items():
                count = arguments.requests if server.name == "recommender" else arguments.requests // 4
                one = servers.send(server, [ask() for _ in range(max(count, 2 * clients))], clients)
                found.setdefault((clients, server.name), []).append(one)
        note(f"round {turn + 1} of {arguments.rounds}")
    rows = [_middle(who, runs) for (_, who), runs in sorted(found.items())]
    ratios = {}
    for clients in arguments.clients:
        one = {row["who"]: row for row in rows if row["clients"] == clients}
        if len(one) == 2:
            ours, theirs = one["recommender"], one["txtai"]
            ratios[f"{clients} clients, p50: times faster"] = theirs["p50 ms"] / ours["p50 ms"]
            ratios[f"{clients} clients, requests/s: times more"] = ours["requests/s"] / theirs["requests/s"]
    return Report(name, setting.machine(), rows, ratios, [f"{about}; medians of {arguments.rounds} rounds, in turns"])


def _middle(who: str, runs: list[Measured]) -> dict[str, Any]:
    rows = [run.row(who) for run in runs]
    return {
        key: median(row[key] for row in rows) if isinstance(value, float) else value for key, value in rows[0].items()
    }


def _loads(parser: argparse.ArgumentParser) -> None:
    add_workers(parser)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 16, 32])
    parser.add_argument("--requests", type=int, default=400, help="for each number of clients and round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--alone", action="store_true", help="without txtai")


def add_workers(parser: argparse.ArgumentParser) -> None:
    about = "processes of each server, which share its processor threads; memory and CPU time are their sums"
    parser.add_argument("--workers", type=int, default=1, help=about)


def _repeats(parser: argparse.ArgumentParser) -> None:
    add_workers(parser)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--times", type=int, default=60, help="how often each of 50 questions is repeated")


def _drafts(parser: argparse.ArgumentParser) -> None:
    add_workers(parser)
    parser.add_argument("--requests", type=int, default=60)


def _memory(parser: argparse.ArgumentParser) -> None:
    add_workers(parser)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=1_000)
    parser.add_argument("--alone", action="store_true", help="without txtai")


COMMANDS = {
    "text": Command("text search over HTTP at several numbers of clients, beside txtai", text, _loads),
    "id": Command("search by id over HTTP at several numbers of clients", by_id, _loads),
    "cached": Command("repeated questions and 304 answers", cached, _repeats),
    "draft": Command("a pasted draft of 800 words", draft, _drafts),
    "memory": Command("resident memory and time to ready", memory, _memory),
}
