"""A guide's TOML as a ``Guide``, resolved against its directory and its code lists, strictly: each mistake is told with file, place and what would be right.

docs/guides.md describes the format. ``read_head`` reads by what a guide is chosen, which takes a fraction of reading it whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from vanhub import toml
from vanhub.directory.guides.forms import Form, Forms
from vanhub.directory.guides.lists import CodeLists
from vanhub.directory.guides.model import (
    Condition,
    DateSpot,
    ElementRule,
    Guide,
    Head,
    ListUse,
    Match,
    Rule,
    Spot,
    Status,
    Use,
    Where,
)
from vanhub.directory.guides.names import MessageNames, Places, anchor_of, as_sent, path_to, trigger_of
from vanhub.directory.guides.text import Text, nearest
from vanhub.directory.model import Directories, Representation
from vanhub.directory.table import Place
from vanhub.errors import OperatorError

_T = TypeVar("_T")

_HEAD_KEYS = ("name", "title_en", "title_zh", "message", "directory", "association", "documents", "functions", "source", "date", "closed", "use", "rule")
_USE_KEYS = ("at", "where", "within", "name_en", "name_zh", "status", "most", "error", "elements")
_ELEMENT_KEYS = (
    "name_en",
    "name_zh",
    "status",
    "codes",
    "list",
    "column",
    "prefix",
    "form",
    "error",
)
_RULE_KEYS = ("name", "scope", "if", "then", "then_any", "then_not", "error", "text_en", "text_zh", "repair_en", "repair_zh")
_CONDITION_KEYS = ("at", "where", "filled")

_LONG = 500
_NAME = toml.matching("lower case letters, digits and dashes", lambda value: _whole(r"[a-z0-9]+(?:-[a-z0-9]+)*", value))
_TYPE = toml.matching("a message type, such as CUSDEC", lambda value: _whole(r"[A-Z0-9]{1,6}", value))
_ERROR = toml.matching("a code of 1 to 8 characters (9321)", lambda value: _whole(r"[!-~]{1,8}", value))
_CODE = toml.text(1, 35)
_REPRESENTATION = re.compile(r"(?:a|an|n)(?:\.\.)?[0-9]+")
_STATUS = toml.matching("'required', 'optional' or 'unused'", Status)
_DATE = re.compile(r"(?P<at>[^/]+(?:/[A-Z]{3})?)/(?P<qualifier>[^/=]+)=(?P<code>[^:]+):(?P<value>[^:]+)")


def _whole(pattern: str, value: str) -> str:
    if not re.fullmatch(pattern, value):
        raise ValueError
    return value


def read_head(content: str, file: str, stem: str) -> Head:
    """By what the guide in ``file`` is chosen; ``stem`` is the file's name without suffix, which is the guide's.

    Raises:
        OperatorError: no TOML, or something in it is not as it should be; what is under ``[[use]]`` and ``[[rule]]`` need not have been looked at.
    """
    # TOML's top keys stand before the first table, so that they can be read without the others.
    top, mark, _ = content.partition("\n[[")
    try:
        return _head(toml.parse_toml(top, file), file, stem)
    except OperatorError:
        if not mark:
            raise
    return _head(toml.parse_toml(content, file), file, stem)


def read_guide(content: str, file: str, stem: str, directories: Directories, lists: CodeLists, forms: Forms) -> Guide:
    """The whole guide.

    Raises:
        OperatorError: as ``read_head``; or what it speaks of is not in the directory or the lists.
    """
    top = toml.parse_toml(content, file)
    return _Reader(_head(top, file, stem), file, directories, lists, forms).guide(top)


def _head(top: Mapping[str, Any], file: str, stem: str) -> Head:
    toml.require_known(top, _HEAD_KEYS, file=file)
    keys = _Keys(top, file, "")
    title_en = keys.read("title_en", toml.text(1))
    head = Head(
        name=keys.read("name", _NAME),
        title=Text(title_en, keys.read("title_zh", toml.text(1), title_en)),
        message=keys.read("message", _TYPE),
        directory=keys.read("directory", toml.text(1, 20)),
        association=keys.read("association", toml.text(0, 6), ""),
        documents=keys.read("documents", toml.several(_CODE, least=1), ()),
        functions=keys.read("functions", toml.several(_CODE, least=1), ()),
        source=keys.read("source", toml.text(1, _LONG)),
    )
    if head.name != stem:
        raise OperatorError(f"{file}: name is {stem!r} as the file's, not {head.name!r}")
    return head


class _Keys:
    """One table of a guide, read key by key. ``at`` is its name in errors."""

    def __init__(self, table: Mapping[str, Any], file: str, at: str, known: Iterable[str] = ()) -> None:
        self.table = table
        self.file = file
        self.at = at
        if known:
            toml.require_known(table, known, file=file, at=at)

    def read(self, key: str, shape: toml.Shape[_T], *default: _T) -> _T:
        if key not in self.table:
            if default:
                return default[0]
            raise OperatorError(f"{self.file}: {toml.dotted(self.at, key)} is missing; it takes {shape.takes}")
        return toml.read_value(shape, self.table[key], file=self.file, at=toml.dotted(self.at, key))

    def text(self, key: str, default: Text) -> Text:
        """``key_en`` and ``key_zh``; English stands for Chinese where only that is given."""
        english = self.read(f"{key}_en", toml.text(1, _LONG), default.en)
        return Text(english, self.read(f"{key}_zh", toml.text(1, _LONG), english if f"{key}_en" in self.table else default.zh))

    def tables(self, key: str, known: Iterable[str]) -> list[_Keys]:
        entries = toml.require_tables(self.table.get(key, []), file=self.file, at=toml.dotted(self.at, key))
        return [_Keys(entry, self.file, f"{toml.dotted(self.at, key)}[{number}]", known) for number, entry in enumerate(entries, 1)]

    def resolve(self, key: str, find: Callable[[], _T]) -> _T:
        """What ``find`` finds for ``key``; its ``ValueError`` or ``OperatorError`` is told with the place."""
        try:
            return find()
        except (ValueError, OperatorError) as error:
            raise OperatorError(f"{self.file}: {toml.dotted(self.at, key)}: {error}") from None


class _Reader:
    """One guide while it is read."""

    def __init__(self, head: Head, file: str, directories: Directories, lists: CodeLists, forms: Forms) -> None:
        directory = directories.get(head.directory)
        if directory is None:
            raise OperatorError(f"{file}: directory: there is no directory {head.directory}{nearest(head.directory, directories.names())}")
        definition = directory.message(head.message)
        if definition is None:
            raise OperatorError(f"{file}: message: {head.directory} has no {head.message}{nearest(head.message, directory.message_types())}")
        self._head = head
        self._file = file
        self._lists = lists
        self._forms = forms
        self._names = MessageNames(definition, directory, directories.service(4))
        self._conditions = 0

    def guide(self, top: Mapping[str, Any]) -> Guide:
        keys = _Keys(top, self._file, "")
        uses = tuple(self._use(number, use) for number, use in enumerate(keys.tables("use", _USE_KEYS)))
        self._require_different(uses)
        rules = tuple(self._rule(rule) for rule in keys.tables("rule", _RULE_KEYS))
        names = [rule.name for rule in rules]
        for name in names:
            if names.count(name) > 1:
                raise OperatorError(f"{self._file}: two rules have the name {name!r}")
        date = self._date(keys) if "date" in top else None
        return Guide(self._head, self._names.table, keys.read("closed", toml.truth(), False), self._listed(uses), uses, rules, date)

    # --- uses ---

    def _use(self, number: int, keys: _Keys) -> Use:
        places = self._places(keys)
        tag = trigger_of(places.places[0]).tag
        where = self._where(keys, "where", tag)
        parent = places.parent
        in_group = parent is not self._names.table.root
        if "within" in keys.table and not in_group:
            raise OperatorError(f"{self._file}: {keys.at}.within: {places.at} is in no group")
        within = self._where(keys, "within", trigger_of(parent).tag) if in_group else ()
        named = self._names.segment_name(tag)
        status = keys.read("status", _STATUS, Status.OPTIONAL)
        most = keys.read("most", toml.whole(1, 99_999), 0)
        most_of_directory = sum(place.most for place in places.places)
        if most > most_of_directory:
            raise OperatorError(f"{self._file}: {keys.at}.most is {most}; the directory allows {most_of_directory}")
        return Use(
            number,
            places.at,
            self._label(places, tag, where),
            keys.text("name", Text(named, named)),
            places.indices,
            parent.index,
            parent.depth,
            places.places[0].order,
            places.places[-1].order,
            where,
            within,
            status,
            most,
            keys.read("error", _ERROR, ""),
            self._elements(keys, tag),
        )

    def _require_different(self, uses: Sequence[Use]) -> None:
        seen: dict[object, int] = {}
        for use in uses:
            key = (use.places, use.parent, use.where, use.within)
            if key in seen:
                raise OperatorError(f"{self._file}: use[{use.number + 1}] is the same use as use[{seen[key] + 1}]: {use.label}")
            seen[key] = use.number

    def _listed(self, uses: Iterable[Use]) -> frozenset[int]:
        """The places of the uses and the groups around them."""
        return frozenset(each.index for use in uses for index in use.places for each in path_to(self._names.every[index]))

    def _elements(self, keys: _Keys, tag: str) -> tuple[ElementRule, ...]:
        table = toml.require_table(keys.table.get("elements", {}), file=self._file, at=f"{keys.at}.elements")
        rules = []
        for id, value in table.items():
            at = f"{keys.at}.elements.{id}"
            element = _Keys(toml.require_table(value, file=self._file, at=at), self._file, at, _ELEMENT_KEYS)
            rules.append(self._element(element, tag, keys.resolve(f"elements.{id}", lambda id=id: self._names.spot(tag, id))))  # type: ignore[misc]
        # In the order of the segment, so that findings are.
        return tuple(sorted(rules, key=lambda rule: (rule.spot.place, rule.spot.repetition, rule.spot.component)))

    def _element(self, keys: _Keys, tag: str, spot: Spot) -> ElementRule:
        text = keys.text("name", Text(self._names.element_name(spot.id), ""))
        codes = keys.read("codes", toml.several(_CODE, least=1), ())
        known = self._require_codes(keys, "codes", tag, spot, codes)
        form = self._form(keys) if "form" in keys.table else None
        rule = ElementRule(
            spot,
            self._named(spot, text.en, text.zh),
            keys.read("status", _STATUS, Status.OPTIONAL),
            {code: known.get(code, "") for code in codes} if codes else None,
            self._list(keys) if "list" in keys.table else None,
            form,
            keys.read("error", _ERROR, ""),
        )
        judges_value = [key for key in ("codes", "list", "form") if key in keys.table]
        if spot.representation is None and judges_value:
            raise OperatorError(f"{self._file}: {keys.at}.{judges_value[0]}: {spot.id} is a composite and has no value of its own; name its component")
        if rule.status is Status.UNUSED and judges_value:
            raise OperatorError(f"{self._file}: {keys.at}.{judges_value[0]}: what is not used has no value")
        for key, other in (("column", "list"), ("prefix", "list")):
            if key in keys.table and other not in keys.table:
                raise OperatorError(f"{self._file}: {keys.at}.{key} belongs to {other}, which is not there")
        return rule

    def _form(self, keys: _Keys) -> Representation | Form:
        written = keys.read("form", toml.text(1, 40))
        return keys.resolve("form", lambda: Representation.parse(written) if _REPRESENTATION.fullmatch(written) else self._forms.get(written))

    def _list(self, keys: _Keys) -> ListUse:
        name = keys.read("list", toml.text(1))
        column = keys.read("column", toml.text(1), "")
        codes = keys.resolve("list", lambda: self._lists.get(name, column))
        return ListUse(codes, keys.read("prefix", toml.whole(1, 35), 0))

    def _require_codes(self, keys: _Keys, key: str, tag: str, spot: Spot, codes: Iterable[str]) -> Mapping[str, str]:
        """The codes of the directory for ``spot`` with their names; every one of ``codes`` is among them where that list is closed."""
        known = self._names.codes(tag, spot)
        for code in codes:
            if known is not None and code not in known:
                raise OperatorError(
                    f"{self._file}: {toml.dotted(keys.at, key)}: {code!r} is no code of {spot.id} in {self._head.directory}{nearest(code, known)}"
                )
        return known or {}

    # --- places and values ---

    def _places(self, keys: _Keys, key: str = "at") -> Places:
        at = keys.read(key, toml.text(1, 40))
        return keys.resolve(key, lambda: self._names.places(at))

    def _where(self, keys: _Keys, key: str, tag: str) -> Where:
        at = toml.dotted(keys.at, key)
        table = toml.require_table(keys.table.get(key, {}), file=self._file, at=at)
        matches = []
        for id, value in table.items():
            spot = keys.resolve(f"{key}.{id}", lambda id=id: self._names.spot(tag, id))  # type: ignore[misc]
            if spot.representation is None:
                raise OperatorError(f"{self._file}: {at}.{id}: {id} is a composite and has no value of its own; name its component")
            values = toml.read_value(toml.several(_CODE, least=1), [value] if isinstance(value, str) else value, file=self._file, at=f"{at}.{id}")
            self._require_codes(keys, f"{key}.{id}", tag, spot, values)
            matches.append(self._match(spot, values))
        return tuple(matches)

    def _match(self, spot: Spot, values: Iterable[str]) -> Match:
        return Match(spot, self._named(spot, self._names.element_name(spot.id)), frozenset(values))

    def _named(self, spot: Spot, english: str, chinese: str = "") -> Text:
        """An element's name with its number. The directories have no Chinese names."""
        return Text(f"{english} ({spot.id})", f"{chinese}（{spot.id}）" if chinese else f"数据元 {spot.id}")

    def _label(self, named: Places, tag: str, where: Where) -> str:
        """``LOC+22``, ``DOC+811 (SG5)``."""
        group = max(named.group, named.parent.group, 0)
        return as_sent(tag, where) + (f" (SG{group})" if group else "")

    # --- rules ---

    def _rule(self, keys: _Keys) -> Rule:
        name = keys.read("name", _NAME)
        scope = self._names.table.root
        if keys.read("scope", toml.text(0, 40), ""):
            named = self._places(keys, "scope")
            if not named.group:
                raise OperatorError(f"{self._file}: {keys.at}.scope: {named.at} is a segment; a scope is a group, or '' for the whole message")
            scope = named.places[0]
        conditions, then, any, never = (self._several(keys, key, scope) for key in ("if", "then", "then_any", "then_not"))
        if not (then or any or never):
            raise OperatorError(f"{self._file}: {keys.at} ({name}) asks for nothing; it needs then, then_any or then_not")
        return Rule(
            name,
            scope.index,
            conditions,
            then,
            any,
            never,
            keys.read("error", _ERROR, ""),
            keys.text("text", Text(name, name)),
            keys.text("repair", Text("", "")),
        )

    def _several(self, keys: _Keys, key: str, scope: Place) -> tuple[Condition, ...]:
        return tuple(self._condition(each, scope) for each in keys.tables(key, _CONDITION_KEYS))

    def _condition(self, keys: _Keys, scope: Place) -> Condition:
        named = self._places(keys)
        triggers = [trigger_of(place) for place in named.places]
        tag = triggers[0].tag
        anchor = anchor_of(scope, triggers[0])
        if anchor is not scope and triggers[-1].index > scope.index:
            raise OperatorError(
                f"{self._file}: {keys.at}.at: {named.at} comes after SG{scope.group}, the rule's scope, which is judged when it ends; give the rule a wider scope"
            )
        where = self._where(keys, "where", tag)
        filled = tuple(
            keys.resolve("filled", lambda id=id: self._names.spot(tag, id))  # type: ignore[misc]
            for id in keys.read("filled", toml.several(toml.text(1, 10), least=1), ())
        )
        number, self._conditions = self._conditions, self._conditions + 1
        return Condition(number, self._label(named, tag, where), tuple(trigger.index for trigger in triggers), where, filled, anchor.depth)

    # --- the message's date ---

    def _date(self, keys: _Keys) -> DateSpot:
        written = keys.read("date", toml.text(1, 60))
        match = _DATE.fullmatch(written)
        if match is None:
            raise OperatorError(f"{self._file}: date is written as DTM/2005=137:2380, not {written!r}")
        named = keys.resolve("date", lambda: self._names.places(match["at"]))
        triggers = [trigger_of(place) for place in named.places]
        tag = triggers[0].tag
        qualifier, value = (keys.resolve("date", lambda id=id: self._names.spot(tag, id)) for id in (match["qualifier"], match["value"]))  # type: ignore[misc]
        self._require_codes(keys, "date", tag, qualifier, [match["code"]])
        try:
            format = self._names.spot(tag, "2379")
        except ValueError:
            format = None
        return DateSpot(tuple(each.index for each in triggers), (self._match(qualifier, [match["code"]]),), value, format)
