"""`recommender evaluate`: the exam, as a table, JSON and a chart."""

import argparse
import contextlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from recommender.cli.console import console, print_json, progress_for, table
from recommender.errors import InputError
from recommender.evaluation.chart import draw
from recommender.evaluation.evaluate import MAIN, Report
from recommender.evaluation.exam import take_exam
from recommender.evaluation.metrics import METRICS
from recommender.generation import IndexFolder
from recommender.progress import Progress
from recommender.rebuild import embedder_for, rebuild
from recommender.scratch import scratch_folder
from recommender.settings import Settings

_SECTIONS = 12


def evaluate(settings: Settings, arguments: argparse.Namespace) -> int:
    """Examine the live index, or an index of the named corpora made for the purpose."""
    chart = Path(arguments.chart) if arguments.chart else None
    if chart:
        _see_that_it_can_be_written(chart)
    with progress_for() as progress:
        report = _report(settings, arguments, progress)
    if chart:
        _write(chart, "w", draw(report))
    if arguments.json:
        print_json(report.to_json())
        return 0
    _show(report)
    if chart:
        print(f"The chart is in {arguments.chart}.")
    return 0


def _see_that_it_can_be_written(chart: Path) -> None:
    """An evaluation takes minutes: what is wrong with the chart's path is said before it."""
    is_new = not os.path.lexists(chart)
    _write(chart, "a", "")
    if is_new:
        chart.unlink()


def _write(chart: Path, mode: str, text: str) -> None:
    try:
        with chart.open(mode, encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise InputError("chart", f"{chart} cannot be written ({error.strerror})") from None


def _report(settings: Settings, arguments: argparse.Namespace, progress: Progress) -> Report:
    with contextlib.ExitStack() as stack:
        index = settings.index
        if arguments.corpora:
            index = stack.enter_context(scratch_folder("recommender-evaluate-"))
            rebuild(replace(settings, index=index), arguments.corpora, list_rejects=False, progress=progress)
        generation = stack.enter_context(contextlib.closing(IndexFolder(index).open_live()))
        embedder = embedder_for(replace(settings, index=index, model=generation.manifest.model), progress)
        stack.callback(embedder.close)
        generation.manifest.check_embedder(embedder.fingerprint)
        return take_exam(generation, embedder, most=arguments.queries, progress=progress)


def _show(report: Report) -> None:
    output = console()
    rows = []
    for run in report.runs:
        comparison = report.comparison(run)
        main = run.mean(MAIN)
        others = [f"{run.mean(metric).mean:.3f}" for metric in METRICS if metric != MAIN]
        coverage = report.coverage[run.name]
        median = sorted(run.seconds)[len(run.seconds) // 2] * 1_000
        rows.append(
            (
                run.name,
                f"{main.mean:.3f}",
                f"{main.low:.3f} to {main.high:.3f}",
                *others,
                f"{comparison.wins}/{comparison.ties}/{comparison.losses}" if run.name != report.baseline else "",
                f"{coverage['never_recommended']:.0%}",
                f"{coverage['top_ten_share']:.0%}",
                f"{median:.1f}",
            )
        )
    right: dict[str, Any] = {"justify": "right"}
    columns: list[tuple[str, dict[str, Any]]] = [
        ("", {"no_wrap": True}), (MAIN, right | {"style": "bold"}), ("95 % interval", right),
        *((metric, right) for metric in METRICS if metric != MAIN), (f"win/tie/loss\nto {report.baseline}", right),
        ("never\nshown", right), ("top ten's\nslots", right), ("ms", right),
    ]  # fmt: skip
    output.print(table(f"{report.queries:,} stories, {report.links:,} links that editors made", columns, rows))
    names = [run.name for run in report.runs]
    sections = [
        (name, f"{report.section_sizes[name]:,}", *(f"{values[run].mean:.3f}" for run in names))
        for name, values in list(report.sections.items())[:_SECTIONS]
    ]
    if len(report.sections) > 1:
        output.print()
        heads: list[tuple[str, dict[str, Any]]] = [("", {}), ("stories", right), *((name, right) for name in names)]
        output.print(table(f"{MAIN} by section", heads, sections))
