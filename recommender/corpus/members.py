"""What stands under a name of a JSON object that others wrote, whatever they put there."""

from collections.abc import Mapping
from typing import Any


def text_at(item: Mapping[str, Any], name: str) -> str:
    """The text of that name; empty where there is none, or something else."""
    value = item.get(name)
    return value if isinstance(value, str) else ""


def as_list(value: object) -> list[Any]:
    """A list, also of one that stands without brackets; empty for None."""
    return value if isinstance(value, list) else [] if value is None else [value]
