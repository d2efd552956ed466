"""What a corpus is called, to the reader of what is there."""

import os
from functools import partial
from pathlib import Path, PurePosixPath

from recommender.corpus.article import ArticleFile
from recommender.corpus.documents import SITEMAP
from recommender.corpus.folder import Folder
from recommender.corpus.forms import KNOWN, form_of, reader_of
from recommender.corpus.gathering import Gathered
from recommender.corpus.jsonl import JsonLines
from recommender.corpus.naming import spellings
from recommender.corpus.polish import Polished
from recommender.corpus.reader import CorpusReader
from recommender.corpus.remote import Remote
from recommender.corpus.spec import Spec, parse_spec
from recommender.corpus.sql import SqlQuery
from recommender.corpus.streams import DAMAGED, Stream
from recommender.errors import CorpusError
from recommender.progress import Progress


def open_corpus(corpus: str | Path, *, progress: Progress | None = None) -> CorpusReader:
    """The reader of a corpus, by the name that a person gives it.

    * A file: JSON Lines, JSON (a list of records, JSON Feed, ninjs), text, Markdown, HTML, CSV, TSV, RSS, Atom, a
      sitemap, a WordPress export, each also packed by gzip or zstd; Parquet; WARC.
    * A folder of those, subfolders too, in order of name; hidden files and README files are not part of it. Markdown
      and HTML may have front matter (YAML, TOML, JSON), and their links to each other become read-more pointers.
    * A URL (`https://…`): a feed, a sitemap with the pages behind it, one page, or any file that is named above.
    * A database: `sql:sqlite:///news.db#table=stories`, `sql:postgresql://…#query=SELECT …`.

    Options stand behind a `#`, parted by `&`: `news.csv#title=headline&text=body&delimiter=;` says which column holds
    which field, `export#format=csv` what a file is whose name does not say it, `site/#base=https://news.example` where
    a folder's pages are read. `recommender build --help` lists them.

    `progress` is told how much of a long file was fetched.

    Raises:
        CorpusError: there is nothing there, it cannot be read, its form is not known, or an option is wrong.
        MissingExtra: its form needs an optional part that is not installed.
    """
    spec = parse_spec(corpus)
    if spec.is_sql:
        return Gathered(SqlQuery(spec))
    if spec.is_url:
        return Gathered(Remote(spec, progress=progress))
    path = Path(spec.target).expanduser()
    try:
        if path.is_dir():
            folder = Folder(path, partial(_in_folder, spec=spec), KNOWN)
            return Gathered(folder, folder.drafts, spec.options.get("base", ""))
        if spec.target == "-":
            raise CorpusError(
                "standard input is no corpus, as a corpus is read more than once: write it to a file first"
            )
        if not path.exists():
            raise CorpusError(f"no corpus at {path}: give the path of a file or folder ({KNOWN}), a URL, or sql:…")
        if not path.is_file():
            raise CorpusError(f"{path} is neither a file nor a folder: write what comes from it to a file first")
        if not os.access(path, os.R_OK):
            raise CorpusError(f"{path} cannot be read: permission denied")
        form = spec.options.get("format") or form_of(path) or "jsonl"
        reader = reader_of(path, path.name, form, spec)
    except (OSError, ValueError) as error:  # a path that is too long, or holds a NUL
        raise CorpusError(f"{str(path)!r} cannot be read: {error}") from None
    if reader is None:
        if not path.stat().st_size:
            raise CorpusError(f"{path} is empty")
        raise CorpusError(f"{path} has a form that is not known; known are {KNOWN}")
    return Polished(reader) if isinstance(reader, JsonLines | ArticleFile) else Gathered(reader)


def _in_folder(path: Path, place: str, inside: PurePosixPath, spec: Spec) -> CorpusReader | None:
    form = form_of(path)
    if form is None or form == SITEMAP or (form == "json" and not _holds_news(path, spec)):
        return None
    return reader_of(path, place, form, spec, inside)


def _holds_news(path: Path, spec: Spec) -> bool:
    """Whether a JSON file of a folder holds stories, and not the settings of a program."""
    named = [sign for field in ("title", "text") for sign in spellings(spec.columns.get(field, "text"))]
    with Stream.open(path) as stream:
        try:
            head = stream.data.read(1 << 16)
        except DAMAGED:
            return False
    return any(sign in head for sign in (b"jsonfeed.org/version", b'"headline', b'"body_', *named))
