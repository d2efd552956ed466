"""The layout of the design, held by reading the imports: they run downward, and every library has one owner."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import recommender

ROOT = Path(recommender.__file__).parent

LAYERS = (
    ("errors", "frequent", "heap", "language_codes", "processes", "progress", "scratch"),
    ("dates", "edges", "parallel"),
    ("news_dates",),
    ("stories", "vectors", "settings"),
    ("records", "storage", "language", "recipe", "analysis", "logs"),
    ("readmore", "embedding", "dense"),
    ("boilerplate", "cleaning"),
    ("corpus", "spool", "ranking", "ingest", "graph"),
    ("lexical",),
    ("generation",),
    ("live", "indexing", "fluency"),
    ("linking",),
    ("build", "engine"),
    ("evaluation.asking", "evaluation.metrics", "evaluation.qrels", "evaluation.systems"),
    ("evaluation.evaluate", "tuning"),
    ("evaluation",),
    ("quality",),
    ("rebuild",),
    ("builds",),
    ("serving",),
    ("service",),
    ("export",),
    ("cli",),
    ("__main__",),
)
"""Lowest first. A module belongs to its longest entry; it may import what stands lower, and its own entry."""

OWNERS = {
    "Stemmer": "analysis",
    "babel": "service.reader_dates",
    "faiss": "dense",
    "huggingface_hub": "embedding.model_files",
    "openvino": "embedding.openvino_runtime",
    "prometheus_client": "service.metrics",
    "py3langid": "language",
    "scipy": "ranking.fit",
    "sentence_transformers": "embedding.torch_runtime",
    "stop_words": "analysis",
    "tokenizers": "embedding.tokenizing",
    "torch": "embedding.torch_runtime",
    "transformers": "embedding.torch_runtime",
}
"""Libraries and the one module that imports each, or the package that it lies in. A reader of the corpus, a page or
the like may bring a library of its own; that, too, is imported in one module."""

ROOMS = {
    "fastapi": {"service"},
    "starlette": {"service"},
    "uvicorn": {"service"},
    "rich": {"cli"},
    "selectolax": {"readmore", "corpus"},
    "lxml": {"corpus"},
}
"""Libraries that several modules import, and the packages that these are in."""

HEAVY = ("torch", "sentence_transformers", "transformers")


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}


@cache
def imported(module: str) -> tuple[str, ...]:
    """Full names of what a module imports, wherever in it, by statement or by `importlib.import_module`."""
    return tuple(_imported(module))


def _imported(module: str) -> Iterator[str]:
    path = MODULES[module]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full.removeprefix("recommender.") in MODULES else str(node.module)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (str(name.value) for name in node.args if isinstance(name, ast.Constant))


def own_imports(module: str) -> Iterator[str]:
    for name in imported(module):
        if name.startswith("recommender."):
            yield name.removeprefix("recommender.")


def entry_of(module: str) -> tuple[int, str]:
    """The layer of a module and the entry that it falls under."""
    entries = [
        (len(entry), place, entry)
        for place, layer in enumerate(LAYERS)
        for entry in layer
        if module == entry or module.startswith(entry + ".")
    ]
    assert entries, f"recommender.{module} is in no layer: give it a place in LAYERS"
    _, place, entry = max(entries)
    return place, entry


@pytest.mark.parametrize("module", [name for name in MODULES if name])
def test_imports_run_downward(module: str) -> None:
    place, entry = entry_of(module)
    for other in own_imports(module):
        other_place, other_entry = entry_of(other)
        assert other_place < place or other_entry == entry, f"{module} may not import {other}"


def test_no_entry_is_left_over() -> None:
    used = {entry_of(module)[1] for module in MODULES if module}
    assert {entry for layer in LAYERS for entry in layer} == used


def test_build_and_engine_meet_at_the_generation() -> None:
    def reach(module: str) -> set[str]:
        seen: set[str] = set()
        todo = [module]
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += own_imports(name)
        return seen

    assert not [name for name in reach("build") if name.startswith("engine")]
    assert "build" not in {name for module in MODULES if module.startswith("engine") for name in reach(module)}
    assert "generation" in reach("build") & reach("engine.engine")


def test_every_library_has_one_owner() -> None:
    owners: dict[str, set[str]] = {}
    for module in MODULES:
        for name in imported(module):
            top = name.split(".")[0]
            if top not in sys.stdlib_module_names and top not in ("recommender", "numpy"):
                owners.setdefault(top, set()).add(module)
    rooms = {library: {module.split(".")[0] for module in owners.pop(library, ())} for library in ROOMS}
    assert {library: found for library, found in rooms.items() if found - ROOMS[library]} == {}
    assert {library: sorted(modules) for library, modules in owners.items() if len(modules) > 1} == {}
    for library, owner in OWNERS.items():
        (module,) = owners[library]
        assert module == owner or module.startswith(owner + "."), f"{library} is imported by {module}"


def test_there_is_no_drawer_for_everything() -> None:
    names = {part for module in MODULES for part in module.split(".")}
    assert not names & {"utils", "util", "helpers", "common", "misc"}


@pytest.mark.parametrize(
    ("modules", "absent"),
    [
        ("recommender.cli", (*HEAVY, "faiss", "numpy")),
        ("recommender.cli.commands", HEAVY),
        ("recommender.serving", (*HEAVY, "scipy", "openvino", "lxml", "babel")),
        ("recommender.service.app", (*HEAVY, "scipy", "faiss", "uvicorn", "babel", "lxml", "recommender.rebuild")),
    ],
)
def test_importing_loads_no_more_than_needed(modules: str, absent: tuple[str, ...]) -> None:
    code = f"import sys, {modules}; print(*(set(sys.modules) & {set(absent)!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_importing_reads_and_writes_nothing(tmp_path: Path) -> None:
    """No module looks for settings or makes files when it is imported."""
    code = "import recommender.cli.commands, recommender.serving, recommender.service.app, recommender.rebuild"
    (tmp_path / "recommender.toml").write_text("this is no TOML")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [path.name for path in tmp_path.iterdir()] == ["recommender.toml"]
