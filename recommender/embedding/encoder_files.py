"""The folder of an exported encoder: graph, tokenizer, and `encoder.json` that describes and seals them."""

import contextlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from recommender.embedding.embedder import Role
from recommender.errors import ModelError
from recommender.scratch import scratch_folder
from recommender.storage import sha256_of

GRAPH = "model.xml"
WEIGHTS = "model.bin"
TOKENIZER = "tokenizer.json"
DESCRIPTION = "encoder.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class EncoderFiles:
    """What `encoder.json` says; `sha256` holds the other files' checksums, `made_with` the versions that wrote them.

    `precision` is the only one in which the graph gives the model's vectors; None = the best that a processor has.
    """

    name: str
    fingerprint: str
    dim: int
    max_tokens: int
    max_chars: int
    pad_id: int
    prompts: dict[Role, str]
    weights: str
    made_with: dict[str, str]
    sha256: dict[str, str]
    precision: str | None = None


def encoder_folder(root: Path, fingerprint: str) -> Path:
    """Where below `root` the encoder of that fingerprint lies."""
    return root / fingerprint.replace(":", "_")


def write_encoder(folder: Path, make: Callable[[Path], EncoderFiles]) -> EncoderFiles:
    """Let `make` fill a temporary folder, seal it, and rename it to `folder`; whoever comes first wins.

    Raises:
        ModelError: the folder cannot be made.
    """
    with contextlib.ExitStack() as stack:
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            temporary = stack.enter_context(scratch_folder(f".{folder.name}.", folder.parent))
        except OSError as error:
            raise ModelError(f"{folder} cannot be written: {error.strerror}") from error
        encoder = make(temporary)
        temporary.chmod(0o755)
        content = {"format": FORMAT, **asdict(encoder)}
        (temporary / DESCRIPTION).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
        for path in temporary.iterdir():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
        if folder.exists() and not is_intact(folder):
            shutil.rmtree(folder)
        try:
            temporary.rename(folder)
        except OSError:
            if not is_intact(folder):
                raise
    return encoder


def read_encoder(folder: Path) -> EncoderFiles:
    """Read and verify an exported encoder.

    Raises:
        ModelError: there is none, it is of another format, or a file does not have its checksum.
    """
    try:
        content: dict[str, Any] = json.loads((folder / DESCRIPTION).read_text("utf-8"))
        written = content.pop("format")
        if written != FORMAT:
            raise ModelError(f"{folder} holds an encoder of format {written}, this version reads {FORMAT}")
        content["prompts"] = {Role(role): prompt for role, prompt in content["prompts"].items()}
        encoder = EncoderFiles(**content)
    except FileNotFoundError as error:
        raise ModelError(f"{folder} holds no exported encoder ({DESCRIPTION} is missing); build again") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{folder / DESCRIPTION} cannot be read ({error}); build again") from error
    for name, expected in encoder.sha256.items():
        try:
            found = sha256_of(folder / name)
        except OSError as error:
            raise ModelError(f"{folder / name} cannot be read ({error.strerror}); build again") from error
        if found != expected:
            raise ModelError(f"{folder / name} is altered: SHA-256 {found}, expected {expected}; build again")
    return encoder


def is_intact(folder: Path) -> bool:
    """Whether `read_encoder` would succeed."""
    try:
        read_encoder(folder)
    except ModelError:
        return False
    return True
