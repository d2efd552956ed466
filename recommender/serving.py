"""A recommender for serving: the live generation, and the encoder that it was made with."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing

from recommender.embedding import Embedder, Encoded, QueryEncoder, encoder_folder, open_embedder, open_exported
from recommender.engine import Recommender
from recommender.generation import IndexFolder, Manifest, live_manifest
from recommender.live import Changes, Journal, Overlay
from recommender.live.vectors import StoryVectors, embed_with
from recommender.settings import Settings
from recommender.stories import Story


def open_recommender(settings: Settings) -> Recommender:
    """Open the live index for queries; imports no torch where the model's exported graph is there.

    Raises:
        IndexFault: there is no index, or it cannot be used.
        ModelError: the model of the index cannot be loaded.
    """
    index = IndexFolder(settings.index)
    manifest = live_manifest(index)
    embedder = _embedder(settings, manifest)
    return Recommender(index, QueryEncoder(embedder, max_waiting=settings.queue))


def open_changes(settings: Settings) -> Changes:
    """Take live changes without a service; the model is loaded when a change first needs it. To be closed, with which
    all of it is let go.

    Raises:
        IndexFault: there is no index, or it cannot be used.
    """
    index = IndexFolder(settings.index)
    manifest = live_manifest(index)
    fingerprint, dim = manifest.embedder["fingerprint"], int(manifest.embedder["dim"])

    def embedder() -> Embedder:
        found = _embedder(settings, manifest)
        manifest.check_embedder(found.fingerprint)
        return found

    with ExitStack() as opened:
        encoder = opened.enter_context(closing(_LateEncoder(embedder)))
        journal = opened.enter_context(closing(Journal(index.path)))
        base = opened.enter_context(closing(index.open(manifest.name, checksums=False)))
        overlay = Overlay(base, journal, StoryVectors(journal, fingerprint, dim, encoder.embed))
        own = Journal(index.path)
        return Changes(own, overlay.sync, fingerprint, encoder.embed, opened.pop_all().close)


class _LateEncoder:
    """An encoder whose model is loaded when a story first needs it."""

    def __init__(self, load: Callable[[], Embedder]) -> None:
        self._load = load
        self._encoder: QueryEncoder | None = None

    def embed(self, stories: Sequence[Story]) -> list[Encoded]:
        """The vectors of some stories."""
        if self._encoder is None:
            self._encoder = QueryEncoder(self._load())
        return embed_with(self._encoder)(stories)

    def close(self) -> None:
        """End the encoder, if there is one."""
        if self._encoder is not None:
            self._encoder.close()


def _embedder(settings: Settings, manifest: Manifest) -> Embedder:
    folder = encoder_folder(settings.encoders, manifest.embedder["fingerprint"])
    # One thread as a rule: for a headline two take longer, and more than twice the processor's time, as they wait for
    # each other at each of a hundred small steps.
    threads = settings.threads or 1
    if folder.is_dir():
        return open_exported(folder, threads=threads)
    return open_embedder(manifest.model, encoders=settings.encoders, threads=threads)
