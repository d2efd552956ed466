"""JSON Feed (1.0 and 1.1): a document of items."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from recommender.corpus.markup import http_url, plain_line
from recommender.corpus.members import as_list, text_at
from recommender.corpus.reader import Rejected, story_read
from recommender.news_dates import stated_date
from recommender.readmore.bodies import body_fields
from recommender.stories import Story


def is_json_feed(document: object) -> bool:
    """Whether a JSON document says that it is one."""
    return isinstance(document, dict) and "jsonfeed.org/version" in str(document.get("version", ""))[:200]


def json_feed_items(document: Mapping[str, Any], place: str, url: str | None = None) -> Iterator[Story | Rejected]:
    """The stories of a JSON Feed; `url` is where it was fetched. Of one in a file its own addresses say that."""
    url = url or http_url(document.get("home_page_url")) or http_url(document.get("feed_url"))
    items = document.get("items")
    if not isinstance(items, list):
        yield Rejected(place, "a JSON Feed without a list of items")
        return
    for number, item in enumerate(items):
        where = f"{place}: item {number + 1}"
        if not isinstance(item, dict):
            yield Rejected(where, "is no object")
        else:
            yield story_read(where, partial(_record, item, document, url))


def _record(item: Mapping[str, Any], feed: Mapping[str, Any], base: str | None) -> dict[str, Any]:
    address = http_url(item.get("url"), base) or http_url(item.get("external_url"), base)
    guid = item.get("id")
    tags = [tag for tag in as_list(item.get("tags")) if isinstance(tag, str)]
    people = as_list(item.get("authors")) or as_list(item.get("author")) or as_list(feed.get("authors"))
    published, changed = (stated_date([(name, item.get(name))]) for name in ("date_published", "date_modified"))
    record = {
        "id": address or (str(guid) if isinstance(guid, str | int) and guid != "" else None),
        "url": address,
        "title": plain_line(text_at(item, "title")),
        "published": published or changed,
        "modified": changed,
        "section": tags[0] if tags else None,
        "tags": tags[1:],
        "language": text_at(item, "language") or text_at(feed, "language"),
        "source": plain_line(text_at(feed, "title")),
        "image": http_url(item.get("image"), base) or http_url(item.get("banner_image"), base),
        "authors": [
            person["name"] for person in people if isinstance(person, dict) and isinstance(person.get("name"), str)
        ],
    }
    markup = text_at(item, "content_html") or text_at(item, "content_text") or text_at(item, "summary")
    return {name: value for name, value in record.items() if value} | body_fields(markup, address or base)
