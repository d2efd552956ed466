"""A function applied in several processes: in order, few tasks held at once, and a death is told."""

import os
from concurrent.futures.process import BrokenProcessPool

import pytest

from recommender.errors import ProcessDied
from recommender.parallel import ParallelMap, _begun
from recommender.processes import start_workers


@pytest.fixture(autouse=True)
def at_once(share_work):
    share_work()


def double(number):
    if number == 55:
        os._exit(9)  # as a library that tears its process down
    return number * 2, os.getpid()


def test_in_order_by_others_and_few_at_once():
    taken = []

    def tasks():
        for number in range(500, 600):
            taken.append(number)
            yield number

    processes = set()
    with ParallelMap(double, lambda task: 0) as doubled:
        for place, (task, (done, process)) in enumerate(doubled.map(tasks())):
            assert (task, done) == (500 + place, 1000 + 2 * place)
            assert len(taken) - place <= 2 * 3 * 8 + 8
            processes.add(process)
        assert [done for _, (done, _) in doubled.map(range(600, 603))] == [1200, 1202, 1204], (
            "again, with the same ones"
        )
    assert len(processes) > 1
    assert os.getpid() in processes, "the first one was done here"


def test_few_large_ones_at_once():
    taken = []
    with ParallelMap(double, lambda task: 40 << 20) as doubled:
        for place, (task, _) in enumerate(doubled.map(taken.append(number) or number for number in range(700, 730))):
            assert task == 700 + place
            assert len(taken) - place <= 3


def test_a_process_that_dies_is_said_with_the_place():
    with (
        ParallelMap(double, lambda task: 0) as doubled,
        pytest.raises(ProcessDied, match=r"a process died over one of .*\b55\b"),
    ):
        list(doubled.map(range(100)))


def test_what_is_sent_after_a_process_died_has_failed_as_what_was_sent_before():
    with start_workers(1, os._exit, 1) as pool:
        assert isinstance(_begun(pool, double, [1]).exception(30), BrokenProcessPool)
        assert isinstance(_begun(pool, double, [2]).exception(30), BrokenProcessPool)


def test_one_that_never_lived_leaves_the_work_here():
    with ParallelMap(double, lambda task: 0) as doubled:
        doubled._pool = start_workers(2, os._exit, 1)
        assert [task for task, _ in doubled.map(range(60, 90))] == list(range(60, 90))
