#!/usr/bin/env python3
"""Measure the encoder against sentence-transformers (torch, float32), and against the processor's bf16 matrix product.

Both encode the same texts with the same model and threads, in turns, so that a busy machine slows both; ratios are
given of the medians and of the best turns (the fairer one where others compute too). Texts: headlines of Reuters (8 to
10 words), passages of digitalgov (40 and 240 words). The share of the peak counts the model's own products (tokens that
are read, no padding) against the best of several matrix sizes.

    .venv/bin/python scripts/bench_encoder.py [--rounds 5] [--json FILE]
"""

import argparse
import gzip
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from recommender.embedding import OpenVINOEmbedder, Role, encoder_folder, find_model, open_embedder  # noqa: E402
from recommender.embedding.encoder_files import TOKENIZER  # noqa: E402
from recommender.embedding.tokenizing import Tokenizer  # noqa: E402
from recommender.embedding.torch_runtime import SentenceTransformersEmbedder  # noqa: E402

PEAK_SIZES = (1024, 2048, 3072, 4096)
QUERIES = 40


def main() -> None:
    arguments = parse()
    files = find_model(arguments.model)
    workloads = {
        "headlines, 8-10 words": headlines(arguments.data, 768),
        "40 words": passages(arguments.data, 40, 384),
        "240 words": passages(arguments.data, 240, 96),
    }
    with tempfile.TemporaryDirectory() as temporary:
        encoders = arguments.encoders or Path(temporary)
        bulk = open_embedder(arguments.model, encoders=encoders, threads=arguments.threads)
        folder = encoder_folder(encoders, files.fingerprint)
        single = OpenVINOEmbedder(folder, threads=arguments.threads)
        reference = SentenceTransformersEmbedder(files, device="cpu", threads=arguments.threads)
        tokenizer = Tokenizer(folder / TOKENIZER, files.max_tokens, files.max_chars)
        flops = {
            name: sum(model_flops(files.folder, tokenizer.encode(texts).lengths)) for name, texts in workloads.items()
        }
        queries = workloads["headlines, 8-10 words"][:QUERIES]
        cosines = {name: agreement(bulk, single, reference, texts[:64]) for name, texts in workloads.items()}

        peaks: list[float] = []
        seconds: dict[tuple[str, str], list[float]] = {}
        latencies: dict[str, list[float]] = {"encoder": [], "torch": []}
        for turn in range(arguments.rounds + 1):  # the first warms up
            peak = matrix_peak()
            for name, texts in workloads.items():
                part = texts if turn else texts[:32]
                fast = timed(lambda part=part: bulk.embed(part, Role.DOCUMENT))
                slow = timed(lambda part=part: reference.embed(part, Role.DOCUMENT))
                if turn:
                    seconds.setdefault((name, "encoder"), []).append(fast)
                    seconds.setdefault((name, "torch"), []).append(slow)
            for who, embedder in (("encoder", single), ("torch", reference)):
                taken = [timed(lambda one=embedder, query=query: one.embed([query], Role.QUERY)) for query in queries]
                if turn:
                    latencies[who] += taken
            peaks.append(peak)
            note(f"round {turn} of {arguments.rounds}")

    peak = max(peaks)
    rows = []
    for name, texts in workloads.items():
        fast, slow = median(seconds[name, "encoder"]), median(seconds[name, "torch"])
        best, slow_best = min(seconds[name, "encoder"]), min(seconds[name, "torch"])
        rows.append(
            {
                "texts": name,
                "encoder_per_s": len(texts) / fast,
                "encoder_best_per_s": len(texts) / best,
                "torch_per_s": len(texts) / slow,
                "torch_best_per_s": len(texts) / slow_best,
                "ratio": slow / fast,
                "ratio_of_bests": slow_best / best,
                "gflops": flops[name] / best / 1e9,
                "share_of_peak": flops[name] / best / 1e9 / peak,
                "least_cosine": cosines[name],
            }
        )
    best_ms = {who: min(values) * 1e3 for who, values in latencies.items()}
    p50 = {who: median(values) * 1e3 for who, values in latencies.items()}
    result = {
        "machine": platform.processor() or platform.machine(),
        "cpus": len(os.sched_getaffinity(0)),
        "threads": arguments.threads,
        "encoder": bulk.runtime,
        "torch": reference.runtime,
        "model": files.fingerprint,
        "bf16_peak_gflops": peak,
        "workloads": rows,
        "query_p50_ms": p50,
        "query_ratio": p50["torch"] / p50["encoder"],
        "query_best_ms": best_ms,
        "query_ratio_of_bests": best_ms["torch"] / best_ms["encoder"],
    }
    print_table(result)
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="all-MiniLM-L6-v2")
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("RECOMMENDER_DATA", ROOT.parent / "shared/data"))
    )
    parser.add_argument("--encoders", type=Path, help="folder of exported graphs, kept; default: a temporary one")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    return parser.parse_args()


def records(file: Path) -> Iterator[dict[str, str]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def headlines(data: Path, count: int) -> list[str]:
    found = [r["title"] for r in records(data / "reuters21578.jsonl.gz") if 8 <= len(r["title"].split()) <= 10]
    return list(dict.fromkeys(found))[:count]


def passages(data: Path, words: int, count: int) -> list[str]:
    texts = [r["text"].split() for r in records(data / "digitalgov.jsonl.gz")]
    return [" ".join(text[:words]) for text in texts if len(text) >= words][:count]


def model_flops(folder: Path, lengths: np.ndarray) -> list[float]:
    """Operations in the matrix products of a BERT-like model, for texts of these token counts."""
    config = json.loads((folder / "config.json").read_text())
    hidden, inner, layers = (config[key] for key in ("hidden_size", "intermediate_size", "num_hidden_layers"))
    weights = layers * (4 * hidden * hidden + 2 * hidden * inner)
    return [2.0 * weights * n + 4.0 * layers * n * n * hidden for n in lengths.tolist()]


def matrix_peak() -> float:
    """GFLOP/s of the best bf16 square product, torch's own."""
    import torch

    best = 0.0
    for size in PEAK_SIZES:
        matrix = torch.randn(size, size, dtype=torch.bfloat16)
        for _ in range(4):
            best = max(best, 2 * size**3 / timed(lambda matrix=matrix: matrix @ matrix) / 1e9)
    return best


def agreement(*arguments: object) -> float:
    *embedders, texts = arguments
    rows = [embedder.embed(texts, Role.DOCUMENT).rows for embedder in embedders]
    return float(min((row * rows[-1]).sum(axis=1).min() for row in rows[:-1]))


def timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def note(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def print_table(result: dict[str, object]) -> None:
    print(f"{result['encoder']} against {result['torch']}, {result['threads']} threads, {result['model']}")
    print(f"best bf16 matrix product: {result['bf16_peak_gflops']:.0f} GFLOP/s\n")
    print("| texts | encoder /s, median (best) | torch /s | ratio | best GFLOP/s | share of peak | least cosine |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for row in result["workloads"]:
        print(
            f"| {row['texts']} | {row['encoder_per_s']:.0f} ({row['encoder_best_per_s']:.0f}) "
            f"| {row['torch_per_s']:.0f} ({row['torch_best_per_s']:.0f}) "
            f"| {row['ratio']:.1f} ({row['ratio_of_bests']:.1f}) "
            f"| {row['gflops']:.0f} | {row['share_of_peak']:.0%} | {row['least_cosine']:.5f} |"
        )
    p50, best = result["query_p50_ms"], result["query_best_ms"]
    print(
        f"\none headline, p50 (best): {p50['encoder']:.2f} ({best['encoder']:.2f}) ms against {p50['torch']:.2f} "
        f"({best['torch']:.2f}) ms, ratio {result['query_ratio']:.1f} ({result['query_ratio_of_bests']:.1f})"
    )


if __name__ == "__main__":
    main()
