"""A folder of Markdown or HTML is a site: the address of a file, and the names under which other files link to it."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from recommender.corpus.markup import http_url
from recommender.news_dates import news_date
from recommender.readmore import canonical_url

HERE = "https://site.invalid"
"""Stands for the site's own address, where that is not known: links between its files are completed with it."""

PLACEHOLDERS = ("year", "month", "day", "slug", "title", "section", "categories", "path")
"""What may stand behind a colon in a permalink."""

_PLACEHOLDER = re.compile(r":(\w+)")
_DATED = re.compile(r"(\d{4}-\d{2}-\d{2})-(.+)")
_INDEX = ("index", "_index")
_SUFFIX = re.compile(r"\.(?:html?|md|markdown|xhtml|php|aspx?)\Z", re.IGNORECASE)
_CONTENT_FOLDERS = frozenset(
    {"_posts", "content", "posts", "src", "docs", "_drafts", "source", "pages", "site", "_articles"}
)
_POST_URL = re.compile(r"\{%-?\s*(?:post_url|link)\s+[\"']?([^\s\"'%}]+)[\"']?\s*-?%\}")
_REF = re.compile(r"\{\{[<%]\s*(?:rel)?ref\s+(?:path=)?[\"']?([^\s\"'>%]+)[\"']?[^}]*?[>%]\}\}")
_FILTERED = re.compile(
    r"\{\{\s*[\"']([^\"']+)[\"']\s*\|\s*(?:relative_url|absolute_url|url|prepend:[^}|]*)\s*(?:\|[^}]*)?\}\}"
)
_SITE_URL = re.compile(r"\{\{-?\s*(?:site|page|\.Site)\.(?:url|baseurl|base_url|BaseURL|github\.url)\s*-?\}\}")
_TEMPLATE = re.compile(
    r"\{%-?\s*(?:include|assign|comment|endcomment|raw|endraw|highlight|endhighlight|if|endif|for|endfor)\b.*?%\}"
)
_SHORTCODE = re.compile(r"\{\{[<%]/?\s*[\w/-]+.*?[>%]\}\}")


def without_templates(text: str) -> str:
    """Jekyll's and Hugo's links made plain addresses, and their other commands left out."""
    if "{{" not in text and "{%" not in text:
        return text
    text = _POST_URL.sub(lambda match: f"{HERE}/{match[1]}", text)
    text = _REF.sub(lambda match: f"{HERE}/{match[1].lstrip('/')}" if "/" in match[1] else f"./{match[1]}", text)
    text = _FILTERED.sub(r"\1", text)
    return _SHORTCODE.sub(" ", _TEMPLATE.sub(" ", _SITE_URL.sub("", text)))


class SiteFile:
    """A file of a site: `place` is its path below the folder, `fields` those of its front matter."""

    def __init__(self, place: PurePosixPath, fields: Mapping[str, Any], options: Mapping[str, str]) -> None:
        self._place = place
        self._fields = fields
        self._base = options.get("base", "").rstrip("/")
        stem = place.parent.name if place.stem in _INDEX and place.parent.name else place.stem
        dated = _DATED.fullmatch(stem)
        self._name = dated[2] if dated else stem
        self.day = dated[1] if dated else None
        self._permalink = options.get("permalink")

    @property
    def link_base(self) -> str:
        """What relative links of the file are completed with: its path, as if the folder were the site."""
        return f"{HERE}/{self._place.with_suffix('').as_posix()}"

    @property
    def section(self) -> str | None:
        """The folder that it lies in, unless that says nothing."""
        parents = [
            part for part in self._place.parent.parts if part.lower() not in _CONTENT_FOLDERS and not part.isdigit()
        ]
        if self._place.stem in _INDEX:
            parents = parents[:-1]
        return parents[0] if parents else None

    def url(self) -> str | None:
        """Its address, where the front matter or the options say it."""
        stated = self._stated_path()
        if stated and stated.startswith("http"):
            return http_url(stated)
        if not self._base:
            return None
        if stated is None and self._permalink:
            stated = self._pattern(self._permalink)
        elif stated is None:
            folder = [part for part in self._place.parent.parts if part.lower() not in _CONTENT_FOLDERS]
            if self._place.stem in _INDEX:
                folder = folder[:-1]
            stated = "/".join(["", *folder, str(self._fields.get("slug") or self._name), ""])
        return None if stated is None else http_url(f"{self._base}/{stated.lstrip('/')}")

    def keys(self) -> list[str]:
        """The addresses, in the form of `link_key`, under which other files may link to it; the surest first."""
        names = [self._place.as_posix(), self._place.name]
        listed = self._fields.get("aliases") or self._fields.get("redirect_from") or []
        names += listed if isinstance(listed, list) else [str(listed)]
        if stated := self._stated_path():
            names.append(stated)
        if self._permalink and (pattern := self._pattern(self._permalink)):
            names.append(pattern)
        if isinstance(slug := self._fields.get("slug"), str):
            names.append(slug)
        names.append(self._name)
        addresses = (name if str(name).startswith("http") else f"{HERE}/{str(name).lstrip('/')}" for name in names)
        return list(dict.fromkeys(key for address in addresses for key in link_keys(str(address), self._base)))

    def _stated_path(self) -> str | None:
        value = self._fields.get("permalink") or self._fields.get("url")
        return (
            value if isinstance(value, str) and ":" not in value.removeprefix("https:").removeprefix("http:") else None
        )

    def _pattern(self, pattern: str) -> str | None:
        """The address that a permalink makes; None: it names the day, and there is none."""
        found = news_date(str(self._fields.get("published") or self.day or "")) or ""
        slug = str(self._fields.get("slug") or self._name)
        values = {"year": found[:4], "month": found[5:7], "day": found[8:10], "slug": slug, "title": slug,
                  "section": self.section or "", "categories": str(self._fields.get("section") or self.section or ""),
                  "path": self._place.with_suffix("").as_posix()}  # fmt: skip
        if not found and not {"year", "month", "day"}.isdisjoint(placeholders(pattern)):
            return None
        return _PLACEHOLDER.sub(lambda match: values[match[1]], pattern)


def placeholders(permalink: str) -> list[str]:
    """The names that stand behind colons."""
    return _PLACEHOLDER.findall(permalink)


def link_keys(url: str, base: str = "") -> list[str]:
    """The keys of a link inside the site: its path, then its last part alone; none for a link to elsewhere."""
    canonical = canonical_url(url)
    for home in (HERE, canonical_url(base) if base else HERE):
        if canonical.startswith(home):
            path = urlsplit(canonical.removeprefix(home)).path.strip("/")
            break
    else:
        return []
    path = _SUFFIX.sub("", path)
    path = path.removesuffix("/index").removesuffix("/_index")
    if not path:
        return []
    name = path.rpartition("/")[2]
    dated = _DATED.fullmatch(name)
    return list(dict.fromkeys([f"path {path.lower()}", f"name {(dated[2] if dated else name).lower()}"]))
