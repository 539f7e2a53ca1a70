"""Whether the parts of a directory agree: what is used is defined, what is printed twice is the same, groups are in order.

What makes a check impossible is an error: it is better to keep the directories that are there than to take one by
which good messages would be refused. What two places say differently, or what is unusual, is remarked on.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from vanhub.directory.unece.boxes import Group, Part, Row, Single
from vanhub.directory.unece.messages import Message
from vanhub.directory.unece.specifications import Composite, Element, Segment, Use
from vanhub.directory.unece.text import Line, Remarks, Text
from vanhub.errors import OperatorError

_MOST = 10
_CURE = "is the archive whole? Else put the text right and pack it again"


def check(
    messages: Mapping[str, Message], segments: Mapping[str, Segment], composites: Mapping[str, Composite], elements: Mapping[str, Element], remarks: Remarks
) -> None:
    """Compare the parts of the batch or of the interactive directory.

    Raises:
        OperatorError: something that is used is not defined; the text lists up to ten places.
    """
    faults = itertools.chain(
        _undefined_segments(messages, segments),
        (fault for segment in segments.values() for fault in _undefined(segment.text, segment.places, composites, elements)),
        (fault for composite in composites.values() for fault in _undefined(composite.text, composite.members, {}, elements)),
    )
    if listed := list(itertools.islice(faults, _MOST)):
        rest = sum(1 for _ in faults)
        raise OperatorError(f"{'; '.join(listed)}{f'; and {rest} more' if rest else ''}: {_CURE}")
    for message in messages.values():
        _groups(message, remarks)
    for segment in segments.values():
        _components(segment, composites, remarks)
    for text, use in _uses(segments.values(), composites.values()):
        element = elements.get(use.id)
        if element is not None and use.representation != element.representation:
            remarks.add(text, use.line, f"{use.id} is {use.representation} here and {element.representation} in the data element directory; kept as it is here")


def check_codes(codelists: Mapping[str, Mapping[str, str]], elements: Mapping[str, Element], texts: Sequence[Text], remarks: Remarks) -> None:
    """Remark on code lists of elements that are not in the data element directory."""
    for id in sorted(codelists.keys() - elements.keys()):
        remarks.add(texts[0], None, f"there is a code list of {id}, which the data element directory does not have")


def _undefined_segments(messages: Mapping[str, Message], segments: Mapping[str, Segment]) -> Iterator[str]:
    for message in messages.values():
        for row in _rows(message.parts):
            # Segments whose tags begin with U are the syntax's own, defined in the service directories.
            if row.tag and row.tag not in segments and not row.tag.startswith("U"):
                yield f"{_place(message.text, row.line)}: {message.type} has segment {row.tag}, which is not in the segment directory"


def _undefined(text: Text, uses: Iterable[Use], composites: Mapping[str, Composite], elements: Mapping[str, Element]) -> Iterator[str]:
    for use in uses:
        if use.representation is None and use.id not in composites:
            yield f"{_place(text, use.line)}: composite {use.id} is not in the composite directory"
        elif use.representation is not None and use.id not in elements and not use.id.startswith("0"):
            yield f"{_place(text, use.line)}: data element {use.id} is not in the data element directory"


def _groups(message: Message, remarks: Remarks) -> None:
    """Groups are numbered 1, 2, 3 ... in the order of the table and begin with a segment that is mandatory and occurs once."""
    expected = 1
    for group in _all_groups(message.parts):
        if group.row.group != expected:
            remarks.add(message.text, group.row.line, f"{message.type} has segment group {group.row.group} where {expected} is due")
        expected = group.row.group + 1
        first = group.parts[0].row
        if not isinstance(group.parts[0], Single) or (first.status, first.repeats) != ("M", 1):
            remarks.add(message.text, first.line, f"segment group {group.row.group} of {message.type} does not begin with a segment that is M 1")


def _components(segment: Segment, composites: Mapping[str, Composite], remarks: Remarks) -> None:
    """What a segment prints of a composite is compared with the composite directory, whose word counts."""
    for id, members in segment.components:
        printed = [(member.id, member.status, member.representation) for member in members]
        defined = [(member.id, member.status, member.representation) for member in composites[id].members]
        if members and printed != defined:
            remarks.add(segment.text, segment.line, f"{segment.tag} prints {id} other than the composite directory does, which counts")


def _uses(segments: Iterable[Segment], composites: Iterable[Composite]) -> Iterator[tuple[Text, Use]]:
    for segment in segments:
        yield from ((segment.text, use) for use in segment.places)
    for composite in composites:
        yield from ((composite.text, use) for use in composite.members)


def _rows(parts: Iterable[Part]) -> Iterator[Row]:
    for part in parts:
        yield part.row
        if isinstance(part, Group):
            yield from _rows(part.parts)


def _all_groups(parts: Iterable[Part]) -> Iterator[Group]:
    for part in parts:
        if isinstance(part, Group):
            yield part
            yield from _all_groups(part.parts)


def _place(text: Text, line: Line) -> str:
    return f"{text.path}:{line.number}"
