"""Every dense index against `ExactIndex`, its definition: the exact one row by row, the other by index recall."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recommender.dense import (
    CompactIndex,
    DenseIndex,
    ExactIndex,
    FaissFlat,
    FlatWriter,
    choose_index,
    open_dense,
    write_compact,
)
from recommender.errors import IndexCorrupt
from recommender.vectors import Mask, normalise

N, DIM, K = 30_000, 64, 50
SELECTIVITIES = (0.001, 0.005, 0.02, 0.1, 0.3, 0.6, 0.9, 0.999, 1.0)

Opener = Callable[[Path, np.ndarray], DenseIndex]


def flat(folder: Path, vectors: np.ndarray) -> FaissFlat:
    writer = FlatWriter(vectors.shape[1])
    for begin in range(0, len(vectors), 700):
        writer.add(vectors[begin : begin + 700])
    writer.finish(folder / "vectors.faiss")
    return FaissFlat(folder / "vectors.faiss")


def compact(folder: Path, vectors: np.ndarray) -> CompactIndex:
    write_compact(folder / "compact.faiss", whole := flat(folder, vectors))
    return CompactIndex(folder / "compact.faiss", whole, depth=12)


def listed(folder: Path, vectors: np.ndarray) -> CompactIndex:
    write_compact(folder / "compact.faiss", whole := flat(folder, vectors), lists=16)
    return CompactIndex(folder / "compact.faiss", whole, depth=12, probes=14)


def stories(count: int = N, seed: int = 42) -> np.ndarray:
    """Unit rows in clusters that drift with the row, as stories do with time; half floats, as they are stored."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((60, DIM), dtype=np.float32)
    topic = (np.arange(count) * 40 // max(count, 1) + random.integers(0, 20, count)) % 60
    rows = normalise(centres[topic] + 1.2 * random.standard_normal((count, DIM), dtype=np.float32))
    return rows.astype(np.float16).astype(np.float32)


def exactly_comparable(count: int, seed: int = 7) -> np.ndarray:
    """Unit rows of four numbers of ±1/2, so that every cosine is exact and many tie."""
    random = np.random.default_rng(seed)
    rows = np.zeros((count, DIM), np.float32)
    places = random.integers(0, 4, (count, 4)) + np.arange(4) * 4
    np.put_along_axis(rows, places, random.choice([-0.5, 0.5], (count, 4)).astype(np.float32), 1)
    return rows


def masks(count: int, share: float) -> dict[str, Mask]:
    """Filters that let `share` of the rows through: any rows, the earliest, a run, the earliest with holes."""
    random = np.random.default_rng(int(share * 1_000))
    size = max(1, int(count * share))
    anywhere = np.zeros(count, np.bool_)
    anywhere[random.choice(count, size, replace=False)] = True
    begin = (count - size) // 2
    places = np.arange(count)
    holed = places < size
    holed[random.choice(size, min(5, size - 1), replace=False)] = False
    return {
        "anywhere": anywhere,
        "earliest": places < size,
        "run": (places >= begin) & (places < begin + size),
        "earliest with holes": holed,
    }


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return stories()


@pytest.fixture(scope="module")
def definition(rows: np.ndarray) -> ExactIndex:
    return ExactIndex(rows)


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory, rows: np.ndarray) -> DenseIndex:
    return flat(tmp_path_factory.mktemp("flat"), rows)


@pytest.fixture(scope="module")
def in_one_list(tmp_path_factory: pytest.TempPathFactory, rows: np.ndarray) -> DenseIndex:
    return compact(tmp_path_factory.mktemp("compact"), rows)


@pytest.fixture(scope="module")
def in_lists(tmp_path_factory: pytest.TempPathFactory, rows: np.ndarray) -> DenseIndex:
    return listed(tmp_path_factory.mktemp("listed"), rows)


@pytest.fixture(scope="module", params=["in_one_list", "in_lists"])
def approximate(request: pytest.FixtureRequest) -> DenseIndex:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module", params=["exact", "in_one_list", "in_lists"])
def index(request: pytest.FixtureRequest) -> DenseIndex:
    return request.getfixturevalue(request.param)


@pytest.fixture(params=[flat, compact, listed], ids=["flat", "compact", "listed"])
def opener(request: pytest.FixtureRequest) -> Opener:
    return request.param


def near_story(rows: np.ndarray, row: int) -> np.ndarray:
    """A query beside a story: equal cosines would be a coincidence."""
    return normalise(rows[[row]] + 0.03 * np.random.default_rng(row).standard_normal(DIM, dtype=np.float32))


def recall(found: np.ndarray, wanted: np.ndarray) -> float:
    wanted = wanted[wanted >= 0]
    return len(np.intersect1d(found, wanted)) / len(wanted)


@pytest.mark.parametrize("share", SELECTIVITIES)
def test_exact_search_agrees_under_every_filter(
    exact: DenseIndex, definition: ExactIndex, rows: np.ndarray, share: float
) -> None:
    for name, allowed in masks(N, share).items():
        for row in (0, N // 2, N - 1):
            query = near_story(rows, row)
            wanted, found = definition.search(query, K, allowed), exact.search(query, K, allowed)
            np.testing.assert_array_equal(found.rows, wanted.rows, err_msg=name)
            np.testing.assert_allclose(found.scores, wanted.scores, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("share", SELECTIVITIES)
def test_approximate_search_keeps_its_index_recall_under_every_filter(
    approximate: DenseIndex, definition: ExactIndex, rows: np.ndarray, share: float
) -> None:
    queries = np.concatenate([near_story(rows, row) for row in range(0, N, 1_000)])
    for name, allowed in masks(N, share).items():
        wanted, found = definition.search(queries, K, allowed), approximate.search(queries, K, allowed)
        agreed = np.mean([recall(*pair) for pair in zip(found.rows, wanted.rows, strict=True)])
        assert agreed >= 0.98, (name, agreed)


@pytest.mark.parametrize("share", SELECTIVITIES)
def test_what_is_found_is_allowed_distinct_in_order_and_truly_scored(
    index: DenseIndex, rows: np.ndarray, share: float
) -> None:
    for name, allowed in masks(N, share).items():
        query = near_story(rows, 17)
        found = index.search(query, K, allowed)
        hits = found.rows[0][found.rows[0] >= 0]
        assert len(hits) == min(K, np.count_nonzero(allowed)), name
        assert allowed[hits].all(), name
        assert len(np.unique(hits)) == len(hits), name
        assert (np.diff(found.scores[0][: len(hits)]) <= 0).all(), name
        np.testing.assert_allclose(found.scores[0][: len(hits)], rows[hits] @ query[0], atol=1e-5, err_msg=name)
        assert (found.scores[0][len(hits) :] == -np.inf).all(), name


def test_several_queries_at_once_are_as_one_after_the_other(index: DenseIndex, rows: np.ndarray) -> None:
    queries = np.concatenate([near_story(rows, row) for row in (3, 700, N - 1)])
    together = index.search(queries, K)
    for place in range(3):
        alone = index.search(queries[place : place + 1], K)
        np.testing.assert_array_equal(together.rows[place], alone.rows[0])
        np.testing.assert_allclose(together.scores[place], alone.scores[0], atol=1e-6)


def test_rows_gives_back_the_stored_vectors(index: DenseIndex, rows: np.ndarray) -> None:
    wanted = np.array([5, 5, 0, N - 1])
    np.testing.assert_array_equal(index.rows(wanted), rows[wanted])
    assert len(index) == N


def test_cosines_are_those_of_the_stored_vectors(index: DenseIndex, definition: ExactIndex, rows: np.ndarray) -> None:
    query = near_story(rows, 5)[0]
    for wanted in (np.arange(N), np.array([7, 7, N - 1, 0]), np.empty(0, np.int64)):
        np.testing.assert_allclose(index.cosines(query, wanted), definition.cosines(query, wanted), atol=1e-6)


def test_a_story_finds_itself_first(index: DenseIndex, rows: np.ndarray) -> None:
    found = index.search(rows[::500], 1)
    np.testing.assert_array_equal(found.rows[:, 0], np.arange(0, N, 500))
    np.testing.assert_allclose(found.scores[:, 0], 1, atol=2e-3)


@pytest.mark.parametrize("k", [1, 10, 100, 1_500])
def test_ties_go_to_the_later_row_wherever_the_cut_falls(tmp_path: Path, k: int) -> None:
    vectors = exactly_comparable(6_000)
    exact, definition = flat(tmp_path, vectors), ExactIndex(vectors)
    for allowed in (None, *masks(6_000, 0.5).values()):
        wanted, found = definition.search(vectors[:5], k, allowed), exact.search(vectors[:5], k, allowed)
        np.testing.assert_array_equal(found.rows, wanted.rows)
        np.testing.assert_array_equal(found.scores, wanted.scores)


def test_duplicates_are_all_found(opener: Opener, tmp_path: Path) -> None:
    vectors = stories(3_000)
    vectors[[100, 1_500, 2_999]] = vectors[7]
    found = opener(tmp_path, vectors).search(vectors[[7]], 4)
    assert found.rows[0].tolist() == [2_999, 1_500, 100, 7]


def test_more_wanted_than_there_are(opener: Opener, tmp_path: Path) -> None:
    vectors = stories(2_000)
    found = opener(tmp_path, vectors).search(vectors[[9, 10]], 2_500)
    assert np.array_equal(np.sort(found.rows[:, :2_000]), np.tile(np.arange(2_000), (2, 1)))
    assert (found.rows[:, 2_000:] == -1).all()
    assert (found.scores[:, 2_000:] == -np.inf).all()


def test_nothing_is_allowed(index: DenseIndex, rows: np.ndarray) -> None:
    found = index.search(rows[:2], 3, np.zeros(N, np.bool_))
    assert (found.rows == -1).all()
    assert (found.scores == -np.inf).all()


def test_nothing_is_asked(index: DenseIndex, rows: np.ndarray) -> None:
    assert index.search(rows[:0], 5).rows.shape == (0, 5)
    assert index.search(rows[:2], 0).rows.shape == (2, 0)


def test_zero_vectors_are_similar_to_nothing(opener: Opener, tmp_path: Path) -> None:
    vectors = stories(2_000)
    vectors[::2] = 0
    index = opener(tmp_path, vectors)
    found = index.search(vectors[[1]], 10)
    assert (found.scores[0] > 0).all()
    assert (found.rows[0] % 2 == 1).all()
    found = index.search(np.zeros((1, DIM), np.float32), 5)
    assert (found.scores == 0).all()
    assert (found.rows >= 0).all()


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    index = flat(tmp_path, np.empty((0, DIM), np.float32))
    assert len(index) == 0
    assert (index.search(np.ones((2, DIM), np.float32), 3).rows == -1).all()
    assert index.rows(np.empty(0, np.int64)).shape == (0, DIM)


def test_a_small_corpus_is_searched_exactly(tmp_path: Path) -> None:
    flat(tmp_path, stories(300))
    chosen = choose_index(tmp_path / "vectors.faiss", tmp_path / "compact.faiss")
    assert chosen == {"index": "exact", "why": "at most 20,000 stories"}
    assert not (tmp_path / "compact.faiss").exists()
    assert isinstance(open_dense(tmp_path / "vectors.faiss", tmp_path / "compact.faiss", chosen), FaissFlat)
    assert isinstance(open_dense(tmp_path / "vectors.faiss", tmp_path / "compact.faiss", {}), FaissFlat)


@pytest.mark.parametrize("one_list_up_to", [5_000, 50_000])
def test_the_choice_is_measured_and_opened_as_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_list_up_to: int
) -> None:
    monkeypatch.setattr("recommender.dense.choice.LISTS", 16)
    whole = flat(tmp_path, stories(20_000))
    chosen = choose_index(tmp_path / "vectors.faiss", tmp_path / "compact.faiss", 5_000, one_list_up_to)
    measured = chosen if chosen["index"] == "compact" else chosen["tried"]
    assert set(measured["index_recall_at_100"]) == {"all", "earlier", "quarter"}
    assert min(measured["index_recall_at_100"].values()) >= 0.99
    assert measured["probes"] == 1 if one_list_up_to == 50_000 else measured["probes"] <= 16
    assert measured["made_by"] == ("IVF1,PQ32x4fs" if one_list_up_to == 50_000 else "IVF16,PQ32x4fs")
    assert measured["exact_ms"] > 0
    assert measured["compact_ms"] > 0
    opened = open_dense(tmp_path / "vectors.faiss", tmp_path / "compact.faiss", chosen)
    assert isinstance(opened, CompactIndex if chosen["index"] == "compact" else FaissFlat)
    assert (tmp_path / "compact.faiss").exists() == (chosen["index"] == "compact")
    assert len(opened) == len(whole)


def test_vectors_without_structure_stay_exact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommender.dense.choice.DEPTHS", (1.0,))
    monkeypatch.setattr("recommender.dense.compact.RESCORED", 1)
    flat(tmp_path, normalise(np.random.default_rng(1).standard_normal((8_000, DIM))))
    chosen = choose_index(tmp_path / "vectors.faiss", tmp_path / "compact.faiss", exact_up_to=5_000)
    assert chosen["index"] == "exact"
    assert min(chosen["tried"]["index_recall_at_100"].values()) < 0.99
    assert not (tmp_path / "compact.faiss").exists()


def test_codes_of_other_vectors_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    compact(tmp_path, stories(2_000))
    other = flat(tmp_path / "other", stories(1_999))
    with pytest.raises(IndexCorrupt, match=r"holds \(2000, 64\) codes, expected \(1999, 64\)"):
        CompactIndex(tmp_path / "compact.faiss", other, 2)


@pytest.mark.parametrize("content", [b"", b"no index", b"IxF2" + b"\0" * 200])
def test_files_that_are_no_index_are_refused(tmp_path: Path, content: bytes) -> None:
    whole = flat(tmp_path, stories(50))
    (tmp_path / "damaged.faiss").write_bytes(content)
    with pytest.raises(IndexCorrupt):
        FaissFlat(tmp_path / "damaged.faiss")
    with pytest.raises(IndexCorrupt):
        CompactIndex(tmp_path / "damaged.faiss", whole, 2)


def test_a_file_of_the_other_kind_is_refused(tmp_path: Path) -> None:
    compact(tmp_path, stories(2_000))
    with pytest.raises(IndexCorrupt, match="expected an IndexScalarQuantizer"):
        FaissFlat(tmp_path / "compact.faiss")


def test_a_full_disk_is_an_error_of_the_disk() -> None:
    writer = FlatWriter(64)
    writer.add(np.ones((2_000, 64), np.float32))
    with pytest.raises(OSError, match="No space left"):
        writer.finish(Path("/dev/full"))
