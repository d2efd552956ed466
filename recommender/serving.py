"""A recommender for serving: the live generation, and the encoder that it was made with."""

from functools import lru_cache

from recommender.embedding import Embedder, QueryEncoder, encoder_folder, open_embedder, open_exported
from recommender.engine import Recommender
from recommender.errors import IndexMismatch
from recommender.generation import IndexFolder, live_manifest
from recommender.live import Changes, Journal, Overlay
from recommender.live.vectors import EmbedStories, StoryVectors, embed_with
from recommender.settings import Settings


def open_recommender(settings: Settings) -> Recommender:
    """Open the live index for queries; imports no torch where the model's exported graph is there.

    Raises:
        IndexFault: there is no index, or it cannot be used.
        ModelError: the model of the index cannot be loaded.
    """
    index = IndexFolder(settings.index)
    manifest = live_manifest(index)
    embedder = _embedder(settings, manifest.embedder["model"], manifest.embedder["fingerprint"])
    return Recommender(index, QueryEncoder(embedder, max_waiting=settings.queue))


def open_changes(settings: Settings) -> Changes:
    """Take live changes without a service; the model is loaded when a change first needs it.

    Raises:
        IndexFault: there is no index, or it cannot be used.
    """
    index = IndexFolder(settings.index)
    manifest = live_manifest(index)
    fingerprint, dim = manifest.embedder["fingerprint"], int(manifest.embedder["dim"])

    @lru_cache(maxsize=1)
    def embed() -> EmbedStories:
        embedder = _embedder(settings, manifest.embedder["model"], fingerprint)
        if embedder.fingerprint != fingerprint:
            raise IndexMismatch(f"the index was made with {fingerprint}, the model at hand is {embedder.fingerprint}")
        return embed_with(QueryEncoder(embedder))

    journal = Journal(index.path)
    vectors = StoryVectors(journal, fingerprint, dim, lambda stories: embed()(stories))
    overlay = Overlay(index.open(manifest.name, checksums=False), journal, vectors)
    return Changes(Journal(index.path), overlay.sync, fingerprint, lambda stories: embed()(stories))


def _embedder(settings: Settings, model: str, fingerprint: str) -> Embedder:
    folder = encoder_folder(settings.encoders, fingerprint)
    # One thread as a rule: for a headline two take longer, and more than twice the processor's time, as they wait for
    # each other at each of a hundred small steps.
    threads = settings.threads or 1
    if folder.is_dir():
        return open_exported(folder, threads=threads)
    return open_embedder(model, encoders=settings.encoders, threads=threads)
