"""Other models than BERT with a mean: small ones, made here, each beside sentence-transformers' own vectors."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from newsdesk import PAPER, write_corpus
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense, Normalize, Router
from sentence_transformers.sentence_transformer.modules import Pooling, StaticEmbedding
from tokenizers import Tokenizer
from transformers import ModernBertConfig, ModernBertModel, RobertaConfig, RobertaModel

from recommender.cli import main
from recommender.embedding import Embedder, OpenVINOEmbedder, Role, export, open_embedder
from recommender.embedding.torch_runtime import SentenceTransformersEmbedder
from recommender.engine import Query, parse_options
from recommender.errors import ModelError
from recommender.rebuild import rebuild
from recommender.serving import open_recommender
from recommender.settings import Settings
from tests.embedding.conftest import edit, make_model

TEXTS = ["storm", "the new bridge", "a storm closes the harbour: " * 30 + "end", "42 years of the old bridge: a look"]
SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "initializer_range": 0.3,
}


def assert_agrees(embedder: Embedder, model: Path) -> None:
    """One by one and together, in each role."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        own = SentenceTransformer(str(model), device="cpu", local_files_only=True)
    for role, encode in ((Role.QUERY, own.encode_query), (Role.DOCUMENT, own.encode_document)):
        expected = encode(TEXTS, normalize_embeddings=True).astype(np.float32)
        alone = np.vstack([embedder.embed([text], role).rows for text in TEXTS])
        for rows in (embedder.embed(TEXTS, role).rows, alone):
            assert (rows * expected).sum(axis=1).min() >= 0.999


def opened(model: Path, encoders: Path) -> tuple[Embedder, list[str]]:
    notices: list[str] = []
    return open_embedder(str(model), encoders=encoders, notice=notices.append), notices


def modern_bert(words: int) -> Any:
    return ModernBertModel(
        ModernBertConfig(
            vocab_size=words,
            local_attention=8,
            global_attn_every_n_layers=2,
            pad_token_id=0,
            bos_token_id=2,
            cls_token_id=2,
            eos_token_id=3,
            sep_token_id=3,
            **SIZES,
        )
    )


def roberta(words: int) -> Any:
    """It has 65 positions, the first of which is that of padding: 64 tokens can be read."""
    config = RobertaConfig(vocab_size=words, max_position_embeddings=65, pad_token_id=0, **SIZES)
    return RobertaModel(config).to(torch.float16)


def narrowed() -> list[Any]:
    return [Pooling(32, ("cls", "max")), Dense(64, 7)]


KINDS: dict[str, dict[str, Any]] = {
    "gated layers, last token": {"make": modern_bert, "pooling": "lasttoken"},
    "half floats, positions behind padding, cut to 9 numbers": {
        "make": roberta,
        "max_seq_length": 64,
        "truncate_dim": 9,
    },
    "two poolings, 7 numbers, no unit length": {"behind": narrowed},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_transformer_is_exported_whatever_its_kind(kind: str, tmp_path: Path) -> None:
    model = make_model(tmp_path, **KINDS[kind])
    embedder, notices = opened(model, tmp_path / "encoders")
    assert (type(embedder), notices) == (OpenVINOEmbedder, [])
    assert_agrees(embedder, model)


def test_a_graph_that_agrees_in_full_precision_alone_runs_in_it(
    mean_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = {"f32": 1.0, None: 0.99}
    monkeypatch.setattr(export, "_agreement", lambda *arguments: reached[arguments[-1]])
    embedder, notices = opened(mean_model, tmp_path)
    assert (embedder.runtime.split()[-1], notices) == ("f32", [])


def test_no_more_is_read_than_a_model_has_positions(tmp_path: Path) -> None:
    model = make_model(tmp_path, make=roberta, max_seq_length=500)
    embedder = SentenceTransformersEmbedder(str(model), device="cpu")
    assert embedder.max_tokens == 64
    assert embedder.embed(["storm " * 100], Role.DOCUMENT).truncated.tolist() == [True]


def routed() -> list[Any]:
    layers = [[Dense(32, 32)], [Dense(32, 32)]]
    router = Router.for_query_document(query_modules=layers[0], document_modules=layers[1], default_route="document")
    return [Pooling(32), router, Normalize()]


def static_or_bert(folder: Path) -> Path:
    """A router at the front: its modules lie in folders that only its own description names."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        document = SentenceTransformer(str(make_model(folder)), device="cpu", local_files_only=True)
        tokens = Tokenizer.from_file(str(folder / "base" / "tokenizer.json"))
        query = [StaticEmbedding(tokens, embedding_dim=32), Normalize()]
        router = Router.for_query_document(query_modules=query, document_modules=list(document))
        SentenceTransformer(modules=[router], device="cpu").save(str(folder / "routed"))
    return folder / "routed"


def static(folder: Path) -> Path:
    """Tokens have a row each, and a text the mean of its tokens': there is no limit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        make_model(folder)
        tokens = Tokenizer.from_file(str(folder / "base" / "tokenizer.json"))
        module = StaticEmbedding(tokens, embedding_dim=24)
        SentenceTransformer(modules=[module], device="cpu").save(str(folder / "static"))
    return folder / "static"


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (static, "does not read token ids"),
        (static_or_bert, "does not read token ids"),
        (lambda folder: make_model(folder, behind=routed), "as a graph gives other vectors"),
    ],
    ids=["static", "two models", "two last layers"],
)
def test_what_no_graph_can_do_runs_on_torch(make: Callable[[Path], Path], why: str, tmp_path: Path) -> None:
    model = make(tmp_path)
    embedder, notices = opened(model, tmp_path / "encoders")
    assert type(embedder) is SentenceTransformersEmbedder
    assert [why in notice for notice in notices] == [True]
    assert embedder.embed(TEXTS, Role.QUERY).rows.shape == (len(TEXTS), embedder.dim)
    assert_agrees(embedder, model)


def test_a_model_that_embeds_nothing_says_why_once(tmp_path: Path) -> None:
    model = make_model(tmp_path)
    edit(model / "tokenizer_config.json", pad_token=None)
    notices: list[str] = []
    with pytest.raises(ModelError, match=r"sentence-transformers cannot embed with .*model: .*padding token"):
        open_embedder(str(model), encoders=tmp_path / "encoders", notice=notices.append)
    assert notices == []


def test_a_models_own_code_is_not_run(tmp_path: Path) -> None:
    model = make_model(tmp_path)
    edit(model / "config.json", model_type="own", auto_map={"AutoConfig": "own.Config", "AutoModel": "own.Model"})
    with pytest.raises(ModelError, match=r"cannot load .*model: it brings code of its own, which is not run; name a"):
        open_embedder(str(model), encoders=tmp_path / "encoders")


def test_a_model_named_by_its_folder_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    static(tmp_path / "models")  # it has no graph
    corpus = write_corpus(tmp_path / "corpus.jsonl", PAPER)
    monkeypatch.chdir(tmp_path / "models")
    rebuild(Settings(index=tmp_path / "index", model="./static"), [corpus])
    monkeypatch.chdir(tmp_path)
    recommender = open_recommender(Settings(index=tmp_path / "index"))
    try:
        assert recommender.related(Query(text="storm"), parse_options({})).hits
        assert str(tmp_path) not in json.dumps(recommender.describe())
    finally:
        recommender.close()
    assert main(["evaluate", "--index", str(tmp_path / "index"), "--json"]) == 0
    assert not (tmp_path / "index" / "encoders").exists()
