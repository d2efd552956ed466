"""Sites in Markdown, written from real stories with the links that their editors set, and read again."""

import gzip
import json
import re
from collections import Counter
from urllib.parse import urlsplit

import pytest

from recommender.corpus import Rejected, open_corpus
from recommender.readmore import Resolver

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#+!|~&])")
_LIST = re.compile(r"^(\s*)([-=]|\d+[.)])", re.MULTILINE)


def escaped(text):
    return _LIST.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", text))


def with_links(record, href):
    """The body in Markdown: the words of each link where they stand, or else in a sentence at the end."""
    text = record["text"]
    places = []
    rest = []
    for pointer in record["read_more"]:
        anchor = pointer["anchor"] or pointer["title"]
        start = text.find(anchor)
        while start >= 0 and any(start < end and begin < start + len(anchor) for begin, end, _ in places):
            start = text.find(anchor, start + 1)
        address = href(pointer)
        if start < 0 or "\n" in anchor:
            rest.append(f"Also: [{escaped(anchor)}]({address}).")
        else:
            places.append((start, start + len(anchor), address))
    pieces, done = [], 0
    for begin, end, address in sorted(places):
        pieces += [escaped(text[done:begin]), f"[{escaped(text[begin:end])}]({address})"]
        done = end
    return "\n\n".join(["".join(pieces) + escaped(text[done:]), *rest])


def write_site(folder, records, style):
    """A folder as a site generator has it; `style` says how its files link to each other."""
    name_of = {}
    used = Counter()
    for record in records:
        slug = urlsplit(record["url"]).path.strip("/").removesuffix(".html").rpartition("/")[2] or "story"
        used[slug] += 1
        slug += f"-{used[slug]}" if used[slug] > 1 else ""
        day = record["published"]
        name_of[record["id"]] = (f"{day}-{slug}", f"/{day.replace('-', '/')}/{slug}/")
    for record in records:

        def href(pointer):
            target = name_of.get(pointer["id"])
            if target is None or style == "absolute":
                return pointer["url"]
            return {"post_url": f"{{% post_url {target[0]} %}}", "path": target[1], "file": f"./{target[0]}.md"}[style]

        fields = {"title": record["title"], "id": record["id"], "date": record["published"]}
        if style == "absolute":
            fields["url"] = record["url"]
        head = "\n".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items())
        nav = "[Home](/) [About us](/about/)"
        path = folder / f"{name_of[record['id']][0]}.md"
        path.write_text(f"---\n{head}\n---\n{with_links(record, href)}\n\n{nav}\n", encoding="utf-8")


def links_of(items):
    resolver = Resolver()
    stories = list(items)
    for story in stories:
        resolver.add(story)
    return {
        (story.id, stories[target].id)
        for story in stories
        for pointer in story.read_more
        if (target := resolver.resolve(pointer, story).ordinal) is not None
    }


@pytest.mark.parametrize(
    ("name", "style"),  # each site in each style gives all of its links: these cover both with the least time
    [("digitalgov", "path"), ("opensuse_news", "absolute"), ("18f_blog", "post_url"), ("18f_blog", "file")],
)
def test_the_same_links(data_folder, tmp_path, name, style):
    with gzip.open(data_folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    site = tmp_path / "site"
    site.mkdir()
    write_site(site, records, style)
    read = list(open_corpus(site))
    assert not [item for item in read if isinstance(item, Rejected)]
    known = {record["id"] for record in records}
    wanted = {(record["id"], p["id"]) for record in records for p in record["read_more"] if p["id"] in known}
    found = links_of(read)
    print(f"\n{name}, {style}: {len(wanted)} links, {len(wanted & found)} found again, {len(found - wanted)} others")
    assert len(wanted & found) / len(wanted) >= 0.99
    assert len(found - wanted) <= 0.01 * len(wanted)
    addresses = sum(len(re.findall(r"\]\(|site\.invalid", story.text)) for story in read)
    assert addresses <= sum(record["text"].count("](") for record in records)
