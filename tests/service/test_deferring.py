"""From futures to Deferreds, on a reactor with the test's own time (``parts.Loop``)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from twisted.internet.defer import Deferred

from tests.service.parts import Loop
from vanhub.errors import Busy, TemporaryError
from vanhub.service.deferring import MOST_AT_ONCE, Futures


class Counting(Loop):
    """Counts how often it was woken."""

    wakes = 0

    def callFromThread(self, call: Callable[..., object], *args: object, **kw: object) -> None:
        self.wakes += 1
        super().callFromThread(call, *args, **kw)

    def turn(self) -> None:
        """Run one call from a thread."""
        before = iter((False, True))
        self.until(lambda: next(before))


def test_what_a_future_comes_to(loop: Loop) -> None:
    futures = Futures(loop)
    good: Future[int] = Future()
    good.set_result(7)
    assert loop.wait(futures.deferred(good)) == 7
    bad: Future[int] = Future()
    bad.set_exception(Busy("full"))
    with pytest.raises(Busy, match="full"):
        loop.wait(futures.deferred(bad))


def test_one_that_is_cancelled_because_the_hub_stops_is_told_too(loop: Loop) -> None:
    future: Future[int] = Future()
    waiting = Futures(loop).deferred(future)
    assert future.cancel()
    with pytest.raises(TemporaryError, match="the hub is stopping"):
        loop.wait(waiting)


def test_a_deferred_that_was_cancelled_is_left_alone(loop: Loop) -> None:
    futures = Futures(loop)
    future: Future[int] = Future()
    forgotten = futures.deferred(future)
    told: list[object] = []
    forgotten.addErrback(lambda failure: told.append(failure.type))
    forgotten.cancel()
    other = futures.deferred(future)
    future.set_result(1)
    assert loop.wait(other) == 1
    assert len(told) == 1


def test_all_that_is_settled_meanwhile_comes_with_one_wake_in_order() -> None:
    loop = Counting()
    futures = Futures(loop)
    heard: list[int] = []
    waiting: list[Future[int]] = [Future() for _ in range(MOST_AT_ONCE)]
    for future in waiting:
        futures.deferred(future).addCallback(heard.append)
    order = waiting[::2] + waiting[1::2][::-1]
    for number, future in enumerate(order):
        future.set_result(number)
    assert (loop.wakes, heard) == (1, [])
    loop.settle()
    assert (loop.wakes, heard) == (1, list(range(MOST_AT_ONCE)))
    # The next one wakes it again.
    another: Future[int] = Future()
    futures.deferred(another).addCallback(heard.append)
    another.set_result(-1)
    loop.settle()
    assert (loop.wakes, heard[-1]) == (2, -1)
    loop.close()


def test_more_than_one_turns_share_is_left_for_the_next_turn() -> None:
    loop = Counting()
    futures = Futures(loop)
    heard: list[int] = []
    turns: list[int] = []
    count = 2 * MOST_AT_ONCE + 1
    for number in range(count):
        done: Future[int] = Future()
        done.set_result(number)
        futures.deferred(done).addCallback(heard.append)
    while len(heard) < count:
        loop.turn()
        turns.append(len(heard))
    assert (turns, heard, loop.wakes) == ([MOST_AT_ONCE, 2 * MOST_AT_ONCE, count], list(range(count)), 3)
    loop.close()


def test_from_many_threads_none_is_lost_and_each_threads_own_order_is_kept(loop: Loop) -> None:
    futures = Futures(loop)
    threads, each = 8, 1_000
    heard: list[tuple[int, int]] = []

    def settle(thread: int, waiting: list[Future[tuple[int, int]]]) -> None:
        for number, future in enumerate(waiting):
            future.set_result((thread, number))

    with ThreadPoolExecutor(threads) as pool:
        for thread in range(threads):
            waiting: list[Future[tuple[int, int]]] = [Future() for _ in range(each)]
            for future in waiting:
                deferred: Deferred[tuple[int, int]] = futures.deferred(future)
                deferred.addCallback(heard.append)
            pool.submit(settle, thread, waiting)
        loop.until(lambda: len(heard) == threads * each)
    for thread in range(threads):
        assert [number for of, number in heard if of == thread] == list(range(each))
