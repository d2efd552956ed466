"""Corpora that are read in several processes: the same stories in the same order as in one."""

import gzip

import pytest
import samples
from test_ways_in import page, warc_record

from recommender.corpus import Rejected, open_corpus


@pytest.mark.parametrize("kind", ["folder", "warc", "jsonl"])
def test_the_same_as_alone(tmp_path, share_work, kind):
    if kind == "warc":
        pytest.importorskip("warcio")
        records = [(f"/{n}", "200 OK", "text/html", page(n, f"Story {n}") if n % 7 else b"<p>no") for n in range(60)]
        corpus = tmp_path / "a.warc.gz"
        data = b"".join(warc_record(*record) for record in records)
        corpus.write_bytes(data[:-40])
    elif kind == "jsonl":
        corpus = tmp_path / "a.jsonl.gz"
        lines = [
            b'{"title": "Story %d", "text": "It is told.\\n\\nRead more: Another long story"}' % n for n in range(2_000)
        ]
        lines[7:9] = b"[]", b"no record"
        for place, depth in enumerate((90, 150, 300, 600, 5_000), 20):
            lines[place] = b'{"title": "Deep", "x": ' + b"[" * depth + b"]" * depth + b"}"
        lines[900:904] = b"", b'{"id": 1.5, "title": "x"}', b"\xff", b"x" * 5_000
        corpus.write_bytes(gzip.compress(b"\n".join(lines))[:-9])
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
    started = share_work()
    assert list(open_corpus(corpus)) == alone
    assert started
    assert any(isinstance(item, Rejected) for item in alone)
    assert len(alone) > 55
