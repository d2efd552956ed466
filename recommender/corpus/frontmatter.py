"""The fields at the head of a text file: YAML between lines of `---`, TOML between lines of `+++`, or a JSON object."""

import json
import re
import tomllib
from datetime import date, datetime, time
from typing import Any

import yaml

from recommender.corpus.values import status_of
from recommender.news_dates import news_date

MAX_SIZE = 64 << 10
"""Longest front matter, in characters."""

_OPENING = re.compile(r"\s*---[ \t]*\r?\n(?:[ \t]*(?:#[^\n]*)?\n)*[\"']?[\w-]+[\"']?[ \t]*:(?!\S)")
_FENCE = re.compile(r"\s*---[ \t]*\r?\n(?P<fields>.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_TOML = re.compile(r"\s*\+\+\+[ \t]*\r?\n(?P<fields>.*?)^\+\+\+[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_JSON = re.compile(r"\s*\{[ \t]*\r?\n\s*\"")
_PLAIN = re.compile(r"^([\w-]+):[ \t]+([^\s\"'\[{|>&*!#].*?)[ \t]*\r?$", re.MULTILINE)
_LISTS = ("authors", "tags")
_ALIASES = {
    "author": "authors", "date": "published", "publishdate": "published", "publishDate": "published",
    "pubDate": "published", "publish_date": "published", "lastmod": "modified", "last_modified_at": "modified",
    "updated": "modified", "lang": "language", "locale": "language", "category": "section", "keywords": "tags",
    "headline": "title", "cover": "image", "featured_image": "image", "thumbnail": "image", "canonical": "url",
    "canonical_url": "url", "updatedDate": "modified", "heroImage": "image", "images": "image",
}  # fmt: skip
_DATES = ("published", "modified", "embargoed")
_NOTHING = ("", "~", "null", "Null", "NULL")
_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}


class _Strings(yaml.SafeLoader):  # type: ignore[misc]
    """YAML without surprises: no value is taken for a date, a number or a boolean, and no alias can multiply one."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - as its parent has it

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not read")
        return super().compose_node(parent, index)


def split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """The fields of a file and the text behind them; no fields where it has no front matter.

    `authors` and `tags` are split at commas unless they are lists.

    Raises:
        ValueError: the front matter is too long, or is none.
    """
    if _TOML.match(text, 0, MAX_SIZE) or text.startswith("+++\n"):
        return _toml(text)
    if _JSON.match(text):
        return _json(text)
    if not _OPENING.match(text):
        return {}, text
    match = _FENCE.match(text, 0, MAX_SIZE)
    if match is None:
        raise ValueError(f"front matter without a closing line of --- in its first {MAX_SIZE:,} characters")
    loaded = _load(yaml.reader.Reader.NON_PRINTABLE.sub(" ", match["fields"]))
    if not isinstance(loaded, dict):
        raise ValueError("front matter: expected one `key: value` a line")
    fields = {str(name): value for name, value in loaded.items() if value not in _NOTHING}
    return _in_our_form(fields), text[match.end() :]


def _in_our_form(fields: dict[str, Any]) -> dict[str, Any]:
    for alias, name in _ALIASES.items():
        if alias in fields and name not in fields:
            fields[name] = fields.pop(alias)
    categories = fields.get("categories")
    if "section" not in fields and categories:
        named = categories if isinstance(categories, list) else re.split(r"[,\s]+", str(categories))
        fields["section"] = str(named[0]) if named else None
    if isinstance(fields.get("section"), list):
        fields["section"] = next(iter(fields["section"]), None)
    for name in _LISTS:
        value = fields.get(name)
        if isinstance(value, str):
            value = [part.strip() for part in value.split(",")]
        elif isinstance(value, dict):  # `author:` with a name, an address and more of one person
            value = [value]
        if isinstance(value, list):
            named = [entry.get("name") if isinstance(entry, dict) else entry for entry in value]
            fields[name] = [entry if isinstance(entry, list) else str(entry) for entry in named if entry is not None]
    image = fields.get("image")
    if isinstance(image, dict) and "url" not in image:
        fields["image"] = next(
            (image[name] for name in ("src", "path", "feature", "image") if isinstance(image.get(name), str)), None
        )
    elif isinstance(image, list):
        fields["image"] = next((entry for entry in image if isinstance(entry, str)), None)
    for name in _DATES:
        if name in fields and (found := news_date(fields[name])):
            fields[name] = found
    if "status" in fields:
        fields["status"] = status_of(fields["status"])
    if str(fields.get("draft")).lower() in ("true", "yes") or str(fields.get("published")).lower() in ("false", "no"):
        fields["status"] = "withheld"
    if str(fields.get("published")).lower() in _BOOLEANS:
        del fields["published"]
    if str(fields.get("digest")).lower() in _BOOLEANS:
        fields["digest"] = _BOOLEANS[fields["digest"].lower()]
    return fields


def _toml(text: str) -> tuple[dict[str, Any], str]:
    match = _TOML.match(text, 0, MAX_SIZE)
    if match is None:
        raise ValueError(f"front matter without a closing line of +++ in its first {MAX_SIZE:,} characters")
    try:
        fields = tomllib.loads(match["fields"].replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ValueError(f"front matter: {str(error).splitlines()[0]}") from None
    return _in_our_form({name: _as_json(value) for name, value in fields.items() if value != ""}), text[match.end() :]


def _json(text: str) -> tuple[dict[str, Any], str]:
    try:
        fields, end = json.JSONDecoder().raw_decode(text[:MAX_SIZE].lstrip())
    except (ValueError, RecursionError):
        return {}, text  # a text that begins with a brace
    end += len(text) - len(text.lstrip())
    return _in_our_form({name: value for name, value in fields.items() if value not in (None, "")}), text[end:].lstrip()


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return news_date(value) or str(value)
    if isinstance(value, time):
        return str(value)
    if isinstance(value, dict):
        return {name: _as_json(item) for name, item in value.items()}
    return [_as_json(item) for item in value] if isinstance(value, list) else value


def _load(fields: str) -> Any:
    try:
        return _parse(fields)
    except ValueError:
        # People write `title: Storm: the night it came`, which YAML refuses: plain values are quoted for them.
        return _parse(_PLAIN.sub(lambda match: f"{match[1]}: {json.dumps(match[2], ensure_ascii=False)}", fields))


def _parse(fields: str) -> Any:
    loader = _Strings(fields)
    try:
        return loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        raise ValueError(f"front matter, line {line}: {error.problem}") from None
    except (yaml.YAMLError, RecursionError, TypeError) as error:
        raise ValueError(f"front matter: {str(error).splitlines()[0]}") from None
    finally:
        loader.dispose()
