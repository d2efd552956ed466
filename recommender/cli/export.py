"""`recommender export`: every story's list as files."""

import argparse
from pathlib import Path

from recommender.cli.console import progress_for, say
from recommender.settings import Settings


def add_export(parser: argparse.ArgumentParser) -> None:
    """The words of the command."""
    parser.add_argument("--out", metavar="DIR", default="read-more", help="folder to write (default: ./read-more)")
    parser.add_argument("--limit", type=int, metavar="N", default=5, help="stories in a list (default: 5)")
    parser.add_argument("--heading", metavar="TEXT", default="Read more", help="heading of the HTML (empty: none)")
    parser.add_argument("--heading-level", type=int, choices=range(1, 7), default=2, help="its level (default: 2)")
    parser.add_argument("--thumbnails", action="store_true", help="with pictures in the HTML")
    parser.add_argument("--json", action="store_true", help="print what was done as JSON")


def export(settings: Settings, arguments: argparse.Namespace) -> int:
    """Run the command."""
    from dataclasses import asdict

    from recommender.engine.options import MAX_LIMIT
    from recommender.errors import InputError
    from recommender.export import Lists
    from recommender.export import export as write
    from recommender.service.questions import View

    if not 1 <= arguments.limit <= MAX_LIMIT // 2:
        raise InputError("limit", f"is {arguments.limit}, allowed are 1 to {MAX_LIMIT // 2}")
    view = View(" ".join(arguments.heading.split()), arguments.heading_level, arguments.thumbnails)
    with progress_for() as progress:
        done = write(settings, Path(arguments.out), Lists(arguments.limit, view), progress)
    files = f"{done.written:,} files written, {done.unchanged:,} unchanged, {done.removed:,} removed"
    said = ", nothing has changed since the last export" if done.current else f"; {files}"
    say(asdict(done), f"{arguments.out}: {done.stories:,} stories{said}.", as_json=arguments.json)
    return 0
