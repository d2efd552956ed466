"""Workers of a service, as processes."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from newsdesk import PAPER, make_index

from scripts.trial import free_port


def is_up(port: int) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
        return bool(answer.status == 200)
    return False


def test_workers_end_with_the_main_process_and_leave_the_port(tmp_path: Path) -> None:
    make_index(tmp_path / "index", PAPER)
    port = free_port()
    command = [sys.executable, "-m", "recommender", "serve", "--index", str(tmp_path / "index")]
    with subprocess.Popen(
        [*command, "--port", str(port), "--workers", "2"], stderr=subprocess.PIPE, start_new_session=True
    ) as main:
        try:
            while not is_up(port):
                assert main.poll() is None
                time.sleep(0.1)
            main.kill()
            main.communicate(timeout=60)  # all of its processes write there: it ends when the last of them does
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(main.pid, signal.SIGKILL)
    assert not is_up(port)
