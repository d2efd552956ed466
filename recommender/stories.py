"""A story and its read-more pointers, and the record (JSON object) that says them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from recommender.dates import Moment

ARTICLE = "article"
HEADLINE = "headline"
KINDS = (ARTICLE, HEADLINE)

USABLE = "usable"
WITHHELD = "withheld"
CANCELED = "canceled"
STATUSES = (USABLE, WITHHELD, CANCELED)
"""Values of `status`, as in IPTC ninjs `pubstatus`."""

DIGEST_LINKS = 15
"""A story that links to more others than this is a round-up."""


@dataclass(frozen=True, slots=True)
class ReadMore:
    """An editor's pointer to another story: by id, by URL or by headline."""

    title: str = ""
    url: str | None = None
    id: str | None = None
    kind: str | None = None

    def to_record(self) -> dict[str, Any]:
        """The pointer as a JSON object, empty fields left out."""
        fields = {"title": self.title or None, "url": self.url, "id": self.id, "kind": self.kind}
        return {name: value for name, value in fields.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Link:
    """A read-more pointer that was resolved: rows of an index."""

    source: int
    target: int


@dataclass(frozen=True, slots=True)
class Image:
    """A story's picture."""

    url: str
    width: int | None = None
    height: int | None = None
    alt: str = ""

    def to_record(self) -> dict[str, Any]:
        """The picture as a JSON object, unknown sizes left out."""
        fields = {"url": self.url, "width": self.width, "height": self.height, "alt": self.alt}
        return {name: value for name, value in fields.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Story:
    """An article, or a headline-only story (`kind`).

    `text` is the body without its read-more block. `extra` holds the record's unknown fields: kept and
    returned on request, never embedded.
    """

    id: str
    title: str = ""
    text: str = ""
    url: str | None = None
    published: Moment | None = None
    modified: Moment | None = None
    section: str | None = None
    language: str | None = None
    source: str | None = None
    image: Image | None = None
    status: str = USABLE
    embargoed: Moment | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    read_more: tuple[ReadMore, ...] = ()
    digest: bool = False
    kind: str = ARTICLE
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_digest(self) -> bool:
        """Whether this is a round-up: by flag, or because it names more than `DIGEST_LINKS` others.

        An address alone may lead anywhere: a build, which knows where, sets the flag by those that lead to stories.
        """
        return self.digest or sum(bool(pointer.title or pointer.id) for pointer in self.read_more) > DIGEST_LINKS

    def to_record(self) -> dict[str, Any]:
        """The story as a JSON object that `story_from_record` reads back to an equal story."""
        fields: dict[str, Any] = {
            "id": self.id,
            "title": self.title,
            "text": self.text,
            "url": self.url,
            "published": str(self.published) if self.published else None,
            "modified": str(self.modified) if self.modified else None,
            "section": self.section,
            "language": self.language,
            "source": self.source,
            "image": self.image.to_record() if self.image else None,
            "status": None if self.status == USABLE else self.status,
            "embargoed": str(self.embargoed) if self.embargoed else None,
            "authors": list(self.authors) or None,
            "tags": list(self.tags) or None,
            "read_more": [pointer.to_record() for pointer in self.read_more] or None,
            "digest": self.digest or None,
            "kind": None if self.kind == ARTICLE else self.kind,
        }
        return {name: value for name, value in fields.items() if value is not None} | dict(self.extra)

    def __reduce__(self) -> tuple[Any, ...]:
        """A pickle that is read in a third of the time that a frozen class with slots takes otherwise."""
        return Story, _FIELDS(self)


_FIELDS = attrgetter(*Story.__dataclass_fields__)
KNOWN_FIELDS = frozenset(Story.__dataclass_fields__) - {"extra"}
"""Fields of a record; what else it holds is kept as it is."""

_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def dump_record(record: Mapping[str, Any]) -> bytes:
    """One line of JSON, without the line end."""
    return _encoder.encode(record).encode("utf-8", "replace")
