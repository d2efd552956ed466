#!/usr/bin/env python3
"""schemathesis over the whole description of the API: no 5xx, and every answer is as it is documented.

A server of our own over the sample newspaper gets requests that the description allows and ones that it does not, by
the thousand, one after another and in sequences that follow from each other's answers. Loopback only, in a temporary
folder, with the hashing embedder; it ends by itself, with status 1 if anything was found.

    .venv/bin/python scripts/conformance.py [--examples 100] [--seed 1] [--workers 1]
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import schemathesis
import trial

ASKED = ("id", "url", "text")
UNSAID = (
    "query",
    "half_life",
    "id",
    "url",
    "published",
    "modified",
    "embargoed",
    "published_after",
    "published_before",
)
"""Fields with rules that a description cannot say: exactly one of several, a duration within limits, an id that is
that of the address, a URL of one story, a date-time whose zone leads out of the years 1 to 9999."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=int, default=100, help="most requests of each kind and route")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="conformance-") as folder,
        trial.serving(Path(folder), trial.SAMPLE, workers=arguments.workers) as server,
    ):
        command = [
            sys.executable, "-m", "schemathesis.cli", "run", f"http://127.0.0.1:{server.port}/openapi.json",
            "--header", f"Authorization: Bearer {trial.KEY}", "--max-examples", arguments.examples,
            "--seed", arguments.seed, "--continue-on-failure", "--no-color",
        ]  # fmt: skip
        path = os.pathsep.join([str(Path(__file__).parent), str(trial.ROOT)])
        given = os.environ | {"SCHEMATHESIS_HOOKS": "conformance", "PYTHONPATH": path}
        done = subprocess.run(list(map(str, command)), cwd=folder, env=given, capture_output=True, text=True)
        said, log = done.stdout + done.stderr, server.log.read_text()
    found = re.search(r"(\d+) generated", said)
    report = {"requests": int(found[1]) if found else 0, "status": done.returncode, "logged": len(log.splitlines())}
    if done.returncode or not found:
        print(said, log[-5_000:], sep="\n", file=sys.stderr)
    print(json.dumps(report, indent=2))
    return done.returncode or int(not found)


@schemathesis.hook
def map_query(context: Any, query: dict[str, Any] | None) -> dict[str, Any] | None:
    """A description cannot say that exactly one of three parameters is to be given: keep the first."""
    if query:
        for name in [name for name in ASKED if name in query][1:]:
            del query[name]
    return query


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Leave out refusals by rules that a description cannot say, and requests of which a part was refused."""
    kind = type(failure).__name__
    if kind == "UseAfterFree":
        return "builds" not in case.path  # deleting a build cancels it: what became of it can be read
    if kind == "AcceptedNegativeData":
        return bool(response.status_code != 414 and "bulk" not in case.path)  # a long address; a problem in its line
    if kind != "RejectedPositiveData":
        return True
    refused = response.json().get("errors", [{}])[0].get("field", "").removeprefix("story.")
    return response.status_code != 414 and refused not in UNSAID


@schemathesis.serializer("application/x-ndjson")
def lines(context: Any, value: Any) -> bytes:
    """A body of NDJSON is whatever text was made for it."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


if __name__ == "__main__":
    sys.exit(main())
