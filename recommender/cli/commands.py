"""The commands: settings from the arguments, one call, one print."""

import argparse
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from recommender.cli.console import console, print_json, progress_for, size, table, where
from recommender.cli.corpora import dry_run, named_corpora
from recommender.cli.index import INDEX
from recommender.cli.live import LIVE
from recommender.generation import IndexFolder, Manifest
from recommender.settings import Settings, describe_settings, load_settings, written

if TYPE_CHECKING:
    from recommender.rebuild import Rebuilt

_FLAGS = ("index", "model", "host", "port", "workers", "threads", "log_level", "keep_generations")


def run(arguments: argparse.Namespace) -> int:
    """Run the command that was parsed."""
    given = vars(arguments)
    flags = {name: given[name] for name in _FLAGS if given.get(name) is not None}
    if "index" in flags:
        flags["index"] = Path(flags["index"])
    settings = load_settings(flags)
    action = given.get("action")
    command: Callable[[Settings, argparse.Namespace], int] = _COMMANDS[
        f"{arguments.command} {action}" if action else arguments.command
    ]
    return command(settings, arguments)


def _build(settings: Settings, arguments: argparse.Namespace) -> int:
    corpora = named_corpora(arguments)
    if arguments.dry_run:
        return dry_run(corpora, as_json=arguments.json)
    from recommender.rebuild import rebuild

    with progress_for() as progress:
        made = rebuild(
            settings,
            corpora,
            strict=arguments.strict,
            promote=not arguments.no_promote,
            force=arguments.force,
            progress=progress,
        )
    return _show_rebuilt(made, settings, arguments)


def _sync(settings: Settings, arguments: argparse.Namespace) -> int:
    from recommender.cli.sync import sync

    return sync(settings, arguments)


def _tune(settings: Settings, arguments: argparse.Namespace) -> int:
    from recommender.rebuild import retune

    with progress_for() as progress:
        made = retune(settings, force=arguments.force, progress=progress)
    return _show_rebuilt(made, settings, arguments)


def _show_rebuilt(made: "Rebuilt", settings: Settings, arguments: argparse.Namespace) -> int:
    if arguments.json:
        print_json(asdict(made.manifest))
        return 0
    _show_built(made.manifest, made.comparison)
    if made.promoted:
        if made.manifest.rows * 2 < made.before:
            fewer = f"{made.manifest.rows:,} stories, where {made.before:,} were live before:"
            _print_whole((fewer, "yellow"), f" recommender index rollback{where(settings)} undoes this")
        _print_whole((f"{made.manifest.name} is live.", "green"), f" Serve it with: recommender serve{where(settings)}")
    else:
        _print_whole(
            f"{made.manifest.name} is built. Make it live with: "
            f"recommender index promote {made.manifest.name}{where(settings)}"
        )
    return 0


def _print_whole(*parts: str | tuple[str, str]) -> None:
    """A line of parts, with or without a style, that is not broken: half a command would run by itself."""
    console().print(Text.assemble(*parts), soft_wrap=True)


def _show_built(manifest: Manifest, comparison: str | None) -> None:
    counts = manifest.counts
    rows = [
        (
            "stories",
            f"{manifest.rows:,} ({counts.get('articles', 0):,} articles, "
            f"{counts.get('headlines', 0):,} headlines without one)",
        ),
        ("read-more links", f"{counts.get('links', 0):,}"),
        ("rejected records", f"{counts.get('rejected', 0):,}"),
        ("longer than the model reads", f"{counts.get('truncated', 0):,}"),
        ("model", f"{manifest.embedder['model']}, {manifest.embedder['runtime']}"),
        ("time", ", ".join(f"{name} {seconds:.1f} s" for name, seconds in manifest.timings.items())),
        ("on disk", size(manifest.size)),
    ]
    rows += _quality_rows(manifest)
    if comparison:
        rows.append(("compared", comparison))
    console().print(table(None, [("", {"style": "dim", "no_wrap": True}), ("", {})], rows))


def _quality_rows(manifest: Manifest) -> list[tuple[str, str]]:
    quality = manifest.quality
    if not quality.get("queries"):
        return [("quality", "no read-more links to earlier stories to measure on")]
    figures = [
        f"{name} {quality[name]['mean']:.3f}" for name in ("plain vectors", "default", "served") if name in quality
    ]
    tuning = quality.get("tuning", {})
    used = "tuned on the corpus' own links" if tuning.get("used") else f"default weights: {tuning.get('why', '')}"
    return [
        ("nDCG@10 on editors' links", f"{', '.join(figures)} ({quality['queries']:,} newer queries)"),
        ("ranking", used),
    ]


def _serve(settings: Settings, arguments: argparse.Namespace) -> int:
    from recommender.service.run import serve

    if arguments.sample and not IndexFolder(settings.index).has_live():
        # In a process of its own: building loads torch, which a server can do without.
        print("No index yet: building one from the sample corpus.", file=sys.stderr)
        sample = Path(__file__).parent.parent / "sample"
        command = [sys.executable, "-m", "recommender", "build", str(sample), "--index", str(settings.index)]
        if made := subprocess.run(command, check=False).returncode:  # noqa: S603 - our own program
            return made
    return serve(settings)


def _related(settings: Settings, arguments: argparse.Namespace) -> int:
    from recommender.cli.related import related

    return related(settings, arguments)


def _evaluate(settings: Settings, arguments: argparse.Namespace) -> int:
    from recommender.cli.evaluation import evaluate

    return evaluate(settings, arguments)


def _export(settings: Settings, arguments: argparse.Namespace) -> int:
    from recommender.cli.export import export

    return export(settings, arguments)


def _settings(settings: Settings, arguments: argparse.Namespace) -> int:
    secret = {"RECOMMENDER_ADMIN_KEY", "RECOMMENDER_READ_KEY"}
    rows = []
    for variable, default, about in describe_settings():
        name = variable.removeprefix("RECOMMENDER_").lower()
        shown = written(name, getattr(settings, name))
        rows.append((variable, "(set)" if variable in secret and shown else shown, default, about))
    if arguments.json:
        print_json([dict(zip(("variable", "value", "default", "about"), row, strict=True)) for row in rows])
        return 0
    console().print(
        table(
            None,
            [
                ("variable", {"no_wrap": True}),
                ("value", {}),
                ("default", {"style": "dim"}),
                ("what it is", {"style": "dim"}),
            ],
            rows,
        )
    )
    return 0


_COMMANDS: dict[str, Callable[[Settings, argparse.Namespace], int]] = (
    LIVE
    | INDEX
    | {
        "build": _build,
        "sync": _sync,
        "serve": _serve,
        "related": _related,
        "evaluate": _evaluate,
        "tune": _tune,
        "export": _export,
        "settings": _settings,
    }
)
