"""Texts to token ids, with the model's own fast tokenizer. The only module that imports `tokenizers`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from recommender.embedding.embedder import readable
from recommender.errors import ModelError
from recommender.vectors import Int64, Mask


class Tokens(NamedTuple):
    """`ids`: one (length,) int64 array a text; `lengths` (n,) int64; `truncated` (n,) bool."""

    ids: list[Int64]
    lengths: Int64
    truncated: Mask


class Tokenizer:
    """A `tokenizer.json` that cuts at `max_tokens`, special tokens included, and never pads."""

    def __init__(self, file: Path, max_tokens: int, max_chars: int) -> None:
        from tokenizers import Tokenizer as FastTokenizer

        try:
            self._tokenizer: Any = FastTokenizer.from_file(str(file))
        except Exception as error:  # the library raises bare Exception
            raise ModelError(f"{file} is no tokenizer that can be read: {error}") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)
        self._max_chars = max_chars

    def encode(self, texts: Sequence[str], prompt: str = "") -> Tokens:
        """Token ids of prompt + text, for each text."""
        parts = [readable(text, self._max_chars) for text in texts]
        if len(parts) == 1:
            encodings = [self._tokenizer.encode(prompt + parts[0][0])]
        else:
            encodings = self._tokenizer.encode_batch_fast([prompt + text for text, _ in parts])
        ids = [np.array(encoding.ids, np.int64) for encoding in encodings]
        lengths = np.fromiter(map(len, ids), np.int64, len(ids))
        truncated = np.array(
            [cut or bool(encoding.overflowing) for (_, cut), encoding in zip(parts, encodings, strict=True)], np.bool_
        )
        return Tokens(ids, lengths, truncated)
