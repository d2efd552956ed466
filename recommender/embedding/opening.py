"""The one way to get an embedder."""

import logging
from pathlib import Path

from recommender.embedding.cached import CachedEmbedder
from recommender.embedding.embedder import Embedder, Notice
from recommender.embedding.encoder_files import encoder_folder, is_intact
from recommender.embedding.hashing import HashingEmbedder
from recommender.embedding.model_files import DEFAULT_MODEL, ModelFiles, find_model
from recommender.embedding.openvino_embedder import OpenVINOEmbedder
from recommender.errors import ModelError

_GPU_DRIVER = Path("/dev/nvidiactl")
"""Without it there is no use in asking torch for a GPU, which takes seconds."""


def open_embedder(
    model: str = DEFAULT_MODEL,
    *,
    encoders: Path | None = None,
    cache: Path | None = None,
    threads: int | None = None,
    notice: Notice | None = None,
) -> Embedder:
    """An embedder by name, for a build: on the GPU if torch sees one, else the exported graph, else torch on the CPU.

    Args:
        model: "all-MiniLM-L6-v2", a model's folder or name, or "hashing" ("hashing:256" = with 256 numbers).
        encoders: where exported graphs are kept, one folder a fingerprint; None = run on torch.
        cache: file of the rows already computed; None = no cache.
        threads: processor threads; None = all.
        notice: told, in one line, when something slower than intended is used; None = logged as a warning.

    Raises:
        ModelError: no such model.
    """
    notice = notice or logging.getLogger(__name__).warning
    if model.split(":")[0] == "hashing":
        return _cached(_hashing(model), cache, notice)
    return _cached(_open_model(find_model(model), encoders, threads, notice), cache, notice)


def open_exported(folder: Path, *, threads: int | None = None) -> Embedder:
    """The embedder of an exported folder, for serving: imports no torch.

    Raises:
        ModelError: the folder is missing or altered.
    """
    return OpenVINOEmbedder(folder, threads=threads)


def _hashing(model: str) -> Embedder:
    _, _, dim = model.partition(":")
    if dim and not dim.isdecimal():
        raise ModelError(f"{model!r} is no hashing embedder; write hashing or hashing:256")
    return HashingEmbedder(int(dim or 256))


def _open_model(files: ModelFiles, encoders: Path | None, threads: int | None, notice: Notice) -> Embedder:
    graph = _exported(files, encoders, notice) if encoders else None
    if graph and not _GPU_DRIVER.exists():
        return OpenVINOEmbedder(graph, threads=threads, bulk=True)
    from recommender.embedding.torch_runtime import SentenceTransformersEmbedder, has_gpu

    if graph and not has_gpu():
        return OpenVINOEmbedder(graph, threads=threads, bulk=True)
    return SentenceTransformersEmbedder(files, threads=threads)


def _exported(files: ModelFiles, encoders: Path, notice: Notice) -> Path | None:
    """The model's exported folder, written now if it is not there intact; None if it cannot be."""
    folder = encoder_folder(encoders, files.fingerprint)
    if is_intact(folder):
        return folder
    from recommender.embedding.export import export_graph
    from recommender.embedding.torch_runtime import SentenceTransformersEmbedder

    reference = SentenceTransformersEmbedder(files, device="cpu")  # fails where torch would not work either
    try:
        export_graph(reference, folder)
    except ModelError as error:
        notice(f"{error}; it runs on torch instead, which is slower")
        return None
    return folder


def _cached(embedder: Embedder, cache: Path | None, notice: Notice) -> Embedder:
    return CachedEmbedder(embedder, cache, notice) if cache else embedder
