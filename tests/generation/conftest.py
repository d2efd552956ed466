"""An index to damage, made once and copied."""

import shutil
from pathlib import Path

import pytest
from newsdesk import make_index, newspaper


@pytest.fixture(scope="session")
def small_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index with three generations of other stories each, the last one live; nobody changes it."""
    folder = tmp_path_factory.mktemp("small") / "index"
    for seed in range(3):
        make_index(folder, newspaper(12 + seed, seed))
    return folder


@pytest.fixture
def index(small_index: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(small_index, tmp_path / "index"))
