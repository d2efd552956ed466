"""Workers that start slowly, and workers that die."""

import os
import signal
import sys
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from uvicorn.supervisors.multiprocess import Process

from recommender.service.run import _config
from recommender.settings import Settings
from scripts.trial import SAMPLE, serving


def test_a_worker_that_takes_long_to_import_is_not_killed() -> None:
    """For want of a word from it: what it imports takes five seconds and more where others use the processors."""
    config = _config(Settings(workers=2), partial(print))
    worker = Process(config, [])
    worker.parent_conn.close()
    worker.parent_conn = SimpleNamespace(send=len, recv=bool, poll=lambda seconds: seconds >= 20)  # type: ignore[assignment]
    worker.process = SimpleNamespace(is_alive=lambda: True)  # type: ignore[assignment]
    assert worker.is_alive(config.timeout_worker_healthcheck)


def children(process: int) -> set[int]:
    return set(map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split()))


@pytest.mark.skipif(sys.platform != "linux", reason="finds the workers in /proc")
def test_workers_that_die_or_are_to_be_replaced_are(tmp_path: Path) -> None:
    with serving(tmp_path, SAMPLE, workers=2) as server:
        parent = server.process.pid
        *_, first, second = sorted(children(parent))
        os.kill(second, signal.SIGKILL)
        said = f"worker {second} ended (exit status -9) and was replaced"
        until = time.monotonic() + 60
        while said not in server.log.read_text() and time.monotonic() < until:
            time.sleep(0.1)
        assert said in server.log.read_text()
        replaced = max(children(parent))
        server.process.send_signal(signal.SIGHUP)
        until = time.monotonic() + 120
        while {first, replaced} & children(parent) and time.monotonic() < until:
            time.sleep(0.1)
        assert not {first, replaced} & children(parent)
        with closing(server.client()) as client:
            assert client.ask("GET", "/readyz")[0] == 200
