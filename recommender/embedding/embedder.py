"""The seam: texts in, unit rows out."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from recommender.vectors import Float32, Mask

Notice = Callable[[str], None]
"""Takes one line for a person: something was decided, or went less well than hoped."""


class Role(StrEnum):
    """What a text is to the model; some models are given another prompt for each."""

    QUERY = "query"
    DOCUMENT = "document"


class Embedded(NamedTuple):
    """`rows` (n, dim) float32 unit rows; `truncated` (n,) bool, True where the end of the text was not read."""

    rows: Float32
    truncated: Mask


class Embedder(Protocol):
    """Turns texts into unit rows whose dot product is their similarity."""

    @property
    def name(self) -> str:
        """The model's name, for people."""

    @property
    def fingerprint(self) -> str:
        """Identity of the vectors: those of two embedders may be compared exactly when this is equal."""

    @property
    def runtime(self) -> str:
        """What computes, and in which precision; not part of the identity."""

    @property
    def dim(self) -> int:
        """Numbers in a row."""

    @property
    def max_tokens(self) -> int:
        """Tokens of a text that are read, special ones included."""

    @property
    def max_chars(self) -> int:
        """Characters of a text that are read: prose reaches `max_tokens` well before it."""

    def embed(self, texts: Sequence[str], role: Role) -> Embedded:
        """Row i belongs to texts[i], whatever the others are. Any text is valid, the empty one too. Thread-safe."""

    def close(self) -> None:
        """Free what is held; `embed` is not called afterwards."""


CHARS_PER_TOKEN = 10
"""Prose has four to six characters a token; what lies beyond ten is cut before tokenising."""


def readable(text: str, max_chars: int) -> tuple[str, bool]:
    """The part of a text that a tokeniser is given, and whether something was left off.

    White space at the ends goes, and NUL and lone surrogates, which C libraries do not carry.
    """
    text = text.strip()
    cut = len(text) > max_chars
    if cut:
        text = text[:max_chars]
    if "\0" in text:
        text = text.replace("\0", " ")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-8", "replace").decode()
    return text, cut
