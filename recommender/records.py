"""A record (JSON object) to the story that it says: read and checked, or read back as it was written."""

import hashlib
from collections.abc import Mapping
from typing import Any

from recommender.dates import Moment
from recommender.errors import RecordError
from recommender.language_codes import language_code
from recommender.news_dates import news_moment, states_none
from recommender.stories import ARTICLE, KINDS, KNOWN_FIELDS, STATUSES, USABLE, Image, ReadMore, Story

MAX_ID = 1_024
"""Longest id, in characters."""

_PLAIN = ("id", "title", "text", "url", "section", "language", "source", "status", "digest", "kind")
"""Fields that are the same in a story and in its record."""


def story_from_record(record: Any) -> Story:
    """Read and check a record of the corpus contract.

    A missing id becomes the URL, or else a hash of the content. Unknown fields go to `extra`.

    Raises:
        RecordError: it is no object, has neither title nor text, or a field has a wrong value.
    """
    if not isinstance(record, Mapping):
        raise RecordError("record", f"is {_type_name(record)}, expected an object")
    title = " ".join(_text(record, "title").split())
    text = _text(record, "text").strip()
    if not title and not _has_letters(text):
        raise RecordError("title", "the record has neither a title nor a text")
    if title and not _has_letters(title) and not _has_letters(text):
        raise RecordError("title", "neither the title nor the text holds a letter or digit")
    url = _optional_text(record, "url")
    status = _optional_text(record, "status") or USABLE
    if status not in STATUSES:
        raise RecordError("status", f"{status[:40]!r} is none of {', '.join(STATUSES)}")
    kind = _optional_text(record, "kind") or ARTICLE
    digest = record.get("digest")
    if digest is not None and not isinstance(digest, bool):
        raise RecordError("digest", "expected true or false")
    return Story(
        id=_identity(record, url, title, text),
        title=title,
        text=text,
        url=url,
        published=_moment(record, "published"),
        modified=_moment(record, "modified"),
        section=_optional_text(record, "section"),
        language=language_code(_optional_text(record, "language") or ""),
        source=_optional_text(record, "source"),
        image=_image(record),
        status=status,
        embargoed=_moment(record, "embargoed"),
        authors=_texts(record, "authors"),
        tags=_texts(record, "tags"),
        read_more=_read_more(record),
        digest=bool(digest),
        kind=kind if kind in KINDS else ARTICLE,
        extra={name: value for name, value in record.items() if name not in KNOWN_FIELDS},
    )


def story_from_own_record(record: Mapping[str, Any]) -> Story:
    """The story that gave this record (`Story.to_record`), without checking again what was checked when it was made."""
    fields = {name: record[name] for name in _PLAIN if name in record}
    fields |= {name: news_moment(record[name]) for name in ("published", "modified", "embargoed") if name in record}
    fields |= {name: tuple(record[name]) for name in ("authors", "tags") if name in record}
    if "image" in record:
        fields["image"] = Image(**record["image"])
    if "read_more" in record:
        fields["read_more"] = tuple(ReadMore(**pointer) for pointer in record["read_more"])
    return Story(**fields, extra={name: value for name, value in record.items() if name not in KNOWN_FIELDS})


def content_id(title: str, text: str) -> str:
    """An id made of the content, for a record that has neither id nor URL."""
    return "sha256:" + hashlib.sha256(f"{title}\n{text}".encode("utf-8", "replace")).hexdigest()[:24]


def _type_name(value: Any) -> str:
    names = {"NoneType": "null", "str": "a string", "list": "a list", "dict": "an object", "bool": "a boolean"}
    return names.get(type(value).__name__, "a number")


def _has_letters(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _clean(text: str) -> str:
    """Without NUL and lone surrogates, which neither JSON files nor C libraries carry."""
    if "\0" in text:
        text = text.replace("\0", " ")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = text.encode("utf-8", "replace").decode("utf-8")
    return text


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RecordError(name, f"is {_type_name(value)}, expected a string")
    return _clean(value)


def _optional_text(record: Mapping[str, Any], name: str) -> str | None:
    return _text(record, name).strip() or None


def _texts(record: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = record.get(name)
    if value is None:
        return ()
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise RecordError(name, "expected a list of strings")
    return tuple(cleaned for item in value if (cleaned := _clean(item).strip()))


def _moment(record: Mapping[str, Any], name: str) -> Moment | None:
    value = record.get(name)
    if states_none(value):
        return None
    if isinstance(value, bool | list | Mapping):
        raise RecordError(name, f"is {_type_name(value)}, expected a date")
    try:
        return news_moment(value)
    except ValueError as error:
        raise RecordError(name, str(error)) from None


def _identity(record: Mapping[str, Any], url: str | None, title: str, text: str) -> str:
    identity = _stated_id(record) or url or content_id(title, text)
    if len(identity) > MAX_ID:
        raise RecordError("id", f"has {len(identity)} characters, at most {MAX_ID} are allowed")
    return identity


def _stated_id(record: Mapping[str, Any]) -> str | None:
    """The id as a text; many systems count their stories, and some programs write every number with a point."""
    value = record.get("id")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _optional_text(record, "id")
    if isinstance(value, float) and not value.is_integer():
        raise RecordError("id", f"is {value}, expected a string or a whole number")
    return str(int(value))


def _image(record: Mapping[str, Any]) -> Image | None:
    value = record.get("image")
    if value is None:
        return None
    if isinstance(value, str):
        return Image(_clean(value).strip()) if value.strip() else None
    if not isinstance(value, Mapping) or not isinstance(value.get("url"), str):
        raise RecordError("image", "expected an object with a url")
    sizes = [size if isinstance(size := value.get(name), int) and size > 0 else None for name in ("width", "height")]
    return Image(_clean(value["url"]).strip(), sizes[0], sizes[1], _text(value, "alt").strip())


def _read_more(record: Mapping[str, Any]) -> tuple[ReadMore, ...]:
    value = record.get("read_more")
    if value is None:
        return ()
    if not isinstance(value, list):
        raise RecordError("read_more", f"is {_type_name(value)}, expected a list")
    pointers: dict[ReadMore, None] = {}
    for place, item in enumerate(value):
        item = pointer_record(item)
        if not isinstance(item, Mapping):
            raise RecordError("read_more", f"item {place} is {_type_name(item)}, expected an object")
        try:
            pointer = _pointer(item)
        except RecordError as error:
            raise RecordError("read_more", f"item {place}: {error}") from None
        if pointer.title or pointer.url or pointer.id:
            pointers[pointer] = None
    return tuple(pointers)


def pointer_record(item: Any) -> Any:
    """An entry of a record's `read_more` as an object, where it is a headline or an address alone."""
    if not isinstance(item, str):
        return item
    is_address = item.strip().startswith(("http://", "https://")) and len(item.split()) == 1
    return {"url" if is_address else "title": item}


def _pointer(item: Mapping[str, Any]) -> ReadMore:
    title = " ".join(_text(item, "title").split())
    return ReadMore(
        title if _has_letters(title) else "",  # it would be no headline of a story either
        _optional_text(item, "url"),
        _stated_id(item),
        _optional_text(item, "kind"),
    )
