"""Links in bodies, from the corpora to the graph: within a corpus, between two of one build, and of live additions."""

import json

import pytest

from recommender.generation import IndexFolder
from recommender.rebuild import rebuild
from recommender.serving import open_recommender
from recommender.settings import Settings

FEED = """<rss version="2.0"><channel><title>A</title>
<item><title>The bridge opens</title><link>https://a.example/bridge</link><description><![CDATA[<p>It <a
href="https://b.example/vote?utm_source=a">was voted for</a>, <a href="https://a.example/ferry">unlike the ferry</a>,
<a href="https://elsewhere.example/x">elsewhere</a>.</p>]]></description></item>
<item><title>The ferry stops</title><link>https://a.example/ferry</link><description>It stops.</description></item>
</channel></rss>"""
PAGES = {
    "vote.md": "---\ntitle: The council votes\n---\nIt voted on the [ferry](https://a.example/ferry).\n",
    "harbour.html": "<title>The harbour</title><p>Nothing <a href='https://nowhere.example/'>new</a>.</p>",
}


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "a.rss").write_text(FEED)
    (tmp_path / "b").mkdir()
    for name, text in PAGES.items():
        (tmp_path / "b" / name).write_text(text)
    return Settings(index=tmp_path / "index", model="hashing:64")


def links(generation):
    """Titles of the two ends of every link."""
    title = {row: generation.story(row).title for row in range(len(generation))}
    return {(title[row], title[int(end)]) for row in title for end in generation.graph.targets(row)}


BETWEEN = {
    ("The bridge opens", "The council votes"),
    ("The bridge opens", "The ferry stops"),
    ("The council votes", "The ferry stops"),
}


@pytest.mark.parametrize("turned", [False, True])
def test_between_two_corpora_of_a_build(tmp_path, settings, turned):
    corpora = [tmp_path / "a.rss", f"{tmp_path}/b#base=https://b.example"]
    rebuild(settings, corpora[::-1] if turned else corpora)
    generation = IndexFolder(settings.index).open_live()
    assert len(generation) == 4
    assert links(generation) == BETWEEN
    (bridge,) = (generation.story(row) for row in range(4) if generation.story(row).title == "The bridge opens")
    assert [(pointer.url, pointer.kind) for pointer in bridge.read_more] == [
        ("https://b.example/vote?utm_source=a", "in_text"),
        ("https://a.example/ferry", "in_text"),
        ("https://elsewhere.example/x", "in_text"),
    ]
    assert "pointers dangling" not in generation.manifest.counts
    generation.close()


def test_of_live_additions_in_any_order(tmp_path, settings):
    rebuild(settings, [f"{tmp_path}/b#base=https://b.example"])
    recommender = open_recommender(settings)
    changes = recommender.changes()
    body = "<p>It <a href='https://b.example/vote/'>was voted for</a>, <a href='/ferry'>unlike the ferry</a>.</p>"
    changes.put({"title": "The bridge opens", "url": "https://a.example/bridge", "text": body})
    assert links(recommender.generation) == {("The bridge opens", "The council votes")}
    # Both the live body and that of the corpus linked to it before it was there.
    changes.put({"id": "ferry", "title": "The ferry stops", "url": "http://www.a.example/ferry", "text": "It stops."})
    assert links(recommender.generation) == BETWEEN
    changes.delete("ferry")
    assert links(recommender.generation) == {("The bridge opens", "The council votes")}
    changes.put({"id": "ferry", "title": "The ferry stops", "url": "https://a.example/ferry", "text": "It stops."})
    rebuild(settings, [f"{tmp_path}/b#base=https://b.example"])
    generation = IndexFolder(settings.index).open_live()
    assert links(generation) == BETWEEN
    generation.close()
    changes.close()
    recommender.close()


def test_links_of_html_in_json_lines_without_those_of_a_template(tmp_path, settings):
    def record(number):
        target = f"<p>Story {number} <a href='/1'>first</a> <a href='/{number - 1}'>before</a></p><p>The end.</p>"
        return {"title": f"Story number {number}", "url": f"https://c.example/{number}", "text": target}

    path = tmp_path / "c.jsonl"
    path.write_text("".join(json.dumps(record(number)) + "\n" for number in range(1, 61)))
    rebuild(settings, [path])
    generation = IndexFolder(settings.index).open_live()
    found = links(generation)
    assert found == {(f"Story number {number}", f"Story number {number - 1}") for number in range(3, 61)}
    assert generation.story(0).text.endswith("first before\n\nThe end.")
    generation.close()


def test_a_round_up_is_known_by_where_its_links_lead(tmp_path, settings):
    inward = "".join(f"<p><a href='https://d.example/{number}'>x</a></p>" for number in range(20))
    outward = inward.replace("d.example", "elsewhere.example")
    records = [{"title": f"Story {number}", "url": f"https://d.example/{number}"} for number in range(20)]
    records += [{"id": "in", "title": "The week", "text": inward}, {"id": "out", "title": "Sources", "text": outward}]
    path = tmp_path / "d.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    rebuild(settings, [path])
    generation = IndexFolder(settings.index).open_live()
    assert {name: generation.story(generation.row_of(name)).is_digest for name in ("in", "out")} == {
        "in": True,
        "out": False,
    }
    generation.close()
