"""The nearest peer, txtai, in an environment of its own: the same model, the same texts, the same threads."""

import contextlib
import json
import subprocess
import venv
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import numpy as np

from benchmarks.servers import Server, free_port, get, running
from benchmarks.setting import CACHE, MODEL, BenchError, Setting, note

PACKAGES = ("txtai[api]==9.14.*", "torch==2.13.0")
FOLDER = CACHE.parent / "txtai"


def python() -> Path:
    """The peer's Python; its environment is made once."""
    program = FOLDER / "bin" / "python"
    stamp = FOLDER / ".installed"
    if not stamp.exists():
        note(f"making an environment for {PACKAGES[0]} in {FOLDER} (some minutes, once)")
        venv.create(FOLDER, with_pip=True)
        done = subprocess.run(
            [program, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise BenchError(f"pip could not install {' '.join(PACKAGES)}:\n{done.stderr[-1_000:]}")
        stamp.touch()
    return program


def model_folder() -> Path:
    from recommender.embedding import find_model

    return find_model(MODEL).folder


def build(setting: Setting, texts: list[tuple[str, str]], folder: Path, vectors: np.ndarray | None = None) -> float:
    """Index texts (id, text) with the peer and return its seconds, imports and loading of the model left out.

    With `vectors` it embeds nothing: for an index that is only searched.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    source = folder.with_suffix(".jsonl")
    source.write_text("\n".join(json.dumps(pair) for pair in texts), encoding="utf-8")
    matrix = folder.with_suffix(".npy")
    if vectors is not None:
        np.save(matrix, vectors.astype(np.float32))
    program = f"""
import json, time
import numpy as np
from txtai import Embeddings
pairs = [tuple(json.loads(line)) for line in open({str(source)!r}, encoding="utf-8")]
embeddings = Embeddings(path={str(model_folder())!r}, content=False)
embeddings.batchtransform(["warm up"])
if {vectors is not None}:
    matrix = np.load({str(matrix)!r})
    type(embeddings.model).encode = lambda self, numbers, category=None: matrix[[int(one) for one in numbers]]
    pairs = [(one, str(number)) for number, (one, _) in enumerate(pairs)]
begun = time.perf_counter()
embeddings.index((one, what, None) for one, what in pairs)
embeddings.save({str(folder)!r})
print(time.perf_counter() - begun)
"""
    done = subprocess.run(
        [python(), "-c", program], env=setting.environment(), capture_output=True, text=True, check=False
    )
    source.unlink()
    matrix.unlink(missing_ok=True)
    if done.returncode:
        raise BenchError(f"txtai could not build its index:\n{done.stderr[-2_000:]}")
    return float(done.stdout.split()[-1])


@contextlib.contextmanager
def serving(setting: Setting, folder: Path) -> Iterator[Server]:
    """The peer's own HTTP service over an index: plain vector search, ids and scores."""
    config = folder.with_suffix(".yml")
    config.write_text(f"path: {folder}\nembeddings:\n  path: {model_folder()}\n", encoding="utf-8")
    port = free_port()
    command = [python(), "-m", "uvicorn", "--port", port, "--log-level", "warning", "--workers", setting.workers]
    command.append("txtai.api:app")
    environment = setting.environment() | {"CONFIG": str(config)}
    with running("txtai", command, port, "/search?query=ready&limit=1", environment) as server:
        yield server


def question(text: str) -> str:
    return get(f"/search?query={quote(text)}&limit=10")


def large_index(setting: Setting) -> Path:
    """The peer's index of all stories of the recommender's index, over the very same vectors."""
    folder = CACHE / "txtai-large"
    if folder.exists():
        return folder
    from recommender.generation import IndexFolder

    generation = IndexFolder(setting.index()).open_live()
    note(f"handing the vectors of {len(generation):,} stories to txtai (once)")
    rows = np.arange(len(generation))
    ids = [(str(generation.record(int(row))["id"]), "") for row in rows]
    build(setting, ids, folder, generation.dense.rows(rows))
    generation.close()
    return folder
