import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest

from recommender.embedding import Embedded, Encoded, HashingEmbedder, QueryEncoder, Role
from recommender.errors import Overloaded, Stopping

WAIT = 10.0


class Gated(HashingEmbedder):
    """Encodes when the gate is open, and keeps the batches it was given."""

    def __init__(self) -> None:
        super().__init__(64, max_tokens=16)
        self.gate = threading.Event()
        self.entered = threading.Event()
        self.batches: list[list[str]] = []
        self.threads: set[int] = set()
        self.closed = False

    def embed(self, texts: Sequence[str], role: Role) -> Embedded:
        self.batches.append(list(texts))
        self.threads.add(threading.get_ident())
        self.entered.set()
        assert self.gate.wait(WAIT)
        if "fail" in texts:
            raise RuntimeError("the model broke")
        return super().embed(texts, role)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def gated() -> Iterator[Gated]:
    embedder = Gated()
    yield embedder
    embedder.gate.set()


def busy(encoder: QueryEncoder, gated: Gated) -> Future[Encoded]:
    """Give the encoder a text that it works on until the gate opens."""
    future = encoder.submit("first")
    assert gated.entered.wait(WAIT)
    return future


def test_encodes_what_the_embedder_would() -> None:
    encoder = QueryEncoder(HashingEmbedder(64))
    vector, truncated = encoder.encode("a storm closes the harbour")
    expected = HashingEmbedder(64).embed(["a storm closes the harbour"], Role.QUERY).rows[0]
    np.testing.assert_array_equal(vector, expected)
    assert not truncated
    assert not vector.flags.writeable
    encoder.close()


def test_what_comes_while_busy_is_encoded_together(gated: Gated) -> None:
    encoder = QueryEncoder(gated, max_batch=4)
    busy(encoder, gated)
    futures = [encoder.submit(f"text {number}") for number in range(6)]
    assert encoder.waiting == 6
    gated.gate.set()
    for number, future in enumerate(futures):
        expected = HashingEmbedder(64, 16).embed([f"text {number}"], Role.QUERY).rows[0]
        np.testing.assert_array_equal(future.result(WAIT).vector, expected)
    assert [len(batch) for batch in gated.batches] == [1, 4, 2]
    encoder.close()


def test_a_few_are_gathered_while_nobody_could_use_their_vectors(gated: Gated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommender.embedding.query_encoder.HELD", WAIT)
    gated.gate.set()
    lists = {"wait": True}
    encoder = QueryEncoder(gated)
    encoder.hold_while(lambda: lists["wait"])
    for future in [encoder.submit(f"text {number}", may_wait=True) for number in range(4)]:
        future.result(WAIT / 2)
    assert [len(batch) for batch in gated.batches] == [4]
    waiting = encoder.submit("one more", may_wait=True)
    encoder.submit("now").result(WAIT / 2)
    assert waiting.done()
    assert gated.batches[1:] == [["now", "one more"]]
    waiting = encoder.submit("the last", may_wait=True)
    encoder.submit("the last")
    waiting.result(WAIT / 2)
    waiting = encoder.submit("after it", may_wait=True)
    lists["wait"] = False
    waiting.result(WAIT / 2)
    encoder.close()


def test_no_text_is_held_for_long(gated: Gated) -> None:
    gated.gate.set()
    encoder = QueryEncoder(gated)
    encoder.hold_while(lambda: True)
    assert encoder.submit("alone", may_wait=True).result(WAIT).vector.shape == (64,)
    encoder.close()


def test_short_texts_do_not_wait_for_long_ones(gated: Gated) -> None:
    encoder = QueryEncoder(gated)
    busy(encoder, gated)
    long, short = "harbour " * 15, "storm"
    futures = [encoder.submit(long), encoder.submit(short), encoder.submit(short, Role.DOCUMENT)]
    gated.gate.set()
    for future in futures:
        future.result(WAIT)
    assert gated.batches[1:] == [[short], [short], [long.strip()]]
    encoder.close()


def test_the_same_text_is_encoded_once(gated: Gated) -> None:
    encoder = QueryEncoder(gated)
    first = busy(encoder, gated)
    assert encoder.submit(" first ") is first
    waiting = encoder.submit("second")
    assert encoder.submit("second") is waiting
    assert not waiting.cancel()
    gated.gate.set()
    waiting.result(WAIT)
    assert encoder.encode("second") is waiting.result()
    assert gated.batches == [["first"], ["second"]]
    assert (encoder.texts_encoded, encoder.batches_run, encoder.recalled) == (2, 2, 1)
    encoder.close()


def test_the_oldest_vector_is_forgotten_first(gated: Gated) -> None:
    gated.gate.set()
    encoder = QueryEncoder(gated, remembered=2)
    for text in ("one", "two", "one", "three", "one", "two"):
        encoder.encode(text)
    assert gated.batches == [["one"], ["two"], ["three"], ["two"]]
    encoder.close()


def test_the_vectors_of_stories_are_not_kept(gated: Gated) -> None:
    gated.gate.set()
    encoder = QueryEncoder(gated)
    for role in (Role.DOCUMENT, Role.DOCUMENT, Role.QUERY, Role.QUERY):
        encoder.encode("text", role)
    assert len(gated.batches) == 3
    encoder.close()


def test_truncation_is_reported_for_each_text(gated: Gated) -> None:
    gated.gate.set()
    encoder = QueryEncoder(gated)
    exactly = "x" * gated.max_chars
    assert not encoder.encode(exactly).truncated
    assert encoder.encode(exactly + " and more").truncated
    assert encoder.encode("word " * 17).truncated
    assert max(len(text) for batch in gated.batches for text in batch) <= gated.max_chars
    encoder.close()


def test_a_full_queue_says_come_again(gated: Gated) -> None:
    encoder = QueryEncoder(gated, max_waiting=3)
    busy(encoder, gated)
    futures = [encoder.submit(f"text {number}") for number in range(3)]
    with pytest.raises(Overloaded, match="try again in 1 s"):
        encoder.submit("one too many")
    assert encoder.submit("text 1") is futures[1]
    gated.gate.set()
    for future in futures:
        future.result(WAIT)
    encoder.encode("one too many")
    encoder.close()


def test_too_long_a_wait_is_an_overload(gated: Gated) -> None:
    encoder = QueryEncoder(gated)
    with pytest.raises(Overloaded):
        encoder.encode("first", timeout=0.01)
    gated.gate.set()
    assert encoder.encode("first").vector.shape == (64,)
    encoder.close()


def test_a_failure_reaches_those_who_asked_and_no_other(gated: Gated) -> None:
    encoder = QueryEncoder(gated)
    busy(encoder, gated)
    failing = encoder.submit("fail")
    gated.gate.set()
    with pytest.raises(RuntimeError, match="the model broke"):
        failing.result(WAIT)
    assert encoder.encode("after it").vector.shape == (64,)
    with pytest.raises(RuntimeError, match="the model broke"):
        encoder.encode("fail")
    encoder.close()


def test_closing_finishes_what_waits_and_takes_no_more(gated: Gated) -> None:
    encoder = QueryEncoder(gated)
    busy(encoder, gated)
    waiting = encoder.submit("waiting")
    closing = threading.Thread(target=encoder.close)
    closing.start()
    while not encoder._closed:
        time.sleep(0.001)
    with pytest.raises(Stopping, match=r"^the query encoder is stopping; try again in 1 s$"):
        encoder.submit("late")
    gated.gate.set()
    closing.join(WAIT)
    assert waiting.result(0).vector.shape == (64,)
    assert gated.closed
    encoder.close()


def test_a_hundred_threads_get_their_own_vectors() -> None:
    embedder = Gated()
    embedder.gate.set()
    encoder = QueryEncoder(embedder, max_batch=16, remembered=50)

    def ask(number: int) -> bool:
        text = f"story number {number % 150} of the day {'and more ' * (number % 7)}"
        return bool((encoder.encode(text).vector == HashingEmbedder(64, 16).embed([text], Role.QUERY).rows[0]).all())

    with ThreadPoolExecutor(100) as pool:
        assert all(pool.map(ask, range(2_000)))
    assert len(embedder.threads) == 1
    assert max(map(len, embedder.batches)) <= 16
    encoder.close()
