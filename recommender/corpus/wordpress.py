"""A WordPress export (WXR): its published posts, as a stream."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from recommender.corpus.feeds import item_record, note_channel
from recommender.corpus.markup import plain_line
from recommender.corpus.reader import Rejected, story_read
from recommender.corpus.xmlstream import BrokenXml, elements, local_name, text_of
from recommender.news_dates import stated_date
from recommender.readmore.bodies import with_paragraphs
from recommender.stories import Story

_POSTS = frozenset({"item"})
_STATUS = {
    "publish": "usable",
    "private": "withheld",
    "draft": None,
    "pending": None,
    "future": "usable",
    "trash": None,
}
_BLOCK_COMMENT = re.compile(r"<!--\s*/?wp:.*?-->", re.DOTALL)
_OWN = ("page", "attachment", "nav_menu_item", "custom_css", "wp_block", "wp_navigation", "wp_global_styles")
"""Types that WordPress itself has, which are no stories."""
_SHORTCODE = re.compile(r"\[/?(?:caption|gallery|embed|video|audio|playlist|vc_\w+|et_pb_\w+)\b[^\]\[]*\]")


def wordpress_posts(read: Callable[[int], bytes], place: str) -> Iterator[Story | Rejected]:
    """The stories of an export: posts that are or were to be published; pages, menus, pictures and drafts are not."""
    channel: dict[str, str] = {}
    names: dict[str, str] = {}
    others: Counter[str] = Counter()
    login = ""
    line = 0
    try:
        for name, element, line in elements(read, _POSTS):
            if not name:
                note_channel(element, channel)
                if local_name(element.tag) == "author_login":
                    login = text_of(element)
                elif local_name(element.tag) == "author_display_name":
                    names[login] = plain_line(text_of(element))
                continue
            fields = {local_name(child.tag): text_of(child) for child in element if not len(child)}
            status = _STATUS.get(fields.get("status", "publish"))
            kind = fields.get("post_type", "post")
            if kind != "post" or status is None:
                others[kind] += status is not None and kind not in _OWN
                continue
            others[""] += 1
            if fields.get("post_password"):
                status = "withheld"
            yield story_read(f"{place}:{line}", partial(_record, element, fields, status, channel, names))
    except BrokenXml as error:
        yield Rejected(f"{place}:{line + 1}", f"{error}; what stands before was read")
    if not others[""] and (most := others.most_common(1)) and most[0][1]:
        advice = f"give what /wp-json/wp/v2/{most[0][0]} answers instead (docs/corpora.md)"
        yield Rejected(place, f"no post was published, but {most[0][1]:,} of the type {most[0][0]!r}: {advice}")


def _record(
    element: Any, fields: dict[str, str], status: str, channel: dict[str, str], names: dict[str, str]
) -> dict[str, Any]:
    """The record of a post; `names` are those of its authors by their logins."""
    published = _date(fields, "post_date")
    for child in list(element):
        name = local_name(child.tag)
        if name == "encoded" and "content" not in str(child.tag):
            element.remove(child)  # the excerpt
        elif name == "encoded":
            child.text = _paragraphs(text_of(child))
        elif name == "description" or (name == "pubdate" and published):
            element.remove(child)
    kinds: dict[str, list[str]] = {}
    for child in [child for child in element if local_name(child.tag) == "category"]:
        kinds.setdefault(child.get("domain") or "category", []).append(plain_line(text_of(child)))
    record = item_record(element, channel)
    sections = [name for name in kinds.get("category", ()) if name.lower() != "uncategorized"]
    record |= {
        "section": sections[0] if sections else None,
        "tags": kinds.get("post_tag", []) + sections[1:],
        "published": published or record.get("published"),
        "modified": _date(fields, "post_modified"),
        "status": status,
        "authors": [names.get(login) or login for login in record.get("authors", ())],
    }
    if fields.get("status") == "future":
        record["embargoed"] = record["published"]
    if record["modified"] == record["published"]:
        record["modified"] = None
    return record


def _date(fields: dict[str, str], name: str) -> str | None:
    return stated_date((key, fields.get(key)) for key in (f"{name}_gmt", name))


def _paragraphs(content: str) -> str:
    """A post as its page shows it: in the classic editor a blank line is a paragraph."""
    return with_paragraphs(_SHORTCODE.sub(" ", _BLOCK_COMMENT.sub("", content)))
