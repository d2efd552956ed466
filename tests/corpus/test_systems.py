"""What common systems answer and export, as they write it, with the `--map` that docs/corpora.md gives for it."""

import json
import re
from pathlib import Path

import pytest

from recommender.corpus import Rejected, open_corpus
from recommender.corpus.blocks import markup_of_blocks
from recommender.corpus.spec import parse_map, with_options
from recommender.corpus.values import contract_values
from recommender.errors import RecordError
from recommender.stories import Story

SITE = "https://gazette.example"
STORM = f"{SITE}/storm/"


def block(kind, *inner, **more):
    return {"type": kind, **more, "children": list(inner)}


def words(text, **more):
    return {"type": "text", "text": text, **more}


def value(text):
    return {"nodeType": "text", "value": text, "marks": [], "data": {}}


WORDPRESS = [
    {"id": 7, "date_gmt": "2026-03-02T07:30:00", "modified_gmt": "2026-03-03T07:30:00", "guid": {"rendered": "https://gazette.example/?p=7"},
     "status": "publish", "type": "post", "link": "https://gazette.example/ferries/",
     "title": {"rendered": "Harbour&#8217;s ferries &#038; storms"},
     "content": {"rendered": f'<p>They left, <a href="{STORM}">after the storm</a>.</p>', "protected": False},
     "author": 3, "categories": [4], "tags": [9], "acf": [],
     "_embedded": {"author": [{"id": 3, "name": "Ann O&#8217;Bee"}],
                   "wp:featuredmedia": [{"source_url": "https://gazette.example/a.jpg", "alt_text": "A ferry",
                                         "media_details": {"width": 1200, "height": 800}}],
                   "wp:term": [[{"name": "Arts &amp; City"}], [{"name": "Ferries"}]]}},
]  # fmt: skip
GHOST = {"posts": [
    {"id": "65f0", "title": "Harbour ferries", "html": f'<p>They left, <a href="{STORM}">after the storm</a>.</p>',
     "feature_image": "https://gazette.example/a.jpg", "published_at": "2026-03-02T07:30:00.000+00:00",
     "updated_at": "2026-03-03T07:30:00.000+00:00", "url": "https://gazette.example/ferries/",
     "tags": [{"id": "1", "name": "City", "slug": "city"}, {"id": "2", "name": "Ferries"}],
     "authors": [{"id": "1", "name": "Ann Bee", "bio": None}], "primary_tag": {"name": "City"}},
], "meta": {"pagination": {"page": 1}}}  # fmt: skip
GHOST_EXPORT = {"db": [{"meta": {"version": "5.80.0"}, "data": {
    "integrations": [{"id": "1", "name": "Zapier", "description": "x"}],
    "posts": [{"id": "65f0", "title": "Harbour ferries", "slug": "ferries",
     "html": "<p>They left, after the storm.</p>",
               "status": "published", "published_at": "2026-03-02T07:30:00.000Z"},
              {"id": "65f1", "title": "A draft", "slug": "d", "html": "<p>Not yet.</p>", "status": "draft"}],
}}]}  # fmt: skip
DRUPAL = {"jsonapi": {"version": "1.0"}, "data": [
    {"type": "node--article", "id": "uuid-1", "attributes": {
        "drupal_internal__nid": 17, "langcode": "en", "status": True, "title": "Harbour ferries",
        "created": "2026-03-02T07:30:00+00:00", "path": {"alias": "/ferries", "pid": 12},
        "body": {"value": "raw", "format": "basic_html", "summary": "",
                 "processed": '<p>They left, <a href="/storm/">after the storm</a>.</p>'}},
     "relationships": {"field_related": {"data": [{"type": "node--article", "id": "uuid-2"}]}}},
]}  # fmt: skip
STRAPI_4 = {"data": [
    {"id": 1, "attributes": {
        "title": "Harbour ferries", "slug": "ferries", "content": "They left, after the storm.", "locale": "en",
        "publishedAt": "2026-03-02T07:30:00.000Z", "author": {"data": None},
         "tags": {"data": [{"attributes": {"name": "Ferries"}}]},
        "cover": {"data": {"id": 3, "attributes": {"url": "/uploads/a.jpg", "width": 1200,
         "alternativeText": "A ferry"}}},
        "category": {"data": {"id": 2, "attributes": {"name": "City"}}},
        "related": {"data": [{"id": 2, "attributes": {"title": "Storm Ragna tears a hole"}}]}}},
], "meta": {"pagination": {"page": 1}}}  # fmt: skip
STRAPI_5 = {"data": [
    {"id": 1, "documentId": "a1", "title": "Harbour ferries",
     "cover": {"id": 3, "url": "/uploads/a.jpg", "width": 1200, "alternativeText": None}, "slug": "ferries",
     "locale": "en", "publishedAt": "2026-03-02T07:30:00.000Z", "category": {"id": 2, "name": "City"},
     "tags": [{"id": 1, "name": "Ferries"}],
     "content": [
         block("paragraph", words("They left, "), {**block("link", words("after the storm")), "url": STORM},
          words(".")),
         block("heading", words("Read more:")),
         block("list", block("list-item", {**block("link", words("Storm Ragna tears a hole")), "url": "/mole"}))]},
]}  # fmt: skip
CONTENTFUL = {"sys": {"type": "Array"}, "total": 1, "items": [
    {"sys": {"id": "5Ks1", "createdAt": "2026-03-02T07:30:00.000Z", "locale": "en-US"}, "fields": {
        "title": "Harbour ferries", "slug": "ferries", "related": [{"sys": {"type": "Link", "id": "6Ks2"}}],
        "body": {"nodeType": "document", "data": {}, "content": [
            {"nodeType": "paragraph", "data": {}, "content": [
                value("They left, "),
                {"nodeType": "hyperlink", "data": {"uri": STORM}, "content": [value("after the storm")]},
                value(".")]},
            {"nodeType": "embedded-asset-block", "data": {"target": {"sys": {"id": "x"}}}, "content": []}]}}},
], "includes": {"Entry": [{"sys": {"id": "6K"}, "fields": {"title": "Other", "body": "x"}}]}}  # fmt: skip
SANITY = {"ms": 3, "result": [
    {"_id": "uuid-1", "_type": "post", "title": "Harbour ferries", "slug": {"_type": "slug", "current": "ferries"},
     "publishedAt": "2026-03-02T07:30:00Z", "categories": [{"_key": "x", "title": "City"}],
     "related": [{"_type": "reference", "_ref": "uuid-2"}],
      "mainImage": {"asset": {"url": "https://cdn.example/a.jpg"}},
     "body": [
         {"_type": "block", "markDefs": [{"_key": "l1", "_type": "link", "href": STORM}], "children": [
             {"_type": "span", "text": "They left, ", "marks": []},
             {"_type": "span", "text": "after the storm", "marks": ["strong", "l1"]},
             {"_type": "span", "text": ".", "marks": []}]},
         {"_type": "image", "asset": {"_ref": "image-x"}, "alt": "A ferry"}]},
]}  # fmt: skip
ARC = {"type": "results", "content_elements": [
    {"type": "story", "_id": "QEGUC2", "canonical_url": "/ferries", "headlines": {"basic": "Harbour ferries",
     "web": ""},
     "display_date": "2026-03-02T07:30:00Z", "language": "en", "credits": {"by": [{"type": "author",
      "name": "Ann Bee"}]},
     "taxonomy": {"primary_section": {"_id": "/city", "name": "City"}, "tags": [{"text": "Ferries", "slug": "f"}]},
     "promo_items": {"basic": {"type": "image", "url": "https://cdn.example/a.jpg", "width": 1200, "caption": "x"}},
     "related_content": {"basic": [{"type": "reference", "referent": {"id": "AEGUC3", "type": "story"}}]},
     "content_elements": [
         {"type": "text", "content": f'They left, <a href="{STORM}">after the storm</a>.'},
         {"type": "image", "url": "https://cdn.example/b.jpg", "caption": "No text of it"}]},
]}  # fmt: skip
PRISMIC = {"results": [
    {"id": "YxX1", "uid": "ferries", "url": None, "tags": ["Ferries"], "lang": "en-us",
     "first_publication_date": "2026-03-02T07:30:00+0000", "data": {
         "title": [{"type": "heading1", "text": "Harbour ferries", "spans": []}],
         "image": {"dimensions": {"width": 640, "height": 360}, "alt": None, "url": "https://cdn.example/a.jpg"},
         "body": [
             {"type": "paragraph", "text": "They left, after the storm.", "spans": [
                 {"start": 0, "end": 4, "type": "strong"},
                 {"start": 11, "end": 26, "type": "hyperlink", "data": {"url": STORM}}]},
             {"type": "image", "url": "https://cdn.example/b.jpg", "alt": "x"}]}},
]}  # fmt: skip
DIRECTUS = {"data": [
    {"id": 1, "status": "published", "title": "Harbour ferries", "slug": "ferries",
     "content": "<p>They left, after the storm.</p>",
     "date_published": "2026-03-02T07:30:00", "author": {"first_name": "Ann", "last_name": "Bee"}, "tags": ["Ferries"],
     "category": {"id": 3, "name": "City"}, "related": [{"id": 5, "related_stories_id": 2}]},
]}  # fmt: skip

SYSTEMS = {
    "WordPress": (WORDPRESS, "", {
        "id": "7", "title": "Harbour’s ferries & storms", "section": "Arts & City", "tags": ["Ferries"],
        "authors": ["Ann O’Bee"], "url": "https://gazette.example/ferries/", "modified": "2026-03-03T07:30:00Z",
        "image": {"url": "https://gazette.example/a.jpg", "width": 1200, "height": 800, "alt": "A ferry"}}),
    "Ghost": (GHOST, "", {
        "id": "65f0", "section": "City", "tags": ["City", "Ferries"], "authors": ["Ann Bee"],
        "url": "https://gazette.example/ferries/", "modified": "2026-03-03T07:30:00Z",
        "image": {"url": "https://gazette.example/a.jpg", "alt": ""}}),
    "Ghost export": (GHOST_EXPORT, "", {"id": "65f0"}),
    "Drupal": (DRUPAL, "relationships.field_related", {"id": "uuid-1", "language": "en", "read_more": ["uuid-2"]}),
    "Strapi 4": (STRAPI_4, "attributes.related", {
        "id": "1", "section": "City", "tags": ["Ferries"], "language": "en", "read_more": ["2"],
        "image": {"url": "https://gazette.example/uploads/a.jpg", "width": 1200, "alt": "A ferry"}}),
    "Strapi 5": (STRAPI_5, "", {
        "id": "a1", "section": "City", "tags": ["Ferries"], "language": "en",
        "image": {"url": "https://gazette.example/uploads/a.jpg", "width": 1200, "alt": ""},
        "read_more": ["https://gazette.example/mole"]}),
    "Contentful": (CONTENTFUL, "fields.related", {"id": "5Ks1", "language": "en", "read_more": ["6Ks2"]}),
    "Sanity": (SANITY, "related", {
        "id": "uuid-1", "section": "City", "read_more": ["uuid-2"],
        "image": {"url": "https://cdn.example/a.jpg", "alt": ""}}),
    "Arc XP": (ARC, "", {
        "id": "QEGUC2", "section": "City", "tags": ["Ferries"], "language": "en", "authors": ["Ann Bee"],
        "image": {"url": "https://cdn.example/a.jpg", "width": 1200, "alt": ""}, "read_more": ["AEGUC3"]}),
    "Prismic": (PRISMIC, "", {
        "id": "YxX1", "tags": ["Ferries"], "language": "en",
        "image": {"url": "https://cdn.example/a.jpg", "width": 640, "height": 360, "alt": ""}}),
    "Directus": (DIRECTUS, "related.related_stories_id", {
        "id": "1", "section": "City", "authors": ["Ann Bee"], "tags": ["Ferries"], "read_more": ["2"]}),
}  # fmt: skip
"""Of each system an answer, where it has its related stories, and the story that is read."""

_ROW = re.compile(r"^\| ([\w ]+?)(?:,.*?)? \| (?:`(.*?)`)? ?\| `(.*?)` \|$", re.MULTILINE)
_DOCS = (Path(__file__).parents[2] / "docs" / "corpora.md").read_text()
DOCUMENTED = {name: (options.replace("…", SITE), mapping) for name, options, mapping in _ROW.findall(_DOCS)}
"""The options and the `--map` that docs/corpora.md gives for a system."""


def read(path, named, options="", mapping=""):
    path.write_text(json.dumps(named))
    items = list(open_corpus(with_options(f"{path}{options}", parse_map(mapping))))
    return [item for item in items if isinstance(item, Story)], [item for item in items if isinstance(item, Rejected)]


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_a_system_answers_is_a_story(tmp_path, system):
    answer, related, expected = SYSTEMS[system]
    options, mapping = DOCUMENTED[system]
    stories, rejected = read(
        tmp_path / "a.json", answer, options, mapping + (f",read_more={related}" if related else "")
    )
    assert not rejected
    record = {name: value for name, value in stories[0].to_record().items() if name not in stories[0].extra}
    pointers = record.pop("read_more", [])
    listed = [pointer.get("id") or pointer["url"] for pointer in pointers if "kind" not in pointer]
    linked = [pointer["url"] for pointer in pointers if "kind" in pointer]
    assert linked == ([STORM] if "/storm/" in json.dumps(answer) else [])
    assert record | {"read_more": listed} == {
        "title": "Harbour ferries", "text": "They left, after the storm.", "published": "2026-03-02T07:30:00Z",
        "url": f"{SITE}/ferries", "read_more": [],
    } | expected  # fmt: skip


def test_drafts_of_an_export_are_withheld(tmp_path):
    stories, _ = read(tmp_path / "a.json", GHOST_EXPORT, "#records=db.data.posts", "text=html")
    assert [story.status for story in stories] == ["usable", "withheld"]


@pytest.mark.parametrize(
    ("stated", "status"),
    [("Published", "usable"), (1, "usable"), ("0", "withheld"), (False, "withheld"), ("future", "withheld"),
     ("trash", "canceled"), ("canceled", "canceled"), (None, "usable"), ([{"value": True}], "usable")],
)  # fmt: skip
def test_words_for_a_status(tmp_path, stated, status):
    ((story,), _) = read(tmp_path / "a.json", [{"title": "x", "status": stated}])
    assert story.status == status
    _, (rejected,) = read(tmp_path / "a.json", [{"title": "x", "status": "inherit"}])
    assert rejected.reason == "status: 'inherit' is none of usable, withheld, canceled"


def test_the_list_that_is_named_is_that_of_the_stories(tmp_path):
    for answer, place in [(GHOST_EXPORT, "db.data.posts"), (CONTENTFUL, "items"), (ARC, "content_elements")]:
        _, (rejected,) = read(tmp_path / "a.json", answer)
        assert rejected.reason.endswith(f"#records={place}")


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_a_text_that_no_record_has_is_told_where_a_field_seems_to_hold_it(tmp_path, name):
    text = json.dumps(WORDPRESS[0])
    (tmp_path / name).write_text(text if name == "a.jsonl" else f"[{text}]")
    story, rejected = open_corpus(tmp_path / name)
    assert (story.title, story.text) == ("Harbour’s ferries & storms", "")
    assert (
        rejected.reason
        == "no record has a text, but a field 'content.rendered'; if it is that: --map text=content.rendered"
    )


def test_answers_in_a_folder_are_read_by_names_with_dots(tmp_path):
    (tmp_path / "page1.json").write_text(json.dumps(WORDPRESS))
    (story,) = open_corpus(with_options(str(tmp_path), {"text": "content.rendered"}))
    assert story.text == "They left, after the storm."
    assert story.extra["content"] == {"protected": False}, "a field that was moved is kept once"


def test_an_object_whose_meaning_is_open_is_refused_with_what_it_has(tmp_path):
    for record, mapping, reason in [
        ({"text": {"en": "x"}}, "", "text: is an object with en; say which is meant: --map text=text.en"),
        ({"title": "x", "image": 12}, "",
         "image: has no address of a picture; name the field that holds one: --map image=FIELD"),
        ({"a": {"title": {"de": "x", "en": "y"}}}, "title=a.title",
         "title: is an object with de, en; say which is meant: --map title=a.title.de"),
        ({"title": "x", "tags": [{"slug": "y"}]}, "",
         "tags: holds objects with slug; say which is meant: --map tags=tags.slug"),
        ({"title": "x", "read_more": [{"ref": 5}]}, "", "read_more: item 0 has none of title, url and id, but ref"),
    ]:  # fmt: skip
        _, (rejected, *_) = read(tmp_path / "a.json", [record], "", mapping)
        assert rejected.reason == reason


def test_pointers_by_whatever_they_are():
    record = {
        "title": "x", "url": "https://a.example/x",
        "read_more": [3, "QEGUC2", "uuid-1", "Storm", "Storm Ragna 2026", "/mole", "https://a.example/1", None,
                      {"headline": "The mole", "link": "/mole"}, {"title": {"rendered": "A wall"}, "id": 4},
                       {"title": ""}],
    }  # fmt: skip
    assert contract_values(record)["read_more"] == [
        {"id": 3}, {"id": "QEGUC2"}, {"id": "uuid-1"}, "Storm", "Storm Ragna 2026", {"url": "https://a.example/mole"},
        "https://a.example/1", {"title": "The mole", "url": "https://a.example/mole"}, {"title": "A wall", "id": 4},
    ]  # fmt: skip


def test_lists_of_ids_and_addresses_in_a_table(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        "title;url;related;post_status\nA;/a;12,15;publish\nB;/b;https://a.example/1 https://a.example/2;draft\n"
    )
    one, two = open_corpus(f"{path}#base=https://a.example")
    assert (one.url, [pointer.id for pointer in one.read_more]) == ("https://a.example/a", ["12", "15"])
    assert [pointer.url for pointer in two.read_more] == ["https://a.example/1", "https://a.example/2"]
    assert two.status == "withheld", "WordPress' drafts lie in one table with its posts"


@pytest.mark.parametrize("nothing", [None, False, [], {}, "", {"data": None}])
def test_nothing_in_whatever_form_is_nothing(nothing):
    fields = ("text", "url", "section", "published", "authors", "tags", "image", "read_more")
    said = contract_values({"title": "x", **dict.fromkeys(fields, nothing)})
    assert {name: value for name, value in said.items() if value} == {"title": "x"}
    assert False not in said.values()


def test_blocks():
    nested = {"type": "doc", "content": [
        {"type": "bulletList", "content": [{"type": "listItem", "content": [
            {"type": "paragraph", "content": [words("A < B & C", marks=[{"type": "link",
             "attrs": {"href": STORM}}])]}]}]},
        {"type": "image", "attrs": {"src": "a.jpg", "alt": "no"}},
    ]}  # fmt: skip
    assert markup_of_blocks(nested) == f'<p><a href="{STORM}">A &lt; B &amp; C</a></p>'
    lexical = {"root": {"children": [block("paragraph", words("One"), {"type": "linebreak"}, words("two"))]}}
    assert markup_of_blocks(lexical) == "<p>One<br>two</p>"
    editor = {"blocks": [
        {"type": "paragraph", "data": {"text": "It is <b>so</b>"}}, {"type": "list", "data": {"items": ["a",
         {"content": "b"}]}}
    ]}  # fmt: skip
    assert markup_of_blocks(editor) == "<p>It is <b>so</b></p>\n<p>a</p>\n<p>b</p>"
    assert (
        markup_of_blocks(["One & two", {"type": "paragraph", "value": "<p>Three</p>"}])
        == "<p>One &amp; two</p>\n<p><p>Three</p></p>"
    )
    entry = {"nodeType": "embedded-entry-inline", "data": {"target": {"sys": {"id": "x"}}}, "content": []}
    line = {"nodeType": "paragraph", "data": {}, "content": [value("It is "), entry, value("so")]}
    assert markup_of_blocks({"nodeType": "document", "data": {}, "content": [line]}) == "<p>It is so</p>"
    own = [words("One."), {"type": "image"}, words("Two.")]
    assert markup_of_blocks(own) == markup_of_blocks({"blocks": own}) == "<p>One.</p>\n<p>Two.</p>"
    deep: list[object] = []
    for _ in range(100):
        deep = [deep]
    with pytest.raises(RecordError, match="text: is nested deeper than 60 levels"):
        markup_of_blocks(deep)
