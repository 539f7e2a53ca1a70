"""Rules and limits of an agency with their dates of effect: numbers that regulations change, so that no decision has them in its code.

``NAME/rules.toml`` beside an agency's program has them all, two words each: ``[licence.uses]``. A home's ``rules.toml`` replaces any key of any of
them, by the same name; it adds none, since no program would ask for it.
"""

from __future__ import annotations

import difflib
import enum
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from vanhub.errors import OperatorError
from vanhub.toml import Shape, choice, dotted, duration, matching, parse_toml, read_value, require_known, require_table, several, text, truth, whole


class Rules(Protocol):
    """The rules of one agency. ``name`` is dotted, as in the file: ``licence.uses``; ``on`` is the day on which the rule is asked for.

    Each raises ``KeyError`` for a rule that the agency has not declared, or not of this kind: a fault of the program, not of the file.
    """

    def number(self, name: str, on: date) -> Decimal: ...

    def count(self, name: str, on: date) -> int: ...

    def duration(self, name: str, on: date) -> timedelta: ...

    def text(self, name: str, on: date) -> str: ...

    def truth(self, name: str, on: date) -> bool: ...

    def texts(self, name: str, on: date) -> tuple[str, ...]: ...


class RuleKind(enum.StrEnum):
    """What a rule's value is."""

    NUMBER = "number"
    COUNT = "count"
    DURATION = "duration"
    TEXT = "text"
    TRUTH = "truth"
    TEXTS = "texts"


@dataclass(frozen=True, slots=True)
class Rule:
    """``values``: (day from which it holds, value), the days ascending; before the first day the first value holds. ``source``: where the rule is from; ``assumed``: no source was found, or none
    that says so exactly. ``form``: the pattern of each text of a rule of kind texts that a program takes apart, else "".
    """

    name: str
    kind: RuleKind
    en: str
    zh: str
    source: str
    assumed: bool
    values: tuple[tuple[date, Any], ...]
    form: str = ""

    def value(self, on: date) -> Any:
        """The value of the latest day on or before ``on``."""
        for first, value in reversed(self.values):
            if first <= on:
                return value
        return self.values[0][1]


_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,12})?")


def _number(written: str) -> Decimal:
    # A TOML number would be a binary fraction, and 0.05 not be 0.05.
    if not _NUMBER.fullmatch(written):
        raise ValueError
    return Decimal(written)


def _day() -> Shape[date]:
    def read(value: Any) -> date:
        if not isinstance(value, date) or isinstance(value, datetime):
            raise ValueError
        return value

    return Shape("a day like 2004-05-01", read)


_DAY = _day()
_KEYS: Mapping[str, Shape[Any]] = {
    "kind": choice(*map(str, RuleKind)),
    "en": text(1, 300),
    "zh": text(1, 300),
    "source": text(1, 300),
    "assumed": truth(),
}
_VALUES: Mapping[RuleKind, Shape[Any]] = {
    RuleKind.NUMBER: matching('a number as a text like "0.05"', _number),
    RuleKind.COUNT: whole(0, 10**12),
    RuleKind.DURATION: duration(),
    RuleKind.TEXT: text(),
    RuleKind.TRUTH: truth(),
    RuleKind.TEXTS: several(text(1)),
}


class DatedRules:
    """``Rules`` as files have them."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = rules

    def __iter__(self) -> Iterator[Rule]:
        """All rules, in the order of the agency's file."""
        return iter(self._rules.values())

    def number(self, name: str, on: date) -> Decimal:
        found: Decimal = self._rule(name, RuleKind.NUMBER).value(on)
        return found

    def count(self, name: str, on: date) -> int:
        found: int = self._rule(name, RuleKind.COUNT).value(on)
        return found

    def duration(self, name: str, on: date) -> timedelta:
        found: timedelta = self._rule(name, RuleKind.DURATION).value(on)
        return found

    def text(self, name: str, on: date) -> str:
        found: str = self._rule(name, RuleKind.TEXT).value(on)
        return found

    def truth(self, name: str, on: date) -> bool:
        found: bool = self._rule(name, RuleKind.TRUTH).value(on)
        return found

    def texts(self, name: str, on: date) -> tuple[str, ...]:
        found: tuple[str, ...] = self._rule(name, RuleKind.TEXTS).value(on)
        return found

    def _rule(self, name: str, kind: RuleKind) -> Rule:
        rule = self._rules[name]
        if rule.kind is not kind:
            raise KeyError(f"{name} is of kind {rule.kind}, not {kind}")
        return rule


def shipped_rules(name: str) -> Path:
    """The file with the rules of the agency ``name``, as in ``mailboxes/NAME.toml``; ``foreign-customs-us`` has those of ``foreign-customs``. It need not exist."""
    folder = Path(__file__).with_name(name.replace("-", "_"))
    return folder / "rules.toml" if folder.is_dir() or "-" not in name else shipped_rules(name.rpartition("-")[0])


def open_rules(name: str, home: Path | None = None) -> DatedRules:
    """The rules of the agency ``name``, with what the file ``home`` replaces, if there is one.

    Raises:
        OperatorError: a file cannot be read, has a name or key that is unknown or missing, or a value of another kind; the text names file and key.
    """
    shipped = shipped_rules(name)
    rules = read_rules(_content(shipped), str(shipped)) if shipped.exists() else {}
    if home is not None and home.exists():
        rules = replaced(rules, _content(home), str(home))
    return DatedRules(rules)


def read_rules(content: str, file: str) -> dict[str, Rule]:
    """The rules of an agency's file, by their names. Raises ``OperatorError``."""
    return {name: _rule(name, table, file) for name, table in _tables(content, file)}


def replaced(rules: Mapping[str, Rule], content: str, file: str) -> dict[str, Rule]:
    """``rules`` with what a home's file says of some of them. Raises ``OperatorError``."""
    after = dict(rules)
    for name, table in _tables(content, file):
        if name not in rules:
            nearest = difflib.get_close_matches(name, rules, n=1, cutoff=0.0)
            raise OperatorError(f"{file}: unknown rule {name}; " + (f"the nearest known rule is {nearest[0]}" if nearest else "the agency has no rules"))
        after[name] = _rule(name, table, file, rules[name])
    return after


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"{path} cannot be read: {error}") from error


def _tables(content: str, file: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for group, rules in parse_toml(content, file).items():
        for word, table in require_table(rules, file=file, at=group).items():
            name = dotted(group, word)
            yield name, require_table(table, file=file, at=name)


def _rule(name: str, table: Mapping[str, Any], file: str, shipped: Rule | None = None) -> Rule:
    """The rule of a table; what the table leaves out is as in ``shipped``."""
    require_known(table, (*_KEYS, "values", *(["form"] if shipped is None else [])), file=file, at=name)
    read = {} if shipped is None else {key: getattr(shipped, key) for key in (*_KEYS, "values")}
    read |= {key: read_value(shape, table[key], file=file, at=dotted(name, key)) for key, shape in _KEYS.items() if key in table}
    if missing := [key for key in (*_KEYS, "values") if key not in table and key not in read]:
        raise OperatorError(f"{file}: {name} has no {', '.join(missing)}")
    kind = RuleKind(read.pop("kind"))
    if shipped is not None and kind is not shipped.kind:
        raise OperatorError(f"{file}: {name}.kind is {shipped.kind} and cannot become {kind}")
    # What a program can take apart is the program's: a home changes no form.
    form = shipped.form if shipped is not None else read_value(text(), table.get("form", ""), file=file, at=dotted(name, "form"))
    if "values" in table:
        shape = several(_formed(form)) if form else _VALUES[kind]
        read["values"] = _values(name, shape, table["values"], file)
    return Rule(name, kind, form=form, **read)


def _formed(form: str) -> Shape[str]:
    def read(written: str) -> str:
        if not re.fullmatch(form, written, re.ASCII):
            raise ValueError(f"{written!r} is not of this form")
        return written

    return matching(f"a text of the form {form}", read)


def _values(name: str, shape: Shape[Any], value: Any, file: str) -> tuple[tuple[date, Any], ...]:
    at = dotted(name, "values")
    if not isinstance(value, list) or not value:
        raise OperatorError(f"{file}: {at} is a list of at least one {{ from = DAY, value = VALUE }}")
    values: list[tuple[date, Any]] = []
    for number, part in enumerate(value, 1):
        here = f"{at}[{number}]"
        table = require_table(part, file=file, at=here)
        require_known(table, ("from", "value"), file=file, at=here)
        if len(table) != 2:
            raise OperatorError(f"{file}: {here} has to have from and value")
        day = read_value(_DAY, table["from"], file=file, at=dotted(here, "from"))
        if values and day <= values[-1][0]:
            raise OperatorError(f"{file}: {here}.from is {day}, not after {values[-1][0]}, which stands before it")
        values.append((day, read_value(shape, table["value"], file=file, at=dotted(here, "value"))))
    return tuple(values)
