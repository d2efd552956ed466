"""A recommender for serving: the live generation, and the encoder that it was made with."""

from pathlib import Path

from recommender.embedding import Embedder, QueryEncoder, encoder_folder, open_embedder, open_exported
from recommender.engine import Recommender
from recommender.generation import IndexFolder, read_manifest
from recommender.rebuild import ENCODERS
from recommender.settings import Settings


def open_recommender(settings: Settings) -> Recommender:
    """Open the live index for queries; imports no torch where the model's exported graph is there.

    Raises:
        IndexFault: there is no index, or it cannot be used.
        ModelError: the model of the index cannot be loaded.
    """
    index = IndexFolder(settings.index)
    manifest = read_manifest(index.folder_of(index.live_name()))
    embedder = _embedder(settings, manifest.embedder["model"], manifest.embedder["fingerprint"])
    return Recommender(index, QueryEncoder(embedder, max_waiting=settings.queue))


def _embedder(settings: Settings, model: str, fingerprint: str) -> Embedder:
    encoders = Path(settings.index) / ENCODERS
    folder = encoder_folder(encoders, fingerprint)
    if folder.is_dir():
        return open_exported(folder, threads=settings.threads or None)
    return open_embedder(model, encoders=encoders, threads=settings.threads or None)
