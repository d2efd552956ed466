"""IPTC ninjs (1.x to 3.x): a news item as agencies send it."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from recommender.corpus.markup import http_url, plain_line
from recommender.corpus.members import as_list, text_at
from recommender.corpus.reader import Rejected, story_read
from recommender.news_dates import stated_date
from recommender.readmore.bodies import body_fields
from recommender.stories import STATUSES, Story

_BODIES = ("body_xhtml", "body_html", "body_text", "description_xhtml", "description_html", "description_text")
_SIGNS = frozenset(
    "headline headlines versioncreated firstcreated pubstatus bodies body_xhtml body_html body_text slugline "
    "associations subjects".split()
)


def is_ninjs(document: object) -> bool:
    """Whether a JSON object has the properties of a ninjs item."""
    return isinstance(document, dict) and isinstance(document.get("uri"), str) and len(_SIGNS & document.keys()) >= 2


def ninjs_items(document: object, place: str) -> Iterator[Story | Rejected]:
    """The stories of a document: one item, a list of items, or `{"items": […]}`; pictures are passed over."""
    if isinstance(document, dict) and isinstance(document.get("items"), list):
        document = document["items"]
    many = isinstance(document, list)
    for number, item in enumerate(document if isinstance(document, list) else [document]):
        where = f"{place}: item {number + 1}" if many else place
        if not isinstance(item, dict):
            yield Rejected(where, "is no object")
        elif text_at(item, "type") in ("", "text", "composite"):
            yield story_read(where, partial(_record, item))


def _record(item: Mapping[str, Any]) -> dict[str, Any]:
    address = next((url for name in ("url", "link", "canonical_url") if (url := http_url(item.get(name)))), None)
    address = address or http_url(item.get("uri"))
    subjects = [
        entry for entry in as_list(item.get("subject")) + as_list(item.get("subjects")) if isinstance(entry, dict)
    ]
    names = [text_at(entry, "name") for entry in subjects if text_at(entry, "name")]
    status = text_at(item, "pubstatus").lower()
    related = [entry for entry in _associations(item) if text_at(entry, "type") in ("text", "composite")]
    picture = next((entry for entry in _associations(item) if text_at(entry, "type") in ("picture", "graphic")), {})
    body = next((text_at(item, name) for name in _BODIES if text_at(item, name)), "") or _best(item.get("bodies"))
    fields = body_fields(body, address)
    record = {
        "id": text_at(item, "uri"),
        "url": address,
        "title": _headline(item),
        "published": _date(item, "firstpublished", "firstcreated", "versioncreated"),
        "modified": _date(item, "versioncreated", "contentcreated"),
        "embargoed": _date(item, "embargoed"),
        "section": names[0] if names else None,
        "tags": names[1:],
        "language": text_at(item, "language"),
        "source": next((name for entry in as_list(item.get("infosources")) if (name := _name(entry))), "")
        or text_at(item, "copyrightholder"),
        "status": status if status in STATUSES else {"cancelled": "canceled"}.get(status),
        "authors": _authors(item),
        "image": _picture(picture),
    }  # fmt: skip
    fields["text"] = fields["text"].removeprefix(f"{record['title']}\n\n")  # a body in HTML may begin with it
    pointers = [{"title": _headline(entry), "id": text_at(entry, "uri") or None} for entry in related]
    fields["read_more"] = [entry for entry in pointers if entry["title"] or entry["id"]] + fields["read_more"]
    return {name: value for name, value in record.items() if value} | fields


def _associations(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    value = item.get("associations")
    entries = list(value.values()) if isinstance(value, dict) else as_list(value)
    return [entry for entry in entries if isinstance(entry, dict)]


def _picture(item: Mapping[str, Any]) -> dict[str, Any] | None:
    value = item.get("renditions")
    for entry in list(value.values()) if isinstance(value, dict) else as_list(value):
        if isinstance(entry, dict) and (url := http_url(entry.get("href"))):
            sizes = {name: entry[name] for name in ("width", "height") if isinstance(entry.get(name), int)}
            return {"url": url, "alt": _headline(item), **sizes}
    return None


def _headline(item: Mapping[str, Any]) -> str:
    return plain_line(text_at(item, "headline") or _best(item.get("headlines")) or text_at(item, "title"))


def _best(values: object) -> str:
    """Of several headlines or bodies (2.0 and later) the main one, else the longest; HTML is best, other XML worst."""
    entries = [entry for entry in as_list(values) if isinstance(entry, dict) and text_at(entry, "value")]
    main = [entry for entry in entries if "main" in text_at(entry, "role").lower()]
    best = max(main or entries, key=_preference, default={})
    return text_at(best, "value")


def _preference(entry: Mapping[str, Any]) -> tuple[int, int]:
    kind = text_at(entry, "contenttype").lower()
    return (2 if "html" in kind else 0 if "xml" in kind else 1), len(text_at(entry, "value"))


def _authors(item: Mapping[str, Any]) -> list[str]:
    """Who wrote it: those of its people who are said to (others are in it), else the byline (from 2.0 on `by`)."""
    writers = [
        entry for entry in as_list(item.get("people"))
        if isinstance(entry, dict) and entry.get("rel") in ("author", "byline", "creator")
    ]  # fmt: skip
    names = map(_name, writers or as_list(item.get("byline")) or as_list(item.get("by")))
    return [name.removeprefix("By ") for name in names if name]


def _name(entry: object) -> str:
    return plain_line(text_at(entry, "name") if isinstance(entry, dict) else entry if isinstance(entry, str) else "")


def _date(item: Mapping[str, Any], *names: str) -> str | None:
    return stated_date((name, item.get(name)) for name in names)
