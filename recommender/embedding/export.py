"""A sentence-transformers model traced once into one graph: transformer, pooling, normalisation."""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from recommender.embedding import openvino_runtime
from recommender.embedding.batches import padded
from recommender.embedding.embedder import Role
from recommender.embedding.encoder_files import GRAPH, TOKENIZER, WEIGHTS, EncoderFiles, write_encoder
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


def export_graph(reference: SentenceTransformersEmbedder, folder: Path) -> EncoderFiles:
    """Trace a model (on the CPU) and write `folder`: graph, weights, tokenizer, description. Imports torch.

    Raises:
        ModelError: the model cannot be traced, or the graph's vectors are not the model's.
    """
    graph = _trace(reference)
    expected = {role: reference.embed(_PROBES, role).rows for role in Role}

    def make(target: Path) -> EncoderFiles:
        (target / TOKENIZER).write_text(reference.backend_tokenizer() or "", "utf-8")
        openvino_runtime.save(graph, target / GRAPH, half=True)
        weights = "f16" if _agreement(reference, target, expected, "f32") >= HALF_AGREEMENT else "f32"
        if weights == "f32":
            openvino_runtime.save(graph, target / GRAPH, half=False)
        precision = None
        if _agreement(reference, target, expected, precision) < AGREEMENT:
            precision = "f32"
            if (reached := _agreement(reference, target, expected, precision)) < AGREEMENT:
                raise ModelError(
                    f"{reference.name} as a graph gives other vectors: cosine {reached:.4f}, at least {AGREEMENT}"
                )
        return EncoderFiles(
            name=reference.name,
            fingerprint=reference.fingerprint,
            dim=reference.dim,
            max_tokens=reference.max_tokens,
            max_chars=reference.max_chars,
            pad_id=reference.pad_id,
            prompts=reference.prompts,
            weights=weights,
            made_with={name: version(name) for name in ("openvino", "torch", "sentence-transformers", "transformers")},
            sha256={name: sha256_of(target / name) for name in (GRAPH, WEIGHTS, TOKENIZER)},
            precision=precision,
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
    reference: SentenceTransformersEmbedder, target: Path, expected: Mapping[Role, Float32], precision: str | None
) -> float:
    """Least cosine of the probes' vectors with the reference's: in each role, one by one and as a padded batch."""
    tokenizer = Tokenizer(target / TOKENIZER, reference.max_tokens, reference.max_chars)
    graph = Graph(target / GRAPH, precision=precision)
    rest = reference.pad_id, reference.max_tokens
    least = 1.0
    for role, wanted in expected.items():
        tokens = tokenizer.encode(_PROBES, reference.prompts[role])
        together = graph.run(*padded(tokens.ids, *rest))[: len(_PROBES)]
        alone = np.vstack([graph.run(*padded([ids], *rest)) for ids in tokens.ids])
        if together.shape != wanted.shape:
            raise ModelError(f"{reference.name} as a graph gives {together.shape[1]} numbers, not {wanted.shape[1]}")
        for rows in (together, alone):
            least = min(least, float(np.nan_to_num((wanted * rows).sum(axis=1), nan=-1.0).min()))
    return least
