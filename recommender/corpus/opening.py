"""What a corpus is called, to the reader of what is there."""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path, PurePosixPath

from recommender.corpus.article import HTML, MARKDOWN, TEXT, ArticleFile
from recommender.corpus.delimited import Delimited
from recommender.corpus.documents import FEED, JSON, SITEMAP, WORDPRESS, DocumentFile, sniff
from recommender.corpus.fetch import Document, Fetcher, Limits
from recommender.corpus.folder import Folder
from recommender.corpus.gathering import Gathered
from recommender.corpus.jsonl import JsonLines
from recommender.corpus.naming import Naming
from recommender.corpus.parquet import Parquet
from recommender.corpus.polish import Polished
from recommender.corpus.reader import CorpusReader
from recommender.corpus.remote import Remote
from recommender.corpus.sitemap import MAX_PAGES, MAX_SITEMAP, SitemapPages
from recommender.corpus.spec import Spec, parse_spec
from recommender.corpus.sql import SqlQuery
from recommender.corpus.streams import DAMAGED, Stream
from recommender.corpus.warc import Warc
from recommender.errors import CorpusError

_FORMATS = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".txt": "text", ".text": "text", ".md": "markdown", ".markdown": "markdown",
    ".html": "html", ".htm": "html", ".xhtml": "html", ".csv": "csv", ".tsv": "tsv", ".tab": "tsv",
    ".parquet": "parquet", ".pq": "parquet", ".xml": "xml", ".rss": "feed", ".atom": "feed", ".rdf": "feed",
    ".wxr": "wordpress", ".json": "json", ".warc": "warc",
}  # fmt: skip
_PACKED = (".gz", ".zst", ".zstd")
_ARTICLES = {"text": TEXT, "markdown": MARKDOWN, "html": HTML}
_KNOWN = (
    "JSON Lines (.jsonl, .ndjson), JSON (.json: records, JSON Feed, ninjs), text (.txt), Markdown (.md), HTML (.html), "
    "CSV (.csv, .tsv), RSS, Atom, sitemaps and WordPress exports (.xml), each also as .gz or .zst; Parquet (.parquet), "
    "WARC (.warc)"
)


def open_corpus(corpus: str | Path, more: Mapping[str, str] | None = None) -> CorpusReader:
    """The reader of a corpus, by the name that a person gives it.

    * A file: JSON Lines, JSON (a list of records, JSON Feed, ninjs), text, Markdown, HTML, CSV, TSV, RSS, Atom, a
      sitemap, a WordPress export, each also packed by gzip or zstd; Parquet; WARC.
    * A folder of those, subfolders too, in order of name; hidden files and README files are not part of it. Markdown
      and HTML may have front matter (YAML, TOML, JSON), and their links to each other become read-more pointers.
    * A URL (`https://…`): a feed, a JSON Feed, a sitemap with the pages behind it, or one page.
    * A database: `sql:sqlite:///news.db#table=stories`, `sql:postgresql://…#query=SELECT …`.

    Options stand behind a `#`, parted by `&`: `news.csv#title=headline&text=body&delimiter=;` says which column holds
    which field, `export#format=csv` what a file is whose name does not say it, `site/#base=https://news.example` where
    a folder's pages are read. `recommender build --help` lists them. `more` are options as well, for every corpus.

    Raises:
        CorpusError: there is nothing there, it cannot be read, its form is not known, or an option is wrong.
        MissingExtra: its form needs an optional part that is not installed.
    """
    spec = parse_spec(corpus, more)
    if spec.is_sql:
        return Gathered(SqlQuery(spec))
    if spec.is_url:
        return Gathered(Remote(spec))
    path = Path(spec.target).expanduser()
    try:
        if path.is_dir():
            folder = Folder(path, partial(_in_folder, spec=spec), _KNOWN)
            return Gathered(folder, folder.drafts, spec.options.get("base", ""))
        if spec.target == "-":
            raise CorpusError(
                "standard input is no corpus, as a corpus is read more than once: write it to a file first"
            )
        if not path.exists():
            raise CorpusError(f"no corpus at {path}: give the path of a file or folder ({_KNOWN}), a URL, or sql:…")
        if not path.is_file():
            raise CorpusError(f"{path} is neither a file nor a folder: write what comes from it to a file first")
        if not os.access(path, os.R_OK):
            raise CorpusError(f"{path} cannot be read: permission denied")
        form = spec.options.get("format") or _form_of(path) or "jsonl"
        reader = _reader(path, path.name, form, spec)
    except (OSError, ValueError) as error:  # a path that is too long, or holds a NUL
        raise CorpusError(f"{str(path)!r} cannot be read: {error}") from None
    if reader is None:
        raise CorpusError(f"{path} has a form that is not known; known are {_KNOWN}")
    return Polished(reader) if isinstance(reader, JsonLines | ArticleFile) else Gathered(reader)


def _in_folder(path: Path, place: str, inside: PurePosixPath, spec: Spec) -> CorpusReader | None:
    form = _form_of(path)
    if form is None or form == SITEMAP or (form == "json" and not _holds_news(path, spec)):
        return None
    return _reader(path, place, form, spec, inside)


def _form_of(path: Path) -> str | None:
    """The form of a file, by its name, or where that leaves it open by its beginning."""
    name = path.name.lower()
    for packed in _PACKED:
        name = name.removesuffix(packed)
    suffix = Path(name).suffix
    if suffix and suffix not in _FORMATS:
        return "unknown"
    form = _FORMATS.get(suffix)
    if form in ("xml", "json", "feed"):
        with Stream.open(path) as stream:
            try:
                head = stream.data.read(1 << 16)
            except DAMAGED:
                return FEED if form != "json" else JSON
        found = sniff(head)
        if form == "json":
            return "jsonl" if _is_lines(head) else "json"
        return found if found in (FEED, SITEMAP, WORDPRESS) else "unknown" if form == "xml" else FEED
    return form


def _holds_news(path: Path, spec: Spec) -> bool:
    """Whether a JSON file of a folder holds stories, and not the settings of a program."""
    named = [f'"{spec.columns[field]}"'.encode() for field in ("title", "text") if field in spec.columns]
    with Stream.open(path) as stream:
        try:
            head = stream.data.read(1 << 16)
        except DAMAGED:
            return False
    return any(sign in head for sign in (b"jsonfeed.org/version", b'"headline', b'"body_', b'"text"', *named))


def _is_lines(head: bytes) -> bool:
    """Whether a file of JSON holds a record a line: an object on its first line, another on its second."""
    first, _, rest = head.lstrip(b"\xef\xbb\xbf \r\n\t").partition(b"\n")
    return first.rstrip().endswith(b"}") and first.startswith(b"{") and rest.lstrip().startswith(b"{")


def _reader(path: Path, place: str, form: str, spec: Spec, inside: PurePosixPath | None = None) -> CorpusReader | None:
    naming = Naming(spec.columns) if spec.columns else None
    if form in _ARTICLES:
        return ArticleFile(path, _ARTICLES[form], place, inside, spec.options)
    if form == "jsonl":
        return JsonLines(path, place, naming=naming)
    if form in ("csv", "tsv"):
        return Delimited(path, spec, place)
    if form == "parquet":
        return Parquet(path, spec, place)
    if form == "warc":
        return Warc(path, place)
    if form == SITEMAP:
        return _local_sitemap(path, spec)
    if form in (FEED, WORDPRESS):
        return DocumentFile(path, form, place)
    return DocumentFile(path, JSON, place, naming) if form in ("json", "jsonfeed", "ninjs") else None


def _local_sitemap(path: Path, spec: Spec) -> CorpusReader:
    """A sitemap that lies in a file: its pages are fetched all the same."""
    with Stream.open(path) as stream:
        data = stream.data.read(MAX_SITEMAP)
    fetcher = Fetcher(Limits(private=spec.flag("private")))
    return SitemapPages(path.name, fetcher, spec.number("max_pages", MAX_PAGES), Document(path.name, data))
