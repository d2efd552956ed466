"""One article a file: plain text, Markdown or HTML, with or without front matter."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from recommender.corpus.frontmatter import split_front_matter
from recommender.corpus.reader import Rejected
from recommender.corpus.streams import DAMAGED, Stream, decode_text
from recommender.errors import RecordError
from recommender.readmore import cut_record, html_article
from recommender.stories import Story, story_from_record

MAX_FILE = 64 << 20
"""Longest article, in bytes."""

TEXT, MARKDOWN, HTML = "text", "markdown", "html"

_MAX_HEADLINE = 200
_markdown = MarkdownIt("commonmark", {"html": True, "breaks": True}).enable("table")


class ArticleFile:
    """A file that is one story (`CorpusReader`); `form` is one of TEXT, MARKDOWN, HTML."""

    def __init__(self, path: Path, form: str, place: str | None = None) -> None:
        self._path = path
        self._form = form
        self.name = place or path.name
        self.size_bytes = path.stat().st_size
        self.position = 0

    def __iter__(self) -> Iterator[Story | Rejected]:
        self.position = 0
        item = self._item()
        self.position = self.size_bytes
        yield item

    def _item(self) -> Story | Rejected:
        try:
            with Stream.open(self._path) as stream:
                data = stream.data.read(MAX_FILE + 1)
            if len(data) > MAX_FILE:
                return Rejected(self.name, f"longer than {MAX_FILE:,} bytes")
            return story_from_record(article_record(decode_text(data, is_html=self._form == HTML), self._form))
        except DAMAGED as error:
            return Rejected(self.name, f"cannot be read: {error}")
        except (RecordError, ValueError) as error:
            return Rejected(self.name, str(error))
        except RecursionError:
            return Rejected(self.name, "nested too deep")


def article_record(text: str, form: str) -> dict[str, Any]:
    """The corpus record that the text of a file says; fields of its front matter come before what is found in it.

    Without a `title` field it is the page's or document's heading; in plain text the first line, if it stands alone
    above a blank line and is no sentence. A text without a headline has none: its story is known by its body.

    Raises:
        ValueError: the front matter cannot be read.
    """
    fields, body = split_front_matter(text.replace("\r\n", "\n"))
    if form == TEXT:
        if not fields.get("title"):
            fields["title"], body = _split_headline(body)
        return dict(cut_record({**fields, "text": body.strip()}))
    html = _markdown.render(body) if form == MARKDOWN else body
    url = fields.get("url")
    record = html_article(html, url if isinstance(url, str) else None).to_record()
    listed = fields.get("read_more")
    if isinstance(listed, list):
        record["read_more"] = listed + record["read_more"]
    return record | {name: value for name, value in fields.items() if name != "read_more"}


def _split_headline(text: str) -> tuple[str, str]:
    text = text.lstrip()
    first, _, rest = text.partition("\n")
    first = first.strip()
    stands_alone = bool(rest.strip()) and not rest.partition("\n")[0].strip()
    if stands_alone and len(first) <= _MAX_HEADLINE and not first.endswith((".", ",", ";", ":")):
        return first, rest
    return "", text
