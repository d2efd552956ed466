"""Models for the tests: two tiny ones made here, with random weights, and the real default one."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommender.embedding import Embedder, HashingEmbedder, OpenVINOEmbedder, open_embedder
from recommender.embedding.export import export_graph
from recommender.embedding.torch_runtime import SentenceTransformersEmbedder

MAX_TOKENS = 32


def make_model(
    folder: Path,
    *,
    pooling: str = "mean",
    seed: int = 0,
    positions: int = 64,
    make: Callable[[int], Any] | None = None,
    behind: Callable[[], list[Any]] | None = None,
    **settings: object,
) -> Path:
    """A BERT of two layers and 32 numbers that reads letters, saved by sentence-transformers.

    `make` makes another transformer of 32 numbers, for so many tokens; `behind` other modules behind it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the libraries' own, while making a model
        import torch
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.models import Normalize, Pooling, Transformer
        from transformers import BertConfig, BertModel, BertTokenizerFast

        base = folder / "base"
        base.mkdir(parents=True)
        letters = "abcdefghijklmnopqrstuvwxyz0123456789"
        tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ":", ".", *letters, *(f"##{x}" for x in letters)]
        (base / "vocab.txt").write_text("\n".join(tokens))
        BertTokenizerFast(vocab=str(base / "vocab.txt"), do_lower_case=True).save_pretrained(base)
        torch.manual_seed(seed)
        config = BertConfig(
            vocab_size=len(tokens),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=positions,
            initializer_range=0.3,  # far apart, so that a wrong vector shows
        )
        (make(len(tokens)) if make else BertModel(config)).save_pretrained(base)
        modules = [Transformer(str(base), max_seq_length=settings.pop("max_seq_length", MAX_TOKENS))]
        modules += behind() if behind else [Pooling(32, pooling), Normalize()]
        SentenceTransformer(modules=modules, device="cpu", **settings).save(str(folder / "model"))
    return folder / "model"


def edit(path: Path, **changes: object) -> None:
    """Change some values of a JSON file."""
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


PROMPTS = {"query": "query: ", "document": "passage: "}


@pytest.fixture(scope="session")
def mean_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("mean"), prompts=PROMPTS)


@pytest.fixture(scope="session")
def cls_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("cls"), pooling="cls")


@pytest.fixture(scope="session")
def mean_graph(mean_model: Path) -> Path:
    graph = mean_model.parent / "graph"
    export_graph(SentenceTransformersEmbedder(str(mean_model), device="cpu"), graph)
    return graph


@pytest.fixture(scope="session")
def cls_graph(cls_model: Path) -> Path:
    graph = cls_model.parent / "graph"
    export_graph(SentenceTransformersEmbedder(str(cls_model), device="cpu"), graph)
    return graph


NAMES = ["hashing", "torch-mean", "torch-cls", "graph-mean", "graph-cls", "graph-bulk", "cached", "default"]


@pytest.fixture(scope="session", params=NAMES)
def embedder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, encoders: Path) -> Embedder:
    """Every implementation of the seam."""
    fixture = request.getfixturevalue
    match request.param:
        case "hashing":
            return HashingEmbedder(64, max_tokens=MAX_TOKENS)
        case "torch-mean":
            return SentenceTransformersEmbedder(str(fixture("mean_model")), device="cpu")
        case "torch-cls":
            return SentenceTransformersEmbedder(str(fixture("cls_model")), device="cpu")
        case "graph-mean":
            return OpenVINOEmbedder(fixture("mean_graph"))
        case "graph-cls":
            return OpenVINOEmbedder(fixture("cls_graph"))
        case "graph-bulk":
            return OpenVINOEmbedder(fixture("mean_graph"), threads=2, bulk=True)
        case "cached":
            cache = tmp_path_factory.mktemp("cache") / "vectors.sqlite"
            return open_embedder(str(fixture("mean_model")), encoders=encoders, cache=cache)
        case _:
            return open_embedder(encoders=encoders)
