"""Which acknowledgement an interchange is owed."""

from __future__ import annotations

from collections.abc import Mapping

from vanhub.edifact.report import Disposition, Report, Verdict
from vanhub.values.agreement import Agreement

_REQUESTED = frozenset({"1", "2"})
"""0031: an acknowledgement, or from syntax version 4 an indication of receipt, is requested."""


def is_owed(report: Report, agreement: Agreement, dispositions: Mapping[int, Disposition]) -> bool:
    """Whether the sender gets an acknowledgement: a CONTRL and, for each message in ``dispositions``, an APERAK.

    Never for an interchange of only CONTRL and AUTACK: two hubs would acknowledge one another's acknowledgements for ever. Always when something was
    rejected or breaks its recipient's guide, whatever the agreement says: silence would read as acceptance. Warnings of guides alone owe nothing.
    """
    if report.only_control:
        return False
    return (
        report.verdict is not Verdict.ACCEPTED or bool(dispositions) or agreement.acknowledge == "always" or report.header.acknowledgement_request in _REQUESTED
    )
