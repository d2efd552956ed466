"""What a corpus is, told by its name, its media type or its beginning, and the reader of each form of file."""

import contextlib
import io
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from recommender.corpus.answers import Document
from recommender.corpus.article import HTML, MARKDOWN, TEXT, ArticleFile
from recommender.corpus.delimited import Delimited
from recommender.corpus.documents import FEED, JSON, SITEMAP, WORDPRESS, DocumentFile, sniff
from recommender.corpus.fetch import Fetcher, Limits
from recommender.corpus.jsonl import JsonLines
from recommender.corpus.naming import naming_of
from recommender.corpus.parquet import Parquet
from recommender.corpus.reader import CorpusReader
from recommender.corpus.sitemap import MAX_PAGES, MAX_SITEMAP, SitemapPages
from recommender.corpus.spec import Spec
from recommender.corpus.streams import DAMAGED, Stream
from recommender.corpus.warc import Warc

_FORMATS = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".txt": "text", ".text": "text", ".md": "markdown", ".markdown": "markdown",
    ".html": "html", ".htm": "html", ".xhtml": "html", ".csv": "csv", ".tsv": "tsv", ".tab": "tsv",
    ".parquet": "parquet", ".pq": "parquet", ".xml": "xml", ".rss": "feed", ".atom": "feed", ".rdf": "feed",
    ".wxr": "wordpress", ".json": "json", ".warc": "warc",
}  # fmt: skip
_HEAD = 1 << 16
_PACKED = (".gz", ".zst", ".zstd")
_KINDS = {
    "text/csv": "csv", "application/csv": "csv", "text/tab-separated-values": "tsv", "text/markdown": "markdown",
    "application/jsonl": "jsonl", "application/x-jsonl": "jsonl", "application/jsonlines": "jsonl",
    "application/x-jsonlines": "jsonl", "application/x-ndjson": "jsonl", "application/ndjson": "jsonl",
    "application/vnd.apache.parquet": "parquet", "application/warc": "warc", "text/plain": "text",
}  # fmt: skip
_SNIFFED = ("xml", "json", "feed")
"""Forms that a name leaves open."""
JSON_FORMS = ("json", "jsonfeed", "ninjs")
"""What one reader of JSON documents reads."""
STREAMED = ("jsonl", "csv", "tsv", "parquet", "warc", WORDPRESS)
"""Forms that are read piece by piece, so that a file of them may be long."""
_ARTICLES = {"text": TEXT, "markdown": MARKDOWN, "html": HTML}
KNOWN = (
    "JSON Lines (.jsonl, .ndjson), JSON (.json: records, JSON Feed, ninjs), text (.txt), Markdown (.md), HTML (.html), "
    "CSV (.csv, .tsv), RSS, Atom, sitemaps and WordPress exports (.xml), each also as .gz or .zst; Parquet (.parquet), "
    "WARC (.warc)"
)
"""The forms of files, for a person."""


def form_of(path: Path) -> str | None:
    """The form of a file, by its name, or where that leaves it open by its beginning; "unknown" of a strange name."""
    form = _by_suffix(path.name)
    if form not in _SNIFFED:
        return form
    with Stream.open(path) as stream:
        try:
            head = stream.data.read(_HEAD)
        except DAMAGED:
            return FEED if form != "json" else JSON
    found = sniff(head)
    if form == "json":
        return _json_form(head)
    return found if found in (FEED, SITEMAP, WORDPRESS) else "unknown" if form == "xml" else FEED


def form_of_document(document: Document, name: str) -> str | None:
    """The form of what an address answered, or began to answer: by its beginning, where that is XML or a page, whatever
    it is called; else by the name of the file in the address, by the media type, and by the beginning again.
    """
    head = beginning(document)
    found = sniff(head)
    if found is not None and found != JSON:
        return found
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"WARC/"):
        return "warc"
    for path in (urlsplit(name).path, urlsplit(document.url).path):
        form = _by_suffix(path.rpartition("/")[2])
        if form is not None and form != "unknown" and form not in _SNIFFED:
            return form
    form = _KINDS.get(document.kind)
    return _json_form(head) if found == JSON and form in (None, "text") else form


def beginning(document: Document) -> bytes:
    """The first bytes of what was fetched, unpacked."""
    head = b""
    with Stream.of(io.BytesIO(document.data or b"")) as stream, contextlib.suppress(*DAMAGED):
        while len(head) < _HEAD and (block := stream.read_some(_HEAD)):
            head += block
    return head


def _by_suffix(name: str) -> str | None:
    name = name.lower()
    for packed in _PACKED:
        name = name.removesuffix(packed)
    suffix = Path(name).suffix
    return _FORMATS.get(suffix, "unknown") if suffix else None


def _json_form(head: bytes) -> str:
    """Lines, where a file of JSON holds a record a line: an object on its first line, another on its second."""
    first, _, rest = head.lstrip(b"\xef\xbb\xbf \r\n\t").partition(b"\n")
    is_lines = first.rstrip().endswith(b"}") and first.startswith(b"{") and rest.lstrip().startswith(b"{")
    return "jsonl" if is_lines else JSON


def reader_of(
    path: Path,
    place: str,
    form: str,
    spec: Spec,
    inside: PurePosixPath | None = None,
    fetched: Document | None = None,
) -> CorpusReader | None:
    """The reader of a file that has this form; None where there is none of it.

    `inside` is its path below a folder that is a site, `fetched` what is known of one that came from an address.
    """
    naming = naming_of(spec.columns, spec.base)
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
    if form in (FEED, WORDPRESS) or form in JSON_FORMS:
        url, charset = (fetched.url, fetched.charset) if fetched else (None, None)
        form = JSON if form in JSON_FORMS else form
        return DocumentFile(path, form, place, naming, url, charset, spec.options.get("records"))
    return None


def _local_sitemap(path: Path, spec: Spec) -> CorpusReader:
    """A sitemap that lies in a file: its pages are fetched all the same."""
    with path.open("rb") as file:
        data = file.read(MAX_SITEMAP + 1)
    fetcher = Fetcher(Limits(private=spec.flag("private")))
    return SitemapPages(path.name, fetcher, spec.number("max_pages", MAX_PAGES), Document(path.name, data))
