"""The templates of the pages, and how they are rendered: everything is escaped."""

from functools import cache
from typing import Any

from jinja2 import ChainableUndefined, Environment, PackageLoader


@cache
def environment() -> Environment:
    """The templates."""
    return Environment(
        loader=PackageLoader("recommender.service", "pages"),
        autoescape=True,
        # fields that a record does not have are as good as empty ones
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **values: Any) -> str:
    """A template filled with values."""
    return environment().get_template(template).render(values)
