"""From futures to Deferreds, on a reactor with the test's own time (``parts.Loop``)."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest

from vanhub.errors import Busy, TemporaryError
from vanhub.service.deferring import deferred_from


def test_what_a_future_comes_to(loop: Any) -> None:
    good: Future[int] = Future()
    good.set_result(7)
    assert loop.wait(deferred_from(good, loop)) == 7
    bad: Future[int] = Future()
    bad.set_exception(Busy("full"))
    with pytest.raises(Busy, match="full"):
        loop.wait(deferred_from(bad, loop))


def test_one_that_is_cancelled_because_the_hub_stops_is_told_too(loop: Any) -> None:
    future: Future[int] = Future()
    waiting = deferred_from(future, loop)
    assert future.cancel()
    with pytest.raises(TemporaryError, match="the hub is stopping"):
        loop.wait(waiting)
