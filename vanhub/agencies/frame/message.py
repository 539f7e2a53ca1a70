"""Interchanges as an agency reads them: the header, and each message with its segments, untyped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vanhub.edifact.report import Party
from vanhub.edifact.tolerant import ReadSegment, blocks, read_segments


@dataclass(frozen=True, slots=True)
class Message:
    """One message UNH..UNT. ``type`` 0065, ``directory`` like ``D.01B``, ``association`` 0057, ``reference`` 0062; of BGM ``document`` is 1001, ``number`` 1004 and ``function`` 1225, ``""``
    where there is none. ``segments`` are those between UNH and UNT.
    """

    type: str
    directory: str
    association: str
    reference: str
    document: str
    number: str
    function: str
    segments: tuple[ReadSegment, ...]


@dataclass(frozen=True, slots=True)
class Interchange:
    """``sender`` and ``recipient`` as in UNB, ``reference`` 0020, ``test`` 0035."""

    sender: Party
    recipient: Party
    reference: str
    test: str
    messages: tuple[Message, ...]


def read_interchange(data: bytes) -> Interchange:
    """An interchange that the hub has checked.

    Raises:
        ValueError: ``data`` begins with neither UNA nor UNB, or ends in it.
    """
    head, *messages = blocks(read_segments(data), "UNH")
    if not head:
        raise ValueError("not an interchange: it ends in UNB")
    unb = head[0]
    return Interchange(unb.party(2), unb.party(3), unb.at(5), unb.at(11), tuple(_messages(messages)))


def _messages(found: list[list[ReadSegment]]) -> Iterator[Message]:
    for unh, *rest in found:
        segments = tuple(segment for segment in rest if segment.tag not in {"UNT", "UNG", "UNE", "UNZ"})
        bgm = next((segment for segment in segments if segment.tag == "BGM"), ReadSegment([]))
        directory = f"{unh.at(2, 1)}.{unh.at(2, 2)}"
        yield Message(unh.at(2), directory, unh.at(2, 4), unh.at(1), bgm.at(1), bgm.at(2), bgm.at(3), segments)
