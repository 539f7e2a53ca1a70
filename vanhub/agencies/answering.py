"""How an agency without an answer of its own says no: APERAK; and how it says no to its officers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Effect, Send
from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.refusal import Refusal


def refusal(message: Message, complaints: tuple[Complaint, ...], occasion: Occasion, view: View, issuer: str) -> Send:
    """The APERAK that tells the sender why its message has no effect. ``issuer``: the id of the agency that says so."""
    made = Refusal(
        f"R{occasion.event}", occasion.moment, occasion.interchange, message.reference, message.number, complaints, view.addresses[issuer].partition(":")[0]
    )
    return Send(occasion.sender, made)


def refusing(message: Message, complaints: tuple[Complaint, ...], occasion: Occasion, view: View, issuer: str) -> Iterable[Effect]:
    """``refusal``; nothing to a message that is a refusal itself, which would be refused in turn."""
    return () if message.type in {"APERAK", "CONTRL"} else (refusal(message, complaints, occasion, view, issuer),)


def not_taken(message: Message, taken: str) -> Unreadable:
    """A message that an agency can do nothing with. ``taken``: what it takes, in codes: ``SANCRT 841``."""
    named = " ".join(filter(None, (message.type, message.document, f"function {message.function}" if message.function else "")))
    return Unreadable(Complaint("E106", f"{named} is not taken here; this agency takes {taken}", f"本机构不受理 {named}，只受理 {taken}"))


def senseless(en: str, zh: str) -> Unreadable:
    """An officer's word that makes no sense."""
    return Unreadable(Complaint("E110", en, zh))


def unknown_verb(verb: str, *verbs: str) -> Unreadable:
    return senseless(f"{verb} is none of {', '.join(verbs)}", f"{verb} 不是 {'、'.join(verbs)} 之一")


def word(words: Mapping[str, str], name: str) -> str:
    """What an officer says under ``name``. Raises ``Unreadable``."""
    if not words.get(name):
        raise senseless(f"{name}=... is missing", f"缺少 {name}=...")
    return words[name]
