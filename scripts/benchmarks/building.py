"""Building: stories a second beside txtai, and a rebuild in which nothing changed."""

import argparse
import shutil
import time
from pathlib import Path
from statistics import median

from benchmarks import peer
from benchmarks.report import Report
from benchmarks.setting import CACHE, CORPUS, Command, Setting, note


def build(setting: Setting, arguments: argparse.Namespace) -> Report:
    """The first stories of the corpus, everything in (vectors, lexical index, links, tuning), against txtai's index."""
    corpus = CACHE / f"first-{arguments.stories}.jsonl"
    texts = _first(setting, corpus, arguments.stories)
    found: dict[str, list[float]] = {"recommender": [], "txtai": []}
    for turn in range(arguments.rounds):
        index = CACHE / "fresh"
        shutil.rmtree(index, ignore_errors=True)
        _keep_encoder(setting, index)
        begun = time.perf_counter()
        setting.recommender("build", corpus, "--index", index)
        found["recommender"].append(time.perf_counter() - begun)
        shutil.rmtree(index)
        if not arguments.alone:
            found["txtai"].append(peer.build(setting, texts, CACHE / "txtai-fresh"))
            shutil.rmtree(CACHE / "txtai-fresh")
        note(f"round {turn + 1} of {arguments.rounds}")
    seconds = {who: median(times) for who, times in found.items() if times}
    rows = [{"who": who, "s": one, "stories/s": len(texts) / one} for who, one in seconds.items()]
    ratios = {"stories/s: times more": seconds["txtai"] / seconds["recommender"]} if len(seconds) == 2 else {}
    about = "ours: the whole process, from its start to the promoted index; txtai: indexing alone, its model loaded"
    return Report("build", setting.machine(), rows, ratios, [about])


def rebuild(setting: Setting, arguments: argparse.Namespace) -> Report:
    """The whole corpus again, unchanged: nothing is embedded."""
    setting.index()
    index = CACHE / "rebuilt"
    shutil.rmtree(index, ignore_errors=True)
    shutil.copytree(setting.index(), index)
    rows = []
    for _ in range(arguments.rounds):
        begun = time.perf_counter()
        setting.recommender("build", setting.file(CORPUS), "--index", index)
        rows.append({"s": time.perf_counter() - begun} | _timings(index))
    shutil.rmtree(index)
    return Report("rebuild", setting.machine(), rows)


def _first(setting: Setting, corpus: Path, count: int) -> list[tuple[str, str]]:
    from recommender.recipe import embedding_text
    from recommender.records import story_from_record
    from recommender.stories import dump_record

    corpus.parent.mkdir(parents=True, exist_ok=True)
    records = list(setting.records(CORPUS, count))
    corpus.write_bytes(b"\n".join(map(dump_record, records)))
    return [(str(record["id"]), embedding_text(story_from_record(record), 2_000)) for record in records]


def _keep_encoder(setting: Setting, index: Path) -> None:
    """The exported graph is made once per model, not per index: it is there before, as txtai's model is."""
    source = setting.index() / "encoders"
    index.mkdir(parents=True)
    if source.is_dir():
        shutil.copytree(source, index / "encoders")


def _timings(index: Path) -> dict[str, float]:
    from recommender.generation import IndexFolder, read_manifest

    folder = IndexFolder(index)
    return read_manifest(folder.folder_of(folder.names()[-1])).timings


def _rounds(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=3)


def _stories(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stories", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--alone", action="store_true", help="without txtai")


COMMANDS = {
    "build": Command("stories a second of a whole build, beside txtai's index of the same texts", build, _stories),
    "rebuild": Command("a rebuild of the unchanged corpus", rebuild, _rounds),
}
