"""The hub's values as JSON, and which HTTP status a receipt has. Pure.

Times are RFC 3339 in UTC, sizes octets, hashes lower-case hex. ``openapi`` describes these objects; a test holds both together.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from vanhub.values.delivery import Claimed, Delivery, Receipt


def receipt_status(receipt: Receipt) -> int:
    """201 new or partly accepted, 200 a repeat, 409 the same reference with other content, 422 rejected (the first time or again)."""
    if receipt.outcome == "conflict":
        return 409
    if receipt.verdict == "rejected":
        return 422
    return 200 if receipt.outcome == "repeat" else 201


def receipt_json(receipt: Receipt) -> dict[str, Any]:
    """``acknowledgement`` is the CONTRL as text, or in base64 where its octets are no UTF-8; ``acknowledgement_encoding`` says which."""
    text, encoding = _text(receipt.acknowledgement)
    links = {"self": interchange_path(receipt.interchange), "evidence": interchange_path(receipt.interchange, "evidence")}
    if receipt.acknowledgement is not None:
        links["acknowledgement"] = interchange_path(receipt.interchange, "acknowledgement")
    if receipt.signature is not None:
        links["signature"] = interchange_path(receipt.interchange, "acknowledgement.p7s")
    return {
        "id": receipt.interchange,
        "outcome": receipt.outcome,
        "verdict": receipt.verdict,
        "sender": receipt.sender,
        "recipient": receipt.recipient,
        "reference": receipt.reference,
        "is_interchange": receipt.is_interchange,
        "answers": list(receipt.answers),
        "acknowledgement": text,
        "acknowledgement_encoding": encoding,
        "explanation": receipt.explanation,
        "guide_faults": receipt.guide_faults,
        "links": links,
    }


def interchange_path(interchange: str, part: str = "") -> str:
    return f"/v1/interchanges/{interchange}" + (f"/{part}" if part else "")


def delivery_json(delivery: Delivery) -> dict[str, Any]:
    path = f"/v1/deliveries/{delivery.id}"
    return {
        "id": delivery.id,
        "interchange": delivery.interchange,
        "mailbox": delivery.mailbox,
        "slot": delivery.slot.value,
        "state": delivery.state.value,
        "sender": delivery.sender,
        "recipient": delivery.recipient,
        "reference": delivery.reference,
        "types": list(delivery.types),
        "messages": delivery.messages,
        "size": delivery.size,
        "sha256": delivery.sha256,
        "created_at": _time(delivery.created_at),
        "lease_until": _time(delivery.lease_until),
        "claimed_by": delivery.claimed_by,
        "claims": delivery.claims,
        "lost": delivery.lost,
        "delivered_at": _time(delivery.delivered_at),
        "answered_at": _time(delivery.answered_at),
        "expires_at": _time(delivery.expires_at),
        "guide_faults": delivery.guide_faults,
        "links": {"self": path, "content": f"{path}/content", "original": f"{path}/original", "trace": interchange_path(delivery.interchange)},
    }


def listing_json(deliveries: Sequence[Delivery], limit: int) -> dict[str, Any]:
    """A page of a mailbox. ``next`` is the ``after`` of the page that follows, null when this one was not full."""
    return {"deliveries": [delivery_json(one) for one in deliveries], "next": deliveries[-1].id if len(deliveries) >= limit else None}


def claims_json(claims: Sequence[Claimed]) -> dict[str, Any]:
    """Each delivery with the token that commits, releases or extends its claim."""
    return {"deliveries": [delivery_json(one.delivery) | {"claim": one.claim} for one in claims]}


def _text(octets: bytes | None) -> tuple[str | None, str | None]:
    if octets is None:
        return None, None
    try:
        return octets.decode(), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(octets).decode(), "base64"


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
