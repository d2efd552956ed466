"""An index of a few stories, made with the hashing embedder: fast, and the same everywhere."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from recommender.engine import Recommender
from recommender.generation import IndexFolder
from recommender.live import Changes
from recommender.rebuild import rebuild
from recommender.serving import open_recommender
from recommender.settings import Settings

MODEL = "hashing:64"


class Desk:
    """A newsroom in small: a corpus, an index of it, a recommender that serves it, and somebody who changes it."""

    def __init__(self, folder: Path, records: list[dict[str, Any]]) -> None:
        self.corpus = folder / "corpus.jsonl"
        self.settings = Settings(index=folder / "index", model=MODEL, corpora=(str(self.corpus),), keep_generations=5)
        self.write(records)
        self.rebuild()
        self.folder = IndexFolder(self.settings.index)
        self.recommender = self.open()
        self.changes: Changes = self.recommender.changes()

    def write(self, records: list[dict[str, Any]]) -> None:
        self.corpus.write_text("".join(json.dumps(record) + "\n" for record in records))

    def rebuild(self) -> str:
        return rebuild(self.settings, [self.corpus], force=True).manifest.name

    def open(self) -> Recommender:
        return open_recommender(self.settings)

    def restart(self) -> None:
        self.close()
        self.recommender = self.open()
        self.changes = self.recommender.changes()

    def close(self) -> None:
        self.changes.close()
        self.recommender.close()


def story(name: str, title: str, *pointers: str, day: int = 1, **more: Any) -> dict[str, Any]:
    record = {"id": name, "title": title, "text": f"{title}. The harbour wall and the storm.", "language": "en"}
    return record | {"published": f"2026-01-{day:02d}", "read_more": [{"title": one} for one in pointers]} | more


@pytest.fixture
def make_desk(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    desks: list[Desk] = []

    def make(*records: dict[str, Any]) -> Desk:
        desks.append(Desk(tmp_path / str(len(desks)), list(records)))
        return desks[-1]

    (tmp_path / "0").mkdir()
    yield make
    for desk in desks:
        desk.close()


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    return make_desk(
        story("a", "Storm breaks the harbour wall", "Ferry service is suspended", day=3),
        story("b", "Harbour wall is repaired", "Storm breaks the harbour wall", day=5),
        story("c", "Council debates the harbour", "Ferry service is suspended", "Harbour wall is repaired", day=7),
        story("d", "Football club wins the cup", day=8),
    )
