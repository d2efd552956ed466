"""A folder of files of any known form."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path, PurePosixPath
from typing import cast

from recommender.corpus.article import ArticleFile
from recommender.corpus.gathering import Drafted
from recommender.corpus.reader import CorpusReader, Rejected
from recommender.errors import CorpusError
from recommender.parallel import ParallelMap
from recommender.stories import Story

_LEFT_OUT = frozenset({"readme", "license", "licence", "contributing", "changelog", "code_of_conduct", "security"})
_NO_STORIES = frozenset(
    {"node_modules", "_site", "_includes", "_layouts", "_data", "_sass", "layouts", "themes", "static"}
)


class Folder:
    """The files below a folder (`CorpusReader`) whose form is known.

    `open_file` gives the reader of a file, by its path, its place and its path below the folder.
    """

    def __init__(
        self, path: Path, open_file: Callable[[Path, str, PurePosixPath], CorpusReader | None], known: str
    ) -> None:
        self._path = path
        self._open = open_file
        self.name = path.resolve().name
        are_known = Counter(reader is not None for reader in self._opened())
        if not are_known[True]:
            others = f" ({are_known[False]:,} files of other forms)" if are_known[False] else ""
            raise CorpusError(f"no articles in the folder {path}{others}; known are {known}")

    def __iter__(self) -> Iterator[Story | Rejected]:
        for draft in self.drafts():
            yield draft.item

    def drafts(self) -> Iterator[Drafted]:
        """The stories, with the names under which files of the folder link to them."""
        with ParallelMap(ArticleFile.draft, attrgetter("size_bytes")) as parallel:
            for are_articles, readers in groupby(self._readers(), lambda reader: isinstance(reader, ArticleFile)):
                if are_articles:
                    for _, draft in parallel.map(cast(Iterator[ArticleFile], readers)):
                        yield draft
                    continue
                for reader in readers:
                    if isinstance(reader, Rejected):
                        yield Drafted(reader)
                        continue
                    assert not isinstance(reader, ArticleFile)
                    for item in reader:
                        yield Drafted(item)

    def _readers(self) -> Iterator[CorpusReader | Rejected]:
        """The reader of every file whose form is known, or why it cannot be opened."""
        return (reader for reader in self._opened() if reader is not None)

    def _opened(self) -> Iterator[CorpusReader | Rejected | None]:
        for file in self._files():
            try:
                reader = self._reader(file)
            except OSError as error:
                yield Rejected(self._place(file), f"cannot be read: {error.strerror or error}")
            else:
                yield reader

    def _reader(self, file: Path) -> CorpusReader | None:
        return self._open(file, self._place(file), PurePosixPath(file.relative_to(self._path).as_posix()))

    def _place(self, file: Path) -> str:
        return f"{self.name}/{file.relative_to(self._path).as_posix()}"

    def _files(self) -> Iterator[Path]:
        """Files in order of name, folder by folder; links to folders are not followed."""
        for folder, subfolders, names in os.walk(self._path, onerror=_refuse):
            subfolders[:] = sorted(
                name for name in subfolders if not name.startswith(".") and name.lower() not in _NO_STORIES
            )
            for name in sorted(names):
                file = Path(folder, name)
                if not name.startswith(".") and Path(name).stem.lower() not in _LEFT_OUT and file.is_file():
                    yield file


def _refuse(error: OSError) -> None:
    raise CorpusError(f"the folder {error.filename} cannot be read: {error.strerror}") from None
