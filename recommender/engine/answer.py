"""An answer: hits with their scores and reasons, and what was left out; as dataclasses and as JSON-ready values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from recommender.errors import InputError

HIT_FIELDS = (
    "id", "kind", "title", "url", "summary", "image", "date_published", "language", "section", "source",
    "score", "similarity", "story", "mentioned_by", "reasons", "fallback",
)  # fmt: skip
RECORD_FIELDS = (
    "text", "authors", "tags", "published", "modified", "read_more", "digest", "status", "embargoed",
)  # fmt: skip
"""Further fields of the story, returned where `fields` names them."""


State = tuple[str, int, int | None]
"""What an answer depends on beside its question: generation, journal position, next change of an embargo."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A story of an answer: `row` in the index, `score` 0 to 1, `similarity` a cosine, `values` its other fields."""

    row: int
    score: float
    similarity: float | None
    values: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The story's id."""
        return str(self.values["id"])


@dataclass(frozen=True, slots=True)
class Recommendations:
    """The nearest stories to a query."""

    query: Mapping[str, Any]
    hits: Sequence[Hit]
    limit: int
    offset: int
    exhausted: bool
    filtered_out: Mapping[str, int]
    index: Mapping[str, Any]
    processing_time_ms: float
    rejected: Sequence[Mapping[str, Any]] | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Time of each stage: query, search (with waiting for other answers), render."""
    state: State | None = None
    """What it was made of; None: stories were hidden all the while, and it may show one of them."""

    def to_json(self) -> dict[str, Any]:
        """The answer as the API returns it."""
        answer: dict[str, Any] = {
            "query": dict(self.query),
            "hits": [dict(hit.values) for hit in self.hits],
            "limit": self.limit,
            "offset": self.offset,
            "exhausted": self.exhausted,
            "filtered_out": dict(self.filtered_out),
            "processing_time_ms": round(self.processing_time_ms, 2),
            "index": dict(self.index),
        }
        if self.rejected is not None:
            answer["rejected"] = [dict(item) for item in self.rejected]
        return answer


def wanted_fields(fields: Sequence[str], explain: bool) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """Split the option `fields` into fields of the hit, further fields of the story, and whether `*` was asked.

    Raises:
        InputError: a field that no hit has.
    """
    if not fields:
        names = HIT_FIELDS if explain else tuple(name for name in HIT_FIELDS if name != "reasons")
        return names, (), False
    if "*" in fields:
        return HIT_FIELDS, RECORD_FIELDS, True
    if unknown := [name for name in fields if name not in HIT_FIELDS and name not in RECORD_FIELDS]:
        known = ", ".join(("*", *HIT_FIELDS, *RECORD_FIELDS))
        raise InputError("fields", f"{unknown[0][:40]!r} is no field of a hit; there are: {known}")
    asked = ("id", "fallback", *(["reasons"] if explain else []), *fields)  # a hit that is none says so
    return (
        tuple(name for name in HIT_FIELDS if name in asked),
        tuple(name for name in RECORD_FIELDS if name in asked),
        False,
    )
