"""A sentence-transformers model traced once into one graph: transformer, pooling, normalisation."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from recommender.embedding import openvino_runtime
from recommender.embedding.batches import padded
from recommender.embedding.embedder import Role
from recommender.embedding.encoder_files import GRAPH, TOKENIZER, WEIGHTS, EncoderFiles, write_encoder
from recommender.embedding.model_files import ModelFiles, find_model
from recommender.embedding.openvino_runtime import Graph
from recommender.embedding.tokenizing import Tokenizer
from recommender.embedding.torch_runtime import SentenceTransformersEmbedder, tracing
from recommender.errors import ModelError
from recommender.storage import sha256_of
from recommender.vectors import Float32

AGREEMENT = 0.999
"""Least cosine of each exported vector with sentence-transformers' own."""
HALF_AGREEMENT = 0.9999
"""Least cosine, in float32 arithmetic, at which the weights are kept as float16."""

_PROBES = [
    "Fire",
    "Council approves the new bridge after ten years of debate",
    "The minister said on Tuesday that talks would go on. " * 4,
    "Überschwemmung in Köln: Hunderte Häuser geräumt",
    "Storm closes the harbour for two days; ferries stay in port and schools are shut. " * 40,
]


def export_graph(model: str | ModelFiles, folder: Path) -> EncoderFiles:
    """Trace a model and write `folder`: graph, weights, tokenizer, description. Imports torch.

    Raises:
        ModelError: the model cannot be found, loaded or traced, or the graph's vectors are not the model's.
    """
    files = find_model(model) if isinstance(model, str) else model
    reference = SentenceTransformersEmbedder(files, device="cpu")
    graph = _trace(reference)
    expected = reference.embed(_PROBES, Role.DOCUMENT).rows

    def make(target: Path) -> EncoderFiles:
        (target / TOKENIZER).write_text(reference.backend_tokenizer() or "", "utf-8")
        openvino_runtime.save(graph, target / GRAPH, half=True)
        weights = "f16" if _agreement(reference, files, target, expected, "f32") >= HALF_AGREEMENT else "f32"
        if weights == "f32":
            openvino_runtime.save(graph, target / GRAPH, half=False)
        reached = _agreement(reference, files, target, expected, None)
        if not reached >= AGREEMENT:
            raise ModelError(f"{files.name} as a graph gives other vectors: cosine {reached:.4f}, at least {AGREEMENT}")
        return EncoderFiles(
            name=files.name,
            fingerprint=files.fingerprint,
            dim=reference.dim,
            max_tokens=reference.max_tokens,
            max_chars=files.max_chars,
            pad_id=reference.pad_id,
            prompts=files.prompts,
            weights=weights,
            made_with={name: version(name) for name in ("openvino", "torch", "sentence-transformers", "transformers")},
            sha256={name: sha256_of(target / name) for name in (GRAPH, WEIGHTS, TOKENIZER)},
        )

    return write_encoder(folder, make)


def _trace(reference: SentenceTransformersEmbedder) -> Any:
    module, example = reference.traceable()
    try:
        with tracing():
            return openvino_runtime.convert(module, example)
    except Exception as error:  # tracing runs the model's own code
        reason = str(error).strip().splitlines()[0]
        raise ModelError(f"{reference.name} cannot be traced: {reason}") from error


def _agreement(
    reference: SentenceTransformersEmbedder, files: ModelFiles, target: Path, expected: Float32, precision: str | None
) -> float:
    """Least cosine of the probes' vectors with the reference's, one by one and as a padded batch."""
    tokenizer = Tokenizer(target / TOKENIZER, reference.max_tokens, files.max_chars)
    tokens = tokenizer.encode(_PROBES, files.prompts[Role.DOCUMENT])
    graph = Graph(target / GRAPH, precision=precision)
    rest = reference.pad_id, reference.max_tokens
    together = graph.run(*padded(tokens.ids, *rest))[: len(_PROBES)]
    alone = np.vstack([graph.run(*padded([ids], *rest)) for ids in tokens.ids])
    if together.shape != expected.shape:
        raise ModelError(f"{files.name} as a graph gives {together.shape[1]} numbers, expected {expected.shape[1]}")
    return float(min(np.nan_to_num((expected * rows).sum(axis=1), nan=-1.0).min() for rows in (together, alone)))
