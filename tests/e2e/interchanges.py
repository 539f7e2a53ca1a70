"""Interchanges for end-to-end tests: small ones, large ones, and the messages of ``examples/``."""

from __future__ import annotations

import re
from itertools import count

from tests.e2e.hub import cusres, interchange
from vanhub.packed import packed

_NUMBERS = count(1)
_HEAD = re.compile(rb"\A\s*UNH\+[^+']*")
_TAIL = re.compile(rb"\+[^+']*'\Z")


def new_reference() -> str:
    """An interchange control reference that no other test uses."""
    return f"E{next(_NUMBERS):06}"


def small(sender: str, recipient: str, reference: str = "", *, number: str = "ANSWER1", test: bool = False) -> bytes:
    """An interchange with one correct message."""
    return interchange(sender, recipient, reference or new_reference(), cusres("1", number=number), test=test)


def without_bgm(reference: str) -> bytes:
    """A message that is rejected: its BGM is missing, code 13."""
    return f"UNH+{reference}+CUSRES:D:01B:UN'UNT+2+{reference}'".encode()


def example_message(name: str, reference: str) -> bytes:
    """The first message of a file of ``examples/``, under another message reference, without its line ends."""
    octets = (packed("examples") / name).read_bytes().replace(b"\r", b"").replace(b"\n", b"")
    message = octets[octets.index(b"UNH+") : octets.index(b"UNT+")] + re.search(rb"UNT\+[^']*'", octets).group()  # type: ignore[union-attr]
    return _TAIL.sub(b"+" + reference.encode() + b"'", _HEAD.sub(b"UNH+" + reference.encode(), message))


def large(sender: str, recipient: str, reference: str, octets: int, *, faulty: frozenset[int] = frozenset()) -> bytes:
    """At least so many octets of export declarations; the messages numbered in ``faulty`` have no BGM."""
    messages: list[bytes] = []
    written = 0
    while written < octets:
        number = len(messages) + 1
        message = example_message("cusdec-export.edi", str(number)) if number == 1 else _renumber(messages[0], number)
        messages.append(message)
        written += len(message)
    for number in faulty:
        messages[number - 1] = without_bgm(str(number)).replace(b"CUSRES", b"CUSDEC")
    return interchange(sender, recipient, reference, *messages).replace(b"UNOC", b"UNOB", 1)


def _renumber(message: bytes, number: int) -> bytes:
    return _TAIL.sub(b"+%d'" % number, _HEAD.sub(b"UNH+%d" % number, message))
