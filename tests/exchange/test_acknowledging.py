"""Who is owed an acknowledgement: never for acknowledgements themselves, always when something is wrong."""

from __future__ import annotations

import pytest

from tests.exchange.interchanges import Letter, Written, write
from vanhub.exchange.acknowledging import is_owed
from vanhub.values.agreement import Agreement

CONTRL, AUTACK = Letter("CONTRL", "", "D.3"), Letter("AUTACK", "", "4.1")


@pytest.mark.parametrize(
    ("written", "always", "requested"),
    [
        (write(Letter()), True, False),
        (write(Letter(), request="0"), True, False),
        (write(Letter(), request="1"), True, True),
        (write(Letter(), request="2", syntax="UNOY:4"), True, True),
        (write(Letter(), test="1"), True, False),
        (write(Letter(), Letter(good=False)), True, True),
        (write(Letter(good=False)), True, True),
        (write(CONTRL), False, False),
        (write(CONTRL, AUTACK, request="1"), False, False),
        (write(Letter("CONTRL", "", "D.3", good=False)), False, False),
        (write(AUTACK, Letter()), True, False),
    ],
)
def test_who_is_owed_one(written: Written, always: bool, requested: bool) -> None:
    assert is_owed(written.report, Agreement(acknowledge="always"), {}) is always
    assert is_owed(written.report, Agreement(acknowledge="requested"), {}) is requested


def test_what_begins_no_interchange_is_answered() -> None:
    assert is_owed(write().report.with_faults(()), Agreement(acknowledge="requested"), {})
