"""The short forms of the programs that kill, damage and load an index."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def run(name: str, *arguments: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, SCRIPTS / name, *arguments], capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_killed_processes_lose_nothing_and_damage_is_refused() -> None:
    report = run("faults.py", "--rounds", "45")
    assert report["kills"]["starts"] == 45
    assert report["kills"]["acknowledged"] >= report["kills"]["awaited"] > 20
    assert report["damage"]["rounds"] >= report["damage"]["files"]


def test_every_answer_is_as_the_description_says() -> None:
    report = run("conformance.py", "--examples", "5")
    assert report["requests"] > 500


def test_ten_times_too_many_questions_are_answered_or_refused_in_time() -> None:
    report = run("overload.py", "--seconds", "4", "--stories", "500")
    assert report["answers"]["503"] > report["answers"]["200"] > 0


def test_mixed_load_fails_nobody() -> None:
    report = run("soak.py", "--minutes", "0.25", "--stories", "500", "--workers", "2")
    assert report["builds"] == 3
    assert report["answers"] > 100
    assert report["changes"] > 10
