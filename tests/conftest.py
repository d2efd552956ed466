"""Fixtures that every test may use."""

import os
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real news data: `RECOMMENDER_DATA`, by default `../shared/data`; not part of the repository."""
    folder = _REPOSITORY / os.environ.get("RECOMMENDER_DATA", "../shared/data")
    if not folder.is_dir():
        pytest.skip(f"no data at {folder}: set RECOMMENDER_DATA to the folder that holds it")
    return folder
