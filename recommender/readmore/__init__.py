"""Read-more pointers: cut from a body (`text`, `page`), then resolved to the stories that they mean (`resolve`)."""

from recommender.readmore.bodies import cut_record
from recommender.readmore.keys import canonical_url, headline_key, is_tracking, normalise_headline, url_key
from recommender.readmore.page import IN_TEXT, ParsedPage, html_article
from recommender.readmore.resolve import Candidate, Lookups, Settled, settle
from recommender.readmore.resolver import Resolver
from recommender.readmore.stubs import Stub, Stubs, is_stub_id, stub_story, telling_url
from recommender.readmore.text import split_read_more

__all__ = [
    "IN_TEXT",
    "Candidate",
    "Lookups",
    "ParsedPage",
    "Resolver",
    "Settled",
    "Stub",
    "Stubs",
    "canonical_url",
    "cut_record",
    "headline_key",
    "html_article",
    "is_stub_id",
    "is_tracking",
    "normalise_headline",
    "settle",
    "split_read_more",
    "stub_story",
    "telling_url",
    "url_key",
]
