"""One article a file: plain text, Markdown or HTML, with or without front matter."""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from markdown_it import MarkdownIt

from recommender.corpus.frontmatter import split_front_matter
from recommender.corpus.gathering import Drafted
from recommender.corpus.reader import FileReader, Rejected, parsed_story
from recommender.corpus.site import SiteFile, without_templates
from recommender.corpus.streams import DAMAGED, Stream, decode_text
from recommender.errors import RecordError
from recommender.readmore import cut_record, html_article
from recommender.readmore.records import complete_url
from recommender.stories import Story

MAX_FILE = 64 << 20
"""Longest article, in bytes."""

TEXT, MARKDOWN, HTML = "text", "markdown", "html"

MAX_MARKDOWN = 16 << 20
"""The same in Markdown, whose parser takes some seconds a megabyte at worst."""

_MAX_HEADLINE = 200
_markdown = MarkdownIt("commonmark", {"html": True, "breaks": True}).enable("table")


class ArticleFile(FileReader):
    """A file that is one story (`CorpusReader`); `form` is one of TEXT, MARKDOWN, HTML.

    `inside` is its path below a folder that is a site, with the site's options.
    """

    def __init__(
        self,
        path: Path,
        form: str,
        place: str | None = None,
        inside: PurePosixPath | None = None,
        options: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(path, place)
        self._form = form
        self._inside = inside
        self._options = options or {}

    def __str__(self) -> str:
        return self.name

    def __iter__(self) -> Iterator[Story | Rejected]:
        for draft in self.drafts():
            yield draft.item

    def drafts(self) -> Iterator[Drafted]:
        """The story, with the names under which other files of the site link to it."""
        yield self.draft()

    def draft(self) -> Drafted:
        """The one of `drafts`."""
        try:
            with Stream.open(self._path) as stream:
                most = MAX_MARKDOWN if self._form == MARKDOWN else MAX_FILE
                data = stream.data.read(most + 1)
            if len(data) > most:
                return Drafted(Rejected(self.name, f"longer than {most:,} bytes"))
            return self._story(decode_text(data, is_html=self._form == HTML))
        except DAMAGED as error:
            return Drafted(Rejected(self.name, f"cannot be read: {error}"))
        except (RecordError, ValueError) as error:
            return Drafted(Rejected(self.name, str(error)))
        except RecursionError:
            return Drafted(Rejected(self.name, "nested too deep"))

    def _story(self, text: str) -> Drafted:
        if self._form == TEXT or self._inside is None:
            return Drafted(parsed_story(article_record(text, self._form)))
        fields, body = split_front_matter(text.replace("\r\n", "\n"))
        site = SiteFile(self._inside, fields, self._options)
        record = _record(fields, without_templates(body), self._form, site)
        return Drafted(parsed_story(record), site.keys())


def article_record(text: str, form: str) -> dict[str, Any]:
    """The corpus record that the text of a file says; fields of its front matter come before what is found in it.

    Without a `title` field it is the page's or document's heading; in plain text the first line, if it stands alone
    above a blank line and is no sentence. A text without a headline has none: its story is known by its body.

    Raises:
        ValueError: the front matter cannot be read.
    """
    return _record(*split_front_matter(text.replace("\r\n", "\n")), form)


def _record(fields: dict[str, Any], body: str, form: str, site: SiteFile | None = None) -> dict[str, Any]:
    if form == TEXT:
        if not fields.get("title"):
            fields["title"], body = _split_headline(body)
        return dict(cut_record({**fields, "text": body.strip()}))
    html = _markdown.render(body) if form == MARKDOWN else body
    url = fields.get("url") if site is None else site.url()
    page = html_article(html, url if isinstance(url, str) else None, site.link_base if site and not url else None)
    record = page.to_record(in_text=True)
    listed = fields.get("read_more")
    if isinstance(listed, list):
        record["read_more"] = listed + record["read_more"]
    record |= {name: value for name, value in fields.items() if name not in ("read_more", "permalink")}
    if isinstance(image := record.get("image"), str):
        record["image"] = complete_url(image, url or record.get("url"))
    if site is not None:
        site.day = site.day or record.get("published")  # as the page itself says
        record["url"] = url or site.url() or record.get("url")
        record["published"] = record.get("published") or site.day
        record["section"] = record.get("section") or site.section
    return record


def _split_headline(text: str) -> tuple[str, str]:
    text = text.lstrip()
    first, _, rest = text.partition("\n")
    first = first.strip()
    stands_alone = bool(rest.strip()) and not rest.partition("\n")[0].strip()
    if stands_alone and len(first) <= _MAX_HEADLINE and not first.endswith((".", ",", ";", ":")):
        return first, rest
    return "", text
