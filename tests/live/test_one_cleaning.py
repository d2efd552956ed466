"""A record is read alike, whether it comes with a corpus or alone."""

# ruff: noqa: E501

import json

import pytest

from recommender.cleaning import story_of
from recommender.corpus import open_corpus
from recommender.rebuild import rebuild
from recommender.serving import open_recommender
from recommender.settings import Settings

RECORDS = {
    "plain": {"title": "The bridge opens", "text": "It opened at noon.\n\nNobody came."},
    "odd signs": {"title": "The\u00a0bridge \u200bopens", "text": "It op\u00adened &amp; closed.\n\nCafÃ©\u2028Next line \x07 here."},
    "byline and boxes": {
        "title": "The bridge opens",
        "text": "By Ann Bee\n\nIt opened at noon.\n\nNobody came.\n\nSubscribe to our newsletter\n\nShare this article",
        "authors": ["Ann Bee"],
    },
    "block": {"title": "The bridge opens", "text": "It opened.\n\nRead more:\n- [The council votes for it](/vote)\n- Ferry line closes", "url": "https://a.example/1"},
    "markup": {
        "title": "The bridge opens",
        "url": "https://a.example/1",
        "text": "<p>By Ann Bee</p><p>It <a href='/2'>opened</a>&nbsp;at noon.</p><script>x</script><p>Nobody came.</p>"
        "<h3>Read more</h3><ul><li><a href='/3'>The council votes for it</a></li></ul>",
    },
    "classic editor": {"title": "The bridge opens", "text": "It <a href='https://a.example/2'>opened</a>.\n\nNobody came.\nAt all."},
    "speaks of tags": {"title": "How to use tags", "text": "Use <b> and <i>.\n\nNever <blink>."},
    "marked headlines": {"title": "The <em>Gazette</em> &amp; the <b>big</b> vote", "text": "A b.\n\nRead more:\n- AT&amp;T wins the <i>big</i> case", "read_more": ["Caf\u00c3\u00a9 \u200bopens on the mole"]},
    "entities twice": {"title": "A &amp;lt;b&amp;gt; tag", "text": "It says &amp;amp;lt; here."},
    "other fields": {"title": "A", "text": "B c.", "section": "City\u00a0Hall", "edition": 3, "status": "usable", "embargoed": None},
    "names": {"title": "A storm", "text": "B c.", "source": "Post &amp; Gazette", "authors": ["Ann O&#8217;Bee"], "tags": ["Arts &amp;\u00a0City", "\u200b"]},
    "hidden": {"title": "Secret", "text": "Text.", "status": "withheld"},
}  # fmt: skip


@pytest.fixture
def settings(tmp_path):
    path = tmp_path / "first.jsonl"
    path.write_text(json.dumps({"id": "other", "title": "Another story", "text": "Of something else."}) + "\n")
    settings = Settings(index=tmp_path / "index", model="hashing:64")
    rebuild(settings, [path])
    return settings


def test_put_bulk_add_and_build_say_the_same(tmp_path, settings):
    path = tmp_path / "a.jsonl"
    records = [{"id": name, **record} for name, record in RECORDS.items()]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    built = {story.id: story for story in open_corpus(path)}
    assert built.keys() == RECORDS.keys()
    recommender = open_recommender(settings)
    changes = recommender.changes()

    def live():
        found = recommender.generation
        return {name: found.story(found.row_of(name)).to_record() for name in RECORDS}

    def without_language(stories):
        return {
            name: {key: value for key, value in said.items() if key != "language"} for name, said in stories.items()
        }

    wanted = without_language({name: story.to_record() for name, story in built.items()})
    for name, record in RECORDS.items():
        changes.put(record, story_id=name)
    assert without_language(live()) == wanted
    assert {change.result for change in changes.put_many(records)} == {"unchanged"}
    assert {change.result for change in changes.put_many(list(built.values()))} <= {"unchanged", "updated"}
    assert without_language(live()) == wanted
    changes.close()
    recommender.close()


def test_lines_that_many_stories_share_are_left_out_of_one_that_comes_alone(tmp_path, settings):
    body = "Story {0} is told.\n\nIt is story {0}.\n\nThe Gazette is printed on the old mill road"
    records = [{"id": f"s{number}", "title": f"Story {number}", "text": body.format(number)} for number in range(20)]
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    rebuild(settings, [path])
    recommender = open_recommender(settings)
    assert len(recommender.generation.manifest.boilerplate) == 1
    changes = recommender.changes()
    new = {"id": "new", "title": "Story new", "text": body.format("new")}
    changes.put(new)
    changes.put_many([new | {"id": "bulk"}, story_of(new | {"id": "added"})])
    changes.put(records[3])
    found = recommender.generation
    for name, said in (("new", "new"), ("bulk", "new"), ("added", "new"), ("s3", 3), ("s4", 4)):
        assert found.story(found.row_of(name)).text == f"Story {said} is told.\n\nIt is story {said}.", name
    changes.close()
    recommender.close()


def test_what_is_cleaned():
    story = story_of(RECORDS["markup"])
    assert story.text == "It opened at noon.\n\nNobody came."
    assert [(pointer.title, pointer.url, pointer.kind) for pointer in story.read_more] == [
        ("The council votes for it", "https://a.example/3", None),
        ("", "https://a.example/2", "in_text"),
    ]
    marked = story_of(RECORDS["marked headlines"])
    assert marked.title == "The Gazette & the big vote"
    names = story_of(RECORDS["names"])
    assert (names.source, names.authors, names.tags) == ("Post & Gazette", ("Ann O’Bee",), ("Arts & City",))
    assert [one.title for one in marked.read_more] == ["Café opens on the mole", "AT&T wins the big case"]
    for title in ("How to use <b> and <i>", "GENERAL ELECTRIC <GE> SETS DIVIDEND", "Why 1 < 2 > 0"):
        assert story_of({"title": title}).title == title
    box = "Get daily updates directly to your inbox + Subscribe"
    assert story_of({"title": "A", "text": f"{box}\nIt opened.\nNobody came."}).text == "It opened.\nNobody came."
    assert story_of(RECORDS["odd signs"]).text == "It opened & closed.\n\nCafé\nNext line here."
    assert story_of(RECORDS["speaks of tags"]).text == RECORDS["speaks of tags"]["text"]
    assert story_of(RECORDS["classic editor"]).text == "It opened.\n\nNobody came.\nAt all."
