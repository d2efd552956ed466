"""Fixtures that every test may use."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from newsdesk import PAPER, engine_of, make_index, opened

from recommender import parallel, processes
from recommender.engine import Recommender
from recommender.generation import Generation

_REPOSITORY = Path(__file__).resolve().parent.parent

# A slow machine is no failure.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real news data: `RECOMMENDER_DATA`, by default `../shared/data`; not part of the repository."""
    folder = _REPOSITORY / os.environ.get("RECOMMENDER_DATA", "../shared/data")
    if not folder.is_dir():
        pytest.skip(f"no data at {folder}: set RECOMMENDER_DATA to the folder that holds it")
    return folder


@pytest.fixture(scope="session")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Exported graphs of the whole run, of all its processes: to export the default model takes half a minute."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "encoders"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def share_work(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[int]]:
    """Called, it makes two processes share all work from the second task on; it returns the sizes of the pools that
    are started from then on.
    """

    def share() -> list[int]:
        started: list[int] = []

        def start(count: int) -> ProcessPoolExecutor:
            started.append(count)
            return processes.start_workers(count)

        monkeypatch.setattr(parallel, "ALONE", 1e-9)
        monkeypatch.setattr(parallel, "processors", lambda: 2)
        monkeypatch.setattr(parallel, "start_workers", start)
        return started

    return share


@pytest.fixture(scope="session")
def paper_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of `PAPER`; nobody changes it."""
    folder = tmp_path_factory.mktemp("paper") / "index"
    make_index(folder, PAPER)
    return folder


@pytest.fixture(scope="session")
def paper_engine(paper_index: Path) -> Iterator[Recommender]:
    with engine_of(paper_index) as recommender:
        yield recommender


@pytest.fixture(scope="session")
def paper_generation(paper_index: Path) -> Iterator[Generation]:
    with opened(paper_index) as generation:
        yield generation
