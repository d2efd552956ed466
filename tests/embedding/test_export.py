import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from recommender.embedding import (
    DEFAULT_MODEL,
    OpenVINOEmbedder,
    Role,
    find_model,
    open_embedder,
    open_exported,
    opening,
    torch_runtime,
)
from recommender.embedding import export as export_module
from recommender.embedding.encoder_files import FORMAT, encoder_folder, is_intact, read_encoder
from recommender.embedding.export import export_graph
from recommender.embedding.torch_runtime import SentenceTransformersEmbedder
from recommender.errors import ModelError
from tests.embedding.conftest import make_model

TEXTS = [
    "storm",
    "the new bridge",
    "a storm closes the harbour. " * 30,
    "Київ",
    "",
    "42 years of the old bridge: a look",
]


@pytest.fixture
def copy(mean_graph: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(mean_graph, tmp_path / "copy"))


@pytest.mark.parametrize("pooling", ["mean", "cls"])
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("precision", [None, "f32"])
def test_a_graph_agrees_with_sentence_transformers(
    request: pytest.FixtureRequest, pooling: str, role: Role, precision: str | None
) -> None:
    reference = SentenceTransformersEmbedder(str(request.getfixturevalue(f"{pooling}_model")), device="cpu")
    graph = OpenVINOEmbedder(request.getfixturevalue(f"{pooling}_graph"), precision=precision)
    expected, expected_cut = reference.embed(TEXTS, role)
    rows, truncated = graph.embed(TEXTS, role)
    assert (rows * expected).sum(axis=1).min() >= (0.9999 if precision else 0.999)
    np.testing.assert_array_equal(truncated, expected_cut)
    assert graph.fingerprint == reference.fingerprint


def test_the_default_graph_agrees_with_sentence_transformers(encoders: Path) -> None:
    graph = open_embedder(encoders=encoders)
    reference = SentenceTransformersEmbedder(DEFAULT_MODEL, device="cpu")
    texts = [*TEXTS, "Council approves the new bridge after ten years of debate", "Ministers met on Tuesday. " * 90]
    rows, truncated = graph.embed(texts, Role.DOCUMENT)
    expected, expected_cut = reference.embed(texts, Role.DOCUMENT)
    assert (rows * expected).sum(axis=1).min() >= 0.999
    np.testing.assert_array_equal(truncated, expected_cut)


def test_no_text_is_padded_beyond_the_positions_that_a_model_has(tmp_path: Path) -> None:
    model = make_model(tmp_path, positions=21, max_seq_length=21)
    export_graph(SentenceTransformersEmbedder(str(model), device="cpu"), tmp_path / "graph")
    graph = open_exported(tmp_path / "graph")
    texts = ["storm", "a storm closes the harbour for two days and the ferries stay", "storm " * 40]
    expected = SentenceTransformersEmbedder(str(model), device="cpu").embed(texts, Role.DOCUMENT).rows
    for rows in (graph.embed(texts, Role.DOCUMENT).rows, [graph.embed([one], Role.DOCUMENT).rows[0] for one in texts]):
        assert (rows * expected).sum(axis=1).min() >= 0.999


def test_the_reference_is_sentence_transformers_own(mean_model: Path) -> None:
    embedder = SentenceTransformersEmbedder(str(mean_model), device="cpu")
    model = embedder._model
    np.testing.assert_allclose(embedder.embed(TEXTS, Role.QUERY).rows, model.encode_query(TEXTS), atol=1e-5)
    np.testing.assert_allclose(embedder.embed(TEXTS, Role.DOCUMENT).rows, model.encode_document(TEXTS), atol=1e-5)
    assert not np.allclose(model.encode_query(TEXTS), model.encode_document(TEXTS), atol=1e-2)


def test_the_description_says_what_was_exported(mean_model: Path, mean_graph: Path) -> None:
    encoder = read_encoder(mean_graph)
    assert encoder.fingerprint == find_model(str(mean_model)).fingerprint
    assert encoder.prompts == {Role.QUERY: "query: ", Role.DOCUMENT: "passage: "}
    assert (encoder.dim, encoder.max_tokens, encoder.weights) == (32, 32, "f16")
    assert set(encoder.sha256) == {"model.xml", "model.bin", "tokenizer.json"}
    assert {path.name for path in mean_graph.iterdir()} == {*encoder.sha256, "encoder.json"}
    assert set(encoder.made_with) == {"openvino", "torch", "sentence-transformers", "transformers"}


@pytest.mark.parametrize("name", ["model.xml", "model.bin", "tokenizer.json"])
def test_an_altered_file_is_refused(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(ModelError, match=rf"{name} is altered: SHA-256 [0-9a-f]{{64}}, expected [0-9a-f]{{64}}"):
        open_exported(copy)


def test_a_missing_file_is_named(copy: Path) -> None:
    (copy / "model.bin").unlink()
    with pytest.raises(ModelError, match=r"model\.bin cannot be read"):
        open_exported(copy)


def test_another_format_is_refused(copy: Path) -> None:
    description = copy / "encoder.json"
    description.write_text(json.dumps(json.loads(description.read_text()) | {"format": 99}))
    with pytest.raises(ModelError, match=f"format 99, this version reads {FORMAT}"):
        open_exported(copy)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 1}'])
def test_a_broken_description_is_refused(copy: Path, content: str) -> None:
    (copy / "encoder.json").write_text(content)
    with pytest.raises(ModelError, match=r"encoder\.json cannot be read"):
        open_exported(copy)


def test_no_folder_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nowhere holds no exported encoder"):
        open_exported(tmp_path / "nowhere")


def test_opening_exports_once_and_mends_what_is_damaged(mean_model: Path, tmp_path: Path) -> None:
    notices: list[str] = []
    first = open_embedder(str(mean_model), encoders=tmp_path, notice=notices.append)
    folder = encoder_folder(tmp_path, first.fingerprint)
    made = (folder / "encoder.json").stat().st_mtime_ns
    open_embedder(str(mean_model), encoders=tmp_path, notice=notices.append)
    assert (folder / "encoder.json").stat().st_mtime_ns == made
    (folder / "model.bin").write_bytes(b"")
    open_embedder(str(mean_model), encoders=tmp_path, notice=notices.append)
    assert is_intact(folder)
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
    assert notices == []


def test_an_exported_model_needs_its_own_files_no_more(mean_model: Path, mean_graph: Path) -> None:
    assert open_exported(mean_graph).fingerprint == find_model(str(mean_model)).fingerprint


def test_a_model_that_cannot_be_traced_runs_on_torch_and_says_so(
    mean_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no such operation\nand more")

    monkeypatch.setattr(export_module.openvino_runtime, "convert", fail)
    notices: list[str] = []
    embedder = open_embedder(str(mean_model), encoders=tmp_path, notice=notices.append)
    assert isinstance(embedder, SentenceTransformersEmbedder)
    assert notices == ["model cannot be traced: no such operation; it runs on torch instead, which is slower"]
    assert list(tmp_path.iterdir()) == []


def test_a_gpu_is_used_only_where_torch_sees_one(
    mean_model: Path, encoders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_GPU_DRIVER", tmp_path)  # the driver is there
    monkeypatch.setattr(torch_runtime, "has_gpu", lambda: False)
    assert open_embedder(str(mean_model), encoders=encoders).runtime.startswith("openvino")


def test_half_precision_is_checked_against_full(mean_model: Path) -> None:
    embedder = SentenceTransformersEmbedder(str(mean_model), device="cpu")
    assert embedder._half_agrees()
    full, half = (embedder._encode(TEXTS, Role.QUERY, half=half) for half in (False, True))
    assert (full * half).sum(axis=1).min() >= 0.999
    assert not np.array_equal(full, half)


def test_a_place_that_cannot_be_written_leaves_torch(mean_model: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    notices: list[str] = []
    embedder = open_embedder(str(mean_model), encoders=tmp_path / "file", notice=notices.append)
    assert isinstance(embedder, SentenceTransformersEmbedder)
    assert [notice.split(": ", 1)[1] for notice in notices] == [
        "File exists; it runs on torch instead, which is slower"
    ]


def test_a_graph_with_other_vectors_is_refused(
    mean_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_module, "AGREEMENT", 1.1)
    with pytest.raises(ModelError, match=r"gives other vectors: cosine .* at least 1\.1"):
        export_graph(SentenceTransformersEmbedder(str(mean_model), device="cpu"), tmp_path / "encoder")
    assert list(tmp_path.iterdir()) == []


def test_hashing_is_opened_by_name() -> None:
    assert open_embedder("hashing").dim == 256
    assert open_embedder("hashing:64").dim == 64
    with pytest.raises(ModelError, match="hashing:256"):
        open_embedder("hashing:many")


def test_importing_the_package_and_serving_import_no_torch(mean_graph: Path) -> None:
    program = f"""
import sys
from pathlib import Path
heavy = {{"torch", "sentence_transformers", "transformers", "openvino", "tokenizers"}}
import recommender.embedding as embedding
assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()
embedding.find_model("all-MiniLM-L6-v2")
assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()
embedder = embedding.open_exported(Path({str(mean_graph)!r}))
embedder.embed(["a storm", "the bridge"], embedding.Role.QUERY)
assert heavy & sys.modules.keys() == {{"openvino", "tokenizers"}}, heavy & sys.modules.keys()
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_rebuild_with_an_exported_model_imports_no_torch(mean_model: Path, tmp_path: Path) -> None:
    export_graph(
        SentenceTransformersEmbedder(str(mean_model), device="cpu"),
        encoder_folder(tmp_path, find_model(str(mean_model)).fingerprint),
    )
    program = f"""
import sys
from pathlib import Path
from recommender.embedding import open_embedder
open_embedder({str(mean_model)!r}, encoders=Path({str(tmp_path)!r}))
assert not {{"torch", "transformers", "sentence_transformers"}} & sys.modules.keys()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
