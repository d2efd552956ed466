"""JSON Lines: every packing, and every kind of bad line."""

import bz2
import gzip
import io
import json
import lzma
import os

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from recommender.corpus import Rejected, open_corpus
from recommender.corpus.jsonl import JsonLines
from recommender.errors import CorpusError
from recommender.stories import ReadMore, Story

GOOD = b'{"id": "a", "title": "One"}\n'


def write(path, data):
    path.write_bytes(data)
    return open_corpus(path)


def zstd(data):
    return zstandard.ZstdCompressor().compress(data)


def streamed_zstd(data):
    """As the command line does from a pipe: the frame does not say its size."""
    target = io.BytesIO()
    with zstandard.ZstdCompressor().stream_writer(target, closefd=False) as writer:
        writer.write(data)
    return target.getvalue()


PACKINGS = {
    "plain": bytes,
    "gzip": gzip.compress,
    "two gzip members": lambda data: gzip.compress(data[:10]) + gzip.compress(data[10:]),
    "zstd": zstd,
    "streamed zstd": streamed_zstd,
    "two zstd frames": lambda data: zstd(data[:10]) + streamed_zstd(data[10:]),
    "skippable zstd frame": lambda data: b"\x50\x2a\x4d\x18\x02\0\0\0ab" + zstd(data),
}


@pytest.mark.parametrize("pack", PACKINGS.values(), ids=PACKINGS.keys())
@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.jsonl.gz", "a.jsonl.zst", "a.gz", "a"])
def test_packing_is_told_by_the_first_bytes(tmp_path, pack, name):
    lines = [json.dumps({"id": str(number), "title": f"Title {number}"}) for number in range(3_000)]
    corpus = write(tmp_path / name, pack("\n".join(lines).encode()))
    assert corpus.name == name
    for _ in range(2):
        assert list(corpus) == [Story(id=str(number), title=f"Title {number}") for number in range(3_000)]


def test_line_ends_blank_lines_and_mark(tmp_path):
    corpus = write(
        tmp_path / "a.jsonl", b'\xef\xbb\xbf{"id": "a", "title": "One"}\r\n\n  \r\n{"id": "b", "title": "Two"}'
    )
    assert list(corpus) == [Story(id="a", title="One"), Story(id="b", title="Two")]


BAD_LINES = {
    "broken": (b'{"title": "x"', "broken JSON"),
    "no object": (b'"title"', "is a string, expected an object"),
    "nothing to read": (b'{"id": "x"}', "neither a title nor a text"),
    "only spaces": (b'{"text": "   "}', "neither a title nor a text"),
    "only emoji": ('{"title": "🙂🙂", "text": "👍"}'.encode(), "letter or digit"),
    "not UTF-8": (b'{"title": "caf\xe9"}', "not UTF-8: byte 0xe9 at offset 14"),
    "malformed date": (b'{"title": "x", "published": "last week"}', "published: 'last week' is not a date"),
    "object as date": (
        b'{"title": "x", "published": {"day": 1}}',
        "published: is an object with day; say which is meant",
    ),
    "fraction as id": (b'{"id": 1.5, "title": "x"}', "id: is 1.5, expected a string or a whole number"),
    "number as title": (b'{"title": 5}', "title: is a number, expected a string"),
    "NaN": (b'{"title": "x", "score": NaN}', "NaN is no JSON"),
    "infinite": (b'{"title": "x", "sizes": [1, {"of": 1e999}]}', "which JSON cannot say"),
    "deep field": (b'{"title": "x", "of": ' + b"[" * 101 + b"]" * 101 + b"}", "nested deeper than 100"),
    "deep": (b'{"title": "x", "a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deep"),
    "huge number": (b'{"title": "x", "a": ' + b"9" * 5_000 + b"}", "broken JSON"),
    "bad pointers": (b'{"title": "x", "read_more": [5.5]}', "read_more"),
}


@pytest.mark.parametrize(("line", "reason"), BAD_LINES.values(), ids=BAD_LINES.keys())
def test_a_bad_line_is_rejected_by_number_and_the_rest_is_read(tmp_path, line, reason):
    story, rejected, last = write(tmp_path / "a.jsonl", GOOD + line + b'\n{"id": "b", "title": "Two"}\n')
    assert (story.id, last.id) == ("a", "b")
    assert isinstance(rejected, Rejected)
    assert rejected.place == "a.jsonl:2"
    assert reason in rejected.reason


def test_a_line_beyond_the_limit(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(GOOD + b'{"title": "' + b"x" * 3_000_000 + b'"}\n' + GOOD)
    first, rejected, last = JsonLines(path, max_line=1_000)
    assert first == last
    assert rejected == Rejected("a.jsonl:2", "the line is longer than 1,000 bytes")


def test_an_article_of_ten_megabytes(tmp_path):
    text = "All work and no play. " * 480_000
    (story,) = write(tmp_path / "a.jsonl", json.dumps({"id": "long", "text": text}).encode())
    assert story.text == text.strip()


@pytest.mark.parametrize("pack", [gzip.compress, zstd, streamed_zstd])
def test_a_truncated_file_gives_what_it_has_and_says_where_it_ends(tmp_path, pack):
    data = pack(
        b"".join(
            json.dumps({"id": str(number), "title": f"T{number * 2_654_435_761 % 2**32}"}).encode() + b"\n"
            for number in range(9_000)
        )
    )
    *stories, rejected = write(tmp_path / "a.jsonl", data[: len(data) // 2])
    assert len(stories) < 9_000
    assert [story.id for story in stories] == [str(number) for number in range(len(stories))]
    assert rejected.place == f"a.jsonl:{len(stories) + 1}"
    assert "damaged or cut off" in rejected.reason


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_an_altered_file(tmp_path, pack):
    data = bytearray(pack(GOOD * 2_000))
    data[-3] ^= 0xFF
    *_, rejected = write(tmp_path / "a.jsonl", bytes(data))
    assert isinstance(rejected, Rejected)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'[{"title": "x"},\n{"title": "y"}]', "jq -c"),
        (b'{\n  "title": "x"\n}\n', "jq -c"),
        ('{"title": "x"}'.encode("utf-16"), "UTF-16"),
    ],
)
def test_what_is_no_json_lines_is_said_once(tmp_path, data, reason):
    (rejected,) = write(tmp_path / "a.jsonl", data)
    assert reason in rejected.reason


def test_an_empty_file_has_no_stories(tmp_path):
    assert list(write(tmp_path / "a.jsonl", b"")) == []
    assert list(write(tmp_path / "b.jsonl.gz", gzip.compress(b""))) == []


def test_a_block_in_the_text_is_parsed(tmp_path):
    record = {
        "id": "a",
        "text": "The body.\n\nRead more:\n- An older story\n- [Another](/b)",
        "url": "https://a.example/a",
    }
    (story,) = write(tmp_path / "a.jsonl", json.dumps(record).encode())
    assert story.text == "The body."
    assert story.read_more == (ReadMore("An older story"), ReadMore("Another", "https://a.example/b"))


def test_pointers_in_a_circle_and_at_itself_are_kept(tmp_path):
    lines = b'{"id": "a", "title": "A", "read_more": [{"id": "b"}, {"id": "a"}]}\n'
    lines += b'{"id": "b", "title": "B", "read_more": ["A"]}'
    first, second = write(tmp_path / "a.jsonl", lines)
    assert [pointer.id for pointer in first.read_more] == ["b", "a"]
    assert second.read_more == (ReadMore("A"),)


def test_duplicate_ids_and_shared_urls_all_come_through(tmp_path):
    line = b'{"id": "%s", "title": "T", "url": "https://a.example/day"}\n'
    assert [story.id for story in write(tmp_path / "a.jsonl", line % b"a" + line % b"b" + line % b"a")] == [
        "a",
        "b",
        "a",
    ]


@given(st.binary(max_size=200))
def test_never_raises_on_any_bytes(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_bytes(data)
    for item in JsonLines(path):
        assert isinstance(item, Story | Rejected)


@pytest.mark.parametrize(("name", "count"), [("18f_blog", 508), ("digitalgov", 2_082)])
def test_real_files(data_folder, name, count):
    stories = list(open_corpus(data_folder / f"{name}.jsonl.gz"))
    assert len(stories) == count
    assert all(isinstance(story, Story) for story in stories)


def test_nothing_that_stands_before_a_damage_is_lost(tmp_path):
    lines = [json.dumps({"id": str(number), "title": f"Story {number}"}) for number in range(300)]
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode() + b"\n") + b"no gzip")
    *stories, rejected = JsonLines(path)
    assert [story.id for story in stories if isinstance(story, Story)] == [str(number) for number in range(300)]
    assert isinstance(rejected, Rejected)
    items = "".join(f"<item><title>Story {number}</title></item>" for number in range(300))
    path = tmp_path / "a.xml.gz"
    path.write_bytes(gzip.compress(f"<rss><channel>{items}".encode()) + b"no gzip")
    assert sum(isinstance(item, Story) for item in open_corpus(path)) == 300


@pytest.mark.parametrize(
    ("begin", "says"),
    [
        (bz2.compress(b'{"title": "x"}'), "packed by bzip2: unpack it"),
        (lzma.compress(b'{"title": "x"}'), "packed by xz: unpack it"),
        (b"PK\x03\x04\x14\0", "packed by zip: unpack it"),
        (b"a.jsonl".ljust(257, b"\0") + b"ustar\0", "a tar archive: unpack it"),
    ],
)
def test_a_file_packed_by_another_program_is_told_so_once(tmp_path, begin, says):
    path = tmp_path / "a.jsonl"
    path.write_bytes(begin + b"\n\xff\n" * 9)
    (rejected,) = JsonLines(path)
    assert rejected.reason.startswith(says)


def test_what_can_be_read_once_only_is_no_corpus(tmp_path):
    with pytest.raises(CorpusError, match=r"standard input is no corpus.*write it to a file first"):
        open_corpus("-")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CorpusError, match="pipe is neither a file nor a folder: write what comes from it to a file"):
        open_corpus(tmp_path / "pipe")
