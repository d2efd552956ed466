"""What the tests of the core are made of: invented corpora, indexes of them, engines over these."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from recommender.embedding import HashingEmbedder, QueryEncoder
from recommender.engine import Query, Recommendations, Recommender, parse_options
from recommender.generation import Generation, IndexFolder
from recommender.rebuild import Rebuilt, rebuild
from recommender.settings import Settings

MODEL = "hashing:64"

Record = dict[str, Any]


def story(number: int | str, title: str, text: str = "", day: str | None = "2026-01-01", **more: Any) -> Record:
    """A record; `links` are ids that it points to."""
    links = more.pop("links", ())
    record = {"id": str(number), "title": title, "text": text, "published": day, "language": "en", **more}
    if links:
        record["read_more"] = [*record.get("read_more", []), *({"id": str(link)} for link in links)]
    return record


def day_number(number: int) -> str:
    """The day so many days after the first of January 2026."""
    return (date(2026, 1, 1) + timedelta(number)).isoformat()


def write_corpus(path: Path, records: Sequence[Mapping[str, Any]]) -> Path:
    """A JSON Lines file of records."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def make_index(folder: Path, records: Sequence[Mapping[str, Any]], **options: Any) -> Rebuilt:
    """Build an index of records in `folder` and make it live, as `recommender build` does."""
    corpus = write_corpus(folder.with_name(folder.name + ".jsonl"), records)
    return rebuild(Settings(index=folder, model=MODEL), [corpus], **options)


@contextmanager
def opened(folder: Path) -> Iterator[Generation]:
    """The live generation of an index."""
    generation = IndexFolder(folder).open_live()
    try:
        yield generation
    finally:
        generation.close()


@contextmanager
def engine_of(folder: Path) -> Iterator[Recommender]:
    """An engine over the live generation of an index."""
    recommender = Recommender(IndexFolder(folder), QueryEncoder(HashingEmbedder(64)))
    try:
        yield recommender
    finally:
        recommender.close()


def ask(recommender: Recommender, query: Query | str, **options: Any) -> Recommendations:
    """An answer; a string is an id, options are as in a request."""
    query = Query(id=query) if isinstance(query, str) else query
    return recommender.related(query, parse_options(options))


def ids(answer: Recommendations) -> list[str]:
    """The hits' ids, in order."""
    return [hit.id for hit in answer.hits]


def everything(recommender: Recommender, query: Query | str, **options: Any) -> list[tuple[str, float]]:
    """Every story that any offset leads to, with its score: pages of 100 until the answer is exhausted."""
    found: list[tuple[str, float]] = []
    while True:
        answer = ask(recommender, query, **options | {"limit": 100, "offset": len(found)})
        found += [(hit.id, hit.score) for hit in answer.hits]
        if answer.exhausted:
            return found
        assert len(answer.hits) == 100, "a page that is not the last one is full"


SUBJECTS = {
    "harbour": "harbour ferry quay crane pilot tide cargo container dock mooring lighthouse customs freight anchor",
    "council": "council mayor budget vote motion ward chamber petition tax bylaw committee ballot deputy mandate",
    "storm": "storm flood dyke wind gale rain warning shelter damage sandbag forecast gust surge evacuation",
    "football": "football striker goal league coach transfer stadium penalty keeper fixture injury derby header cup",
    "school": "school pupil teacher exam lesson headmaster classroom strike term textbook uniform bus canteen grade",
    "theatre": "theatre actor stage premiere director audience curtain rehearsal script applause costume opera ticket",
}
SECTIONS = {"harbour": "City", "council": "Politics", "storm": "City", "football": "Sport", "school": "Politics"}
FILLER = "yesterday people said new year town report week plan work house street money time group place morning".split()


def newspaper(count: int, seed: int = 7, days: int = 40) -> list[Record]:
    """Stories of six subjects over some weeks, with everything a corpus holds: sections, languages, sources, days,
    instants and missing dates, links back, forward and to headlines, shared and unique URLs, round-ups, wire copies.
    About one in twelve belongs to the same affair, which has names of its own.
    """
    pick = random.Random(seed)
    affairs = [[f"{name}{number}" for name in ("Olvar", "Brinn", "Teska")] for number in range(count // 12)]
    records: list[Record] = []
    for number in range(count):
        subject = pick.choice(list(SUBJECTS))
        words = SUBJECTS[subject].split()
        names = pick.choice(affairs)
        title = " ".join([*pick.sample(words, 3), pick.choice(names), pick.choice(FILLER)])
        text = ". ".join(
            " ".join([*pick.choices(words, k=4), *pick.choices(FILLER, k=4), *pick.sample(names, pick.randrange(3))])
            for _ in range(6)
        )
        day = day_number(pick.randrange(days))
        record = story(f"s{number:03}", title.capitalize(), text, day, source=pick.choice(["Ledger", "Ledger", "Wire"]))
        record["section"] = SECTIONS.get(subject)
        record["language"] = pick.choice(["en", "en", "en", "de"])
        match pick.randrange(10):
            case 0:
                record["published"] = None
            case 1 | 2:
                record["published"] = f"{day}T{pick.randrange(24):02}:{pick.randrange(60):02}:00Z"
        if pick.random() < 0.7:
            record["url"] = f"https://ledger.example/{subject}/{number}"
        elif pick.random() < 0.2:
            record["url"] = "https://ledger.example/live"
        same = [other["id"] for other in records if SECTIONS.get(subject) == other["section"]]
        links = [{"id": one} for one in pick.sample(same, min(len(same), pick.randrange(4)))]
        if pick.random() < 0.1:
            links.append({"title": f"Elsewhere: the {pick.choice(words)} and the {pick.choice(words)}"})
        if links:
            record["read_more"] = links
        if pick.random() < 0.03:
            record["digest"] = True
        if pick.random() < 0.06:
            copied = dict(record) | {"id": f"c{number:03}", "source": "Wire", "url": None}
            records.append({name: value for name, value in copied.items() if name != "read_more"})
        records.append(record)
    return records[:count]


PAPER = newspaper(130)
"""The records of a small newspaper: so few that every story is a candidate for every query."""
