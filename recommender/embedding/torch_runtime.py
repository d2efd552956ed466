"""sentence-transformers on torch: the reference, the fallback, and the GPU. The only module that imports either."""

import contextlib
import logging
import threading
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from recommender.embedding.embedder import Embedded, Role, readable
from recommender.embedding.model_files import DEFAULT_MODEL, ModelFiles, find_model
from recommender.errors import ModelError
from recommender.vectors import normalise

_BATCH = {"cpu": 32, "cuda": 256}
_ENDLESS = 1_000_000
"""A limit of so many tokens is none."""


class SentenceTransformersEmbedder:
    """Any sentence-transformers model, with its own prompts; in float32 on the CPU, on the GPU where torch sees one.

    Args:
        model: "all-MiniLM-L6-v2" (installed), a folder, or a name of the Hugging Face Hub; or its files.
        device: "cpu" or "cuda"; None = the GPU if there is one.
        threads: torch's processor threads, set for the whole process; None = as they are.

    Raises:
        ModelError: the model cannot be found or loaded, or embeds no text.
    """

    def __init__(
        self, model: str | ModelFiles = DEFAULT_MODEL, device: str | None = None, threads: int | None = None
    ) -> None:
        files = find_model(model) if isinstance(model, str) else model
        with _quiet():
            import torch
            from sentence_transformers import SentenceTransformer
            from transformers.utils.logging import disable_progress_bar

            disable_progress_bar()
            if threads:
                torch.set_num_threads(threads)
            self._device = device or ("cuda" if has_gpu() else "cpu")
            try:
                self._model: Any = SentenceTransformer(str(files.folder), device=self._device, local_files_only=True)
            except Exception as error:  # whatever a model's configuration can trip over
                raise ModelError(f"sentence-transformers cannot load {files.folder}: {_reason(error)}") from error
        self._model.eval()
        if self._device == "cpu":
            self._model.float()  # half floats are what a model is kept in
        self.prompts = files.prompts
        self._lock = threading.Lock()
        self.name = files.name
        self.fingerprint = files.fingerprint
        self.max_tokens = _limit(self._model, files.max_tokens)
        if callable(self._model.tokenizer):
            self._model.max_seq_length = self.max_tokens
        self.max_chars = files.max_chars
        try:
            with _quiet():
                self.dim = self._encode(["A text."], Role.DOCUMENT, half=False).shape[1]
        except Exception as error:
            raise ModelError(f"sentence-transformers cannot embed with {files.folder}: {_reason(error)}") from error
        self._half = self._device == "cuda" and self._half_agrees()
        precision = "bf16" if self._half else "f32"
        self.runtime = f"torch {torch.__version__.split('+')[0]} {self._device} {precision}"

    def embed(self, texts: Sequence[str], role: Role) -> Embedded:
        """Rows (n, dim) float32, unit length."""
        if not texts:
            return Embedded(np.empty((0, self.dim), np.float32), np.empty(0, np.bool_))
        parts = [readable(text, self.max_chars) for text in texts]
        prompt = self.prompts[role]
        kept = [text for text, _ in parts]
        with self._lock, _quiet():
            rows = self._encode(kept, role, half=self._half)
            truncated = [cut or self._is_too_long(prompt + text) for text, cut in parts]
        return Embedded(normalise(rows), np.array(truncated, np.bool_))

    def close(self) -> None:
        """The model is freed with the object."""

    def traceable(self) -> tuple[Any, dict[str, Any]]:
        """A torch module of (input_ids, attention_mask) that returns unit rows, and an example of its input.

        Raises:
            ModelError: the model does more with a text than a graph of token ids can.
        """
        model = self._model
        with _quiet():
            features = model.preprocess(["An example of two texts.", "This one is a little longer than the other."])
        if not {"input_ids", "attention_mask"} <= features.keys() or self.backend_tokenizer() is None:
            raise ModelError(f"{self.name} does not read token ids of a fast tokenizer")
        if any(self.prompts.values()) and any(getattr(module, "include_prompt", True) is False for module in model):
            raise ModelError(f"{self.name} leaves its prompt out of the pooling")
        example = {name: features[name] for name in ("input_ids", "attention_mask")}
        return _encoder(model, has_types="token_type_ids" in features), example

    def backend_tokenizer(self) -> str | None:
        """The fast tokenizer as `tokenizer.json` text; None where the model has none."""
        backend = getattr(self._model.tokenizer, "backend_tokenizer", None)
        return None if backend is None else str(backend.to_str())

    @property
    def pad_id(self) -> int:
        """The token that fills up a batch."""
        return int(self._model.tokenizer.pad_token_id or 0)

    def _encode(self, texts: list[str], role: Role, *, half: bool) -> np.ndarray[Any, np.dtype[np.float32]]:
        import torch

        encode = self._model.encode_query if role is Role.QUERY else self._model.encode_document
        with torch.autocast(self._device, torch.bfloat16, enabled=half):
            rows = encode(
                texts,
                prompt=self.prompts[role],
                batch_size=_BATCH.get(self._device, 32),
                normalize_embeddings=True,
                show_progress_bar=False,
                convert_to_numpy=True,
            )
        return np.asarray(rows, np.float32)

    def _half_agrees(self) -> bool:
        texts = ["Council approves the new bridge", "The harbour was closed for two days after the storm. " * 20]
        with _quiet():
            full, half = (self._encode(texts, Role.DOCUMENT, half=half) for half in (False, True))
        return bool((normalise(full) * normalise(half)).sum(axis=1).min() >= 0.999)

    def _is_too_long(self, text: str) -> bool:
        tokenizer = self._model.tokenizer
        # No tokenizer makes more than a token of a byte; of words alone it cuts nothing.
        if len(text.encode()) + 8 <= self.max_tokens or not callable(tokenizer):
            return False
        return len(tokenizer(text, truncation=False, verbose=False)["input_ids"]) > self.max_tokens


def _limit(model: Any, otherwise: int) -> int:
    """Tokens of a text that a model reads: its own limit (`otherwise`, where it has none), within its positions."""
    from torch.nn import Embedding

    own = model.max_seq_length
    limit = int(own) if own and own < _ENDLESS else otherwise
    for module in model.modules():
        positions, padding = getattr(module, "position_embeddings", None), getattr(module, "padding_idx", None)
        if isinstance(positions, Embedding):  # RoBERTa and its kin count from the one behind that of padding
            limit = min(limit, positions.num_embeddings - (padding + 1 if isinstance(padding, int) else 0))
    return limit


def _reason(error: Exception) -> str:
    """What a library says went wrong, in one line."""
    if "trust_remote_code" in str(error):
        return "it brings code of its own, which is not run; name a model that needs none"
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _encoder(model: Any, *, has_types: bool) -> Any:
    """A torch module of (input_ids, attention_mask): the model's modules in turn, then normalisation."""
    import torch
    from sentence_transformers.models import Pooling

    class Encoder(torch.nn.Module):  # type: ignore[misc]  # torch's types are not followed
        def __init__(self) -> None:
            super().__init__()
            self.steps = model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            state = {"input_ids": input_ids, "attention_mask": attention_mask}
            if has_types:
                state["token_type_ids"] = torch.zeros_like(input_ids)
            for step in self.steps:
                if isinstance(step, Pooling) and step.pooling_mode in ("mean", "cls"):
                    state["sentence_embedding"] = _pooled(state, step.pooling_mode)
                else:
                    state = step(state)
            return torch.nn.functional.normalize(state["sentence_embedding"][:, : model.truncate_dim], dim=1)

    return Encoder().eval()


def _pooled(state: dict[str, Any], mode: str) -> Any:
    """Mean or first token as a product with a row of weights.

    The same numbers as sentence-transformers' own pooling. But OpenVINO computes in float32 whatever only element-wise
    steps separate from the output, which would be the whole residual stream; a matrix product ends that, and long
    texts are encoded a tenth faster.
    """
    tokens = state["token_embeddings"]
    mask = state["attention_mask"].to(tokens.dtype)
    weights = mask / mask.sum(1, keepdim=True).clamp(min=1e-9) if mode == "mean" else mask * (mask.cumsum(1) == 1)
    return (weights.to(tokens.dtype).unsqueeze(1) @ tokens).squeeze(1)


def has_gpu() -> bool:
    """Whether torch sees a GPU."""
    import torch

    return bool(torch.cuda.is_available())


@contextlib.contextmanager
def tracing() -> Iterator[None]:
    """Without gradients, and without the libraries' warnings about being traced."""
    import torch

    with torch.inference_mode(False), torch.no_grad(), _quiet():
        yield


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The libraries' progress bars and remarks are theirs; errors still come through."""
    logger = logging.getLogger("transformers")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logger.setLevel(level)
