"""Cost by size: indexes of 10,000, 100,000 and 1,000,000 stories, served and asked over HTTP.

Up to the number of real stories these are the first of them. Beyond it copies follow: the vector of a real story with
small noise added, on the same day, with words of two real stories (the first half of the one, the second half of the
other, so that no headline comes twice), and without read-more pointers.
"""

import argparse
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import servers, serving
from benchmarks.report import Chart, Report
from benchmarks.setting import CACHE, MODEL, Command, Setting, note

SEED = 1_789
NOISE = 0.02
STEP = 10_007
"""How far apart in time the two stories lie whose words a copy has."""


def scale(setting: Setting, arguments: argparse.Namespace) -> Report:
    """Latency by id and by text, throughput and memory by size."""
    from recommender.generation import IndexFolder

    rows = []
    for size in arguments.sizes:
        index = sized_index(setting, size)
        generation = IndexFolder(index).open_live(checksums=False)
        chosen = np.random.default_rng(SEED).permutation(len(generation))[: 3 * arguments.requests].tolist()
        ids = iter([generation.record(row)["id"] for row in chosen])
        dense, stories = generation.manifest.dense, len(generation)
        on_disk = sum(file.stat().st_size for file in generation.folder.rglob("*") if file.is_file())
        generation.close()
        texts = serving.headlines(setting)
        row: dict[str, Any] = {"stories": stories, "index": dense["index"]}
        row["least index recall@100"] = min(dense.get("index_recall_at_100", {"": 1.0}).values())
        with servers.recommender(setting, index) as server:
            row |= {"ready s": server.ready_s, "MB at start": server.memory()["resident_mb"]}
            servers.send(server, [serving.ask_by_id(next(ids)) for _ in range(50)], 1)
            for name, ask in (
                ("by id", lambda ids=ids: serving.ask_by_id(next(ids))),
                ("by text", lambda texts=texts: serving.ask_by_text(next(texts))),
            ):
                alone = servers.send(server, [ask() for _ in range(arguments.requests)], 1)
                together = servers.send(server, [ask() for _ in range(arguments.requests)], 16)
                row |= {f"{name}: p50 ms": alone.p50_ms, f"{name}: p99 ms": alone.p99_ms}
                row |= {f"{name}: CPU ms": alone.cpu_ms, f"{name}: requests/s at 16 clients": together.per_s}
            row["MB after the load"] = server.memory()["resident_mb"]
        row |= {"MB on disk": on_disk / 2**20, "dense exact ms": dense.get("exact_ms")}
        row["dense chosen ms"] = dense.get("compact_ms") or dense.get("exact_ms")
        rows.append(row)
        note(f"{size:,} stories: done")
    notes = [
        f"beyond the real stories: their vectors with noise (normal, {NOISE} for each number of a unit vector), on the"
        " same days, words of two stories each, no links",
        "memory: resident, mapped pages included; dense: one search alone, as the build measured it",
    ]
    charts = [
        _chart(rows, "ms", ("by id: p50 ms", "by text: p50 ms", "dense exact ms", "dense chosen ms")),
        _chart(rows, "MB", ("MB at start", "MB after the load", "MB on disk")),
    ]
    return Report("scale", setting.machine(), rows, notes=notes, charts=charts)


def _chart(rows: list[dict[str, Any]], unit: str, names: Sequence[str]) -> Chart:
    lines = {name: [(row["stories"], row[name]) for row in rows if row[name]] for name in names}
    return Chart("stories", unit, {name: line for name, line in lines.items() if line})


def sized_index(setting: Setting, size: int) -> Path:
    """An index of so many stories, built once, with the weights of the whole corpus' index."""
    from recommender.build import build
    from recommender.embedding import open_embedder
    from recommender.generation import IndexFolder, write_manifest
    from recommender.storage import write_json

    path = CACHE / f"scale-{size}"
    folder = IndexFolder(path)
    if folder.has_live():
        return path
    note(f"building an index of {size:,} stories in {path} (once)")
    base = IndexFolder(setting.index()).open_live(checksums=False)
    path.mkdir(parents=True, exist_ok=True)
    (path / "encoders").symlink_to(setting.index() / "encoders")
    with folder.lock():
        stories = Copies(base, size, open_embedder(MODEL, encoders=path / "encoders", threads=setting.threads))
        draft = build([stories], folder, stories)
        write_json(draft.folder / "ranker.json", base.ranker.to_json())
        manifest = write_manifest(draft.folder, draft.manifest)
        folder.adopt(manifest.name, draft.folder)
        folder.promote(manifest.name)
    base.close()
    return path


@dataclass
class Copies:
    """A corpus of any size out of a generation's articles, and the embedder of its texts."""

    generation: Any
    size: int
    model: Any

    def __post_init__(self) -> None:
        self.name = f"{self.size:,} stories"
        self.fingerprint, self.runtime, self.dim = self.model.fingerprint, self.model.runtime, self.model.dim
        self.max_tokens, self.max_chars = self.model.max_tokens, self.model.max_chars
        articles = np.flatnonzero(self.generation.columns.kind[:] == 0)
        self._articles = articles[: self.size]
        self._row_of: dict[int, int] = {}
        self._copied: set[int] = set()
        self._random = np.random.default_rng(SEED)

    def __iter__(self) -> Iterator[Any]:
        from recommender.recipe import embedding_text
        from recommender.storage import key64

        made = 0
        for copy in itertools.count():
            for place, row in enumerate(self._articles.tolist()):
                if made == self.size:
                    return
                story = self.generation.story(row)
                if copy:
                    story = _mixed(story, self._article(place + copy * STEP), copy)
                key = key64(embedding_text(story, self.max_chars))
                self._row_of[key] = row
                if copy:
                    self._copied.add(key)
                made += 1
                yield story

    def _article(self, place: int) -> Any:
        return self.generation.story(int(self._articles[place % len(self._articles)]))

    def embed(self, texts: Sequence[str], role: Any) -> Any:
        """The stored vectors, with noise for a copy; what is no story's text goes to the model."""
        from recommender.embedding.embedder import Embedded
        from recommender.storage import key64
        from recommender.vectors import normalise

        keys = [key64(text) for text in texts]
        known = np.array([key in self._row_of for key in keys], np.bool_)
        rows, truncated = np.empty((len(texts), self.dim), np.float32), np.zeros(len(texts), np.bool_)
        if known.any():
            sources = np.array([self._row_of[key] for key in keys if key in self._row_of])
            rows[known] = self.generation.dense.rows(sources)
        noisy = np.array([key in self._copied for key in keys], np.bool_)
        noise = self._random.standard_normal((int(noisy.sum()), self.dim), np.float32)
        rows[noisy] = normalise(rows[noisy] + np.float32(NOISE) * noise)
        if not known.all():
            others = [text for text, is_known in zip(texts, known, strict=True) if not is_known]
            rows[~known], truncated[~known] = self.model.embed(others, role)
        return Embedded(rows, truncated)

    def close(self) -> None:
        self.model.close()


def _mixed(story: Any, other: Any, copy: int) -> Any:
    def halves(one: str, two: str) -> str:
        first, second = one.split(), two.split()
        return " ".join(first[: -(-len(first) // 2)] + second[len(second) // 2 :])

    return replace(
        story,
        id=f"{story.id}~{copy}",
        url=f"{story.url}?copy={copy}" if story.url else None,
        title=halves(story.title, other.title),
        text=halves(story.text, other.text),
        read_more=(),
    )


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--requests", type=int, default=300, help="for each way of asking and number of clients")
    serving.add_workers(parser)


COMMANDS = {"scale": Command("10,000, 100,000 and 1,000,000 stories over HTTP, by id and by text", scale, _arguments)}
