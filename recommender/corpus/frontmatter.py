"""The fields at the head of a text file, between two lines of `---`: YAML, every plain value a string."""

import json
import re
from typing import Any

import yaml

MAX_SIZE = 64 << 10
"""Longest front matter, in characters."""

_OPENING = re.compile(r"\s*---[ \t]*\r?\n(?:[ \t]*(?:#[^\n]*)?\n)*[\"']?[\w-]+[\"']?[ \t]*:(?!\S)")
_FENCE = re.compile(r"\s*---[ \t]*\r?\n(?P<fields>.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_PLAIN = re.compile(r"^([\w-]+):[ \t]+([^\s\"'\[{|>&*!#].*?)[ \t]*\r?$", re.MULTILINE)
_LISTS = ("authors", "tags")
_ALIASES = {"author": "authors", "date": "published", "lang": "language"}
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
    for name in _LISTS:
        if isinstance(fields.get(name), str):
            fields[name] = [part.strip() for part in fields[name].split(",")]
    if str(fields.get("digest")).lower() in _BOOLEANS:
        fields["digest"] = _BOOLEANS[fields["digest"].lower()]
    return fields


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
