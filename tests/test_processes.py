"""How many processors a process takes for itself."""

import os
import subprocess
import sys

import pytest

from recommender.processes import cpus, processors


def processors_when_nice(increment: int, bound_to: set[int]) -> int:
    code = (
        f"import os; os.sched_setaffinity(0, {bound_to}); os.nice({increment}); "
        "from recommender.processes import processors; print(processors())"
    )
    return int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)


def test_a_process_that_gives_way_leaves_one_to_others() -> None:
    bound = os.sched_getaffinity(0)
    if os.nice(0) == 0:
        assert processors() == len(bound)
    assert processors_when_nice(1, bound) == max(1, len(bound) - 1)
    assert processors_when_nice(1, {min(bound)}) == 1


def test_a_system_that_binds_no_process_tells_how_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    assert cpus() == os.cpu_count()
