"""Files that a corpus waits in while it is read."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from recommender.errors import CorpusError
from recommender.scratch import scratch_folder

_PREFIX = "recommender-corpus-"


@contextlib.contextmanager
def temporary_file() -> Iterator[BinaryIO]:
    """A file without a name, to write and read again.

    Raises:
        CorpusError: there is no place for it.
    """
    with disk_faults():
        file = cast(BinaryIO, tempfile.TemporaryFile(prefix=_PREFIX))  # noqa: SIM115 - closed below
    try:
        yield file
    finally:
        with contextlib.suppress(OSError):  # of what could not be written a second time
            file.close()


@contextlib.contextmanager
def temporary_path() -> Iterator[Path]:
    """A path to write to, for a reader of files; what was written is removed with its folder.

    Raises:
        CorpusError: there is no place for it.
    """
    with contextlib.ExitStack() as stack:
        with disk_faults():
            folder = stack.enter_context(scratch_folder(_PREFIX))
        yield folder / "corpus"


@contextlib.contextmanager
def disk_faults() -> Iterator[None]:
    """Name the folder of temporary files, which is often on another disk than the index."""
    try:
        yield
    except OSError as error:
        folder = tempfile.tempdir or "none"
        raise CorpusError(
            f"the folder of temporary files, {folder}, cannot be written ({error.strerror}): "
            "stories wait there while a corpus is read; make room, or set TMPDIR to another folder"
        ) from None
