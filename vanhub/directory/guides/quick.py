"""A segment held against a guide the fast way, which only accepts: one regular expression tells which uses the segment is, what conditions it meets, and that nothing
is wrong with its elements.

What is not accepted takes the slow way (``segment``), which decides and explains. Texts with release characters or repetitions always do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from vanhub.directory.guides.forms import Form
from vanhub.directory.guides.model import ElementRule, Spot, Status, Use, Where
from vanhub.directory.model import Representation
from vanhub.edifact.scanner import Marks

Accept = Callable[[str], bool]
Wanted = tuple[Where, Sequence[Spot]]
"""Values that a segment may have, and spots that may be filled."""

# What a value is held against: an expression for it, whether nothing may stand there, and what else is asked of a value that stands there.
_Piece = tuple[str, bool, Accept | None]


class QuickSegments:
    """Segments with one tag. ``wanted`` are things to be told of them; ``slots`` are the uses among which a segment is one (the first that fits), outermost first."""

    def __init__(self, tag: str, wanted: Sequence[Wanted], slots: Sequence[Sequence[Use]], marks: Marks, version_4: bool) -> None:
        anything = f"{_value(marks)}+"
        marked: list[str] = []
        # Atomic: what was told is not taken back because something after it does not match.
        for where, filled in wanted:
            pieces: list[tuple[Spot, _Piece]] = [*_where(where), *((spot, (anything, False, None)) for spot in filled)]
            marked.append(f"(?>(?:(?={_expression(tag, pieces, marks, version_4)[0]}\\Z)())?)")
        number = len(wanted)
        judged: list[str] = []
        self.checks: list[list[list[tuple[int, Accept]]]] = []
        """For each use of each slot: groups of the expression and what their values are held against."""
        elements = [[_expression(tag, [(rule.spot, _piece(rule, marks)) for rule in use.elements], marks, version_4) for use in uses] for uses in slots]
        count = number + sum(map(len, slots))
        for uses, expressions in zip(slots, elements, strict=True):
            which = "|".join(f"(?={_expression(tag, _where(use.where), marks, version_4)[0]}\\Z)()" for use in uses)
            marked.append(f"(?>(?:{which})?)" if uses else "")
            chain, checks = "", []
            for _, asked in expressions:
                checks.append([(count + at, accept) for at, accept in enumerate(asked)])
                count += len(asked)
            for at, (expression, _) in reversed(list(enumerate(expressions, number + 1))):
                chain = f"(?({at})(?={expression}\\Z)|{chain})"
            number += len(uses)
            judged.append(chain)
            self.checks.append(checks)
        self.told = number
        """So many groups of the expression tell what is wanted and which uses the segment is; the others hold values."""
        self.match = re.compile("".join((*marked, *judged)) + "[\\s\\S]*").fullmatch


def _where(where: Where) -> list[tuple[Spot, _Piece]]:
    return [(match.spot, ("|".join(map(re.escape, sorted(match.values, reverse=True))), False, None)) for match in where]


def _piece(rule: ElementRule, marks: Marks) -> _Piece:
    """What a value has to be. What an expression would be long for is told by a function."""
    may_be_empty = rule.status is not Status.REQUIRED
    value = _value(marks)
    if rule.status is Status.UNUSED:
        return "", True, None
    if rule.spot.representation is None:
        return f"(?={re.escape(marks.component)}*{value})", may_be_empty, None
    asked: list[Accept] = []
    if rule.codes is not None:
        asked.append(frozenset(rule.codes).__contains__)
    if rule.form is not None:
        asked.append(_has_form(rule.form))
    if rule.list is not None:
        names, periods, prefix = rule.list.codes.names, rule.list.codes.periods, rule.list.prefix or None
        asked.append(lambda value: value[:prefix] in names and value[:prefix] not in periods)
    longest = 2 * rule.spot.representation.most
    if not asked:
        return f"{value}+", may_be_empty, None
    if len(asked) == 1:
        return f"{value}{{1,{longest}}}", may_be_empty, asked[0]
    return f"{value}{{1,{longest}}}", may_be_empty, lambda value: all(accepts(value) for accepts in asked)


def _has_form(form: Representation | Form) -> Accept:
    """Whether a value is plainly of the form: figures without decimal mark and sign, plain letters."""
    if isinstance(form, Form):
        match = form.expression.fullmatch
    else:
        letters = {"n": "[0-9]", "a": "[A-Za-z ]", "an": "."}[form.kind]
        match = re.compile(f"{letters}{{{max(form.least, 1)},{form.most}}}").fullmatch
    return lambda value: match(value) is not None


def _value(marks: Marks) -> str:
    return f"[^{re.escape(marks.element + marks.component)}]"


def _expression(tag: str, pieces: Iterable[tuple[Spot, _Piece]], marks: Marks, version_4: bool) -> tuple[str, list[Accept]]:
    """A segment in which every spot has its piece, and the functions that its groups are held against."""
    elements: dict[int, dict[int, _Piece]] = {}
    for spot, piece in pieces:
        if version_4 and spot.repetition:
            # A text of the fast way has no repetitions.
            if not piece[1]:
                return "(?!)", []
            continue
        elements.setdefault(spot.place if version_4 else spot.spread, {}).setdefault(spot.component, piece)
    checks: list[Accept] = []
    parts: list[_Piece] = []
    for element in range(1, max(elements, default=0) + 1):
        components = elements.get(element, {})
        expressions: list[_Piece] = []
        for component in range(max(components, default=-1) + 1):
            expression, may_be_empty, check = components.get(component, (f"{_value(marks)}*", True, None))
            if check is not None:
                checks.append(check)
                expression = f"({expression})"
            else:
                expression = f"(?:{expression})"
            expressions.append((expression + "?" if may_be_empty else expression, may_be_empty, None))
        inner = _row(expressions, marks.component, f"[^{re.escape(marks.element)}]*")
        empty = all(may_be_empty for _, may_be_empty, _ in expressions)
        if -1 in components:
            whole, may_be_empty, check = components[-1]
            if check is not None:
                checks.append(check)
                inner = f"({whole}){'?' if may_be_empty else ''}"
            elif whole.startswith("(?="):
                inner = inner if may_be_empty else whole + inner
            else:
                inner = f"(?:{whole}){'?' if may_be_empty else ''}"
            empty = empty and may_be_empty
        parts.append((inner, empty, None))
    row = _row([("", True, None), *parts], marks.element, "[\\s\\S]*")
    return f"{re.escape(tag)}{row}", checks


def _row(parts: Sequence[_Piece], mark: str, rest: str) -> str:
    """Parts between marks, of which those at the end may be left out where they may be empty; more may follow."""
    if not parts:
        return rest
    escaped = re.escape(mark)
    tail, optional = f"(?:{escaped}{rest})?", True
    for expression, may_be_empty, _ in reversed(parts[1:]):
        optional = optional and may_be_empty
        tail = f"(?:{escaped}{expression}{tail})" + ("?" if optional else "")
    return parts[0][0] + tail
