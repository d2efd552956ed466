"""Every reader on damaged samples: each item is a story or a reject, whatever the bytes.

The seconds for each reader are `RECOMMENDER_FUZZ_SECONDS` (default 0.5); the seed is fixed.
"""

# ruff: noqa: E501

import io
import json
import os
import random
import time

import pytest
import samples

from recommender.corpus import Rejected, open_corpus
from recommender.errors import RecommenderError
from recommender.stories import Story, dump_record, story_from_record

SECONDS = float(os.environ.get("RECOMMENDER_FUZZ_SECONDS", "0.5"))
TOKENS = [
    b"<", b">", b"</", b"]]>", b"<![CDATA[", b"<!--", b"&", b"&#0;", b"&amp;", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b'"', b"'", b"{", b"[",
    b"---\n", b"+++\n", b"\\u0000", b"\\ud800", b"javascript:x", b"http://[", b"\r", b"\n\n", b"9" * 400, b"-1", b"1e999", b"null", b"<div>" * 600,
    b"Read more:\n- ", b"{{< ref ", b"{% post_url ", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"<?xml version='1.0' encoding='utf-7'?>",
]  # fmt: skip


def parquet():
    arrow = pytest.importorskip("pyarrow")
    writer = pytest.importorskip("pyarrow.parquet")
    out = io.BytesIO()
    writer.write_table(
        arrow.table({"title": ["One", "Two"] * 50, "text": ["Some text"] * 100, "date": ["2024-05-04"] * 100}), out
    )
    return out.getvalue()


def warc():
    pytest.importorskip("warcio")
    import gzip

    from test_ways_in import page, warc_record

    return gzip.decompress(
        warc_record("/1", "200 OK", "text/html", page(1)) + warc_record("/2", "200 OK", "text/html", page(2))
    )


READERS = {
    "a.rss": samples.RSS,
    "a.atom": samples.ATOM,
    "feed.json": samples.JSON_FEED,
    "a.wxr": samples.WXR,
    "n.json": samples.NINJS,
    "n2.json": samples.NINJS_2,
    "a.html": samples.PAGE.format(
        title="T", url="/1", body="<p>Some <a href='/2'>text</a></p><h3>Read more</h3><ul><li>A b c"
    ),
    "a.md": samples.FRONT_MATTER["content/city/bridge.md"],
    "b.md": samples.FRONT_MATTER["_posts/2024-05-01-ferry.md"],
    "a.csv": 'title,text,url,date\n"One, story","First\nline",https://a.example/1,2024-05-04\nTwo,<p>x</p>,,4 May 2024\n',
    "a.jsonl": '{"title": "One", "text": "x", "read_more": [{"title": "Two"}], "published": "2024-05-04"}\n{"title": "Two"}\n',
    "a.txt": "A headline\n\nThe body.\n\nRead more:\n- One story of it\n",
    "a.parquet": parquet,
    "a.warc": warc,
}


def mutated(data, draw):
    data = bytearray(data)
    for _ in range(draw.choice([1, 1, 2, 3, 8, 30])):
        place = draw.randrange(len(data) + 1)
        kind = draw.randrange(6)
        if kind == 0:
            data[place:place] = draw.choice(TOKENS)
        elif kind == 1:
            del data[place : place + draw.choice([1, 2, 10, 100])]
        elif kind == 2 and place < len(data):
            data[place] = draw.randrange(256)
        elif kind == 3:
            end = place + draw.choice([5, 50, 500])
            data[place:place] = data[place:end] * draw.choice([1, 2, 40])
        elif kind == 4:
            data[place : place + 3] = draw.randbytes(3)
        elif draw.random() < 0.2:
            del data[place:]
    return bytes(data)


@pytest.mark.parametrize("name", READERS)
def test_damaged(name, tmp_path):
    sample = READERS[name]
    sample = sample() if callable(sample) else sample
    data = sample if isinstance(sample, bytes) else sample.encode()
    draw = random.Random(name)
    folder = tmp_path / "site"
    folder.mkdir()
    end = time.monotonic() + SECONDS
    count = 0
    while time.monotonic() < end or not count:
        bad = mutated(data, draw)
        path = folder / name
        path.write_bytes(bad)
        begun = time.monotonic()
        try:
            items = list(open_corpus(folder if count % 2 and name.endswith(("md", "html")) else path))
        except RecommenderError:
            items = []
        except BaseException as error:
            raise AssertionError(f"after {count} tries: {bad!r}") from error
        assert time.monotonic() - begun < 10, bad
        for item in items:
            assert isinstance(item, Story | Rejected)
            if isinstance(item, Story):
                line = dump_record(item.to_record())
                assert dump_record(story_from_record(json.loads(line)).to_record()) == line, bad
                assert not item.url or name in ("a.csv", "a.jsonl") or item.url.startswith(("http://", "https://")), bad
        count += 1
    print(f"\n{name}: {count:,} damaged inputs")
