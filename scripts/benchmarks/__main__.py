"""`scripts/bench NAME`: parse, run, print."""

import argparse
import os
import sys
from pathlib import Path

from benchmarks import building, encoder, indexes, ingest, parsing, scale, serving
from benchmarks.setting import ROOT, BenchError, Setting, note

COMMANDS = {
    **encoder.COMMANDS,
    **serving.COMMANDS,
    **building.COMMANDS,
    **ingest.COMMANDS,
    **parsing.COMMANDS,
    **indexes.COMMANDS,
    **scale.COMMANDS,
}


def main() -> int:
    arguments = parse()
    try:
        report = COMMANDS[arguments.name].run(Setting.of(arguments), arguments)
    except BenchError as error:
        note(f"bench {arguments.name}: {error}")
        return 1
    print(report.table())
    if arguments.out:
        for path in report.write(arguments.out):
            note(f"wrote {path}")
    return 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    commands = parser.add_subparsers(dest="name", required=True, metavar="NAME")
    for name, command in COMMANDS.items():
        one = commands.add_parser(name, help=command.about, description=command.about)
        one.add_argument("--out", type=Path, help="folder for the figures as JSON, and a chart")
        one.add_argument(
            "--data",
            type=Path,
            default=Path(os.environ.get("RECOMMENDER_DATA", ROOT.parent / "shared/data")),
            help="folder of real news data (RECOMMENDER_DATA)",
        )
        one.add_argument("--index", type=Path, help="a built index of current_events_2002_2024; else built in .cache")
        cpus = len(os.sched_getaffinity(0))
        one.add_argument("--threads", type=int, default=cpus, help="processor threads of each program")
        command.arguments(one)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
