"""A segment held against a guide the fast way, which only accepts: one regular expression reads all that the guide looks at.

What it read is told apart by a key: the values that tell uses apart or that have to be of some few codes, of all others whether they are there. What the slow way
(``segment``) said of a segment with this key it would say of all others, as long as their values are in their lists and have their forms. Texts with release characters
or repetitions take the slow way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property

from vanhub.directory.guides.forms import Form
from vanhub.directory.guides.lists import Period
from vanhub.directory.guides.memory import Memory
from vanhub.directory.guides.model import ElementRule, ListUse, Spot, Where
from vanhub.directory.guides.said import Said
from vanhub.directory.model import Representation
from vanhub.edifact.scanner import Marks

# Texts up to this length come again and again, such as ``LOC+22+5301:113:ZZZ``: what is said of them is remembered as well.
_BRIEF = 32

Accept = Callable[[str], bool]
# What is said of segments with one key, and groups of the expression with what their values are held against.
_Known = tuple[Said, tuple[tuple[int, Accept], ...]]
# Element and component, as a text has them; -1: the element as a whole.
_At = tuple[int, int]


class SegmentReader:
    """Reads segments with one tag: the values of ``where``, whether ``filled`` are, and what ``rules`` look at."""

    def __init__(self, tag: str, where: Iterable[Where], filled: Iterable[Spot], rules: Iterable[ElementRule], marks: Marks, version_4: bool) -> None:
        self._tag = tag
        self._marks = marks
        self._version_4 = version_4
        self._composites: set[_At] = set()
        self._told: set[_At] = set()  # by their values
        self._valued: set[_At] = set()  # of which the value is asked for
        self._there: set[_At] = set()
        self._lists: list[tuple[_At, ListUse]] = []
        for each in where:
            for match in each:
                self._ask(match.spot, self._told, self._valued)
        for spot in filled:
            self._ask(spot, self._there)
        for rule in rules:
            self._ask(rule.spot, self._there)
            if rule.codes is not None:
                self._ask(rule.spot, self._told, self._valued)
            if rule.form is not None or rule.list is not None:
                self._ask(rule.spot, self._valued)
            if rule.list is not None and rule.list.codes.periods and self._is_sent(rule.spot):
                self._lists.append((self._at(rule.spot), rule.list))

    def _ask(self, spot: Spot, *asked: set[_At]) -> None:
        if self._is_sent(spot):
            at = self._at(spot)
            for each in asked:
                each.add(at)
            if spot.representation is None:
                self._composites.add(at)

    def _is_sent(self, spot: Spot) -> bool:
        """Whether anything can stand there: no text of the fast way has repetitions."""
        return not (self._version_4 and spot.repetition)

    def _at(self, spot: Spot) -> _At:
        return spot.place if self._version_4 else spot.spread, spot.component

    @cached_property
    def match(self) -> Callable[[str], re.Match[str] | None]:
        """Compiled when it is asked for, which takes about a millisecond."""
        return re.compile(self._expression).fullmatch

    @cached_property
    def keyed(self) -> tuple[int, ...]:
        """The groups that make the key. The first of all is empty, so that there is one."""
        return (1, *(self._groups[0][at] for at in sorted(self._told)), *(self._groups[1][at] for at in sorted(self._there - self._told)))

    @cached_property
    def bounded(self) -> tuple[tuple[int, int | None, Mapping[str, tuple[Period, ...]]], ...]:
        """Groups with codes of which some are not good for ever, how much of the value is the code, and these."""
        return tuple((self._groups[0][at], listed.prefix or None, listed.codes.periods) for at, listed in self._lists)

    def checks(self, match: re.Match[str], rules: Iterable[ElementRule]) -> Iterable[tuple[int, Accept]]:
        """What values that are there have to be.

        Raises:
            ValueError: one is longer than any of its element, so that the slow way does not look at it.
        """
        for rule in rules:
            if (rule.form is None and rule.list is None) or not self._is_sent(rule.spot):
                continue
            group = self._groups[0][self._at(rule.spot)]
            if match[group] is None:
                continue
            if rule.spot.representation is not None and len(match[group]) > 2 * rule.spot.representation.most:
                raise ValueError(match[group])
            if rule.form is not None:
                yield group, _has_form(rule.form)
            if rule.list is not None:
                yield group, _is_listed(rule.list)

    # --- the expression ---

    @cached_property
    def _groups(self) -> tuple[dict[_At, int], dict[_At, int]]:
        """Of each place the group with its value, and the empty one that says that something is there."""
        values: dict[_At, int] = {}
        there: dict[_At, int] = {}
        number = 1
        for at in sorted(self._valued | self._there):
            if at in self._valued:
                number += 1
                values[at] = number
            if at in self._there - self._told:
                number += 1
                there[at] = number
        return values, there

    @property
    def _expression(self) -> str:
        # Nothing that was read is ever taken back (``++``), and what may be left out can be so in one way only: matching is linear.
        element, component, special = (re.escape(each) for each in (self._marks.element, self._marks.component, self._marks.release + self._marks.repetition))
        # What comes after all that is looked at has no release characters either: they might be the end of a segment that was not read right.
        expression = f"(?:{element}[^{special}]*+)?" if special else f"(?:{element}[\\s\\S]*+)?"
        asked = self._valued | self._there
        for number in range(max((at for at, _ in asked), default=0), 0, -1):
            components = [at for at in asked if at[0] == number]
            inner = f"[^{element}{special}]*+"
            for each in range(max((at[1] for at in components), default=-1), -1, -1):
                inner = self._group((number, each), f"[^{element}{component}{special}]++") + f"(?:{component}{inner})?"
            whole = (number, -1)
            if whole in self._composites:
                something = f"{component}*+[^{element}{component}{special}]"
                inner = f"(?:(?={something})()|(?!{something})){inner}"
            elif whole in asked:
                inner = self._group(whole, f"[^{element}{special}]++")
            expression = f"(?:{element}{inner}{expression})?"
        return f"{re.escape(self._tag)}(){expression}"

    def _group(self, at: _At, value: str) -> str:
        inner = f"({value})" if at in self._valued else value
        return f"(?:{inner}{'()' if at in self._there - self._told else ''})?"


class QuickSegments:
    """Segments at one place of a message in groups that are alike; ``judge`` is the slow way."""

    def __init__(self, reader: SegmentReader, judge: Callable[[str], Said], memory: Memory) -> None:
        self._reader = reader
        self._judge = judge
        self._memory = memory
        self._known: dict[Hashable, _Known] = {}
        self._saids: dict[Hashable, Said] = {}  # by all that is in them
        self.brief: dict[str, Said] = {}
        """What was said of brief texts; asked for apart from ``tell``, which takes longer."""

    def tell(self, text: str, *, learning: bool = True) -> Said | None:
        """What is to be said of ``text``, its date left out, if that is nothing bad, or depends on the date alone. None where it takes the slow way to tell.

        Without ``learning`` only by what came before.
        """
        match = self._reader.match(text)
        if match is None:
            return None
        key: Hashable = match.group(*self._reader.keyed)
        if self._reader.bounded:
            codes = [(match[group] or "")[:prefix] for group, prefix, _ in self._reader.bounded]
            key = key, *(code if code in periods else "" for code, (_, _, periods) in zip(codes, self._reader.bounded, strict=True))
        known = self._known.get(key)
        if known is None:
            known = self._learn(key, match) if learning else None
            if known is None:
                return None
        said, checks = known
        for group, accepts in checks:
            if not accepts(match[group]):
                return None
        if len(text) <= _BRIEF:
            self._memory.keep(self.brief, text, said)
        return said

    def _learn(self, key: Hashable, match: re.Match[str]) -> _Known | None:
        said = self._judge(match.string)
        if not said.is_in_order:
            return None
        try:
            checks = tuple(check for chosen in said.chosen if chosen.use is not None for check in self._reader.checks(match, chosen.use.elements))
        except ValueError:
            return None
        same = (
            tuple((chosen.slot.place, chosen.use.number) for chosen in said.chosen if chosen.use is not None),
            said.excluded,
            tuple(condition.number for condition in said.met),
            tuple(dated.periods for dated in said.dated),
        )
        found = self._saids.get(same) or self._memory.keep(self._saids, same, replace(said, date=None))
        return self._memory.keep(self._known, key, (found, checks))


def _has_form(form: Representation | Form) -> Accept:
    """Whether a value is plainly of the form: figures without decimal mark and sign, plain letters."""
    if isinstance(form, Form):
        match = form.expression.fullmatch
    else:
        letters = {"n": "[0-9]", "a": "[A-Za-z ]", "an": "."}[form.kind]
        match = re.compile(f"{letters}{{{max(form.least, 1)},{form.most}}}").fullmatch
    return lambda value: match(value) is not None


def _is_listed(listed: ListUse) -> Accept:
    names, prefix = listed.codes.names, listed.prefix
    return (lambda value: value[:prefix] in names) if prefix else names.__contains__
