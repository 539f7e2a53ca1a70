"""A segment held against a guide the fast way, which only accepts: one regular expression tells which use the segment is, another that nothing is wrong with it.

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

# What a value is held against: an expression for it, whether nothing may stand there, and what else is asked of a value that stands there.
_Piece = tuple[str, bool, Accept | None]


class QuickUses:
    """The uses of one place, in their order. ``number`` is the index of the first that a text fits, -1 for none."""

    def __init__(self, tag: str, uses: Sequence[Use], marks: Marks, version_4: bool) -> None:
        self._which = re.compile("|".join(f"{_expression(tag, _where(use.where), marks, version_4)[0]}()" for use in uses)).fullmatch
        self._uses = [quick_elements(tag, use, marks, version_4) for use in uses]

    def number(self, text: str) -> int:
        match = self._which(text)
        return -1 if match is None or match.lastindex is None else match.lastindex - 1

    def accepts(self, number: int, text: str) -> bool:
        """Whether nothing is wrong with the elements of ``text``, which is the use ``number``."""
        return self._uses[number](text)


def quick_elements(tag: str, use: Use, marks: Marks, version_4: bool) -> Accept:
    pieces = [(rule.spot, _piece(rule, marks)) for rule in use.elements]
    expression, checks = _expression(tag, pieces, marks, version_4)
    match = re.compile(expression).fullmatch

    def accepts(text: str) -> bool:
        found = match(text)
        if found is None:
            return False
        return all(not value or check(value) for value, check in zip(found.groups(), checks, strict=True))

    return accepts if use.elements else _anything


def quick_match(tag: str, where: Where, filled: Iterable[Spot], marks: Marks, version_4: bool) -> Accept:
    """Whether a text has these values, and anything at ``filled``."""
    anything = _value(marks)
    pieces: list[tuple[Spot, _Piece]] = [*_where(where), *((spot, (f"{anything}+", False, None)) for spot in filled)]
    match = re.compile(_expression(tag, pieces, marks, version_4)[0]).fullmatch
    return lambda text: match(text) is not None


def _anything(text: str) -> bool:  # noqa: ARG001 - nothing is asked of it
    return True


def _where(where: Where) -> list[tuple[Spot, _Piece]]:
    return [(match.spot, ("|".join(map(re.escape, sorted(match.values, reverse=True))), False, None)) for match in where]


def _piece(rule: ElementRule, marks: Marks) -> _Piece:
    """What a value has to be. Codes and figures are told by the expression itself, the rest by a function."""
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
