"""The command line: exit statuses, JSON for scripts, one line for an error."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from newsdesk import MODEL, PAPER, make_index, story, write_corpus

from recommender.cli import main, sync
from recommender.generation import IndexFolder
from recommender.rebuild import rebuild
from recommender.settings import Settings

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command in an empty working folder: exit status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    for name in ("INDEX", "MODEL", "CONFIG", "PORT", "CORPORA"):
        monkeypatch.delenv(f"RECOMMENDER_{name}", raising=False)

    def command(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as exit_:
            status = int(exit_.code or 0)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return command


@pytest.fixture
def index(paper_index: Path, tmp_path: Path) -> Path:
    """A copy of the small newspaper's index."""
    return Path(shutil.copytree(paper_index, tmp_path / "paper"))


def done(result: tuple[int, str, str]) -> Any:
    """The JSON of a command that went well and printed nothing else."""
    status, out, err = result
    assert status == 0, err
    return json.loads(out)


def one_line(result: tuple[int, str, str], status: int) -> str:
    """The error of a command that failed: one line on standard error, nothing on standard output."""
    assert (result[0], result[1]) == (status, "")
    lines = result[2].strip().splitlines()
    assert lines[-1].startswith("recommender: ")
    assert "Traceback" not in result[2]
    return lines[-1]


def test_build_then_ask(run: Run, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus.jsonl", PAPER[:30])
    manifest = done(run("build", corpus, "--index", "made", "--model", MODEL, "--json"))
    assert manifest["rows"] == len(IndexFolder(tmp_path / "made").open_live())
    assert manifest["counts"]["articles"] == 30
    assert manifest["embedder"]["model"] == MODEL
    answer = done(run("related", "--id", PAPER[3]["id"], "--index", "made", "--json", "--limit", 3, "--mode", "any"))
    assert len(answer["hits"]) == 3
    assert answer["query"]["id"] == PAPER[3]["id"]
    assert answer["index"]["generation"] == manifest["name"]
    status, out, _ = run("related", "ferry storm", "--index", "made", "--explain")
    assert status == 0
    assert manifest["name"] in out
    assert "score" in out


def test_a_build_says_what_it_made_and_how_to_go_on(run: Run, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus.jsonl", PAPER[:12])
    status, out, err = run("build", corpus, "--index", "made", "--model", MODEL)
    name = IndexFolder(tmp_path / "made").live_name()
    assert status == 0
    assert f"{name} is live" in out
    assert "recommender serve --index made" in out
    assert "Reading corpus.jsonl" in err
    status, out, _ = run("build", corpus, "--index", "made", "--model", MODEL, "--no-promote")
    assert status == 0
    assert IndexFolder(tmp_path / "made").live_name() == name
    assert "recommender index promote" in out


def test_the_answer_is_that_of_the_engine(run: Run, index: Path, paper_engine: Any) -> None:
    from newsdesk import ask

    wanted = {"section": ["City"], "kind": "article", "min_score": "0.2", "diversity": "0.1", "offset": "1"}
    flags = [part for name, value in wanted.items() for one in ([value] if isinstance(value, str) else value)
             for part in (f"--{name.replace('_', '-')}", one)]  # fmt: skip
    said = done(run("related", "--id", PAPER[50]["id"], "--index", index, "--json", *flags))
    expected = ask(paper_engine, PAPER[50]["id"], **wanted).to_json()
    for volatile in ("processing_time_ms",):
        del said[volatile], expected[volatile]
    assert said == json.loads(json.dumps(expected))


def test_a_text_may_come_from_a_file_or_standard_input(
    run: Run, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io
    import sys

    (tmp_path / "draft.txt").write_text("\ufeffFerry in the storm\n\nThe harbour is closed.", encoding="utf-8")
    from_file = done(run("related", "--file", "draft.txt", "--index", index, "--json"))
    text = "Ferry in the storm\n\nThe harbour is closed."
    given = done(run("related", text, "--index", index, "--json"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    piped = done(run("related", "--file", "-", "--index", index, "--json"))
    assert from_file["hits"] == given["hits"] == piped["hits"]


def test_only_a_headline_without_an_article_is_called_one(run: Run, tmp_path: Path) -> None:
    pointer = {"title": "Storm harbour wall later"}
    make_index(tmp_path / "index", [story("a", "Storm harbour wall", day=None, read_more=[pointer])])

    def called_headlines(*flags: str) -> set[tuple[bool, bool]]:
        rows = [line.partition("Storm") for line in run("related", "storm harbour wall", *flags)[1].splitlines()]
        return {("later" in title, "headline" in before) for before, found, title in rows if found}

    assert called_headlines() == {(False, False), (True, True)}
    assert called_headlines("--fields", "id,title") == {(False, False), (True, False)}


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--section", "city"], "No story has the section 'city'; there are: City"),
        (["--language", "English"], "No story has the language 'English'; there are: de, en."),
        (["--min-score", "1"], "Nothing in the index that passes is near to that."),
    ],
)
def test_an_empty_answer_says_why(run: Run, index: Path, flags: list[str], says: str) -> None:
    status, out, _ = run("related", "storm", "--index", index, *flags)
    assert status == 0
    assert says in " ".join(out.split())


def test_index_commands(run: Run, tmp_path: Path) -> None:
    for number in range(3):
        make_index(tmp_path / "index", [story("a", f"Wall {number}"), story("b", "Storm")])
    names = IndexFolder(tmp_path / "index").names()
    listed = done(run("index", "list", "--json"))
    assert [(one["name"], one["live"]) for one in listed] == [(name, name == names[2]) for name in names]
    assert done(run("index", "verify", "--json")) == {"generation": names[2], "verified": True}
    assert done(run("index", "verify", names[0], "--json"))["generation"] == names[0]
    assert done(run("index", "rollback", "--json")) == {"generation": names[1]}
    assert done(run("index", "promote", names[0], "--json")) == {"generation": names[0]}
    kept = {names[0]: "the live one", names[1]: "the one before the live one"}
    assert done(run("index", "prune", "--keep", 1, "--json")) == {"removed": [], "kept": kept}
    assert run("index", "prune", "--keep", 1)[1] == (
        "Removed 0 generations.\n"
        f"Kept beside the newest 1: {names[0]} (the live one), {names[1]} (the one before the live one).\n"
    )
    assert done(run("index", "promote", names[2], "--json")) == {"generation": names[2]}
    pruned = {"removed": [names[1]], "kept": {names[0]: "the one before the live one"}}
    assert done(run("index", "prune", "--keep", 1, "--json")) == pruned
    status, out, _ = run("index", "list")
    assert status == 0
    assert names[0] in out
    assert names[1] not in out
    (tmp_path / "index/generations" / names[0] / "facets.json").write_text("{}")
    assert "facets.json" in one_line(run("index", "verify", names[0]), 1)


def test_tune_and_evaluate(run: Run, index: Path, tmp_path: Path) -> None:
    before = IndexFolder(index).live_name()
    manifest = done(run("tune", "--index", index, "--json"))
    assert IndexFolder(index).live_name() == manifest["name"] != before
    status, out, _ = run("tune", "--index", index)
    assert status == 0
    assert "nDCG@10 against the live generation" in " ".join(out.split())
    report = done(run("evaluate", "--index", index, "--json", "--chart", "chart.svg"))
    assert set(report["runs"]) >= {"plain vectors", "BM25", "default", "tuned"}
    assert report["generation"] == IndexFolder(index).live_name()
    assert ET.parse(tmp_path / "chart.svg").getroot().tag.endswith("svg")
    status, out, _ = run("evaluate", "--index", index)
    assert status == 0
    assert "plain vectors" in out
    corpus = write_corpus(tmp_path / "corpus.jsonl", PAPER)
    (tmp_path / "recommender.toml").write_text(f'model = "{MODEL}"')
    of_corpus = done(run("evaluate", corpus, "--json", "--index", "none"))
    assert of_corpus["queries"] == report["queries"]
    assert not (tmp_path / "none").exists(), "nothing is left of an index made for the purpose"
    with corpus.open("a") as file:
        file.write("{}\n")
    status, _, err = run("evaluate", corpus, "--json")
    assert status == 0
    assert [line for line in err.splitlines() if "that were rejected" in line] == [
        "  records of corpus.jsonl that were rejected: 1"
    ], "no list is named that is gone with that index"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["related", "wall", "--limit", "0"], "limit: is 0, allowed are 1 to 100"),
        (["related", "wall", "--limit", "ten"], "limit: 'ten' is not a whole number"),
        (["related", "   "], "text: is empty"),
        (["related", "🎉"], "text: holds no letter or digit"),
        (["related", "wall", "--published-after", "soon"], "published_after"),
        (["related", "--file", "nowhere.txt"], "nowhere.txt cannot be read (No such file"),
        (["related", "wall", "--fields", "body"], "fields: 'body' is no field"),
        (["index", "prune", "--keep", "0"], "keep_generations is 0"),
    ],
)
def test_wrong_use_is_status_2(run: Run, index: Path, arguments: list[str], says: str) -> None:
    assert says in one_line(run(*arguments, "--index", index), 2)


def test_the_help_of_related_says_what_its_options_take_and_their_defaults(run: Run) -> None:
    status, out, _ = run("related", "--help")
    assert status == 0
    assert "--kind article|headline" in out
    assert "how many stories, at most (default: 10)" in out


@pytest.mark.parametrize(
    "arguments",
    [[], ["nonsense"], ["related"], ["related", "text", "--id", "x"], ["build"], ["index"], ["index", "promote"],
     ["serve", "--port", "x"], ["related", "wall", "--unknown"]],
)  # fmt: skip
def test_words_that_are_no_command_are_status_2(run: Run, arguments: list[str]) -> None:
    said = run(*arguments)
    assert one_line(said, 2).endswith(" --help`)")
    assert len(said[2].splitlines()) == 1, "no usage of a dozen lines hides it"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["related", "wall"], "recommender build CORPUS"),
        (["index", "verify"], "no index in"),
        (["index", "rollback"], "no index in"),
        (["index", "list"], "no index in missing: build one with"),
        (["index", "list", "--json"], "no index in missing: build one with"),
        (["index", "prune"], "no index in missing: build one with"),
        (["index", "promote", "g1"], "no generation 'g1'"),
        (["tune"], "no index in"),
        (["evaluate"], "no index in"),
        (["build", "nowhere.jsonl", "--model", MODEL], "no corpus at nowhere.jsonl"),
        (["build", "corpus.jsonl", "--model", "hashing:x"], "is no hashing embedder"),
        (["build", "corpus.jsonl", "--model", "no-such-model"], "no-such-model"),
    ],
)
def test_work_that_fails_is_status_1(run: Run, tmp_path: Path, arguments: list[str], says: str) -> None:
    write_corpus(tmp_path / "corpus.jsonl", PAPER[:2])
    assert says in one_line(run(*arguments, "--index", "missing"), 1)
    assert arguments[0] != "index" or not (tmp_path / "missing").exists()


def test_an_unknown_story_is_status_1(run: Run, index: Path) -> None:
    assert "no story with the id 'nobody'" in one_line(run("related", "--id", "nobody", "--index", index), 1)


def test_a_change_by_command_is_logged_as_one_over_http(run: Run, index: Path) -> None:
    story = IndexFolder(index).open_live().record(0)["id"]
    status, out, err = run("withdraw", story, "--index", index, "--json")
    assert (status, json.loads(out)["result"]) == (0, "updated")
    line = json.loads(err)
    assert (line["logger"], line["change"], line["id"], line["status"]) == (
        "recommender.audit", "status", story, "canceled"
    )  # fmt: skip
    assert line["who"].endswith("command line")
    assert line["at"] <= line["not_served_since"] <= line["time"]
    restored = json.loads(run("restore", story, "--index", index)[2])
    assert restored["status"] == "usable"
    assert "not_served_since" not in restored


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["evaluate", "--chart", "nowhere/chart.svg"], "chart: nowhere/chart.svg cannot be written (No such file"),
        (["evaluate", "--chart", "."], "chart: . cannot be written (Is a directory)"),
        (["export", "--out", "/dev/null/lists"], "out: /dev/null/lists cannot be written (Not a directory)"),
    ],
)
def test_what_cannot_be_written_is_named_before_the_work_begins(
    run: Run, index: Path, arguments: list[str], says: str
) -> None:
    refused = run(*arguments, "--index", index)
    assert says in one_line(refused, 2)
    assert len(refused[2].splitlines()) == 1


def test_a_chart_that_was_there_stays_where_the_evaluation_fails(run: Run, tmp_path: Path) -> None:
    (tmp_path / "old.svg").write_text("<svg/>")
    for name in ("old.svg", "new.svg"):
        assert "no index in" in one_line(run("evaluate", "--chart", name, "--index", "missing"), 1)
    assert (tmp_path / "old.svg").read_text() == "<svg/>"
    assert not (tmp_path / "new.svg").exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_port_in_use_is_said_instead_of_that_the_service_serves(index: Path, workers: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = ["serve", "--port", str(port), "--workers", str(workers), "--index", str(index)]
        done = subprocess.run(
            [sys.executable, "-m", "recommender", *command], capture_output=True, text=True, timeout=60
        )
    assert one_line((done.returncode, done.stdout, done.stderr), 1) == (
        f"recommender: cannot listen on host '127.0.0.1', port {port}: another process listens there; "
        "end it, or choose another --port"
    )
    assert "Serving on" not in done.stderr


def test_a_change_of_sight_says_whether_the_story_is_shown(run: Run, index: Path) -> None:
    def said(*arguments: str) -> str:
        status, out, err = run(*arguments, "--index", index)
        assert status == 0, err
        return out.strip()

    end = f"--index {index}"
    assert said("embargo", "s003", "2026-03-01T06:00Z") == (
        "s003 has an embargo that is over (2026-03-01T06:00:00Z has passed): it is shown."
    )
    assert said("restore", "s003") == "s003 is usable."
    assert said("embargo", "s003", "2126-03-01T06:00+02:00") == "s003 is hidden until 2126-03-01T04:00:00Z."
    assert said("restore", "s003") == (
        "s003 is usable, but hidden until 2126-03-01T04:00:00Z by its embargo, which ends at once with: "
        f"recommender embargo s003 none {end}"
    )
    assert said("withdraw", "s003") == "s003 is withdrawn."
    assert said("embargo", "s003", "none") == (
        f"s003 has no embargo, and stays hidden until: recommender restore s003 {end}"
    )
    assert said("restore", "s003") == "s003 is usable."
    assert said("embargo", "s003", "none") == "s003 has no embargo: it is shown."


def test_an_embargo_that_the_corpus_says_hides_a_restored_story(run: Run, tmp_path: Path) -> None:
    make_index(tmp_path / "index", [story("a", "Wall", embargoed="2126-03-01T06:00:00Z"), story("b", "Storm")])
    assert "hidden until 2126-03-01T06:00:00Z" in run("restore", "a")[1]


def test_a_deleted_story_comes_back_by_adding_it_alone(run: Run, index: Path, tmp_path: Path) -> None:
    assert run("delete", "s003", "--index", index)[0] == 0
    assert one_line(run("restore", "s003", "--index", index), 1) == (
        "recommender: the story 's003' was deleted; only adding it again brings it back: "
        f"recommender add FILE --index {index}"
    )
    corpus = write_corpus(tmp_path / "again.jsonl", [story("s003", "Wall")])
    assert run("add", corpus, "--index", index)[0] == 0
    assert run("restore", "s003", "--index", index)[:2] == (0, "s003 is usable.\n")


def test_a_deleted_story_stays_deleted_when_its_source_is_followed(run: Run, index: Path, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "source.jsonl", [story("s003", "Wall")])
    assert run("delete", "s003", "--index", index)[0] == 0
    (round_,) = done(run("sync", corpus, "--index", index, "--json"))
    assert round_["deleted_here"] == 1


class Rounds:
    """Rounds of `sync --every`, without waiting: before each further one something happens; the last one ends it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *before: Callable[[], object]) -> None:
        self._before = iter(before)
        self.recommender: Any = None
        self.journals: list[dict[str, int]] = []
        open_recommender = sync.open_recommender

        def opened(settings: Any) -> Any:
            self.recommender = open_recommender(settings)
            return self.recommender

        monkeypatch.setattr(sync, "open_recommender", opened)
        monkeypatch.setattr(sync, "time", SimpleNamespace(sleep=self._sleep, strftime=time.strftime))

    def _sleep(self, seconds: float) -> None:
        self.journals.append(self.recommender.describe()["journal"])
        happens = next(self._before, None)
        if happens is None:
            raise KeyboardInterrupt
        happens()


def test_following_for_long_keeps_no_row_that_nobody_needs(
    run: Run, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recommender.live.overlay._IDLE", 5)
    source = tmp_path / "source.jsonl"

    def changed(number: int) -> Callable[[], Path]:
        return lambda: write_corpus(source, [story("n", f"Herring number {number} at the quay")])

    changed(0)()
    rounds = Rounds(monkeypatch, *(changed(number) for number in range(1, 20)))
    assert run("sync", source, "--every", "5", "--index", index)[0] == 130
    assert [one["laid_over"] for one in rounds.journals] == list(range(1, 21))
    assert max(one["rows"] for one in rounds.journals) < 10


def test_what_keeps_a_follower_from_the_index_is_said_once_and_ends_nothing(
    run: Run, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def promoted() -> None:
        rebuild(Settings(index=index, model="hashing:32"), [index.with_name("source.jsonl")], force=True)

    source = write_corpus(tmp_path / "source.jsonl", [story("n", "Herring")])
    rounds = Rounds(monkeypatch, promoted, lambda: None, lambda: None)
    status, out, err = run("sync", source, "--every", "5", "--index", index)
    assert (status, len(out.splitlines()), len(rounds.journals)) == (130, 4, 4)
    assert err.count("not up to date with the index: generation") == 1


def test_commands_and_ids_are_shown_whole(run: Run, tmp_path: Path) -> None:
    url = "https://gazette.example/2026/03/04/the-wall-of-the-harbour"
    write_corpus(tmp_path / "corpus.jsonl", [{"title": "Wall of the harbour", "url": url}])
    index = tmp_path / f"an index [a folder] whose name is longer than a line{'-' * 100}"
    status, out, _ = run("build", "corpus.jsonl", "--index", index, "--model", MODEL, "--no-promote")
    assert (status, f"--index '{index}'" in out) == (0, True)
    IndexFolder(index).promote(IndexFolder(index).names()[0])
    status, out, _ = run("related", "harbour", "--index", index)
    assert (status, url in "".join(out.split())) == (0, True)


def test_a_dry_run_promises_an_index_only_where_there_is_a_story(run: Run, tmp_path: Path) -> None:
    write_corpus(tmp_path / "good.jsonl", [story("a", "Wall")])
    write_corpus(tmp_path / "bad.jsonl", [{"id": "a"}])
    promise = "Without --dry-run an index is made of this."
    status, out, _ = run("build", "good.jsonl", "--dry-run")
    assert (status, promise in out) == (0, True)
    status, out, _ = run("build", "bad.jsonl", "--dry-run")
    assert (status, promise in out) == (1, False)
    assert "no story in it can be used" in out


def test_a_dry_run_counts_the_stories_that_a_build_would_hold(run: Run, tmp_path: Path) -> None:
    write_corpus(tmp_path / "twice.jsonl", [story("a", "Wall"), story("b", "Ferry"), story("a", "Walls")])
    lines = run("build", "twice.jsonl", "--dry-run")[1].splitlines()
    assert [line.split(maxsplit=1)[1].strip() for line in lines if line.startswith("stories")] == [
        "2 (and 1 replaced by a later one with the same id)"
    ]


def test_records_that_add_rejects_are_not_called_stories(run: Run, index: Path, tmp_path: Path) -> None:
    write_corpus(tmp_path / "bad.jsonl", [{"id": "a"}])
    status, _, err = run("add", "bad.jsonl", "--index", index)
    assert status == 1
    assert "Adding bad.jsonl: 1 records in" in err


def test_a_generation_in_use_is_not_pruned_and_said(run: Run, tmp_path: Path) -> None:
    for number in range(3):
        make_index(tmp_path / "index", [story("a", f"Wall {number}")])
    index = IndexFolder(tmp_path / "index")
    with closing(index.open(index.names()[0])):
        assert done(run("index", "prune", "--keep", 2, "--json")) == {
            "removed": [],
            "kept": {index.names()[0]: "in use"},
        }
    assert run("index", "prune", "--keep", 2)[1].startswith("Removed 1 generation: ")


def test_a_build_that_halves_the_index_says_so(run: Run, tmp_path: Path) -> None:
    def built(count: int) -> str:
        corpus = write_corpus(tmp_path / "corpus.jsonl", [story(n, f"Wall {n}") for n in range(count)])
        status, out, err = run("build", corpus, "--index", "made", "--model", MODEL)
        assert status == 0, err
        return out

    assert "index rollback" not in built(10) + built(5)
    assert "2 stories, where 5 were live before: recommender index rollback --index made undoes this" in built(2)


def test_debug_shows_the_traceback(run: Run) -> None:
    from recommender.errors import IndexMissing

    with pytest.raises(IndexMissing):
        run("related", "wall", "--index", "missing", "--debug")


def test_a_refused_promotion_is_status_1_and_force_overrides(run: Run, tmp_path: Path) -> None:
    records = PAPER
    write_corpus(tmp_path / "good.jsonl", records)
    worse = [record | {"title": f"Note {n}", "text": "", "section": None} for n, record in enumerate(records)]
    write_corpus(tmp_path / "worse.jsonl", worse)
    done(run("build", "good.jsonl", "--model", MODEL, "--json"))
    live = IndexFolder(tmp_path / "index").live_name()
    assert "--force" in one_line(run("build", "worse.jsonl", "--model", MODEL), 1)
    assert IndexFolder(tmp_path / "index").live_name() == live
    done(run("build", "worse.jsonl", "--model", MODEL, "--force", "--json"))
    assert IndexFolder(tmp_path / "index").live_name() != live


# Settings


def test_flags_then_variables_then_the_file(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def shown(*flags: str) -> dict[str, str]:
        return {one["variable"]: one["value"] for one in done(run("settings", "--json", *flags))}

    assert shown()["RECOMMENDER_INDEX"] == "index"
    (tmp_path / "recommender.toml").write_text('index = "from-file"\nport = 9001\nadmin_key = ["secret"]\n')
    assert (shown()["RECOMMENDER_INDEX"], shown()["RECOMMENDER_PORT"]) == ("from-file", "9001")
    monkeypatch.setenv("RECOMMENDER_INDEX", "from-variable")
    assert (shown()["RECOMMENDER_INDEX"], shown()["RECOMMENDER_PORT"]) == ("from-variable", "9001")
    assert shown("--index", "from-flag")["RECOMMENDER_INDEX"] == "from-flag"
    assert shown()["RECOMMENDER_ADMIN_KEY"] == "(set)", "a key is not shown"


def test_settings_are_shown_as_one_writes_them(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"CORS_ORIGINS": "https://a.example,https://b.example:8443", "CORPORA": "a.jsonl:b.csv"}
    for name, text in given.items():
        monkeypatch.setenv(f"RECOMMENDER_{name}", text)
    shown = {one["variable"].removeprefix("RECOMMENDER_"): one for one in done(run("settings", "--json"))}
    assert {name: shown[name]["value"] for name in given} == given
    defaults = {"CORS_ORIGINS": "*", "PROXIES": "127.0.0.1", "CORPORA": "", "INDEX": "index"}
    assert {name: shown[name]["default"] for name in defaults} == defaults


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("index = [", "cannot be read as TOML"),
        ("indx = 'a'", "unknown setting 'indx'"),
        ("port = 'many'", "expected a whole number"),
        ("port = 70000", "port is 70000, expected 0 to 65535"),
        ("log_level = 'loud'", "expected debug, info, warning or error"),
        ("admin_key = 5", "expected a list"),
    ],
)
def test_a_wrong_setting_is_status_2(run: Run, tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "recommender.toml").write_text(content)
    assert says in one_line(run("settings"), 2)


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "recommender", "--version"], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout.split()[0]) == (0, "recommender")


def test_asking_an_exported_index_loads_no_torch(index: Path) -> None:
    code = (
        "import sys; from recommender.cli import main; "
        f"status = main(['related', 'storm', '--index', {str(index)!r}, '--json']); "
        "sys.exit(status or 3 * bool({'torch', 'sentence_transformers', 'transformers', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["hits"]


@pytest.mark.parametrize("as_json", [True, False])
def test_what_a_command_says_goes_out_at_once(as_json: bool) -> None:
    """Into a pipe too: `sync --every` says something and then waits for minutes."""
    told = f"say({{'n': 1}}, 'one new', as_json={as_json})"
    code = f"import os; from recommender.cli.console import say; {told}; os._exit(0)"
    held_back = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=held_back)
    assert done.stdout.split() == (["{", '"n":', "1", "}"] if as_json else ["one", "new"])
