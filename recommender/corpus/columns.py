"""Rows of a table to records: which column is which field."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from recommender.cleaning import story_of
from recommender.corpus.reader import Rejected, story_read
from recommender.corpus.values import contract_values, is_key
from recommender.errors import CorpusError
from recommender.news_dates import news_date, stated_date
from recommender.stories import Story

USUAL = {
    "id": "id guid uuid uri article_id story_id post_id",
    "title": "title headline headlines head heading post_title article_title name",
    "text": "text body content article fulltext full_text maintext post_content article_text story body_html html "
    "content_html content_elements description summary",
    "url": "url link permalink href canonical_url article_url web_url address",
    "published": "published date published_at publish_date publication_date pub_date pubdate date_published datetime "
    "post_date_gmt post_date timestamp created_at created",
    "modified": "modified updated updated_at date_modified modified_at last_modified post_modified_gmt post_modified",
    "section": "section category desk channel rubric topic",
    "language": "language lang locale",
    "source": "source publisher outlet publication newspaper site",
    "image": "image image_url img picture thumbnail photo",
    "authors": "authors author byline writer creator",
    "tags": "tags keywords labels topics categories",
    "read_more": "read_more related related_stories related_articles see_also",
    "status": "status post_status",
    "embargoed": "embargoed embargo",
    "digest": "digest",
    "kind": "kind",
}
_DATES = ("published", "modified", "embargoed")
_LISTS = ("authors", "tags")
_NOTHING = ("", "null", "nan", "none", "nat", "<na>", "\\n")
"""What databases and programs write for a value that is not there."""
_YES = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Columns:
    """Makes records of a table's rows, by the mapping that was given and the usual names of columns."""

    def __init__(self, place: str, names: Sequence[str], mapping: Mapping[str, str], base: str | None = None) -> None:
        """Settle which column is which field; `base` completes relative addresses.

        Raises:
            CorpusError: a column that was named is not there, or none holds a title or text.
        """
        by_name = {name.strip().lower().replace(" ", "_").replace("-", "_"): name for name in reversed(names)}
        self._base = base
        self._column: dict[str, str] = {}
        for field, wanted in mapping.items():
            found = wanted if wanted in names else by_name.get(wanted.strip().lower())
            if found is None:
                raise CorpusError(f"{place}: no column {wanted!r} (for {field}); there are {', '.join(names)}")
            self._column[field] = found
        taken = set(self._column.values())
        for field, usual in USUAL.items():
            column = next((by_name[name] for name in usual.split() if by_name.get(name) not in taken | {None}), None)
            if field not in self._column and column is not None:
                self._column[field] = column
                taken.add(column)
        if not self._column.keys() & {"title", "text"}:
            raise CorpusError(
                f"{place}: which column holds the title or the text? There are {', '.join(names)[:500]}. Say so with "
                f"--map title=COLUMN,text=COLUMN"
            )
        self._rest = [name for name in names if name and name not in taken]

    def item(self, place: str, row: Mapping[str, Any]) -> Story | Rejected:
        """The story of a row."""
        return story_read(place, partial(self._record, row), self._story)

    def _story(self, record: Mapping[str, Any]) -> Story:
        return story_of(contract_values(record, self._base, self._column))

    def _record(self, row: Mapping[str, Any]) -> dict[str, Any]:
        record = {name: value for name in self._rest if (value := _plain(row.get(name))) is not None}
        for field, column in self._column.items():
            if (value := field_value(field, column, row.get(column))) is not None:
                record[field] = value
        return record


def field_value(field: str, column: str, value: Any) -> Any:
    """What a column that is mapped to a field says, as the corpus contract has it; None where it says nothing.

    Raises:
        ValueError: what should be a date is none.
    """
    value = _plain(value)
    if value is None:
        return None
    if field in _DATES:
        return stated_date([(column, value)])
    if field in _LISTS:
        return _listed(value)
    if field == "read_more":
        return _pointers(value)
    if field == "digest":
        return _YES.get(str(value).lower(), value)
    if field == "image" or isinstance(value, str | list | dict):
        return value
    return str(value)


def _plain(value: Any) -> Any:
    """A value as JSON has it; None for what says nothing."""
    if isinstance(value, bytes | bytearray | memoryview):
        value = bytes(value).decode("utf-8", "replace")
    if isinstance(value, str):
        return value if value.strip().lower() not in _NOTHING else None
    if isinstance(value, bool | int) or value is None:
        return value
    if isinstance(value, float):
        return None if value != value else int(value) if value.is_integer() else value
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, Iterable):
        return [_plain(item) for item in value]
    return news_date(value) or str(value)


def _json_list(text: str) -> Any:
    """The list that a cell holds as JSON; None where it holds none."""
    if not text.lstrip().startswith("["):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _listed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if (items := _json_list(value)) is not None:
        return items
    return [part for piece in value.split(";") for part in (piece.split(",") if ";" not in value else [piece])]


def _pointers(value: Any) -> Any:
    """A list as JSON, or headlines, ids or addresses parted by line ends or bars; ids and addresses by commas too."""
    if not isinstance(value, str):
        return value
    if (items := _json_list(value)) is not None:
        return items
    parts = [part.strip() for line in value.splitlines() for part in line.split("|")]
    return [pointer for part in parts if part for pointer in _several(part)]


def _several(part: str) -> list[str]:
    """The ids or addresses that a part lists; a headline is one."""
    pieces = [piece for piece in re.split(r"[,;\s]+", part) if piece]
    return pieces if all(map(is_key, pieces)) else [part]
