"""Fitting, measuring, carrying over and refusing, on corpora whose editors follow a simple rule."""

import contextlib
import errno
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from newsdesk import MODEL, Record, day_number, make_index, newspaper, opened, story

from recommender import quality
from recommender.errors import IndexFault, PromotionRefused
from recommender.generation import Generation, IndexFolder
from recommender.quality import check_promotion
from recommender.rebuild import rebuild, retune
from recommender.settings import Settings
from recommender.tuning import ENOUGH

AFFAIRS = ("Olvar", "Brinn", "Teska", "Marn", "Quell", "Dorim", "Fenna", "Sorv")


def by_section(count: int, seed: int = 1) -> list[Record]:
    """Editors who link to the two newest stories of the same section, whatever these say."""
    pick = random.Random(seed)
    words = [f"word{number}" for number in range(60)]
    newest: dict[str, list[str]] = {name: [] for name in AFFAIRS}
    records = []
    for number in range(count):
        section = pick.choice(AFFAIRS)
        records.append(
            story(
                f"s{number:03}",
                " ".join(pick.sample(words, 5)),
                " ".join(pick.choices(words, k=30)),
                day_number(number // 2),
                section=section,
                links=newest[section][-2:],
            )
        )
        newest[section].append(f"s{number:03}")
    return records


@pytest.fixture(scope="module")
def tuned_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tuned") / "index"
    make_index(folder, by_section(220))
    return folder


@pytest.fixture
def index(tuned_index: Path, tmp_path: Path) -> Path:
    shutil.copytree(tuned_index, tmp_path / "index")
    shutil.copy(tuned_index.with_name("index.jsonl"), tmp_path / "index.jsonl")
    return tmp_path / "index"


def settings_of(index: Path) -> Settings:
    return Settings(index=index, model=MODEL)


def test_a_rule_that_editors_follow_is_learnt_and_used(tuned_index: Path) -> None:
    with opened(tuned_index) as generation:
        quality, ranker = generation.manifest.quality, generation.ranker
    tuning = quality["tuning"]
    assert tuning["used"] is True
    assert tuning["fitted_on"] >= ENOUGH
    assert ranker.origin == "tuned"
    assert quality["served"]["mean"] > quality["default"]["mean"] + 0.2
    assert quality["served"]["mean"] > quality["plain vectors"]["mean"] + 0.2
    assert ranker.weights["section"] > 1, "the rule is in the weights, for an editor to read"
    assert json.loads(json.dumps(quality)) == quality


def test_links_without_a_rule_leave_the_defaults_alone(tmp_path: Path) -> None:
    pick = random.Random(2)
    records = by_section(240)
    for number, record in enumerate(records):
        record["read_more"] = [{"id": f"s{pick.randrange(number):03}"} for _ in range(2) if number]
    made = make_index(tmp_path / "index", records)
    assert made.manifest.quality["tuning"]["used"] is False
    with opened(tmp_path / "index") as generation:
        assert generation.ranker.origin == "default"


def test_with_ten_links_nothing_is_fitted_but_all_is_measured(tmp_path: Path) -> None:
    records = by_section(60)
    for record in records[:-10]:
        record["read_more"] = []
    quality = make_index(tmp_path / "index", records).manifest.quality
    assert quality["tuning"] == {
        "queries": 10,
        "fitted_on": 0,
        "checked_on": 5,
        "used": False,
        "why": f"5 judged queries to fit on, {ENOUGH} are needed",
    }
    assert quality["queries"] == 5
    assert quality["served"] == quality["default"]


def test_without_links_there_are_no_figures(tmp_path: Path) -> None:
    made = make_index(tmp_path / "index", [story("a", "A wall"), story("b", "B wall")])
    assert made.manifest.quality["queries"] == 0
    assert made.comparison is None


def test_an_unchanged_corpus_gives_the_same_generation(index: Path) -> None:
    """File by file; the manifest alone differs, by name and times, and says where its figures come from."""
    shelf = IndexFolder(index)
    before = shelf.live_name()
    after = rebuild(settings_of(index), [index.with_name("index.jsonl")]).manifest
    first, second = (shelf.folder_of(name) for name in (before, after.name))
    names = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(second) for path in second.rglob("*") if path.is_file())
    different = [str(name) for name in names if (first / name).read_bytes() != (second / name).read_bytes()]
    assert different == ["manifest.json"]
    old, new = (json.loads((folder / "manifest.json").read_bytes()) for folder in (first, second))
    assert new["quality"].pop("carried_over_from") == before
    for name in ("name", "built_at", "timings", "checksum"):
        del old[name], new[name]
    assert old == new


def test_a_changed_corpus_is_measured_anew(index: Path) -> None:
    records = by_section(220)
    records[10]["title"] += " changed"
    made = make_index(index, records)
    assert "carried_over_from" not in made.manifest.quality
    assert made.comparison is not None


def test_tuning_on_demand_makes_another_generation_of_the_same_stories(index: Path) -> None:
    shelf = IndexFolder(index)
    before = shelf.live_name()
    made = retune(settings_of(index))
    assert made.promoted
    assert shelf.live_name() == made.manifest.name != before
    with opened(index) as generation, shelf_opened(shelf, before) as old:
        assert generation.manifest.rows == old.manifest.rows
        assert generation.ranker.to_json() == old.ranker.to_json()
        assert generation.manifest.quality == old.manifest.quality
        assert (generation.folder / "stories.jsonl").samefile(old.folder / "stories.jsonl"), "nothing is written twice"
    shelf.rollback()
    assert shelf.live_name() == before


def test_tuning_where_a_file_can_have_no_second_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(reason: int) -> Callable[..., None]:
        def fail(file: Path, other: Path) -> None:
            raise OSError(reason, os.strerror(reason))

        return fail

    shelf = IndexFolder(tmp_path / "index")
    make_index(shelf.path, [story(1, "Ferries stay in port"), story(2, "The mayor asks why")])
    monkeypatch.setattr(os, "link", fails(errno.EPERM))
    made = retune(settings_of(shelf.path))
    assert shelf.live_name() == made.manifest.name
    monkeypatch.setattr(shutil, "copyfile", fails(errno.ENOSPC))
    with pytest.raises(IndexFault, match="No space left"):
        retune(settings_of(shelf.path))
    assert shelf.live_name() == made.manifest.name
    assert not list((shelf.path / "generations").glob(".*")), "nothing is left behind"


def shelf_opened(shelf: IndexFolder, name: str) -> contextlib.closing[Generation]:
    return contextlib.closing(shelf.open(name))


def worse(records: list[Record]) -> list[Record]:
    """The same links, but what the stories are about is gone, and with it the section that editors go by."""
    return [
        record | {"section": None, "title": f"Note {number}", "text": "", "published": "2026-01-01"}
        for number, record in enumerate(records)
    ]


def test_a_clearly_worse_generation_is_built_but_not_promoted(index: Path) -> None:
    shelf = IndexFolder(index)
    live = shelf.live_name()
    with pytest.raises(PromotionRefused, match=r"worse than the live generation .*-0\.\d+.*--force") as caught:
        make_index(index, worse(by_section(220)))
    assert shelf.live_name() == live
    (refused,) = set(shelf.names()) - {live}
    assert refused in str(caught.value)
    forced = make_index(index, worse(by_section(220)), force=True)
    assert shelf.live_name() == forced.manifest.name
    assert forced.promoted


def test_another_way_of_fitting_is_compared_and_not_carried_over(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality, "VERSION", quality.VERSION + 1)
    with pytest.raises(PromotionRefused, match="worse than the live generation"):
        make_index(index, worse(by_section(220)))
    made = rebuild(settings_of(index), [index.with_name("index.jsonl")], force=True)
    assert "carried_over_from" not in made.manifest.quality


def test_promotion_compares_the_queries_that_both_have(index: Path, tmp_path: Path) -> None:
    """Other stories, other queries: there is nothing to compare, however bad the new ones are."""
    records = [record | {"id": "x" + record["id"]} for record in worse(by_section(120))]
    for record in records:
        record["read_more"] = [{"id": "x" + link["id"]} for link in record.get("read_more", [])]
    made = make_index(index, records)
    assert made.promoted
    assert made.comparison is None
    shelf = IndexFolder(index)
    with shelf_opened(shelf, shelf.names()[0]) as one, shelf_opened(shelf, shelf.names()[0]) as same:
        assert "+0.0000 (+0.0000 to +0.0000)" in (check_promotion(one, same) or "")


def test_a_damaged_live_generation_does_not_keep_a_build_from_being_promoted(index: Path) -> None:
    shelf = IndexFolder(index)
    (shelf.folder_of(shelf.live_name()) / "facets.json").unlink()
    made = make_index(index, newspaper(20))
    assert shelf.live_name() == made.manifest.name


def test_old_generations_are_pruned_by_a_build(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.jsonl"
    for number in range(5):
        corpus.write_text(json.dumps(story("a", f"Wall {number}")))
        made = rebuild(Settings(index=tmp_path / "index", model=MODEL, keep_generations=2), [corpus])
    assert IndexFolder(tmp_path / "index").names()[-1] == made.manifest.name
    assert len(IndexFolder(tmp_path / "index").names()) == 2


def test_several_processes_fit_and_measure_the_same_as_one(index: Path, share_work: Callable[[], list[int]]) -> None:
    one = retune(settings_of(index)).manifest.quality
    started = share_work()
    assert retune(settings_of(index)).manifest.quality == one
    assert started == [2, 2], "once to fit, once to measure"
