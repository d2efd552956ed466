"""What other systems write in place of a text, a list, a picture or a pointer, in the form of the corpus contract."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from recommender.corpus.blocks import is_block, markup_of_blocks
from recommender.errors import RecordError
from recommender.readmore.records import complete_url
from recommender.stories import CANCELED, STATUSES, USABLE, WITHHELD

_INSIDE = ("attributes", "data", "fields", "node")
"""What APIs wrap the fields of a thing in."""
_MANY = ("data", "nodes", "items", "edges")
"""What they wrap a list of things in."""
_NAME = ("rendered", "processed", "value", "basic", "name", "title", "label", "text", "display_name", "displayName")
_ADDRESS = ("url", "href", "src", "source_url", "contentUrl", "link", "permalink", "alias", "current", "asset", "file")
_BODY = ("rendered", "processed", "html", "value", "basic")
_MOMENT = ("$date", "$numberLong", "value", "_seconds")
_ID = ("id", "_id", "uid", "uuid", "$oid", "_ref", "sys")
_TEXTS = {
    "id": _ID, "title": _NAME, "url": _ADDRESS, "section": _NAME, "language": ("code", *_NAME), "source": _NAME,
    "published": _MOMENT, "modified": _MOMENT, "embargoed": _MOMENT,
}  # fmt: skip
_POINTER = {"title": ("headline", *_NAME), "url": _ADDRESS, "id": _ID}
_POINTER_FIELDS = frozenset({*_POINTER, "kind"})
_PERSON = (("first_name", "last_name"), ("firstName", "lastName"))
_ALT = ("alt", "alt_text", "alternativeText")
_SIZES = ("dimensions", "media_details")
_STATUS_WORDS = {
    USABLE: "publish published public live active online true 1",
    WITHHELD: "draft private pending future scheduled unpublished archived hidden inactive offline false 0",
    CANCELED: "cancelled deleted trash trashed removed",
}
_STATUS = {word: status for status, words in _STATUS_WORDS.items() for word in words.split()}
_ID_ALONE = re.compile(r"(?=\D*\d)[!-~]+", re.ASCII)
"""A word of ASCII with a digit in it is no headline but an id."""
_EMPTY: tuple[Any, ...] = (None, "", False, [], {})
"""What stands where there is nothing: PHP has `false` and empty lists for it, whatever the kind of a field."""


def contract_values(
    record: Mapping[str, Any], base: str | None = None, named: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The record with its known fields in the contract's form; what is of no known form is left to be refused.

    `base` completes its relative addresses; without it the record's own address completes those of its picture and
    pointers. `named` are the names that its fields had, for what is said of them.

    Raises:
        RecordError: a field holds an object of which it cannot be told which of its values is meant.
    """
    said, named = dict(record), named or {}
    for field, names in _TEXTS.items():
        if isinstance(value := said.get(field), Mapping | list) or value is False:
            said[field] = _one(field, value, names, named.get(field, field))
    if isinstance(body := said.get("text"), Mapping | list) or body is False:
        said["text"] = _body(body, named.get("text", "text"))
    for field in ("authors", "tags"):
        if not isinstance(value := said.get(field), str | None):
            said[field] = [_named(field, item, named.get(field, field)) for item in _many(value)]
    if said.get("status") not in (None, *STATUSES):
        said["status"] = status_of(_said(said["status"], _NAME))
    if said.get("digest") in (0, 1):
        said["digest"] = bool(said["digest"])
    if base and isinstance(url := said.get("url"), str):
        said["url"] = complete_url(url.strip(), base)
    base = base or (url if isinstance(url := said.get("url"), str) else None)
    if said.get("image") is not None:
        said["image"] = _picture(said["image"], base)
    if not isinstance(value := said.get("read_more"), str | None):
        said["read_more"] = [_pointer(place, item, base) for place, item in enumerate(_many(value))]
    return said


def status_of(value: object) -> object:
    """The contract's word for a status (`published`, `draft`, `true`, `0`); one that is not known stays as it is."""
    return _STATUS.get(str(value).strip().lower(), value)


def is_key(text: str) -> bool:
    """Whether a text is an id or an address, and no headline."""
    return text.startswith(("http://", "https://")) or _ID_ALONE.fullmatch(text) is not None


def _step(value: Mapping[str, Any] | list[Any], names: Sequence[str]) -> Any:
    """What an object has under the first of these names, or the first item of a list; None where there is nothing."""
    found = (value.get(name) for name in (*names, *_INSIDE)) if isinstance(value, Mapping) else value
    return next((item for item in found if item not in _EMPTY), None)


def _said(value: Any, names: Sequence[str]) -> Any:
    while isinstance(value, Mapping | list):
        value = _step(value, names)
    return value


def _one(field: str, value: Any, names: Sequence[str], place: str) -> Any:
    """The one text, number or date that a field says, which stood at this place."""
    found = _said(value, names)
    if found is None and isinstance(value, Mapping) and not _is_empty(value):
        raise RecordError(
            field, f"is an object with {_keys(value)}; say which is meant: --map {field}={place}.{_first(value)}"
        )
    if isinstance(found, bool):
        return found or None
    return str(found) if isinstance(found, int) else found


def _body(value: Any, place: str) -> str:
    """The body that an object or a list says, as it is or as a tree of blocks."""
    whole = _said(value, _BODY) if isinstance(value, Mapping) else None
    if isinstance(whole, str):
        return whole
    if isinstance(value, Mapping) and not _is_empty(value) and not is_block(value):
        raise RecordError(
            "text", f"is an object with {_keys(value)}; say which is meant: --map text={place}.{_first(value)}"
        )
    return markup_of_blocks(value)


def _many(value: Any) -> list[Any]:
    """The items of a list, also of one that an API has wrapped, or that stands without brackets."""
    while isinstance(value, Mapping):
        inner = next((value[name] for name in _MANY if isinstance(value.get(name), list | Mapping)), None)
        if inner is None:
            break
        value = inner
    return [item for item in (value if isinstance(value, list) else [value]) if not _is_empty(item)]


def _named(field: str, item: Any, place: str) -> Any:
    """An author's or a tag's name; a number stands for itself."""
    if isinstance(item, Mapping):
        found = _said(item, _NAME)
        whole = (" ".join(str(item[name]) for name in pair if item.get(name)) for pair in _PERSON)
        found = found or next(filter(None, whole), None)
        if found is None:
            raise RecordError(
                field, f"holds objects with {_keys(item)}; say which is meant: --map {field}={place}.{_first(item)}"
            )
        item = found
    return str(item) if isinstance(item, int) and not isinstance(item, bool) else item


def _keys(value: Mapping[str, Any]) -> str:
    return ", ".join(map(str, value))[:80]


def _first(value: Mapping[str, Any]) -> str:
    return str(next(iter(value)))[:40]


def _is_empty(value: Any) -> bool:
    """Whether there is nothing, or an object of nothing, such as `{"data": null}`."""
    return value in _EMPTY or (isinstance(value, Mapping) and all(item in _EMPTY for item in value.values()))


def _picture(value: Any, base: str | None) -> Any:
    """A picture with its address, sizes and description."""
    holder: Mapping[str, Any] = {}
    found = value
    while isinstance(found, Mapping | list):
        holder = found if isinstance(found, Mapping) else holder
        found = _step(found, _ADDRESS)
    if not isinstance(found, str):
        if found in _EMPTY and _is_empty(holder):
            return None
        raise RecordError("image", "has no address of a picture; name the field that holds one: --map image=FIELD")
    if not found.strip():
        return None
    if "/" in found or "." in found:  # else it is a key to a picture, such as Directus gives
        found = _complete(found.strip(), base)
    picture: dict[str, Any] = {"url": found}
    for name in ("width", "height"):
        sizes = (str(inner.get(name)) for inner in (holder, *map(holder.get, _SIZES)) if isinstance(inner, Mapping))
        picture[name] = next((int(size) for size in sizes if size.isdecimal() and len(size) < 6), None)
    picture["alt"] = next((alt for name in _ALT if isinstance(alt := holder.get(name), str)), None)
    return picture


def _complete(url: str, base: str | None) -> str | None:
    return f"https:{url}" if url.startswith("//") and not base else complete_url(url, base)


def _pointer(place: int, item: Any, base: str | None) -> Any:
    """A pointer by its usual names, or by an id or address alone."""
    if isinstance(item, int) and not isinstance(item, bool):
        return {"id": item}
    if isinstance(item, str):
        item = item.strip()
        if item.startswith("/") and len(item.split()) == 1:
            return {"url": complete_url(item, base)}
        return {"id": item} if is_key(item) and not item.startswith(("http://", "https://")) else item
    if not isinstance(item, Mapping):
        return item
    said: Mapping[str, Any] = item
    if any(isinstance(value, Mapping | list) for value in item.values()) or not item.keys() <= _POINTER_FIELDS:
        said = {field: _part(item, field, names) for field, names in _POINTER.items()}
    pointer = {field: value for field, value in said.items() if value is not None}
    if not pointer and not item.keys() & _POINTER.keys():
        raise RecordError("read_more", f"item {place} has none of title, url and id, but {_keys(item)}")
    if isinstance(url := pointer.get("url"), str):
        pointer["url"] = complete_url(url, base)
    return {**pointer, "kind": item["kind"]} if "kind" in item else pointer


def _part(item: Mapping[str, Any], field: str, names: Sequence[str]) -> Any:
    value = item.get(field)
    return value if isinstance(value, str) and value else _said(item, (field, *names))
