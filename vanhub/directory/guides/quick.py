"""A segment held against a guide the fast way, which only accepts: one regular expression reads all that the guide looks at.

What it read is told apart by a key: the values that tell uses apart or that have to be one of some codes, of all others whether they are there. What the slow way
(``segment``) said of a segment with this key it would say of all others, as long as their values are in their lists and have their forms. Texts with repetitions,
and with release characters in such values, are not read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Hashable, Iterable
from dataclasses import replace
from functools import cached_property

from vanhub.directory.guides.forms import Form
from vanhub.directory.guides.memory import Memory
from vanhub.directory.guides.model import ElementRule, ListUse, Spot, Where
from vanhub.directory.guides.said import Said
from vanhub.directory.model import Representation
from vanhub.edifact.scanner import Marks

# Texts up to this length come again and again, such as ``LOC+22+5301:113:ZZZ``: what is said of them is remembered as well, of so many at each place.
_BRIEF = 32
_MOST_BRIEF = 64
# Lists with no more codes than this tell segments apart; values of longer ones are only looked up.
_SHORT_LIST = 512
# No code is longer. What has a longer value where codes stand is not remembered: a partner could fill the memory with it.
_LONGEST_CODE = 64

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
        self.release = marks.release
        self._composites: set[_At] = set()
        self._told: set[_At] = set()  # by their values
        self._judged: set[_At] = set()  # by whether they are there, and their values apart from that
        self._there: set[_At] = set()  # by whether they are there
        rules = list(rules)
        for rule in rules:
            few = rule.codes is not None or (rule.list is not None and not rule.list.prefix and len(rule.list.codes.names) <= _SHORT_LIST)
            self._ask(rule.spot, self._told if few else self._judged if rule.form is not None or rule.list is not None else self._there)
        self._judged -= self._told
        matches = [match for each in where for match in each if self._is_sent(match.spot)]
        for match in matches:
            if self._at(match.spot) not in self._judged:
                self._ask(match.spot, self._told)
        for spot in filled:
            self._ask(spot, self._there)
        self._there -= self._told | self._judged
        # For each group of the expression the place of the value that it has; None: it is empty, and says that something is there.
        self._groups: list[_At | None] = []
        for at in sorted(self._told | self._judged | self._there):
            self._groups += [at, None] if at in self._judged else [at] if at in self._told else [None]
        self.keyed = tuple(number for number, at in enumerate(self._groups, 1) if at is None or at in self._told) if self._judged else ()
        """The groups that make the key; none: all of them."""
        self.picked: list[tuple[int, int | None, Container[str]]] = []
        """Of groups that are not in the key, how much of the value may be in it, and if it is one of what: uses that it tells apart, codes that are not good for ever."""
        for match in matches:
            if self._at(match.spot) in self._judged:
                self.picked.append((self._groups.index(self._at(match.spot)) + 1, None, match.values))
        for rule in rules:
            if rule.list is not None and rule.list.codes.periods and self._is_sent(rule.spot) and self._at(rule.spot) in self._judged:
                self.picked.append((self._groups.index(self._at(rule.spot)) + 1, rule.list.prefix or None, rule.list.codes.periods))

    def _ask(self, spot: Spot, asked: set[_At]) -> None:
        if self._is_sent(spot):
            asked.add(self._at(spot))
            if spot.representation is None:
                self._composites.add(self._at(spot))

    def _is_sent(self, spot: Spot) -> bool:
        """Whether anything can stand there: no text of the fast way has repetitions."""
        return not (self._version_4 and spot.repetition)

    def _at(self, spot: Spot) -> _At:
        return spot.place if self._version_4 else spot.spread, spot.component

    @cached_property
    def match(self) -> Callable[[str], re.Match[str] | None]:
        """Compiled when it is asked for, which takes about a millisecond."""
        return re.compile(self._expression(released=False)).fullmatch

    @cached_property
    def match_released(self) -> Callable[[str], re.Match[str] | None]:
        """As ``match``, of texts with release characters in what is only asked for whether it is there."""
        return re.compile(self._expression(released=True)).fullmatch

    def checks(self, match: re.Match[str], rules: Iterable[ElementRule]) -> Iterable[tuple[int, Accept]]:
        """What values that are there, and are not in the key, have to be.

        Raises:
            ValueError: one is longer than any of its element, so that the slow way does not look at it.
        """
        for rule in rules:
            if (rule.form is None and rule.list is None) or not self._is_sent(rule.spot) or self._at(rule.spot) not in self._judged:
                continue
            group = self._groups.index(self._at(rule.spot)) + 1
            if not match[group]:
                continue
            if rule.spot.representation is not None and len(match[group]) > 2 * rule.spot.representation.most:
                raise ValueError(match[group])
            if rule.form is not None:
                yield group, _has_form(rule.form)
            if rule.list is not None:
                yield group, _is_listed(rule.list)

    # --- the expression ---

    def _expression(self, *, released: bool) -> str:
        # What was read is never taken back (``++``), and every choice is decided by the next character: matching is linear.
        marks = self._marks
        element, component, release, special = (re.escape(each) for each in (marks.element, marks.component, marks.release, marks.release + marks.repetition))
        plain, any_component, any_element, anything = (
            f"[^{each}{special}]" if each or special else "[\\s\\S]" for each in (element + component, element + component, element, "")
        )
        if released:
            any_component, any_element, anything = (f"(?:{each}|{release}[\\s\\S])" for each in (any_component, any_element, anything))
        asked = self._told | self._judged | self._there

        def group(at: _At, plain: str, any: str) -> str:
            if at in self._told:
                return f"({plain}*+)"
            return f"(?:({plain}++)()|)" if at in self._judged else f"(?:{any}++()|)" if at in self._there else f"{any}*+"

        # Nor are there repetitions in what comes after all that is looked at.
        expression = f"(?:{element}{anything}*+|)"
        for number in range(max((at for at, _ in asked), default=0), 0, -1):
            inner = ""
            for each in range(max((each for at, each in asked if at == number), default=-1), -1, -1):
                inner = group((number, each), plain, any_component) + f"(?:{component}{inner or f'{any_element}*+'}|)"
            whole = (number, -1)
            if whole in self._composites:
                something = f"{component}*+{any_component}"
                inner = f"(?:(?={something})()|(?!{something})){inner or f'{any_element}*+'}"
            elif whole in asked:
                inner = group(whole, f"[^{element}{special}]", any_element)
            expression = f"(?:{element}{inner or f'{any_element}*+'}{expression}|)"
        return f"{re.escape(self._tag)}{expression}"


class QuickSegments:
    """Segments at one place of a message in groups that are alike; ``judge`` is the slow way."""

    WEIGHT = _MOST_BRIEF

    def __init__(self, reader: SegmentReader, judge: Callable[[str], Said], memory: Memory) -> None:
        self._reader = reader
        self._judge = judge
        self._memory = memory
        self._match: Callable[[str], re.Match[str] | None] | None = None
        self._release = reader.release
        self._is_released = False  # whether there were texts with release characters
        self._known: dict[Hashable, _Known] = {}
        self._saids: dict[Hashable, Said] = {}  # by all that is in them
        self.brief: dict[str, Said] = {}
        """What was said of brief texts; asked for apart from ``tell``, which takes longer."""

    def tell(self, text: str, learning: bool) -> Said | None:
        """What is to be said of ``text``, its date left out, if that is nothing bad, or depends on the date alone; else None.

        Without ``learning`` only by what came before.
        """
        if self._match is None:
            if not learning:
                return None
            self._match = self._reader.match
        reader = self._reader
        match = self._match(text)
        if match is None and self._release and self._release in text and (learning or self._is_released):
            self._is_released = True
            match = reader.match_released(text)
        if match is None:
            said = self._judge(text) if learning else None
            return self._keep(text, self._same(said)) if said is not None and said.is_in_order else None
        key: Hashable = match.group(*reader.keyed) if reader.keyed else match.groups()
        if reader.picked:
            key = key, *[code if (code := (match[group] or "")[:most]) in among else "" for group, most, among in reader.picked]
        known = self._known.get(key)
        if known is None:
            known = self._learn(key, match) if learning else None
            if known is None:
                return None
        said, checks = known
        for group, accepts in checks:
            if not accepts(match[group]):
                return None
        return self._keep(text, said)

    def _keep(self, text: str, said: Said) -> Said:
        if len(text) <= _BRIEF:
            if len(self.brief) >= _MOST_BRIEF:
                self.brief.clear()
            self.brief[text] = said
        return said

    def _learn(self, key: Hashable, match: re.Match[str]) -> _Known | None:
        if any(len(value or "") > _LONGEST_CODE for value in match.group(0, *(self._reader.keyed or range(1, match.re.groups + 1)))[1:]):
            return None
        said = self._judge(match.string)
        if not said.is_in_order:
            return None
        try:
            checks = tuple(check for chosen in said.chosen if chosen.use is not None for check in self._reader.checks(match, chosen.use.elements))
        except ValueError:
            return None
        return self._memory.keep(self._known, key, (self._same(said), checks))

    def _same(self, said: Said) -> Said:
        """The one of those that say the same but for the date."""
        same = (
            tuple((chosen.slot.place, chosen.use.number) for chosen in said.chosen if chosen.use is not None),
            said.excluded,
            tuple(condition.number for condition in said.met),
            tuple(dated.periods for dated in said.dated),
        )
        return self._saids.get(same) or self._memory.keep(self._saids, same, replace(said, date=None))


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
