"""Parsers in processes of their own: the same stories in the same order as alone, and few documents held at once."""

import os

import pytest
import samples
from test_ways_in import page, warc_record

from recommender.corpus import Rejected, open_corpus, parallel
from recommender.corpus.parallel import Parsers
from recommender.errors import CorpusError


@pytest.fixture
def at_once(monkeypatch):
    """Others help from the second document on."""
    monkeypatch.setattr(parallel, "ALONE", 1e-9)
    monkeypatch.setattr(parallel, "processors", lambda: 2)


def parse(number):
    if number == 55:
        os._exit(9)  # as a parser that tears its process down
    return number * 2, os.getpid()


def test_in_order_by_others_and_few_at_once(at_once):
    taken = []

    def tasks():
        for number in range(500, 600):
            taken.append(number)
            yield number

    processes = set()
    with Parsers(parse, lambda task: 0, 2) as parsers:
        for place, (task, (done, process)) in enumerate(parsers.map(tasks())):
            assert (task, done) == (500 + place, 1000 + 2 * place)
            assert len(taken) - place <= 2 * 3 * 8 + 8
            processes.add(process)
        assert [done for _, (done, _) in parsers.map(range(600, 603))] == [1200, 1202, 1204], (
            "again, with the same ones"
        )
    assert len(processes) > 1
    assert os.getpid() in processes, "the first one was parsed here"


def test_few_large_ones_at_once(at_once):
    taken = []
    with Parsers(parse, lambda task: 40 << 20, 2) as parsers:
        for place, (task, _) in enumerate(parsers.map(taken.append(number) or number for number in range(700, 730))):
            assert task == 700 + place
            assert len(taken) - place <= 3


def test_a_process_that_dies_is_said_with_the_place(at_once):
    with (
        Parsers(parse, lambda task: 0, 2) as parsers,
        pytest.raises(CorpusError, match=r"a process died over one of .*\b55\b"),
    ):
        list(parsers.map(range(100)))


def test_one_that_never_lived_leaves_the_work_here(at_once):
    with Parsers(parse, lambda task: 0, 2) as parsers:
        parsers._pool = parallel.start_workers(2, os._exit, 1)
        assert [task for task, _ in parsers.map(range(60, 90))] == list(range(60, 90))


@pytest.mark.parametrize("kind", ["folder", "warc"])
def test_the_same_as_alone(tmp_path, monkeypatch, kind):
    if kind == "warc":
        pytest.importorskip("warcio")
        records = [(f"/{n}", "200 OK", "text/html", page(n, f"Story {n}") if n % 7 else b"<p>no") for n in range(60)]
        corpus = tmp_path / "a.warc.gz"
        data = b"".join(warc_record(*record) for record in records)
        corpus.write_bytes(data[:-40])
    else:
        corpus = tmp_path / "site"
        corpus.mkdir()
        for number in range(60):
            suffix = ("md", "html", "txt", "jsonl")[number % 4] if number % 9 else "md"
            text = (
                f'{{"title": "Story {number}"}}'
                if suffix == "jsonl"
                else f"Story {number}\n\nIt [is](./{number + 1:02}) told."
            )
            (corpus / f"{number:02}.{suffix}").write_text(text)
        (corpus / "30.md").write_text("---\ntitle: [\n---\nx")
        (corpus / "31.html").write_text("<div>" * 2_000)
        (corpus / "a.rss").write_text(samples.RSS)
    alone = list(open_corpus(corpus))
    monkeypatch.setattr(parallel, "ALONE", 1e-9)
    monkeypatch.setattr(parallel, "processors", lambda: 2)
    assert list(open_corpus(corpus)) == alone
    assert any(isinstance(item, Rejected) for item in alone)
    assert len(alone) > 55
