"""A path to the reader of what is there: one file, or a folder of files of any known form."""

import os
from collections.abc import Iterator
from pathlib import Path

from recommender.corpus.article import HTML, MARKDOWN, TEXT, ArticleFile
from recommender.corpus.jsonl import JsonLines
from recommender.corpus.reader import CorpusReader, Rejected
from recommender.errors import CorpusError
from recommender.stories import Story

_RECORDS = (".jsonl", ".ndjson")
_FORMS = {
    ".txt": TEXT,
    ".text": TEXT,
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
}
_PACKED = (".gz", ".zst", ".zstd")
_SNIFFED = (".json", "", *_PACKED)
_KNOWN = "JSON Lines (.jsonl, .ndjson), text (.txt), Markdown (.md), HTML (.html), each also as .gz or .zst"


def open_corpus(path: str | Path) -> CorpusReader:
    """The reader of a file or folder.

    In a folder every file of a known form is read, subfolders too, in order of name; hidden files and README files
    are not part of it.

    Raises:
        CorpusError: there is nothing there, it cannot be read, or its form is not known.
    """
    path = Path(path).expanduser()
    try:
        if path.is_dir():
            return Folder(path)
        if not path.exists():
            raise CorpusError(f"no corpus at {path}: give the path of a file or folder ({_KNOWN})")
        if not path.is_file():
            raise CorpusError(f"{path} is neither a file nor a folder")
        if not os.access(path, os.R_OK):
            raise CorpusError(f"{path} cannot be read: permission denied")
        reader = _file_reader(path, path.name, lenient=True)
    except (OSError, ValueError) as error:  # a path that is too long, or holds a NUL
        raise CorpusError(f"{str(path)!r} cannot be read: {error}") from None
    if reader is None:
        raise CorpusError(f"{path} has a form that is not known; known are {_KNOWN}")
    return reader


def _file_reader(path: Path, place: str, *, lenient: bool = False) -> CorpusReader | None:
    """The reader for a file's name; `lenient`: a name that says nothing is taken for records."""
    name = path.name.lower()
    for packed in _PACKED:
        name = name.removesuffix(packed)
    suffix = Path(name).suffix
    if suffix in _RECORDS or (lenient and suffix in _SNIFFED):
        return JsonLines(path, place)
    return ArticleFile(path, _FORMS[suffix], place) if suffix in _FORMS else None


class Folder:
    """The files below a folder (`CorpusReader`); `skipped` counts those whose form is not known."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = path.resolve().name
        self.position = 0
        self.size_bytes = 0
        self.skipped = 0
        files = 0
        for file in self._files():
            if reader := self._reader(file):
                files += 1
                self.size_bytes += reader.size_bytes or 0
            else:
                self.skipped += 1
        if not files:
            others = f" ({self.skipped:,} files of other forms)" if self.skipped else ""
            raise CorpusError(f"no articles in the folder {path}{others}; known are {_KNOWN}")

    def __iter__(self) -> Iterator[Story | Rejected]:
        self.position = done = 0
        for file in self._files():
            try:
                reader = self._reader(file)
            except OSError as error:
                yield Rejected(self._place(file), f"cannot be read: {error.strerror or error}")
                continue
            if reader is None:
                continue
            for item in reader:
                self.position = done + reader.position
                yield item
            done += reader.size_bytes or 0
            self.position = done

    def _reader(self, file: Path) -> CorpusReader | None:
        return _file_reader(file, self._place(file))

    def _place(self, file: Path) -> str:
        return f"{self.name}/{file.relative_to(self._path).as_posix()}"

    def _files(self) -> Iterator[Path]:
        """Files in order of name, folder by folder; links to folders are not followed."""
        for folder, subfolders, names in os.walk(self._path, onerror=_refuse):
            subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
            for name in sorted(names):
                file = Path(folder, name)
                if not name.startswith(".") and Path(name).stem.lower() != "readme" and file.is_file():
                    yield file


def _refuse(error: OSError) -> None:
    raise CorpusError(f"the folder {error.filename} cannot be read: {error.strerror}") from None
