"""Fields of JSON records that are called otherwise than the corpus contract calls them."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from recommender.cleaning import story_of
from recommender.corpus.columns import field_value
from recommender.corpus.reader import Rejected
from recommender.errors import RecordError
from recommender.stories import KNOWN_FIELDS, Story

_SHOWN = 8
"""Fields of a record that are told, where it has none that is known."""


class Naming:
    """Which field of a record holds which field of a story: `{"title": "headline", "text": "content.body"}`.

    A name with dots leads into objects, and through lists of them: `byline.name` gives every author's. A record that
    lacks the field keeps its own of the right name. A field that was moved is not kept under its old name as well.
    """

    def __init__(self, mapping: Mapping[str, str]) -> None:
        self.mapping = dict(mapping)
        self._moved = frozenset(self.mapping.values())

    def record(self, source: Mapping[str, Any]) -> dict[str, Any]:
        """The record as the corpus contract names its fields.

        Raises:
            RecordError: what should be a date is none.
        """
        record = {name: value for name, value in source.items() if name not in self._moved}
        for field, name in self.mapping.items():
            value = source[name] if name in source else inside(source, name.split("."))
            try:
                value = value if isinstance(value, list | dict) else field_value(field, name, value)
            except ValueError as error:
                raise RecordError(field, str(error)) from None
            if value is not None:
                record[field] = value
        return record


def naming_of(mapping: Mapping[str, str]) -> Naming | None:
    """The naming that a corpus' options ask for, if they do."""
    return Naming(mapping) if mapping else None


def inside(value: Any, path: list[str]) -> Any:
    """What stands in objects, and lists of them, under these names; None where nothing does."""
    if not path:
        return value
    if isinstance(value, list):
        found = [inner for item in value if (inner := inside(item, path)) is not None]
        return found or None
    return inside(value.get(path[0]), path[1:]) if isinstance(value, dict) else None


def record_story(record: Any, naming: Naming | None = None) -> Story:
    """The clean story of a JSON record.

    Raises:
        RecordError: it is no story; of one that calls its title and text otherwise it says how to name them.
    """
    if naming is not None and isinstance(record, Mapping):
        record = naming.record(record)
    try:
        return story_of(record)
    except RecordError as error:
        if not isinstance(record, Mapping) or record.get("title") or record.get("text"):
            raise
        names = list(islice(_names(record), _SHOWN + 1))
        if error.field != "title" or not names:
            raise
        shown = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
        how = "say which of them do: --map title=FIELD,text=FIELD"
        raise RecordError(error.field, f"{error.reason}, but {shown}; {how}") from None


def _names(record: Mapping[str, Any]) -> Iterator[str]:
    """The fields of a record that are its own, those of objects with what leads there."""
    for name, value in record.items():
        if name not in KNOWN_FIELDS and isinstance(value, dict) and value:
            yield from (f"{name}.{inner}"[:60] for inner in value)
        elif name not in KNOWN_FIELDS:
            yield str(name)[:60]


class Sought:
    """Watches whether any record of a file has the fields that were named: a name may be misspelt."""

    def __init__(self, place: str, naming: Naming | None) -> None:
        self._place = place
        self._has_looked = False
        self._names = {field: (name, _spellings(name)) for field, name in (naming.mapping if naming else {}).items()}

    def look(self, data: bytes) -> None:
        """Look at the bytes of a record, which is cheap: most names are found in the first one."""
        self._has_looked = True
        for field in [field for field, (_, signs) in self._names.items() if any(sign in data for sign in signs)]:
            del self._names[field]

    def missing(self) -> Iterator[Rejected]:
        """A rejection for each name that no record had."""
        for field, (name, _) in self._names.items() if self._has_looked else ():
            yield Rejected(self._place, f"no record has a field {name!r} (for {field})")


def _spellings(name: str) -> tuple[bytes, ...]:
    """A name as JSON writes it, with its letters or with their numbers; of a path its last part."""
    last = name.rpartition(".")[2]
    written = {json.dumps(part, ensure_ascii=ascii_only) for part in (name, last) for ascii_only in (True, False)}
    return tuple(text.encode("utf-8", "replace") for text in sorted(written))
