"""A rebuild from corpora to a promoted generation: what `recommender build` does."""

import contextlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from recommender.build import Draft, build
from recommender.corpus import open_corpus
from recommender.embedding import Embedder, model_folder, open_embedder
from recommender.errors import CorpusError, IndexFault
from recommender.generation import Generation, IndexFolder, Manifest, write_manifest
from recommender.live import Journal
from recommender.live.fold import Fold
from recommender.live.vectors import needed_keys
from recommender.progress import Progress, Silent
from recommender.quality import check_promotion, finish
from recommender.settings import Settings


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild made: its manifest, whether it is live now, and how it compares.

    `before` is how many stories the generation had that was live until then, 0 where there was none.
    """

    manifest: Manifest
    promoted: bool
    comparison: str | None
    before: int


def embedder_for(settings: Settings, progress: Progress | None = None) -> Embedder:
    """The embedder of a build: its exported graphs and its cache live in the index folder."""
    return open_embedder(
        settings.model,
        encoders=settings.encoders,
        cache=settings.embeddings,
        threads=settings.threads or None,
        notice=progress.note if progress else None,
    )


def rebuild(
    settings: Settings,
    corpora: Sequence[str | Path],
    *,
    strict: bool = False,
    promote: bool = True,
    force: bool = False,
    list_rejects: bool = True,
    progress: Progress | None = None,
) -> Rebuilt:
    """Build a generation from corpora, fit and measure its ranking, verify it and make it the live one.

    Args:
        settings: the index, the model.
        corpora: paths.
        strict: fail on the first rejected record.
        promote: make it the live one.
        force: promote it even where it is worse than the live one.
        list_rejects: write a list of the rejected records beside the generation.
        progress: is told of each step.

    Raises:
        CorpusError: no corpus, or nothing in it.
        IndexFault: the index folder cannot be used, or another process is changing it.
        ModelError: the model cannot be loaded.
        PromotionRefused: it is worse than the live generation by more than the interval; it is built all the same.
    """
    progress = progress or Silent()
    if not corpora:
        raise CorpusError("name a corpus: a file or folder of stories")
    readers = [open_corpus(path, progress=progress) for path in corpora]
    index = IndexFolder(settings.index)
    with index.lock(make=True):
        index.clear()
        progress.step(f"Loading the model {settings.model}", None)
        embedder = embedder_for(settings, progress)
        journal = Journal(settings.index)
        try:
            draft = build(
                readers,
                index,
                embedder,
                model_folder=model_folder(settings.model),
                changes=Fold(journal),
                strict=strict,
                list_rejects=list_rejects,
                progress=progress,
            )
        finally:
            journal.close()
            embedder.close()
        return _settle(settings, index, draft, promote=promote, force=force, progress=progress)


def retune(settings: Settings, *, force: bool = False, progress: Progress | None = None) -> Rebuilt:
    """Fit and measure the ranking of the live generation again, as a new generation of the same stories.

    Raises:
        IndexFault: there is no index, or it cannot be used.
        PromotionRefused: it is worse than the live one.
    """
    index = IndexFolder(settings.index)
    with index.lock():
        index.clear()
        draft = _copy_of_live(index)
        return _settle(settings, index, draft, promote=True, force=force, progress=progress or Silent(), refit=True)


def _copy_of_live(index: IndexFolder) -> Draft:
    """The live generation's files under a new name; they never change, so both may share them.

    Raises:
        IndexFault: the disk is full, or fails.
    """
    with contextlib.closing(index.open_live()) as live:
        name, folder = index.create()
        made_anew = {live.layout.ranker.name, live.layout.quality.name}
        try:
            for file in live.manifest.files:
                if file not in made_anew:
                    (folder / file).parent.mkdir(parents=True, exist_ok=True)
                    _share(live.folder / file, folder / file)
            return Draft(write_manifest(folder, replace(live.manifest, name=name, quality={})), folder)
        except BaseException as error:
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, OSError):
                raise IndexFault(f"{index.path}: what is live cannot be copied ({error})") from None
            raise


def _share(file: Path, other: Path) -> None:
    try:
        os.link(file, other)
    except OSError:  # some file systems know no second name of a file
        shutil.copyfile(file, other)


def _settle(
    settings: Settings,
    index: IndexFolder,
    draft: Draft,
    *,
    promote: bool,
    force: bool,
    progress: Progress,
    refit: bool = False,
) -> Rebuilt:
    with contextlib.ExitStack() as stack:
        live = _live(index)
        if live is not None:
            stack.callback(live.close)
        try:
            manifest = finish(draft.folder, draft.manifest, live, progress, refit=refit)
            progress.step("Verifying", None)
            index.adopt(manifest.name, draft.folder)
        except BaseException:
            shutil.rmtree(draft.folder, ignore_errors=True)
            raise
        comparison = None
        if promote:
            if live is not None and not force:
                with contextlib.closing(index.open(manifest.name, checksums=False)) as candidate:
                    comparison = check_promotion(candidate, live)
            index.promote(manifest.name)
    index.prune(settings.keep_generations)
    try:
        _tidy_journal(index)
    except IndexFault as fault:  # no reason to call a generation failed that is there, and live
        progress.note(f"the journal was not tidied up: {fault}")
    return Rebuilt(manifest, promote, comparison, live.manifest.rows if live is not None else 0)


def _tidy_journal(index: IndexFolder) -> None:
    """Remove from the journal what no generation needs."""
    kept = [one.manifest for one in index.listing() if one.manifest]
    with contextlib.closing(Journal(index.path)) as journal:
        journal.compact(min(one.journal for one in kept))
        journal.keep_vectors(partial(needed_keys, {one.embedder["fingerprint"] for one in kept}))


def _live(index: IndexFolder) -> Generation | None:
    """The live generation, or None where there is none that can be opened."""
    try:
        return index.open_live(checksums=False)
    except IndexFault:
        return None
