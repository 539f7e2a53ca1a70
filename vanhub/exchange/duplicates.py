"""What makes two interchanges the same one, and the refusal of a second with other content.

Sender, recipient, interchange control reference and test traffic together name an interchange; inside the agreement's window the name is used once.
Whether it was is decided in the store's acceptance transaction, under a unique index on the key.
"""

from __future__ import annotations

import json
from datetime import datetime

from vanhub.edifact.faults import FaultKind
from vanhub.edifact.report import InterchangeHeader, Report
from vanhub.exchange.places import REFERENCE, Peek, unb_fault
from vanhub.exchange.routing import is_test


def duplicate_key(header: InterchangeHeader) -> str:
    """The key: S002 and S003 with their qualifiers, 0020, and whether it is a test. Two different names never give the same key."""
    sender, recipient = header.sender, header.recipient
    parts = [sender.identification, sender.qualifier, recipient.identification, recipient.qualifier, header.reference, is_test(header)]
    return json.dumps(parts, ensure_ascii=True, separators=(",", ":"))


def refuse_conflict(report: Report, peek: Peek, first_received_at: datetime, *, most_faults: int = 1000) -> Report:
    """``report`` rejected because its key was used for other content; ``first_received_at`` (UTC) tells the sender which receipt stays good."""
    first_at = f"{first_received_at:%Y-%m-%d %H:%M:%S} UTC"
    fault = unb_fault(FaultKind.DUPLICATE_INTERCHANGE, report, peek, REFERENCE, value=report.header.reference, first_at=first_at)
    return report.with_faults((fault,), most=most_faults)
