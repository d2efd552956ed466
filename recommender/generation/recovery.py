"""At start: clear away what a killed process left, and find a generation that can be served."""

import contextlib
import logging

from recommender.errors import IndexCorrupt, IndexFault, IndexFormat, IndexMissing
from recommender.generation.folder import IndexFolder
from recommender.generation.manifest import Manifest, read_manifest

log = logging.getLogger(__name__)


def live_manifest(index: IndexFolder) -> Manifest:
    """The manifest of a generation that can be served: the live one, else the last good one, which goes live.

    Raises:
        IndexMissing: there is no generation at all.
        IndexFault: none can be used; says what to do.
    """
    with contextlib.suppress(IndexFault):  # another process builds, or the folder cannot be written: leave it
        index.sweep()
    try:
        manifest = read_manifest(index.folder_of(index.live_name()))
        index.verify(manifest.name)
    except (IndexCorrupt, IndexFormat, IndexMissing) as fault:
        return _fall_back(index, fault)
    return manifest


def _fall_back(index: IndexFolder, fault: IndexFault) -> Manifest:
    names = index.candidates()
    for name in names:
        try:
            manifest = read_manifest(index.folder_of(name))
            index.verify(name)
        except IndexFault:
            continue
        index.repoint(name)
        log.error("%s; generation %s is served instead", fault, name)
        return manifest
    if not names:
        raise fault
    raise IndexCorrupt(
        f"no generation in {index.path} can be used ({fault}): build one with `recommender build CORPUS --index "
        f"{index.path}`, or restore the folder from a backup"
    )
