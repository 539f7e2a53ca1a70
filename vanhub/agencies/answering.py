"""How an agency without an answer of its own says no: APERAK."""

from __future__ import annotations

from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Send
from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.refusal import Refusal


def refusal(message: Message, complaints: tuple[Complaint, ...], occasion: Occasion, view: View, issuer: str) -> Send:
    """The APERAK that tells the sender why its message has no effect. ``issuer``: the id of the agency that says so."""
    made = Refusal(
        f"R{occasion.event}", occasion.moment, occasion.interchange, message.reference, message.number, complaints, view.addresses[issuer].partition(":")[0]
    )
    return Send(occasion.sender, made)
