"""The description of a question: its parameters in a query string and its schema in a body, by the table of options."""

from typing import Any

from recommender.engine.answer import HIT_FIELDS, RECORD_FIELDS
from recommender.engine.options import OPTIONS, Option
from recommender.service import examples
from recommender.service.schemas import LETTERS, MOMENT, NOT_BLANK, ref

_FIELD = rf"({'|'.join((*HIT_FIELDS, *RECORD_FIELDS))}|\*)"

VIEW_PARAMETERS = [
    {"name": "heading", "in": "query", "schema": {"type": "string", "maxLength": 200, "default": "Read more"},
     "description": "heading of the list; empty = none"},
    {"name": "heading_level", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 6, "default": 2},
     "description": "level of the heading"},
    {"name": "thumbnails", "in": "query", "schema": {"type": "boolean", "default": False},
     "description": "with pictures"},
]  # fmt: skip
"""How a fragment looks."""


def option_schema(option: Option) -> dict[str, Any]:
    """The JSON schema of an option's value."""
    text: dict[str, Any] = {"type": "string"}
    if option.kind in ("integer", "number"):
        schema: dict[str, Any] = {"type": option.kind, "minimum": option.low, "maximum": option.high}
    elif option.kind == "flag":
        schema = {"type": "boolean"}
    elif option.kind == "choice":
        schema = text | {"enum": list(option.choices)}
    elif option.kind == "texts":
        # A pattern, because white space alone is no value: it is trimmed.
        one = {"enum": list(option.choices)} if option.choices else {"pattern": NOT_BLANK}
        if option.name == "fields":
            one = {"pattern": rf"^\s*{_FIELD}(\s*,\s*{_FIELD})*\s*$"}
        schema = {"type": "array", "items": text | one, "maxItems": 1_000}
    elif option.kind == "date":
        schema = MOMENT
    else:
        schema = text | {"pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*[smhdwSMHDW]?\s*$"}
    return schema | ({"default": option.default} if option.default not in (None, ()) else {})


def option_parameters(**defaults: Any) -> list[dict[str, Any]]:
    """The options as parameters of a query string; `defaults` are other ones than the usual."""
    parameters = []
    for option in OPTIONS:
        parameter: dict[str, Any] = {
            "name": option.name, "in": "query", "required": False, "description": option.about,
            "schema": option_schema(option),
        }  # fmt: skip
        if option.name in defaults:
            parameter["schema"] = parameter["schema"] | {"default": defaults[option.name]}
        if option.example is not None:
            parameter["examples"] = {"one": {"value": [option.example] if option.kind == "texts" else option.example}}
        parameters.append(parameter)
    return parameters


def asked_parameters() -> list[dict[str, Any]]:
    """What may be asked, of which a query string gives one."""
    about = {
        "id": ("the id of a story of the index", examples.STORED),
        "url": ("the URL of a story of the index; scheme, `www`, trailing slash and tracking parameters do not matter",
                examples.STORED_URL),
        "text": ("any text: a word, a headline, a whole article (long ones by POST)", examples.ASKED["text"]),
    }  # fmt: skip
    return [
        {"name": name, "in": "query", "required": False, "description": f"{text}. Give one of id, url, text.",
         "schema": _asked(name), "examples": {"one": {"value": example}}}
        for name, (text, example) in about.items()
    ]  # fmt: skip


def _asked(name: str) -> dict[str, Any]:
    return {"type": "string", "pattern": LETTERS if name == "text" else NOT_BLANK}


def question_schema() -> dict[str, Any]:
    """A question in a body: exactly one of id, url, text, story; and options."""
    asked: dict[str, Any] = {name: {"anyOf": [_asked(name), {"type": "null"}]} for name in ("id", "url", "text")}
    about = "a story that need not be in the index; it is not stored"
    asked["story"] = {"anyOf": [ref("StoryRecord"), {"type": "null"}], "description": about}
    options = {
        option.name: {"anyOf": [*_in_body(option_schema(option)), {"type": "null"}], "description": option.about}
        for option in OPTIONS
    }
    return {
        "type": "object",
        "properties": asked | options,
        "oneOf": [{"required": [name], "properties": {name: {"not": {"type": "null"}}}} for name in asked],
        "additionalProperties": False,
    }


def _in_body(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """A list of one may be written without brackets."""
    return [schema, schema["items"]] if "items" in schema else [schema]
