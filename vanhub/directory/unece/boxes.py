"""The brackets that are drawn to the right of a segment table, which say where a group ends.

A group's row opens a bracket, its last row closes it, perhaps with others::

    ---- Segment group 8 ---- C   5---------+|
    ERC Error                 M   1         ||
    DOC Document              C   5---------++

Brackets are told apart by their column: an inner one stands left of those around it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vanhub.directory.unece.text import Line, Remarks, Text

_DEEPEST = 30
"""Groups in groups; UNECE's stay below 10."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a segment table: a segment (``tag``) or a group's first row (``tag`` empty, ``group`` its number).

    ``drawing`` is what stands right of the repeats, drawn with ``- | +``, from ``column`` on.
    """

    tag: str
    group: int
    status: str
    repeats: int
    deleted: bool
    column: int
    drawing: str
    line: Line

    def corners(self) -> Iterator[int]:
        """The columns where brackets begin or end in this row, from left to right."""
        return (self.column + index for index, character in enumerate(self.drawing) if character == "+")


@dataclass(frozen=True, slots=True)
class Single:
    """A segment at its place."""

    row: Row


@dataclass(frozen=True, slots=True)
class Group:
    """A segment group at its place: its row and its parts in order."""

    row: Row
    parts: tuple[Part, ...]


Part = Single | Group


@dataclass(slots=True)
class _Open:
    """A group whose bracket is not closed yet. The message itself has no row and no column."""

    row: Row | None
    column: int
    parts: list[Part]


def nested(text: Text, rows: Sequence[Row], remarks: Remarks) -> tuple[Part, ...]:
    """The rows as a tree. Rows marked as deleted are left out, a deleted group with all that it holds.

    A closing mark under no opened bracket is disregarded, and a bracket that is never closed ends where its message or
    the group around it ends; both are remarked on.

    Raises:
        OperatorError: groups lie in one another too deep.
    """
    stack = [_Open(None, 1 << 30, [])]
    for row in rows:
        corners = list(row.corners())
        if row.group:
            column = corners[0] if corners else row.column
            while stack[-1].column <= column:
                remarks.add(text, row.line, f"segment group {_number(stack[-1])} is not closed before segment group {row.group}")
                _close(stack)
            if len(stack) > _DEEPEST:
                raise text.fault(row.line, f"segment groups lie in one another more than {_DEEPEST} deep")
            stack.append(_Open(row, column, []))
            continue
        if not row.deleted:
            stack[-1].parts.append(Single(row))
        for column in corners:
            if any(opened.column == column for opened in stack):
                while stack[-1].column < column:
                    remarks.add(text, row.line, f"segment group {_number(stack[-1])} is not closed before the group around it")
                    _close(stack)
                _close(stack)
            else:
                remarks.add(text, row.line, "the drawing closes a bracket here that was not opened; disregarded")
    while len(stack) > 1:
        remarks.add(text, rows[-1].line, f"segment group {_number(stack[-1])} is not closed before the message ends")
        _close(stack)
    return tuple(stack[0].parts)


def _close(stack: list[_Open]) -> None:
    closed = stack.pop()
    if closed.row is not None and not closed.row.deleted and closed.parts:
        stack[-1].parts.append(Group(closed.row, tuple(closed.parts)))


def _number(opened: _Open) -> int:
    return opened.row.group if opened.row is not None else 0
