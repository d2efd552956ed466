"""The JSON schemas of the API's answers and bodies, for its description; the answers are made elsewhere."""

from typing import Any

from recommender.service.limits import MAX_POINTERS
from recommender.stories import KINDS, STATUSES

Schema = dict[str, Any]


def ref(name: str) -> Schema:
    """A reference to a schema of this module."""
    return {"$ref": f"#/components/schemas/{name}"}


def _one(kind: str, **more: Any) -> Schema:
    return {"type": kind, **more}


def _or_null(kind: str, **more: Any) -> Schema:
    return {"type": [kind, "null"], **more}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _object(properties: dict[str, Schema], required: tuple[str, ...] = (), **more: Any) -> Schema:
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {}), **more}


NOT_BLANK = r"[^\s\x1c-\x1f]"
LETTERS = r"[\p{L}\p{N}]"
"""Pattern of a text in which there is something to search for."""
MOMENT: Schema = {
    "type": "string",
    "anyOf": [{"format": "date"}, {"format": "date-time"}],
    "description": "YYYY-MM-DD, or an RFC 3339 date-time",
}
_STATED_MOMENT: Schema = {
    "anyOf": [MOMENT, {"type": ["string", "number", "null"]}],
    "description": "YYYY-MM-DD, or an RFC 3339 date-time; what feeds and tables have is read as well: RFC 822, "
    "seconds or milliseconds since 1970, 4 May 2024 in eight languages, 4.5.2024, 2024/5/4. A time without a zone is "
    "in UTC; 04/05/2024 says two things and is refused. Null or empty: none.",
}
"""The date of a record. Those of questions have the first two forms only."""

_TEXT = _one("string")
_TEXTS: Schema = {"anyOf": [_list(_TEXT), _TEXT, {"type": "null"}]}
_NUMBER = _one("number")
_INTEGER = _one("integer")
_ID: Schema = {"type": ["string", "integer", "null"]}
_NAMED = _object({"id": _TEXT, "title": _TEXT}, ("id", "title"))
_COUNTS = _object({}, additionalProperties=_INTEGER)
_IMAGE = _object({"url": _TEXT, "width": _INTEGER, "height": _INTEGER, "alt": _TEXT}, ("url",))
_SIZE = {"description": "a whole number; anything else counts as unknown"}
_GIVEN_IMAGE = _object({"url": _TEXT, "width": _SIZE, "height": _SIZE, "alt": _or_null("string")}, ("url",))

SCHEMAS: dict[str, Schema] = {
    "Hit": _object(
        {
            "id": _TEXT,
            "kind": _one("string", enum=list(KINDS)),
            "title": _TEXT,
            "url": _or_null("string"),
            "summary": _or_null("string"),
            "image": {"anyOf": [_IMAGE, {"type": "null"}]},
            "date_published": _or_null("string", description="YYYY-MM-DD, or an RFC 3339 date-time"),
            "language": _or_null("string"),
            "section": _or_null("string"),
            "source": _or_null("string"),
            "score": _one("number", description="0 to 1; 0.5 = more likely related than not", minimum=0, maximum=1),
            "similarity": _or_null("number", description="cosine of the two texts' vectors, -1 to 1"),
            "story": _object({"size": _one("integer", description="stories that this one stands for")}),
            "mentioned_by": _list(_NAMED) | {"description": "on headline-only stories: who points to them"},
            "reasons": _object(
                {},
                additionalProperties=_NUMBER,
                description="with `explain`: phrase to its share in the score, below 0 where it counts against the hit",
            ),
            "fallback": _one("boolean", description="true: shown only because it is new (`on_empty=latest`)"),
        },
        ("id",),
        description="The fields that were asked for; without `fields`, all but `reasons`.",
    ),
    "Related": _object(
        {
            "query": _object(
                {"id": _TEXT, "url": _TEXT, "language": _or_null("string"),
                 "truncated": _one("boolean", description="true: the end of the text was not read")}
            ),
            "hits": _list(ref("Hit")),
            "limit": _INTEGER,
            "offset": _INTEGER,
            "exhausted": _one("boolean", description="true: nothing more would follow"),
            "filtered_out": _COUNTS,
            "processing_time_ms": _one("number", description="without waiting, and without encoding the text of a GET"),
            "index": _object({"generation": _TEXT, "model": _TEXT, "built_at": _TEXT}),
            "rejected": _list(
                _object({**_NAMED["properties"], "reason": _TEXT, "same_as": _TEXT, "score": _NUMBER}, ("id", "reason"))
            ),
        },
        ("query", "hits", "limit", "offset", "exhausted", "filtered_out", "processing_time_ms", "index"),
    ),
    "Batch": _object(
        {"queries": _list({"anyOf": [ref("Question"), {}]}) | {
            "minItems": 1, "description": "each as the body of `POST /v1/related`; a wrong one gives its problem"
        }},
        ("queries",),
        additionalProperties=False,
    ),
    "Results": _object(
        {"results": _list({"anyOf": [ref("Related"), ref("Problem")]}) | {"description": "in the questions' order"}},
        ("results",),
    ),
    "ReadMore": _object({"title": _or_null("string"), "url": _or_null("string"), "id": _ID}),
    "StoryRecord": _object(
        {
            "id": _ID,
            "title": _or_null("string"),
            "text": _or_null("string"),
            "url": _or_null("string"),
            "published": _STATED_MOMENT,
            "modified": _STATED_MOMENT,
            "section": _or_null("string"),
            "language": _or_null("string"),
            "source": _or_null("string"),
            "image": {"anyOf": [_GIVEN_IMAGE, _TEXT, {"type": "null"}]},
            "status": _or_null("string", enum=[*STATUSES, None]),
            "embargoed": _STATED_MOMENT,
            "authors": _TEXTS,
            "tags": _TEXTS,
            "read_more": _or_null("array", maxItems=MAX_POINTERS, items={"anyOf": [ref("ReadMore"), _TEXT]}),
            "digest": _or_null("boolean"),
        },
        anyOf=[
            _object({name: _one("string", pattern=LETTERS)}, (name,)) for name in ("title", "text")
        ],
        description="Only `title` or `text` is required. Unknown fields are kept.",
    ),
    "Story": _object(
        {
            "id": _TEXT, "title": _TEXT, "text": _TEXT, "kind": _TEXT, "summary": _or_null("string"),
            "links": _object({"read_more": _list(_NAMED), "mentioned_by": _list(_NAMED)}),
        },
        ("id", "kind", "links"),
        description="The story's record as it came, with its links in both directions.",
    ),
    "Change": _object(
        {
            "id": _TEXT,
            "result": _one("string", enum=["created", "updated", "unchanged", "deleted"]),
            "position": _one("integer", description="in the journal; absent where nothing was to be changed"),
        },
        ("id", "result"),
    ),
    "Build": _object(
        {
            "id": _TEXT, "state": _one("string", enum=["enqueued", "running", "succeeded", "failed", "canceled"]),
            "created_at": _TEXT, "started_at": _TEXT, "finished_at": _TEXT, "who": _TEXT, "corpora": _list(_TEXT),
            "progress": _object({"step": _TEXT, "done": _INTEGER, "total": _INTEGER, "unit": _TEXT}),
            "notes": _list(_TEXT), "generation": _TEXT, "error": _TEXT,
        },
        ("id", "state", "created_at"),
    ),
    "Builds": _object({"builds": _list(ref("Build"))}, ("builds",)),
    "Index": _object(
        {
            "generation": _TEXT, "built_at": _TEXT,
            "stories": _one("integer", description="that may be seen now"),
            "embedder": _object({"model": _TEXT, "fingerprint": _TEXT, "dim": _INTEGER}, ("model", "fingerprint")),
            "analysis": _TEXT, "counts": _COUNTS, "corpora": _list({}), "dense": _object({}), "quality": _object({}),
            "ranker": _object({}), "bytes": _INTEGER,
            "journal": _object(
                {"position": _INTEGER, "folded": _INTEGER, "laid_over": _INTEGER, "rows": _INTEGER},
                ("position", "folded", "laid_over", "rows"),
                description="live changes: the last one, the last that the generation holds, how many lie over it",
            ),
            "sections": _list(_TEXT), "languages": _list(_TEXT), "sources": _list(_TEXT),
        },
        ("generation", "built_at", "stories", "embedder", "counts", "journal"),
    ),
    "Generation": _object(
        {"generation": _TEXT, "live": _one("boolean"), "built_at": _TEXT, "model": _or_null("string"),
         "stories": _INTEGER,
         "counts": _object({}), "bytes": _INTEGER, "journal": _INTEGER, "quality": _object({}), "problem": _TEXT},
        ("generation", "live"),
    ),
    "Generations": _object({"generations": _list(ref("Generation"))}, ("generations",)),
    "Promoted": _object({"generation": _TEXT, "live": _one("boolean")}, ("generation", "live")),
    "Problem": _object(
        {
            "type": _one("string", format="uri-reference"),
            "title": _TEXT,
            "status": _INTEGER,
            "detail": _TEXT,
            "request_id": _TEXT,
            "errors": _list(_object({"field": _TEXT, "detail": _TEXT}, ("field", "detail"))),
            "candidates": _list(_TEXT),
        },
        ("type", "title", "status"),
        description="RFC 9457 problem details.",
    ),
}  # fmt: skip
