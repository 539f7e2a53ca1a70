"""Message rows of a huge interchange, written in bounded batches before the acceptance, so that no transaction holds up the others.

They count only when their interchange is there. ``staging`` notes whose rows are being written; what is noted a day later belongs to an acceptance that never came
(a crash, a repeat) and is swept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from vanhub.errors import TemporaryError
from vanhub.store.prepared import Prepared
from vanhub.store.tables import message, staging
from vanhub.values.acceptance import Acceptance, Accepted, Outcome

MOST_ROWS = 200
"""Message rows in one transaction for one interchange."""

_ABANDONED_AFTER = timedelta(days=1)

_INSERT = Prepared(insert(message), message.c.keys())


def insert_messages(conn: Connection, acceptance: Acceptance, first: int) -> None:
    """Write one batch of ``acceptance``'s message rows, beginning with position ``first``."""
    rows = [
        {
            "interchange": acceptance.id,
            "position": position,
            "reference": item.reference,
            "type": item.type,
            "version": item.version,
            "release": item.release,
            "agency": item.agency,
            "association": item.association,
            "verdict": item.verdict,
            "offset": item.offset,
            "end": item.end,
            "number": item.number,
            "guide": item.guide,
            "guide_faults": item.guide_faults,
            "disposition": acceptance.dispositions.get(position),
        }
        for position, item in enumerate(acceptance.messages[first : first + MOST_ROWS], first)
    ]
    _INSERT.many(conn, rows)


def stage(conn: Connection, acceptance: Acceptance, first: int) -> None:
    """Write one batch of ``acceptance``'s message rows, beginning with position ``first``."""
    if first == 0:
        conn.execute(insert(staging), [{"interchange": acceptance.id, "begun_at": acceptance.received_at}])
    insert_messages(conn, acceptance, first)


def unstage(conn: Connection, interchange: str) -> None:
    """The interchange is there: its rows count."""
    conn.execute(delete(staging).where(staging.c.interchange == interchange))


def discard(conn: Connection, interchange: str) -> bool:
    """Delete one batch of rows whose interchange will never come; True while there are more."""
    positions = select(message.c.position).where(message.c.interchange == interchange).limit(MOST_ROWS).scalar_subquery()
    gone = conn.execute(delete(message).where(message.c.interchange == interchange, message.c.position.in_(positions))).rowcount
    if gone < MOST_ROWS:
        unstage(conn, interchange)
    return gone == MOST_ROWS


def sweep(conn: Connection, now: datetime) -> bool:
    """Delete one batch of rows of an acceptance that was abandoned; True while there are more."""
    abandoned = conn.execute(select(staging.c.interchange).where(staging.c.begun_at < now - _ABANDONED_AFTER).limit(1)).scalar()
    if abandoned is None:
        return False
    discard(conn, abandoned)
    return True


def submit_staged(submit: Callable[..., Future[Any]], accept: Callable[..., Accepted], acceptance: Acceptance, contents: Sequence[bytes]) -> Future[Accepted]:
    """Stage ``acceptance``'s rows, each batch as a job of its own through ``submit``, then run ``accept``; discard the rows where nothing came of it.

    The future has ``accept``'s result after its COMMIT, or the first error.
    """
    answer: Future[Accepted] = Future()
    answer.set_running_or_notify_cancel()

    def after(done: Future[Any], then: Callable[[Any], None]) -> None:
        def proceed(done: Future[Any]) -> None:
            try:
                then(done.result())
            except Exception as error:  # noqa: BLE001 - whatever it was, who waits for the answer must hear of it
                answer.set_exception(error)

        done.add_done_callback(proceed)

    def step(first: int) -> None:
        if first < len(acceptance.messages):
            after(submit(stage, acceptance, first), lambda _: step(first + MOST_ROWS))
        else:
            after(submit(accept, acceptance, contents=contents, staged=True), settle)

    def settle(accepted: Accepted) -> None:
        answer.set_result(accepted)
        if accepted.outcome is not Outcome.NEW:
            drop(True)

    def drop(more: bool) -> None:
        # The answer is out; a failure here leaves the rows to the sweep.
        if more:
            with suppress(TemporaryError):
                submit(discard, acceptance.id).add_done_callback(lambda done: drop(not done.exception() and done.result()))

    step(0)
    return answer
