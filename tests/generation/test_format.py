"""The published format: the table of `index/README.md` held against code and indexes, and the example that stays."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from newsdesk import ask, engine_of

from recommender.dense import ExactIndex
from recommender.engine import Query
from recommender.errors import AmbiguousURL
from recommender.generation import (
    FORMAT,
    Generation,
    IndexFolder,
    Layout,
    column_values,
    pointer_keys,
    read_manifest,
)
from recommender.generation.layout import COLUMNS
from recommender.stories import ReadMore, Story

HOME = Path(__file__).resolve().parents[2] / "index"
PAGE = (HOME / "README.md").read_text(encoding="utf-8")
OPTIONAL = {"compact.faiss"}


def table() -> dict[str, tuple[str, str]]:
    """Type and shape of each file, as the page says."""
    rows = {}
    for line in PAGE.splitlines():
        if line.startswith("| `"):
            name, kind, shape, _ = (cell.strip().strip("`") for cell in line[2:-2].split(" | "))
            rows[name] = (kind, shape)
    assert len(rows) == PAGE.count("\n| `")
    return rows


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the committed example: to open an index for queries writes beside it."""
    return Path(shutil.copytree(HOME / "example", tmp_path_factory.mktemp("golden") / "index"))


def folders(small_index: Path) -> dict[str, Path]:
    found = {}
    for name, index in (("example", HOME / "example"), ("fresh", small_index)):
        shelf = IndexFolder(index)
        found[name] = shelf.folder_of(shelf.live_name())
    return found


@pytest.mark.parametrize("which", ["example", "fresh"])
def test_the_table_names_every_file_with_its_type_and_shape(small_index: Path, which: str) -> None:
    folder = folders(small_index)[which]
    said = table()
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there <= set(said)
    assert set(said) - there <= OPTIONAL
    assert set(read_manifest(folder).files) == there - {"manifest.json"}
    sizes = {"n": read_manifest(folder).rows}
    for name, (kind, shape) in said.items():
        if not name.endswith(".npy"):
            assert shape == ""
            continue
        array = np.load(folder / name, allow_pickle=False)
        assert array.dtype == np.dtype(kind), name
        assert array.ndim == 1, name
        letter, more = re.fullmatch(r"\((\w)( \+ 1)?,\)", shape).groups()  # type: ignore[union-attr]
        length = len(array) - (1 if more else 0)
        assert sizes.setdefault(letter, length) == length, name


def test_the_table_is_the_layout() -> None:
    said, layout = table(), Layout(Path("x"))
    for name, dtype in COLUMNS.items():
        path = layout.column(name).relative_to("x").as_posix()
        assert np.dtype(said.pop(path)[0]) == dtype
    named = [layout.manifest, layout.stories, layout.story_start, layout.facets, layout.vectors, layout.compact]
    named += [layout.ranker, layout.quality]
    for key in ("id_key", "url_key", "headline_key", "pointer_key"):
        named += layout.lookup(key)
    for path in named:
        said.pop(path.relative_to("x").as_posix())
    assert {name.split("/")[0] for name in said} == {layout.lexical.name, layout.graph.name}
    assert f"format {FORMAT}" in PAGE.splitlines()[0]


def test_the_three_line_readers_read_it(example: Path) -> None:
    """The code of the page, run as it stands there in a process that does not know this package."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert [block.count("\n") for block in blocks] == [3, 3, 3]
    program = (
        "import hashlib\nstory_id = 'plan/draft#2'\n"
        + "\n".join(blocks)
        + (
            "\nprint(json.dumps([story(0)['id'], [story(int(r))['id'] for r in nearest[:2]], [int(r) for r in found]]))"
            "\nimport sys; assert 'recommender' not in sys.modules"
        )
    )
    work = example.parent / "work"
    shutil.copytree(example, work / "index", dirs_exist_ok=True)
    done = subprocess.run([sys.executable, "-c", program], cwd=work, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    first, nearest, found = json.loads(done.stdout)
    shelf = IndexFolder(example)
    generation = shelf.open_live()
    assert first == generation.record(0)["id"]
    assert nearest[0] == first
    assert found == [generation.row_of("plan/draft#2")]
    generation.close()


def test_checksums_are_those_that_the_page_says() -> None:
    shelf = IndexFolder(HOME / "example")
    folder = shelf.folder_of(shelf.live_name())
    text = (folder / "manifest.json").read_bytes()
    manifest = json.loads(text)
    zeros = text.replace(manifest["checksum"].encode(), b"0" * 64)
    assert list(manifest)[-1] == "checksum"
    assert hashlib.sha256(zeros).hexdigest() == manifest["checksum"]
    for name, entry in manifest["files"].items():
        content = (folder / name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (entry["size"], entry["sha256"]), name


def test_the_example_is_small_and_whole() -> None:
    files = [path for path in (HOME / "example").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 200_000
    assert read_manifest(next((HOME / "example" / "generations").glob("2*"))).format == 1


def test_the_example_is_read(example: Path) -> None:
    generation: Generation = IndexFolder(example).open_live()
    records = [generation.record(row) for row in range(len(generation))]
    written = [json.loads(line) for line in (HOME / "example/stories.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {record["id"] for record in written} == {one["id"] for one in records if one.get("kind") != "headline"}
    for record in written:
        row = generation.row_of(record["id"])
        assert row is not None
        assert {name: generation.record(row).get(name) for name in record} == record
    stubs = [record for record in records if record.get("kind") == "headline"]
    assert [stub["title"] for stub in stubs] == ["How the gates of Marrow Quay were built"]
    row_of = {record["id"]: row for row, record in enumerate(records)}
    links = {
        (record["id"], records[int(target)]["id"])
        for record in records
        for target in generation.graph.targets(row_of[record["id"]])
    }
    assert links == {
        ("tide-2", "tide-1"), ("tide-2", stubs[0]["id"]), ("tide-3", "tide-2"), ("tide-3", "tide-1"),
        ("match-2", "match-1"), ("week-10", "tide-1"), ("week-10", "match-2"),
    }  # fmt: skip
    vectors = generation.dense.rows(np.arange(len(generation)))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    hits = ExactIndex(vectors).search(vectors, 1)
    assert hits.rows[:, 0].tolist() == list(range(len(generation)))
    generation.close()


def test_the_example_answers(example: Path) -> None:
    with engine_of(example) as recommender:
        shown = {hit.id: hit.values["kind"] for hit in ask(recommender, "tide-2").hits}
        assert {"match-1", "guide", "live-1", "flut"} <= set(shown)
        assert not {"tide-2", "tide-3", "match-2", "live-2", "plan/draft#2"} & set(shown), "itself, later, withheld"
        assert list(shown.values()).count("headline") == 1
        assert ask(recommender, Query(url="http://post.example/city/spring-tide")).query["id"] == "tide-1"
        with pytest.raises(AmbiguousURL):
            ask(recommender, Query(url="https://post.example/live"))
        assert ask(recommender, Query(text="goalkeeper")).hits[0].id == "match-2"
        assert ask(recommender, Query(text="Springflut am Zollhaus")).hits[0].id == "flut"
        everything = ask(recommender, Query(text="gate tide Rovers plan"), limit=100, collapse="none")
        assert len(everything.hits) == 12, "eleven stories that may be seen, and a headline"
        slots = {
            hit.id: hit.values["story"]["size"] for hit in ask(recommender, Query(text="spring tide"), limit=100).hits
        }
        assert ("tide-1" in slots) != ("wire-1" in slots), "the wire's copy shares the slot"
        assert slots["tide-1"] == 2


def test_keys_of_single_stories_are_not_remembered() -> None:
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(2_000):
        pointer = ReadMore(title=f"Earlier {number}", url=f"https://news.example/{number}")
        story = Story(f"n{number}", f"Title {number}", "", url=f"https://news.example/n{number}", read_more=(pointer,))
        assert len(pointer_keys(story.read_more)) == 2
        assert column_values(story, lambda facet, value: -1)["headline_key"]
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert held < 150_000  # the standard library remembers the last addresses
