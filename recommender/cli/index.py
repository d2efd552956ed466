"""`recommender index`: the generations of an index, and the change from one to another."""

import argparse
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from typing import Any

from recommender.cli.console import console, print_json, say, size, table
from recommender.generation import IndexFolder
from recommender.settings import Settings


def _filled(settings: Settings) -> IndexFolder:
    """The index, once it holds a generation.

    Raises:
        IndexMissing: it does not.
    """
    index = IndexFolder(settings.index)
    if not index.names():
        index.live_name()  # says that there is none, and how to make one
    return index


def _list(settings: Settings, arguments: argparse.Namespace) -> int:
    listing = _filled(settings).listing()
    if arguments.json:
        print_json([asdict(item) for item in listing])
        return 0
    rows = [
        (
            "*" if item.live else "",
            item.name,
            item.manifest.built_at,
            f"{item.manifest.rows:,}",
            size(item.manifest.size),
            item.manifest.embedder["model"],
        )
        if item.manifest
        else ("*" if item.live else "", item.name, item.problem or "", "", "", "")
        for item in listing
    ]
    columns: list[tuple[str, dict[str, Any]]] = [
        ("live", {"justify": "center", "style": "green"}), ("generation", {"no_wrap": True}),
        ("built", {"no_wrap": True}), ("stories", {"justify": "right"}), ("size", {"justify": "right"}),
        ("model", {"overflow": "fold"}),
    ]  # fmt: skip
    console().print(table(None, columns, rows))
    return 0


def _verify(settings: Settings, arguments: argparse.Namespace) -> int:
    index = IndexFolder(settings.index)
    name = arguments.generation or index.live_name()
    index.open(name).close()
    done = {"generation": name, "verified": True}
    say(done, f"{name}: every file is as it was written.", as_json=arguments.json)
    return 0


def _promote(settings: Settings, arguments: argparse.Namespace) -> int:
    IndexFolder(settings.index).promote(arguments.generation)
    say({"generation": arguments.generation}, f"{arguments.generation} is live.", as_json=arguments.json)
    return 0


def _rollback(settings: Settings, arguments: argparse.Namespace) -> int:
    name = IndexFolder(settings.index).rollback()
    say({"generation": name}, f"{name} is live again.", as_json=arguments.json)
    return 0


def _prune(settings: Settings, arguments: argparse.Namespace) -> int:
    index = _filled(settings)
    with index.lock():
        old = index.names()[: -settings.keep_generations]
        removed = index.prune(settings.keep_generations)
        spared = index.spared()
    kept = {name: spared.get(name, "in use") for name in old if name not in removed}
    text = f"Removed {_generations(len(removed))}{': ' if removed else ''}{', '.join(removed)}."
    if kept:
        names = ", ".join(f"{name} ({why})" for name, why in kept.items())
        text += f"\nKept beside the newest {settings.keep_generations}: {names}."
    say({"removed": removed, "kept": kept}, text, as_json=arguments.json)
    return 0


def _diff(settings: Settings, arguments: argparse.Namespace) -> int:
    from recommender.evaluation.diff import difference

    index = IndexFolder(settings.index)
    with closing(index.open(arguments.before)) as before, closing(index.open(arguments.after)) as after:
        found = difference(before, after, arguments.sample)
    lines = [f"{found.before} -> {found.after}"]
    for name, ids in (("added", found.added), ("removed", found.removed), ("changed", found.changed)):
        count = found.counts[name]
        more = " …" if count > len(ids) else ""
        lines.append(f"{count:,} stories {name}{': ' if ids else ''}{', '.join(ids)}{more}")
    lines.append(
        f"{found.lists_changed:,} of {found.lists_compared:,} lists of recommendations differ; "
        f"on average {found.overlap:.0%} of their stories are the same"
    )
    say(found.to_json(), "\n".join(lines), as_json=arguments.json)
    return 0


def _generations(count: int) -> str:
    return f"{count} generation{'' if count == 1 else 's'}"


INDEX: dict[str, Callable[[Settings, argparse.Namespace], int]] = {
    "index list": _list,
    "index verify": _verify,
    "index promote": _promote,
    "index rollback": _rollback,
    "index diff": _diff,
    "index prune": _prune,
}
"""The commands of this module."""
