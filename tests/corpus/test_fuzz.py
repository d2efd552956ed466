"""Every reader on damaged samples, for a moment; `scripts/fuzz.py` does it for as long as one likes."""

import os
import sqlite3

import fuzzing
import pytest

from recommender.corpus import open_corpus
from recommender.corpus.answers import Document
from recommender.corpus.remote import Remote
from recommender.corpus.spec import parse_spec
from recommender.errors import CorpusError
from recommender.records import story_from_record

SECONDS = float(os.environ.get("RECOMMENDER_FUZZ_SECONDS", "0.5"))


@pytest.mark.parametrize("reader", fuzzing.READERS)
def test_damaged(reader, tmp_path):
    try:
        report = fuzzing.fuzz(reader, SECONDS, tmp_path)
    except ImportError as error:
        pytest.skip(f"{error.name} is not installed")
    assert report.findings == {}
    assert report.inputs > 0


def test_what_was_found(tmp_path):
    """Small forms of what fuzzing has brought to light."""
    deep = remote_document(("<div>" * 2_000 + "<p>x").encode())
    (rejected,) = deep
    assert "nested deeper" in rejected.reason
    assert story_from_record({"title": "One", "language": "-en"}).language is None
    sqlalchemy = pytest.importorskip("sqlalchemy")
    assert sqlalchemy
    base = sqlite3.connect(tmp_path / "a.sqlite")
    base.execute("CREATE TABLE stories (title TEXT)")
    base.execute("INSERT INTO stories VALUES (CAST(x'4f6eb7' AS TEXT))")
    base.commit()
    base.close()
    with pytest.raises(CorpusError, match=r"the query failed|UTF-8"):
        list(open_corpus(f"sql:sqlite:///{tmp_path}/a.sqlite#table=stories"))


def remote_document(data):
    return Remote(parse_spec("https://gazette.example/x")).stories(Document("https://gazette.example/x", data))
