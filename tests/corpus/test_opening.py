"""From a path to a reader: files, folders, and what is neither."""

import gzip
import os

import pytest

from recommender.corpus import Rejected, open_corpus
from recommender.errors import CorpusError


def fill(folder, files):
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    return folder


def test_a_folder_of_every_form_in_order_of_name(tmp_path):
    folder = fill(
        tmp_path / "news",
        {
            "b/two.html": "<h1>Two</h1><p>text",
            "b/one.md": "# One\n\ntext",
            "a/z.txt": "---\ntitle: Zed\n---\ntext",
            "c.jsonl.gz": gzip.compress(b'{"title": "C1"}\nbroken\n{"title": "C2"}\n'),
            "d.markdown": "# Dee\n\ntext",
            "e.TXT": b"caf\xe9",
            ".hidden.txt": "hidden",
            ".git/x.txt": "hidden",
            "README.md": "# About these files\n\ntext",
            "picture.png": b"\x89PNG",
        },
    )
    corpus = open_corpus(folder)
    items = list(corpus)
    assert [item.place if isinstance(item, Rejected) else item.title for item in items] == [
        "C1",
        "news/c.jsonl.gz:2",
        "C2",
        "Dee",
        "news/e.TXT",
        "Zed",
        "One",
        "Two",
    ]
    assert list(corpus) == items
    assert corpus.name == "news"


def test_a_file_that_goes_away_is_rejected(tmp_path):
    corpus = open_corpus(fill(tmp_path / "news", {"a.txt": "The first text.", "b.txt": "The last text."}))
    (tmp_path / "news" / "a.txt").unlink()
    assert [story.text for story in corpus] == ["The last text."]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read(tmp_path):
    folder = fill(tmp_path / "news", {"a.txt": "The first text.", "b.txt": "The last text."})
    (folder / "a.txt").chmod(0)
    rejected, _ = open_corpus(folder)
    assert rejected.place == "news/a.txt"
    with pytest.raises(CorpusError, match="permission"):
        open_corpus(folder / "a.txt")


def test_a_link_to_a_folder_above_is_not_followed(tmp_path):
    folder = fill(tmp_path / "news", {"a.txt": "The first text."})
    (folder / "again").symlink_to(folder, target_is_directory=True)
    (folder / "dead.txt").symlink_to(folder / "nothing")
    assert len(list(open_corpus(folder))) == 1


def test_no_corpus_there(tmp_path):
    with pytest.raises(CorpusError, match=r"no corpus at .*nothing.*JSON Lines"):
        open_corpus(tmp_path / "nothing")


@pytest.mark.parametrize("files", [{}, {".a.txt": "hidden"}, {"README.md": "about"}, {"a.pdf": "x", "b.png": "y"}])
def test_a_folder_without_articles(tmp_path, files):
    (tmp_path / "news").mkdir()
    with pytest.raises(CorpusError, match="no articles in the folder"):
        open_corpus(fill(tmp_path / "news", files))


def test_a_form_that_is_not_known(tmp_path):
    fill(tmp_path, {"a.pdf": "x"})
    with pytest.raises(CorpusError, match=r"a\.pdf has a form that is not known; known are JSON Lines"):
        open_corpus(tmp_path / "a.pdf")


@pytest.mark.parametrize("path", ["a\0b", "x" * 5_000])
def test_paths_that_cannot_be(path):
    with pytest.raises(CorpusError):
        open_corpus(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_no_corpus(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(CorpusError, match="neither a file nor a folder"):
        open_corpus(tmp_path / "pipe.txt")


def test_an_empty_file_of_a_form_that_its_beginning_tells(tmp_path):
    (tmp_path / "a.xml").write_bytes(b"")
    with pytest.raises(CorpusError, match=r"a\.xml is empty$"):
        open_corpus(tmp_path / "a.xml")
