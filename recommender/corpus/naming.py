"""Fields of JSON records that are called otherwise than the corpus contract calls them."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from recommender.cleaning import story_of
from recommender.corpus.columns import USUAL, field_value
from recommender.corpus.reader import Rejected
from recommender.corpus.values import contract_values
from recommender.errors import RecordError
from recommender.stories import KNOWN_FIELDS, Story

_SHOWN = 8
"""Fields of a record that are told, where it has none that is known."""
_NEEDED = ("title", "text")
_INNER = ("rendered", "processed", "value", "basic", "name", "text")


class Naming:
    """Which field of a record holds which field of a story: `{"title": "headline", "text": "content.body"}`.

    A name with dots leads into objects, and through lists of them: `byline.name` gives every author's, `byline.0.name`
    the first one's. A record that lacks the field keeps its own of the right name. A field that was moved is not kept
    under its old name as well. `base` completes relative addresses.
    """

    def __init__(self, mapping: Mapping[str, str], base: str | None = None) -> None:
        self.mapping = dict(mapping)
        self.base = base

    def record(self, source: Mapping[str, Any]) -> dict[str, Any]:
        """The record as the corpus contract names its fields.

        Raises:
            RecordError: what should be a date is none.
        """
        record: dict[str, Any] = dict(source)
        for name in self.mapping.values():
            record = _without(record, [name] if name in source else name.split("."))
        for field, name in self.mapping.items():
            value = source[name] if name in source else inside(source, name.split("."))
            try:
                value = value if isinstance(value, list | dict) else field_value(field, name, value)
            except ValueError as error:
                raise RecordError(field, str(error)) from None
            if value is not None:
                record[field] = value
        return record


def naming_of(mapping: Mapping[str, str], base: str | None = None) -> Naming | None:
    """The naming that a corpus' options ask for, if they do."""
    return Naming(mapping, base) if mapping or base else None


def inside(value: Any, path: list[str]) -> Any:
    """What stands in objects, and lists of them, under these names; None where nothing does.

    Lists in lists become one. A number is a place in a list, from 0.
    """
    if not path:
        return value
    if isinstance(value, list):
        if path[0].isdecimal():
            return inside(value[int(path[0])], path[1:]) if int(path[0]) < len(value) else None
        found = (inside(item, path) for item in value)
        inner = [one for some in found for one in (some if isinstance(some, list) else [some]) if one is not None]
        return inner or None
    return inside(value.get(path[0]), path[1:]) if isinstance(value, dict) else None


def _without(value: Any, path: list[str]) -> Any:
    """A copy that lacks what stands under these names."""
    if isinstance(value, list):
        return [_without(item, path) for item in value]
    if not isinstance(value, dict) or path[0] not in value:
        return value
    rest = {name: item for name, item in value.items() if name != path[0]}
    if len(path) > 1 and (inner := _without(value[path[0]], path[1:])):
        rest[path[0]] = inner
    return rest


def record_story(record: Any, naming: Naming | None = None) -> Story:
    """The clean story of a JSON record.

    Raises:
        RecordError: it is no story; of one that calls its title and text otherwise it says how to name them.
    """
    if not isinstance(record, Mapping):
        return story_of(record)
    if naming is None:
        record = contract_values(record)
    else:
        record = contract_values(naming.record(record), naming.base, naming.mapping)
    try:
        return story_of(record)
    except RecordError as error:
        if record.get("title") or record.get("text"):
            raise
        names = list(islice(_names(record), _SHOWN + 1))
        if error.field != "title" or not names:
            raise
        shown = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
        named = (f"{field}={usual_path(record, field) or 'FIELD'}" for field in _NEEDED)
        how = f"say which of them do: --map {','.join(named)}"
        raise RecordError(error.field, f"{error.reason}, but {shown}; {how}") from None


def _names(record: Mapping[str, Any]) -> Iterator[str]:
    """The fields of a record that are its own, those of objects with what leads there."""
    for name, value in record.items():
        if name not in KNOWN_FIELDS and isinstance(value, dict) and value:
            yield from (f"{name}.{inner}"[:60] for inner in value)
        elif name not in KNOWN_FIELDS:
            yield str(name)[:60]


def usual_path(record: Mapping[str, Any], field: str) -> str | None:
    """Where a record seems to hold a field, by the usual names of columns, at its top or one level deeper."""
    deeper = ((f"{name}.", value) for name, value in record.items() if isinstance(value, dict))
    for prefix, fields in (("", record), *deeper):
        for name in USUAL[field].split():
            value = fields.get(name)
            if isinstance(value, dict):
                inner = next((f".{one}" for one in _INNER if isinstance(value.get(one), str)), "")
                is_tree = field == "text" and any(isinstance(item, list | dict) for item in value.values())
                if inner or is_tree:
                    return f"{prefix}{name}{inner}"
            elif isinstance(value, str | list) and value:
                return f"{prefix}{name}"
    return None


def with_advice(items: Iterator[Story | Rejected], place: str) -> Iterator[Story | Rejected]:
    """The items of a file; behind them a rejection for a title or text that no story has, though a field seems to."""
    wanted: dict[str, str | None] = dict.fromkeys(_NEEDED)
    for item in items:
        if isinstance(item, Story) and wanted:
            for field in [field for field in wanted if getattr(item, field)]:
                del wanted[field]
            wanted = {field: path or usual_path(item.extra, field) for field, path in wanted.items()}
        yield item
    for field, path in wanted.items():
        if path:
            yield Rejected(place, f"no record has a {field}, but a field {path!r}; if it is that: --map {field}={path}")


class Sought:
    """Watches whether any record of a file has the fields that were named: a name may be misspelt."""

    def __init__(self, place: str, naming: Naming | None) -> None:
        self._place = place
        self._has_looked = False
        self._names = {field: (name, spellings(name)) for field, name in (naming.mapping if naming else {}).items()}

    def look(self, data: bytes) -> None:
        """Look at the bytes of a record, which is cheap: most names are found in the first one."""
        self._has_looked = True
        for field in [field for field, (_, signs) in self._names.items() if any(sign in data for sign in signs)]:
            del self._names[field]

    def missing(self) -> Iterator[Rejected]:
        """A rejection for each name that no record had."""
        for field, (name, _) in self._names.items() if self._has_looked else ():
            yield Rejected(self._place, f"no record has a field {name!r} (for {field})")


def spellings(name: str) -> tuple[bytes, ...]:
    """A name as JSON writes it, with its letters or with their numbers; of a path its last part that is no place."""
    last = next((part for part in reversed(name.split(".")) if not part.isdecimal()), name)
    written = {json.dumps(part, ensure_ascii=ascii_only) for part in (name, last) for ascii_only in (True, False)}
    return tuple(text.encode("utf-8", "replace") for text in sorted(written))
