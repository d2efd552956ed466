"""A generation that is damaged, of another format or of another model is refused with a typed error."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from newsdesk import MODEL, write_corpus

from recommender.embedding import HashingEmbedder, QueryEncoder
from recommender.engine import Recommender
from recommender.errors import IndexCorrupt, IndexFault, IndexFormat, IndexMismatch, IndexMissing
from recommender.generation import Generation, IndexFolder, Layout, read_manifest
from recommender.rebuild import rebuild
from recommender.settings import Settings


@pytest.fixture
def folder(index: Path) -> Path:
    """The folder of the live generation."""
    live = IndexFolder(index)
    return live.folder_of(live.live_name())


def files_of(folder: Path) -> list[Path]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    assert len(files) > 40
    return files


def refusal(folder: Path) -> str:
    """The error that opening the folder gives, by its class's name; "" where there is none."""
    try:
        Generation(folder).close()
    except IndexFault as error:
        refused = error
        assert str(folder) in str(refused), "the message says which file"
        assert "\n" not in str(refused)
        return type(refused).__name__
    return ""


def flip_first(content: bytes) -> bytes:
    return bytes([content[0] ^ 1]) + content[1:]


def flip_middle(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0x10]) + content[middle + 1 :]


def flip_last(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 0x80])


@pytest.mark.parametrize(
    "damage",
    [
        flip_first,
        flip_middle,
        flip_last,
        lambda content: content[:-1],
        lambda content: b"",
        lambda content: content + b"\0",
    ],
    ids=["first byte", "middle byte", "last byte", "cut by one", "empty", "one too many"],
)
def test_damage_to_any_file_is_found(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    missed = []
    for path in files_of(folder):
        content = path.read_bytes()
        path.write_bytes(damage(content))
        if refusal(folder) != "IndexCorrupt":
            missed.append(path.relative_to(folder).as_posix())
        path.write_bytes(content)
    assert missed == []
    assert refusal(folder) == ""


def test_a_missing_file_is_found(folder: Path) -> None:
    found = {}
    for path in files_of(folder):
        path.rename(path.with_suffix(".away"))
        found[path.relative_to(folder).as_posix()] = refusal(folder)
        path.with_suffix(".away").rename(path)
    assert found.pop("manifest.json") == "IndexMissing"
    assert set(found.values()) == {"IndexCorrupt"}


def test_sizes_alone_are_checked_where_that_is_asked(folder: Path) -> None:
    path = folder / "stories.jsonl"
    content = path.read_bytes()
    path.write_bytes(flip_middle(content))
    Generation(folder, checksums=False).close()
    path.write_bytes(content[:-1])
    with pytest.raises(IndexCorrupt, match=f"has {len(content) - 1} bytes, the manifest says {len(content)}"):
        Generation(folder, checksums=False)


@pytest.mark.parametrize("version", [2, 0, "1", None])
def test_another_format_is_named_with_what_to_do(folder: Path, version: object) -> None:
    path = Layout(folder).manifest
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"format": version}))
    with pytest.raises(IndexFormat, match=rf"format {version!r}.*reads 1.*recommender build"):
        Generation(folder)


@pytest.mark.parametrize("content", ["", "no JSON", "[]", "{}", '{"format": 1}', "null"])
def test_a_manifest_that_is_none(folder: Path, content: str) -> None:
    Layout(folder).manifest.write_text(content)
    with pytest.raises((IndexCorrupt, IndexFormat), match=r"manifest\.json|has format None"):
        Generation(folder)


def test_every_digit_of_the_manifest_is_signed(folder: Path) -> None:
    path = Layout(folder).manifest
    text = path.read_text()
    assert '"rows": 1' in text
    path.write_text(text.replace('"rows": 1', '"rows": 2', 1))
    with pytest.raises(IndexCorrupt, match="altered"):
        read_manifest(folder)


def test_files_that_disagree_are_refused_though_each_is_whole(index: Path) -> None:
    """Two intact generations put together: every checksum fits, the numbers of stories do not."""
    from dataclasses import replace

    from recommender.generation import write_manifest

    shelf = IndexFolder(index)
    first, second = (shelf.folder_of(name) for name in shelf.names()[:2])
    (first / "columns/second.npy").write_bytes((second / "columns/second.npy").read_bytes())
    write_manifest(first, replace(read_manifest(first), files={}))
    with pytest.raises(IndexCorrupt, match="disagree on the number of stories"):
        Generation(first)


def test_an_index_of_another_model_is_refused_with_both_names(index: Path) -> None:
    with pytest.raises(IndexMismatch, match=r"hashing:64:\S+.*hashing:128:"):
        Recommender(IndexFolder(index), QueryEncoder(HashingEmbedder(128)))


def test_an_engine_keeps_serving_where_another_models_index_is_promoted(index: Path, tmp_path: Path) -> None:
    from newsdesk import ask, engine_of

    from recommender.engine import Query

    with engine_of(index) as recommender:
        before = ask(recommender, Query(text="ferry")).index["generation"]
        corpus = write_corpus(tmp_path / "more.jsonl", [{"title": "A ferry"}])
        made = rebuild(Settings(index=index, model="hashing:32"), [corpus])
        assert IndexFolder(index).live_name() == made.manifest.name != before
        assert ask(recommender, Query(text="ferry")).index["generation"] == before
        rebuild(Settings(index=index, model=MODEL), [corpus])
        assert ask(recommender, Query(text="ferry")).hits[0].values["title"] == "A ferry"


def test_nothing_at_all(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match=r"no index in .*nowhere.*recommender build CORPUS --index"):
        IndexFolder(tmp_path / "nowhere").open_live()
    assert IndexFolder(tmp_path / "nowhere").listing() == []
    assert not (tmp_path / "nowhere").exists(), "looking makes nothing"


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"generation": 1, "history": 5}', "\0"])
def test_a_damaged_pointer_names_what_could_be_promoted(index: Path, content: str) -> None:
    (index / "live.json").write_text(content)
    shelf = IndexFolder(index)
    with pytest.raises(IndexFault, match=r"live\.json|no generation"):
        shelf.open_live()
    name = shelf.names()[-1]
    shelf.promote(name)
    assert shelf.live_name() == name


def test_columns_are_read_only(folder: Path) -> None:
    generation = Generation(folder)
    with pytest.raises(ValueError, match="read-only"):
        generation.columns.second[0] = np.int64(0)
    generation.close()
