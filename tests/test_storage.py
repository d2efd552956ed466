"""Files that are written once."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recommender.errors import IndexCorrupt
from recommender.storage import (
    NpyWriter,
    key64,
    map_array,
    new_array,
    read_json,
    save_array,
    sha256_of,
    write_file,
    write_json,
)

DTYPES = ["<i8", "<i4", "i1", "u1", "<u8", "<f4", "bool"]


@settings(max_examples=50)
@given(st.data(), st.sampled_from(DTYPES))
def test_numpy_reads_what_the_writer_wrote(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, kind: str
) -> None:
    parts = data.draw(st.lists(hnp.arrays(kind, st.integers(0, 9)), max_size=4))
    path = tmp_path_factory.mktemp("npy") / "a.npy"
    with NpyWriter(path, kind) as writer:
        for place, part in enumerate(parts):
            if place % 2:
                writer.append(part)
            else:
                for value in part.tolist():
                    writer.put(value)
        assert writer.length == sum(map(len, parts))
    whole = np.concatenate([np.empty(0, kind), *parts])
    loaded = np.load(path, allow_pickle=False)
    assert loaded.dtype == np.dtype(kind)
    np.testing.assert_array_equal(loaded, whole)
    np.testing.assert_array_equal(map_array(path, kind), whole)
    assert path.stat().st_size == 128 + whole.nbytes  # the documented header


def test_the_writer_is_little_endian_whatever_it_is_given(tmp_path: Path) -> None:
    with NpyWriter(tmp_path / "a.npy", ">i4") as writer:
        writer.append(np.array([1, 2], ">i4"))
    save_array(tmp_path / "b.npy", np.array([1, 2], ">i4"))
    for name in ("a.npy", "b.npy"):
        assert (tmp_path / name).read_bytes()[-8:] == b"\1\0\0\0\2\0\0\0"
        np.testing.assert_array_equal(map_array(tmp_path / name, np.int32), [1, 2])


def test_a_mapped_array_cannot_be_changed(tmp_path: Path) -> None:
    save_array(tmp_path / "a.npy", np.arange(3))
    with pytest.raises(ValueError, match="read-only"):
        map_array(tmp_path / "a.npy", np.int64)[0] = 9


@pytest.mark.parametrize(
    "content",
    [b"", b"\x93NUMPY", b"no array", b"\x93NUMPY\x01\x00\x76\x00" + b"{'descr': '|O', }".ljust(118)],
    ids=["empty", "short", "text", "objects"],
)
def test_what_is_no_array_is_a_typed_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(content)
    with pytest.raises(IndexCorrupt, match=r"a\.npy"):
        map_array(path, np.int64)


def test_another_type_shape_or_a_missing_or_cut_file_is_a_typed_error(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.zeros(4, np.float32))
    np.save(tmp_path / "two.npy", np.zeros((2, 2), np.int64))
    np.save(tmp_path / "cut.npy", np.zeros(100, np.int64))
    os.truncate(tmp_path / "cut.npy", 300)
    np.save(tmp_path / "pickled.npy", np.array([{}], object), allow_pickle=True)
    for name in ("f", "two", "cut", "pickled", "missing"):
        with pytest.raises(IndexCorrupt, match=name):
            map_array(tmp_path / f"{name}.npy", np.int64)


def test_a_replaced_file_holds_the_old_content_or_the_new(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"headline": "Zug fällt aus", "n": 1})
    assert read_json(path) == {"headline": "Zug fällt aus", "n": 1}
    with path.open("rb") as before:
        write_json(path, [2])
        assert json.loads(before.read())["n"] == 1
    assert read_json(path) == [2]
    assert [item.name for item in tmp_path.iterdir()] == ["a.json"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", 1)
    unwritable: Any = "text, not bytes"
    with pytest.raises(TypeError):
        write_file(tmp_path / "a.json", unwritable)
    assert read_json(tmp_path / "a.json") == 1
    assert [item.name for item in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe"])
def test_broken_json_is_a_typed_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(IndexCorrupt, match=r"a\.json"):
        read_json(tmp_path / "a.json")
    with pytest.raises(IndexCorrupt, match="missing"):
        read_json(tmp_path / "missing.json")


def test_digests_are_those_that_the_format_says(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256_of(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    # BLAKE2b, 8 bytes, little-endian: written into every index, so it never changes.
    assert key64("").to_bytes(8, "little").hex() == "e4a6a0577479b2b4"
    assert key64("abc").to_bytes(8, "little").hex() == "d8bb14d833d59559"
    assert key64("\ud800") == key64("?")


def test_an_array_that_is_filled_later_has_its_space_from_the_beginning(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    array = new_array(path, np.int32, 1 << 20)
    assert path.stat().st_blocks * 512 >= 4 << 20, "a full disk is found now, not at a page of the map"
    array[:] = np.arange(1 << 20)
    del array
    assert map_array(path, np.int32)[-1] == (1 << 20) - 1
