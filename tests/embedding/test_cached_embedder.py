import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from recommender.embedding import CachedEmbedder, Embedded, HashingEmbedder, Role
from recommender.embedding import cached as cached_module


class Counting(HashingEmbedder):
    """Remembers what it was asked."""

    def __init__(self, dim: int = 64) -> None:
        super().__init__(dim)
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str], role: Role) -> Embedded:
        self.asked += texts
        return super().embed(texts, role)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "vectors.sqlite"


def test_a_text_is_embedded_once(path: Path) -> None:
    inner = Counting()
    cached = CachedEmbedder(inner, path)
    first = cached.embed(["storm", "bridge", "storm"], Role.DOCUMENT)
    again = cached.embed(["bridge", "storm", "harbour"], Role.DOCUMENT)
    assert inner.asked == ["storm", "bridge", "harbour"]
    np.testing.assert_array_equal(first.rows[[1, 0]], again.rows[:2])
    assert (cached.hits, cached.misses, len(cached)) == (2, 3, 3)
    cached.close()
    reopened = CachedEmbedder(Counting(), path)
    np.testing.assert_array_equal(reopened.embed(["storm"], Role.DOCUMENT).rows[0], first.rows[0])
    assert reopened.hits == 1
    reopened.close()


def test_fresh_and_cached_rows_are_the_same_half_precision_numbers(path: Path) -> None:
    cached = CachedEmbedder(HashingEmbedder(384), path)
    fresh = cached.embed(["a storm closes the harbour"], Role.DOCUMENT).rows
    np.testing.assert_array_equal(fresh, fresh.astype(np.float16).astype(np.float32))
    np.testing.assert_array_equal(fresh, cached.embed(["a storm closes the harbour"], Role.DOCUMENT).rows)
    plain = HashingEmbedder(384).embed(["a storm closes the harbour"], Role.DOCUMENT).rows
    np.testing.assert_allclose(fresh, plain, atol=1e-3)
    cached.close()


def test_role_and_fingerprint_are_part_of_the_key(path: Path) -> None:
    inner = Counting()
    cached = CachedEmbedder(inner, path)
    cached.embed(["storm"], Role.DOCUMENT)
    cached.embed(["storm"], Role.QUERY)
    assert len(inner.asked) == 2
    cached.close()
    other = Counting(32)
    cached = CachedEmbedder(other, path)
    assert cached.embed(["storm"], Role.DOCUMENT).rows.shape == (1, 32)
    assert other.asked == ["storm"]
    cached.close()


def test_truncation_is_remembered(path: Path) -> None:
    cached = CachedEmbedder(HashingEmbedder(64, max_tokens=4), path)
    texts = ["one two three", "one two three four five"]
    assert cached.embed(texts, Role.DOCUMENT).truncated.tolist() == [False, True]
    assert cached.embed(texts, Role.DOCUMENT).truncated.tolist() == [False, True]
    assert cached.hits == 2
    cached.close()


def test_more_texts_than_one_query_or_one_commit_holds(path: Path) -> None:
    texts = [f"story {number}" for number in range(5_000)]
    inner = Counting()
    cached = CachedEmbedder(inner, path)
    fresh = cached.embed(texts, Role.DOCUMENT).rows
    known = cached.embed(texts[::-1], Role.DOCUMENT).rows
    assert len(inner.asked) == 5_000
    np.testing.assert_array_equal(fresh, known[::-1])
    cached.close()


@pytest.mark.parametrize("damage", ["garbage", "truncated", "overwritten"])
def test_a_damaged_file_is_moved_aside(path: Path, damage: str) -> None:
    texts = [f"story {number}" for number in range(2_000)]
    cached = CachedEmbedder(HashingEmbedder(64), path)
    expected = cached.embed(texts, Role.DOCUMENT).rows
    cached.close()
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(
        {
            "garbage": b"this is no database" * 1_000,
            "truncated": content[:middle],
            "overwritten": content[:4_096] + b"\xff" * (len(content) - 4_096),
        }[damage]
    )
    notices: list[str] = []
    inner = Counting()
    cached = CachedEmbedder(inner, path, notices.append)
    np.testing.assert_array_equal(cached.embed(texts, Role.DOCUMENT).rows, expected)
    assert len(inner.asked) == 2_000
    assert len(notices) == 1
    assert "is damaged" in notices[0]
    assert len(list(path.parent.glob("vectors.sqlite.damaged-*"))) == 1
    cached.embed(texts, Role.DOCUMENT)
    assert len(inner.asked) == 2_000
    cached.close()


def test_damage_found_while_reading_costs_time_only(path: Path) -> None:
    notices: list[str] = []
    cached = CachedEmbedder(HashingEmbedder(64), path, notices.append)
    texts = [f"story {number}" for number in range(3_000)]
    expected = cached.embed(texts, Role.DOCUMENT).rows
    cached._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    cached._connection.execute("PRAGMA shrink_memory")
    with path.open("rb+") as file:
        file.seek(8_192)
        file.write(b"\xff" * (path.stat().st_size - 8_192))
    np.testing.assert_array_equal(cached.embed(texts, Role.DOCUMENT).rows, expected)
    np.testing.assert_array_equal(cached.embed(texts, Role.DOCUMENT).rows, expected)
    cached.close()


@pytest.mark.parametrize("change", ["x'0000'", "substr(row, 1, 10) || x'99' || substr(row, 12)"])
def test_an_altered_row_is_not_believed(path: Path, change: str) -> None:
    cached = CachedEmbedder(HashingEmbedder(64), path)
    expected = cached.embed(["storm"], Role.DOCUMENT).rows
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE embeddings SET row = {change}")
    np.testing.assert_array_equal(cached.embed(["storm"], Role.DOCUMENT).rows, expected)
    assert (cached.hits, cached.misses) == (0, 2)
    assert cached.embed(["storm"], Role.DOCUMENT).truncated.tolist() == [False]
    assert cached.hits == 1
    cached.close()


def test_a_locked_file_is_gone_without(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cached_module, "_WAIT_SECONDS", 0.05)
    notices: list[str] = []
    cached = CachedEmbedder(HashingEmbedder(64), path, notices.append)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        expected = cached.embed(["storm"], Role.DOCUMENT).rows
        np.testing.assert_array_equal(cached.embed(["storm"], Role.DOCUMENT).rows, expected)
        other.rollback()
    assert len(notices) == 1
    assert "not used from now on: database is locked" in notices[0]
    assert list(path.parent.glob("*.damaged-*")) == []
    cached.close()


def test_a_place_that_cannot_be_written_costs_the_cache_only(tmp_path: Path) -> None:
    (tmp_path / "vectors.sqlite").mkdir()
    notices: list[str] = []
    cached = CachedEmbedder(HashingEmbedder(64), tmp_path / "vectors.sqlite", notices.append)
    assert cached.embed(["storm"], Role.DOCUMENT).rows.shape == (1, 64)
    assert len(notices) == 1
    assert "is not used" in notices[0]
    cached.close()


def test_several_processes_share_a_file(path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from recommender.embedding import CachedEmbedder, HashingEmbedder, Role
def fail(line):
    sys.exit(line)
cached = CachedEmbedder(HashingEmbedder(64), Path({str(path)!r}), fail)
for round in range(10):
    cached.embed([f"story {{number}}" for number in range(round * 50, round * 50 + 200)], Role.DOCUMENT)
print(len(cached))
"""

    def run(_: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(3) as pool:
        for done in pool.map(run, range(3)):
            assert (done.returncode, done.stderr) == (0, "")
            assert int(done.stdout) >= 200
    cached = CachedEmbedder(Counting(), path)
    cached.embed([f"story {number}" for number in range(650)], Role.DOCUMENT)
    assert (cached.hits, cached.misses) == (650, 0)
    cached.close()
