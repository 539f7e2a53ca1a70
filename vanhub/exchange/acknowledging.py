"""Which acknowledgement an interchange is owed."""

from __future__ import annotations

from vanhub.edifact.report import InterchangeHeader, Report, Verdict
from vanhub.exchange.routing import is_test
from vanhub.values.agreement import Agreement

_REQUESTED = frozenset({"1", "2"})
"""0031: an acknowledgement, or from syntax version 4 an indication of receipt, is requested."""


def owes_acknowledgement(report: Report, agreement: Agreement) -> bool:
    """Whether the sender gets a CONTRL.

    Never for an interchange of only CONTRL and AUTACK: two hubs would acknowledge one another's acknowledgements for ever. Always when something was
    rejected, whatever the agreement says: silence would read as acceptance.
    """
    if report.only_control:
        return False
    return report.verdict is not Verdict.ACCEPTED or agreement.acknowledge == "always" or report.header.acknowledgement_request in _REQUESTED


def acknowledgement_test_indicator(header: InterchangeHeader) -> str:
    """0035 of the acknowledgement: a test is acknowledged as a test, with the indicator that it came with."""
    return header.test if is_test(header) else ""
