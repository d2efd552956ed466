"""Every story's list as files: names, contents, what is touched and what is removed."""

import errno
import json
import os
import shutil
from contextlib import closing
from pathlib import Path

import pytest
from jinja2 import FileSystemLoader

from recommender.cli import main
from recommender.engine import Recommender
from recommender.errors import IndexFault, InputError
from recommender.export import Lists, export
from recommender.rebuild import rebuild
from recommender.service import pages
from recommender.service.exported import page_key, story_path
from recommender.service.questions import View
from recommender.serving import open_recommender
from recommender.settings import Settings

ODD = "../b/2#x?ü"


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    made = Settings(index=folder / "index", model="hashing")
    rebuild(made, [corpus(folder, "first")])
    return made


def corpus(folder: Path, name: str, leave_out: str = "") -> Path:
    """Six stories of one storm; two share a URL, one has an odd id, one has none."""
    path = folder / f"{name}.jsonl"
    stories = [
        {"id": "a1", "title": "Storm breaks the harbour wall", "url": "https://www.x.example/a1/"},
        {"id": ODD, "title": "Harbour wall: storm damage worse than feared", "url": "https://x.example/ü?p=1"},
        {"id": "c3", "title": "Storm: harbour wall to be rebuilt <b>", "url": "https://x.example/shared"},
        {"id": "d4", "title": "Mayor visits the broken harbour wall", "url": "https://x.example/shared"},
        {"id": "e5", "title": "Storm harbour wall: what we know", "url": "https://x.example/e5"},
        {"id": "f6", "title": "Storm breaks harbour records", "url": None},
    ]
    lines = [
        {
            **one,
            "published": f"2026-02-0{day}",
            "text": f"{one['title']}. The storm broke the harbour wall in part {day}.",
        }
        for day, one in enumerate(stories, 1)
        if one["id"] != leave_out
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def files(out: Path) -> dict[str, tuple[int, int]]:
    return {
        path.relative_to(out).as_posix(): (path.stat().st_mtime_ns, path.stat().st_ino)
        for path in out.rglob("*")
        if path.is_file()
    }


def test_every_article_has_its_list_as_json_and_html(settings, tmp_path):
    done = export(settings, tmp_path, Lists(2))
    assert (done.stories, done.unchanged, done.removed) == (6, 0, 0)
    for story_id in ("a1", ODD, "c3", "d4", "e5", "f6"):
        path = tmp_path / "stories" / story_path(story_id)
        answer = json.loads(path.with_suffix(".json").read_bytes())
        assert answer["query"] == {"id": story_id}
        assert story_id not in {hit["id"] for hit in answer["hits"]}
        assert all(hit["url"].startswith("https://") for hit in answer["hits"])
        markup = path.with_suffix(".html").read_text()
        assert markup.count("<li") == min(2, len(answer["hits"]))
        assert "<b>" not in markup


def test_html_is_what_the_service_answers(settings, tmp_path):
    from fastapi.testclient import TestClient

    from recommender.service import create_app

    export(settings, tmp_path, Lists(3, View("More", 3)))
    with TestClient(create_app(settings, open_recommender(settings))) as client:
        question = {"id": ODD, "limit": 3, "heading": "More", "heading_level": 3}
        answer = client.get("/v1/related/fragment", params=question)
    assert answer.status_code == 200
    assert answer.text == (tmp_path / "stories" / f"{story_path(ODD)}.html").read_text() != ""


def test_pages_find_their_story_by_address(settings, tmp_path):
    export(settings, tmp_path)
    found = {}
    for path in (tmp_path / "urls").iterdir():
        found |= json.loads(path.read_bytes())
    assert found == {
        "x.example/a1": story_path("a1"),
        "x.example/%C3%BC?p=1": story_path(ODD),
        "x.example/e5": story_path("e5"),
    }  # an address that two stories share leads to neither


def test_only_what_changed_is_touched_and_what_is_gone_is_removed(settings, tmp_path):
    out = tmp_path / "out"
    index = tmp_path / "index"
    mine = Settings(index=index, model="hashing")
    rebuild(mine, [corpus(tmp_path, "all")])
    assert export(mine, out).written == len(files(out)) - 1
    before = files(out)
    assert export(mine, out).current
    assert files(out) == before
    stray, part = out / "stories" / "notes.txt", out / "stories" / (story_path("a1") + ".json.part")
    stray.write_text("mine")
    part.write_text("half")
    rebuild(mine, [corpus(tmp_path, "fewer", leave_out="f6")], force=True)
    done = export(mine, out)
    after = files(out)
    assert stray.exists()
    assert not part.exists()
    gone = {f"stories/{story_path('f6')}{ending}" for ending in (".json", ".html")}
    assert before.keys() - after.keys() == gone
    assert done.removed == len(gone) + 1
    assert sum(before[name] == after[name] for name in before.keys() & after.keys()) == done.unchanged > 0
    assert not os.path.exists((out / "stories" / story_path("f6")).parent)


def test_lists_are_made_anew_when_what_makes_them_changed(settings, tmp_path, monkeypatch):
    package = tmp_path / "package"
    shutil.copytree(pages.__path__[0], package / "pages")
    monkeypatch.setattr("recommender.export._PROGRAM", package)
    out = tmp_path / "out"
    export(settings, out)
    assert export(settings, out).current
    template = package / "pages" / "fragment.html"
    template.write_text(template.read_text().replace('class="read-more"', 'class="see-also"'))
    changed = pages.environment().overlay(loader=FileSystemLoader(package / "pages"))
    monkeypatch.setattr(pages, "environment", lambda: changed)
    done = export(settings, out)
    lists = [text for path in out.rglob("*.html") if (text := path.read_text())]
    assert done.written == len(lists) > 1, "and no JSON, in which nothing changed"
    assert all('class="see-also"' in text for text in lists)
    assert export(settings, out).current


def test_a_withdrawn_story_leaves_all_files(settings, tmp_path):
    mine = Settings(index=tmp_path / "index", model="hashing")
    rebuild(mine, [corpus(tmp_path, "all")])
    export(mine, tmp_path / "out")
    with closing(open_recommender(mine)) as recommender, closing(recommender.changes()) as changes:
        changes.patch("e5", status="canceled")
    export(mine, tmp_path / "out")
    for name in files(tmp_path / "out"):
        assert "what we know" not in (tmp_path / "out" / name).read_text()
    assert not (tmp_path / "out" / "stories" / f"{story_path('e5')}.json").exists()


def test_several_processes_write_what_one_writes(settings, tmp_path, monkeypatch):
    export(settings, tmp_path / "one")
    monkeypatch.setattr("recommender.export._ALONE", 1)
    monkeypatch.setattr("recommender.export._BATCH", 2)
    export(Settings(index=settings.index, model="hashing", threads=2), tmp_path / "two")
    one, two = (
        {name: (tmp_path / which / name).read_bytes() for name in files(tmp_path / which)} for which in ("one", "two")
    )
    assert one == two


def test_a_folder_of_something_else_is_refused(settings, tmp_path):
    (tmp_path / "index.json").write_text("{}")
    with pytest.raises(InputError, match="holds other files"):
        export(settings, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["index.json"]
    with pytest.raises(InputError, match="is no folder"):
        export(settings, tmp_path / "index.json")


def test_the_command_says_what_it_did(settings, tmp_path, capsys):
    arguments = ["export", "--index", str(settings.index), "--out", str(tmp_path / "out"), "--limit", "3"]
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["stories"] == 6
    assert main(arguments) == 0
    assert "nothing has changed" in capsys.readouterr().out
    assert main([*arguments, "--limit", "51"]) == 2
    assert "allowed are 1 to 50" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.X.example:443/A/b/?p=1#top", "x.example/A/b?p=1"),
        ("http://x.example:8080/", "x.example:8080"),
        ("https://x.example/a b/é%20ж", "x.example/a%20b/%C3%A9%20%D0%B6"),
        ("https://bücher.example/'?q='", "xn--bcher-kva.example/'?q=%27"),
    ],
)
def test_the_key_of_an_address(url, key):
    assert page_key(url) == key


def test_a_fault_of_the_index_is_not_called_one_of_the_folder(settings, tmp_path, monkeypatch):
    def fails(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Recommender, "articles", fails)
    with pytest.raises(IndexFault, match=f"{settings.index}: cannot be read .Input/output error"):
        export(settings, tmp_path / "out")


def test_a_folder_that_fills_up_is_named(settings, tmp_path, monkeypatch):
    def fails(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fails)
    with pytest.raises(InputError, match=r"out cannot be written .No space left on device"):
        export(settings, tmp_path / "out")
