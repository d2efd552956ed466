#!/usr/bin/env python3
"""Damage a sound sample of every reader for a while: what does it make of it?

Every item must be a story that survives a round trip or a reject with its place and reason, in good time; anything
else is a finding, and the input that did it is kept. Prints a line for each reader, or JSON.

    .venv/bin/python scripts/fuzz.py [READER...] [--seconds 60] [--seed 0] [--keep DIR] [--json]
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "corpus")]

from fuzzing import READERS, fuzz  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("readers", nargs="*", metavar="READER", help=f"some of: {', '.join(READERS)}")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each reader (60)")
    parser.add_argument("--seed", type=int, default=0, help="another one damages otherwise")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"), help="where inputs go that found something")
    parser.add_argument("--json", action="store_true", help="as JSON")
    arguments = parser.parse_args()
    if unknown := set(arguments.readers) - set(READERS):
        parser.error(f"no reader {', '.join(sorted(unknown))}")
    done, failed = [], False
    for reader in arguments.readers or READERS:
        with tempfile.TemporaryDirectory() as folder:
            report = fuzz(reader, arguments.seconds, Path(folder), arguments.seed)
        failed |= bool(report.findings)
        for number, data in enumerate(report.findings.values()):
            arguments.keep.mkdir(parents=True, exist_ok=True)
            (arguments.keep / f"{reader.replace('/', '-')}.{number}").write_bytes(data)
        counts = {"inputs": report.inputs, **report.counts}
        if not arguments.json:
            said = ", ".join(f"{count:,} {name}" for name, count in counts.items())
            print(f"{reader:<16}{report.seconds:6.0f} s  slowest {report.slowest:5.2f} s  {said}", flush=True)
            for finding in report.findings:
                print(f"    {finding}", flush=True)
        row = {"reader": reader, "seconds": round(report.seconds, 1), "slowest": round(report.slowest, 3), **counts}
        done.append(row | {"findings": list(report.findings)})
    if arguments.json:
        print(json.dumps(done, indent=2))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
