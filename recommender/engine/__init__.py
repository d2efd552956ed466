"""Answers queries from an index: `Recommender` is the whole of it to those outside."""

from recommender.engine.answer import Hit, Recommendations
from recommender.engine.engine import Recommender
from recommender.engine.options import OPTIONS, Option, Options, parse_options
from recommender.engine.query import Query, parse_request

__all__ = [
    "OPTIONS",
    "Hit",
    "Option",
    "Options",
    "Query",
    "Recommendations",
    "Recommender",
    "parse_options",
    "parse_request",
]
