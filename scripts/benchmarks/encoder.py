"""The encoder against sentence-transformers, and against what the processor's bf16 matrix units can do.

Both encode the same texts with the same model and threads, in turns, so that a busy machine slows both. Texts:
headlines of Reuters (8 to 10 words), passages of digitalgov (40 and 240 words). Two limits are measured beside them:
the best square bf16 product, and the products that this model is made of (a batch's tokens by 384x384 and 384x1536, and
those of its attention), which is the most that it could reach if nothing but its products took time.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from benchmarks.report import Report
from benchmarks.setting import MODEL, Command, Setting, note

SQUARES = (1024, 2048, 3072, 4096)
QUERIES = 40


class Shape(NamedTuple):
    """What of a BERT-like model its matrix products depend on."""

    hidden: int
    inner: int
    layers: int
    heads: int

    @classmethod
    def of(cls, folder: Path) -> "Shape":
        config = json.loads((folder / "config.json").read_text())
        names = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads")
        return cls(*(int(config[name]) for name in names))

    def flops(self, lengths: np.ndarray) -> float:
        """Operations in the matrix products for texts of these token counts: tokens that are read, no padding."""
        weights = self.layers * (4 * self.hidden * self.hidden + 2 * self.hidden * self.inner)
        return float(
            (2.0 * weights * lengths + 4.0 * self.layers * self.hidden * lengths.astype(np.float64) ** 2).sum()
        )


def encoder(setting: Setting, arguments: argparse.Namespace) -> Report:
    """Texts a second and the latency of one query, beside sentence-transformers; shares of the processor's limits."""
    from recommender.embedding import OpenVINOEmbedder, Role, encoder_folder, find_model, open_embedder
    from recommender.embedding.encoder_files import TOKENIZER
    from recommender.embedding.openvino_embedder import BATCH_TOKENS
    from recommender.embedding.tokenizing import Tokenizer
    from recommender.embedding.torch_runtime import SentenceTransformersEmbedder

    files = find_model(MODEL)
    texts = {
        "headlines, 8-10 words": _headlines(setting, 768),
        "40 words": _passages(setting, 40, 384),
        "240 words": _passages(setting, 240, 96),
    }
    with tempfile.TemporaryDirectory() as temporary:
        bulk = open_embedder(MODEL, encoders=Path(temporary), threads=setting.threads)
        folder = encoder_folder(Path(temporary), files.fingerprint)
        single = OpenVINOEmbedder(folder, threads=setting.threads)
        tokenizer = Tokenizer(folder / TOKENIZER, files.max_tokens, files.max_chars)
    reference = SentenceTransformersEmbedder(files, device="cpu", threads=setting.threads)
    shape = Shape.of(files.folder)
    lengths = {name: tokenizer.encode(some).lengths for name, some in texts.items()}
    queries = next(iter(texts.values()))[:QUERIES]
    cosines = {name: _least_cosine((bulk, single), reference, some[:64]) for name, some in texts.items()}

    seconds: dict[tuple[str, str], list[float]] = {}
    limits: dict[str, list[float]] = {}
    for turn in range(arguments.rounds + 1):  # the first warms up
        found = {("best square product", ""): _square_product()}
        for name, some in texts.items():
            rows = max(1, BATCH_TOKENS // int(lengths[name].max()))
            found["the model's own products", name] = _own_products(shape, rows, int(np.median(lengths[name])))
            for who, embedder in (("encoder", bulk), ("torch", reference)):
                part = some if turn else some[:32]
                taken = _seconds(lambda embedder=embedder, part=part: embedder.embed(part, Role.DOCUMENT))
                if turn:
                    seconds.setdefault((name, who), []).append(taken)
        for (what, name), gflops in found.items():
            limits.setdefault(f"{what} {name}".strip(), []).append(gflops)
        for who, embedder in (("encoder", single), ("torch", reference)):
            taken = [_seconds(lambda one=embedder, query=query: one.embed([query], Role.QUERY)) for query in queries]
            if turn:
                seconds.setdefault(("one headline", who), []).extend(taken)
        note(f"round {turn} of {arguments.rounds}")

    peak = max(limits["best square product"])
    rows = []
    for name, some in texts.items():
        ours, theirs = seconds[name, "encoder"], seconds[name, "torch"]
        gflops = shape.flops(lengths[name]) / min(ours) / 1e9
        own = max(limits[f"the model's own products {name}"])
        rows.append(
            {
                "texts": name,
                "encoder/s": len(some) / median(ours),
                "torch/s": len(some) / median(theirs),
                "times faster": median(theirs) / median(ours),
                "times faster, best of each": min(theirs) / min(ours),
                "GFLOP/s": gflops,
                "own products GFLOP/s": own,
                "share of own products": gflops / own,
                "share of the square peak": gflops / peak,
                "least cosine": cosines[name],
            }
        )
    ours, theirs = seconds["one headline", "encoder"], seconds["one headline", "torch"]
    ratios = {
        "one headline, p50 ms": median(ours) * 1e3,
        "one headline with torch, p50 ms": median(theirs) * 1e3,
        "one headline: times faster": median(theirs) / median(ours),
        "one headline: times faster, best of each": min(theirs) / min(ours),
        "best square bf16 product, GFLOP/s": peak,
    }
    return Report("encoder", setting.machine(), rows, ratios, [f"{bulk.runtime} against {reference.runtime}"])


def _headlines(setting: Setting, count: int) -> list[str]:
    titles = (record["title"] for record in setting.records("reuters21578.jsonl.gz"))
    return list(dict.fromkeys(title for title in titles if 8 <= len(title.split()) <= 10))[:count]


def _passages(setting: Setting, words: int, count: int) -> list[str]:
    texts = (record["text"].split() for record in setting.records("digitalgov.jsonl.gz"))
    return [" ".join(text[:words]) for text in texts if len(text) >= words][:count]


def _square_product() -> float:
    """GFLOP/s of the best bf16 square product, torch's own."""
    import torch

    best = 0.0
    for size in SQUARES:
        matrix = torch.randn(size, size, dtype=torch.bfloat16)
        best = max(best, 2e-9 * size**3 / min(_seconds(lambda one=matrix: one @ one) for _ in range(4)))
    return best


def _own_products(shape: Shape, rows: int, length: int) -> float:
    """GFLOP/s of one layer's products alone, in bf16, for a batch of so many texts of that length."""
    import torch

    def random(*size: int) -> Any:
        return torch.randn(*size, dtype=torch.bfloat16)

    tokens, width = rows * length, shape.hidden // shape.heads
    state, wide = random(tokens, shape.hidden), random(tokens, shape.inner)
    weights = [random(shape.hidden, shape.hidden) for _ in range(4)]
    up, down = random(shape.hidden, shape.inner), random(shape.inner, shape.hidden)
    query, scores = random(rows * shape.heads, length, width), random(rows * shape.heads, length, length)

    def layer() -> None:
        for weight in weights:
            state @ weight
        state @ up
        wide @ down
        query @ query.transpose(1, 2)
        scores @ query

    flops = shape._replace(layers=1).flops(np.full(rows, length))
    return flops / min(_seconds(layer) for _ in range(6)) / 1e9


def _least_cosine(embedders: tuple[Any, ...], reference: Any, texts: list[str]) -> float:
    from recommender.embedding import Role

    wanted = reference.embed(texts, Role.DOCUMENT).rows
    return float(min((one.embed(texts, Role.DOCUMENT).rows * wanted).sum(axis=1).min() for one in embedders))


def _seconds(action: Callable[[], object]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def _rounds(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=5)


COMMANDS = {
    "encoder": Command("the encoder against sentence-transformers, and the processor's bf16 products", encoder, _rounds)
}
