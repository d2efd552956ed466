"""The embedder of service and build: an exported graph, without torch."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from recommender.embedding import openvino_runtime
from recommender.embedding.batches import padded, plan
from recommender.embedding.embedder import Embedded, Role
from recommender.embedding.encoder_files import GRAPH, TOKENIZER, read_encoder
from recommender.embedding.tokenizing import Tokenizer
from recommender.processes import cpus
from recommender.vectors import Int64, Mask, normalise

BATCH_TOKENS = 4_096
"""Tokens encoded together: more is no faster, and takes memory."""
BATCH_ROWS = 256
CHUNK = 2_048
"""Texts that are sorted by length together."""


class OpenVINOEmbedder:
    """Runs the folder that `export_graph` wrote; needs openvino and tokenizers, neither torch nor transformers.

    Args:
        folder: what `export_graph` wrote; its checksums are verified.
        threads: processor threads; None = all.
        bulk: a batch a thread, as suits a build (a tenth more texts a second); otherwise all threads work on one
            batch, as suits a query (two thirds of the time).
        precision: "bf16" or "f32"; None = as the folder says, or else the best that the processor has.

    Raises:
        ModelError: the folder is missing, altered, or cannot be run.
    """

    def __init__(
        self, folder: Path, *, threads: int | None = None, bulk: bool = False, precision: str | None = None
    ) -> None:
        encoder = read_encoder(folder)
        self.name = encoder.name
        self.fingerprint = encoder.fingerprint
        self.dim = encoder.dim
        self.max_tokens = encoder.max_tokens
        self.max_chars = encoder.max_chars
        self._prompts = encoder.prompts
        self._pad_id = encoder.pad_id
        self._tokenizer = Tokenizer(folder / TOKENIZER, encoder.max_tokens, encoder.max_chars)
        streams = (threads or cpus()) if bulk else 1
        precision = precision or encoder.precision
        self._graph = openvino_runtime.Graph(folder / GRAPH, threads=threads, streams=streams, precision=precision)
        self._lock = threading.Lock()
        self.runtime = f"openvino {openvino_runtime.version()} {self._graph.precision}"

    def embed(self, texts: Sequence[str], role: Role) -> Embedded:
        """Rows (n, dim) float32, unit length; encoded by length, answered in the order of the texts."""
        rows = np.zeros((len(texts), self.dim), np.float32)
        truncated = np.zeros(len(texts), np.bool_)
        with self._lock:
            if len(texts) == 1:
                tokens = self._tokenizer.encode(texts, self._prompts[role])
                truncated[:] = tokens.truncated
                rows[:] = self._graph.run(*self._padded(tokens.ids))
            else:
                self._graph.run_all(self._batches(texts, role, truncated), rows)
        return Embedded(normalise(rows), truncated)

    def close(self) -> None:
        """The graph is freed with the object."""

    def _batches(self, texts: Sequence[str], role: Role, truncated: Mask) -> Iterator[tuple[Int64, Int64, Int64]]:
        """(places, ids, mask) of each batch; a chunk is tokenised while the batches before it are computed."""
        for start in range(0, len(texts), CHUNK):
            tokens = self._tokenizer.encode(texts[start : start + CHUNK], self._prompts[role])
            truncated[start : start + CHUNK] = tokens.truncated
            for places in plan(tokens.lengths, BATCH_TOKENS, BATCH_ROWS):
                yield (places + start, *self._padded([tokens.ids[place] for place in places]))

    def _padded(self, ids: Sequence[Int64]) -> tuple[Int64, Int64]:
        return padded(ids, self._pad_id, self.max_tokens)
