"""Licences, foreign exchange forms and clearance notes of a declaration, held against customs' copies of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from vanhub.agencies.customs.copies import FORMS, LICENCES, NOTES, USE, FormCopy, LicenceCopy, NoteCopy, left, line_owner
from vanhub.agencies.customs.finding import Findings
from vanhub.agencies.frame.agency import View
from vanhub.agencies.ledger.posting import Account, Part, Transfer, issue, reserve
from vanhub.agencies.licence_rules import tolerated
from vanhub.agencies.messages.clearance_note import NoteLine
from vanhub.agencies.messages.declaration import Declaration, Direction, Document, Item
from vanhub.agencies.messages.fields import numeral
from vanhub.agencies.messages.licence import Licence, LicenceLine
from vanhub.agencies.messages.parts import Quantity
from vanhub.agencies.tariff import Tariff

LICENCE_KINDS = {Direction.EXPORT: "811", Direction.IMPORT: "911"}
FORM, NOTE = "812", "841"


def check_papers(declaration: Declaration, tariff: Tariff, view: View, findings: Findings) -> None:
    """Everything that the tariff and the mode of trade ask for is named, is on record, fits and has enough left; what it takes is ``held``."""
    needed = _needed(declaration, tariff)
    _check_licences(declaration, needed, view, findings)
    _check_forms(declaration, view, findings)
    _check_notes(declaration, needed, view, findings)
    _check_others(declaration, needed, view, findings)


_Needed = Mapping[int, tuple[str, ...]]


def _needed(declaration: Declaration, tariff: Tariff) -> _Needed:
    """By item the codes of the supervision documents that its goods need."""
    on, export = declaration.declared_on, declaration.direction is Direction.EXPORT
    return {
        item.number: tariff.documents(item.hs, on, export=export, country=(item.final_country or declaration.country) if export else item.origin)
        for item in declaration.items
    }


def _check_licences(declaration: Declaration, needed: _Needed, view: View, findings: Findings) -> None:
    kind = LICENCE_KINDS[declaration.direction]
    documents = {document.number: document for document in declaration.documents if document.kind == kind and not document.national}
    wanted = view.rules.texts("check.licence-documents", declaration.declared_on)
    uses: dict[str, list[Item]] = {number: [] for number in documents}
    for item in declaration.items:
        # The same licence named twice is one use of it, not two.
        named = list(dict.fromkeys(document.number for document in item.documents if document.kind == kind and not document.national))
        codes = [code for code in needed[item.number] if code in wanted]
        if not named and codes:
            named = _fitting(item, documents, view)
        if not named and codes:
            findings.wrong(
                "L201",
                f"goods {item.hs} need a licence (document {codes[0]}), none is named",
                f"商品 {item.hs} 须有许可证（监管证件 {codes[0]}），未填",
                item.number,
            )
        for number in named:
            uses.setdefault(number, []).append(item)
    for number, items in uses.items():
        _check_licence(number, documents.get(number), items, declaration, view, findings)


def _fitting(item: Item, documents: Iterable[str], view: View) -> list[str]:
    """Of the licences in the header one that is for these goods, else the first."""
    for number in documents:
        copy = view.get(LicenceCopy, number)
        if copy is not None and _licence_lines(copy.licence, item):
            return [number]
    return [*documents][:1]


def _check_licence(number: str, document: Document | None, items: list[Item], declaration: Declaration, view: View, findings: Findings) -> None:
    copy, on = view.get(LicenceCopy, number), declaration.declared_on
    first = items[0].number if len(items) == 1 else None
    if copy is None:
        findings.missing((LicenceCopy.KIND, number), "L201", f"licence {number} is not on record", f"许可证 {number} 不存在", first)
        return
    licence, border, before = copy.licence, declaration.border, len(findings.found)
    trader = declaration.trader.enterprise_code
    if licence.export is not (declaration.direction is Direction.EXPORT):
        findings.wrong("L206", f"licence {number} is for the other direction", f"许可证 {number} 的进出口方向不符", first)
    if licence.holder != trader:
        findings.wrong("L206", f"licence {number} is {licence.holder}'s, not {trader}'s", f"许可证 {number} 的持有人是 {licence.holder}，不是 {trader}", first)
    if licence.country != declaration.country:
        findings.wrong(
            "L206",
            f"licence {number} is for {licence.country}, not {declaration.country}",
            f"许可证 {number} 的国别是 {licence.country}，不是 {declaration.country}",
            first,
        )
    if licence.mode != declaration.mode:
        findings.wrong(
            "L206",
            f"licence {number} is for mode {licence.mode}, not {declaration.mode}",
            f"许可证 {number} 的贸易方式是 {licence.mode}，不是 {declaration.mode}",
            first,
        )
    if copy.withdrawn:
        findings.wrong("L202", f"licence {number} has been withdrawn", f"许可证 {number} 已撤销", first)
    elif not licence.valid_from <= on <= licence.valid_to:
        findings.wrong(
            "L202",
            f"licence {number} is valid from {licence.valid_from} to {licence.valid_to}, not on {on}",
            f"许可证 {number} 有效期 {licence.valid_from} 至 {licence.valid_to}，{on} 无效",
            first,
        )
    if licence.customs_office != border:
        findings.wrong(
            "L203",
            f"licence {number} is for customs office {licence.customs_office}, not {border}",
            f"许可证 {number} 限 {licence.customs_office} 海关，不是 {border}",
            first,
        )
    if document is not None and document.office not in {"", licence.office}:
        findings.wrong(
            "L203",
            f"licence {number} was issued by office {licence.office}, not {document.office}",
            f"许可证 {number} 的发证机关是 {licence.office}，不是 {document.office}",
            first,
        )
    if not items:
        findings.wrong("L206", f"licence {number} is named for goods that it is not for", f"许可证 {number} 与所申报商品无关")
    _take_licence(licence, items, declaration, view, findings, usable=len(findings.found) == before)


def _take_licence(licence: Licence, items: list[Item], declaration: Declaration, view: View, findings: Findings, *, usable: bool) -> None:
    """Its lines, uses and quantities. ``usable``: nothing else is wrong with it; otherwise its balances are of no interest."""
    taken: dict[int, Decimal] = {}
    for item in items:
        line = _licence_line(licence, item, taken, view)
        amount = _in_unit(line.quantity.unit, item) if line is not None else None
        if line is None:
            origin = f" from {item.origin}" if not licence.export else ""
            findings.wrong(
                "L206",
                f"licence {licence.number} is not for goods {item.hs}{origin}",
                f"许可证 {licence.number} 不含商品 {item.hs}（产地 {item.origin}）",
                item.number,
            )
        elif amount is None:
            unit = line.quantity.unit
            findings.wrong(
                "L206",
                f"licence {licence.number} counts {item.hs} in {unit}; no quantity is declared in it",
                f"许可证 {licence.number} 的计量单位是 {unit}，未申报该单位数量",
                item.number,
            )
        else:
            taken[line.number] = taken.get(line.number, Decimal(0)) + amount
    if not usable:
        return
    uses_left = left(view, LICENCES, licence.number, USE, Decimal(licence.uses))
    if uses_left < 1:
        findings.wrong(
            "L205",
            f"licence {licence.number} has been used {licence.uses} of {licence.uses} times",
            f"许可证 {licence.number} 的 {licence.uses} 次使用次数已满",
        )
        return
    findings.held.extend(_reserved(view, LICENCES, licence.number, USE, Decimal(1)))
    for line in licence.lines:
        if not (amount := taken.get(line.number, Decimal(0))):
            continue
        owner, unit = line_owner(licence.number, line), line.quantity.unit
        rest = left(view, LICENCES, owner, unit, line.quantity.amount)
        most = tolerated(rest, int(uses_left), line.hs, licence.quota, declaration.declared_on, view.rules)
        if amount > most:
            findings.wrong(
                "L204",
                f"licence {licence.number} line {line.number} has {numeral(rest)} {unit} left, with tolerance {numeral(most)}; {numeral(amount)} {unit} are declared",
                f"许可证 {licence.number} 第{line.number}项余额 {numeral(rest)} {unit}（含允许溢装 {numeral(most)}），申报 {numeral(amount)} {unit}",
            )
        else:
            findings.held.extend(_reserved(view, LICENCES, owner, unit, amount))


def _licence_line(licence: Licence, item: Item, taken: Mapping[int, Decimal], view: View) -> LicenceLine | None:
    """Of several lines for these goods the first that has enough left after what other items have ``taken``, else the first."""
    lines = _licence_lines(licence, item)
    for line in lines:
        amount, unit = _in_unit(line.quantity.unit, item), line.quantity.unit
        rest = left(view, LICENCES, line_owner(licence.number, line), unit, line.quantity.amount)
        if amount is not None and taken.get(line.number, Decimal(0)) + amount <= rest:
            return line
    return next(iter(lines), None)


def _licence_lines(licence: Licence, item: Item) -> list[LicenceLine]:
    fitting = [line for line in licence.lines if _same_goods(line.hs, item.hs)]
    return fitting if licence.export else [line for line in fitting if (line.origin or licence.origin) in {"", item.origin}]


def _check_forms(declaration: Declaration, view: View, findings: Findings) -> None:
    if declaration.direction is not Direction.EXPORT:
        return
    on, trader = declaration.declared_on, declaration.trader.enterprise_code
    numbers = _numbers(declaration, FORM)
    if not numbers and declaration.mode in view.rules.texts("check.form-modes", on):
        findings.wrong(
            "F301",
            f"an export of mode {declaration.mode} needs a foreign exchange form, none is named",
            f"贸易方式 {declaration.mode} 的出口须附外汇核销单，未填",
        )
    for number in numbers:
        copy = view.get(FormCopy, number)
        if copy is None:
            findings.missing((FormCopy.KIND, number), "F301", f"form {number} is not on record", f"核销单 {number} 不存在或未备案")
            continue
        form = copy.form
        if copy.withdrawn:
            findings.wrong("F301", f"form {number} has been withdrawn", f"核销单 {number} 已注销")
        elif form.exporter != trader:
            findings.wrong("F301", f"form {number} is {form.exporter}'s, not {trader}'s", f"核销单 {number} 的出口单位是 {form.exporter}，不是 {trader}")
        elif form.valid_to is not None and on > form.valid_to:
            findings.wrong("F301", f"form {number} was valid until {form.valid_to}", f"核销单 {number} 有效期至 {form.valid_to}")
        elif form.customs_office != declaration.office:
            findings.wrong(
                "F303",
                f"form {number} is filed at {form.customs_office}, not at {declaration.office}",
                f"核销单 {number} 备案口岸是 {form.customs_office}，不是 {declaration.office}",
            )
        elif left(view, FORMS, number, USE, Decimal(1)) < 1:
            findings.wrong("F302", f"form {number} has been used", f"核销单 {number} 已使用")
        else:
            findings.held.extend(_reserved(view, FORMS, number, USE, Decimal(1)))


def _check_notes(declaration: Declaration, needed: _Needed, view: View, findings: Findings) -> None:
    numbers, wanted = _numbers(declaration, NOTE), view.rules.texts("check.note-documents", declaration.declared_on)
    items = [(item, code) for item in declaration.items for code in needed[item.number] if code in wanted]
    if not numbers:
        for item, code in items:
            findings.wrong(
                "C701",
                f"goods {item.hs} need a clearance note (document {code}), none is named",
                f"商品 {item.hs} 须有通关单（监管证件 {code}），未填",
                item.number,
            )
        return
    copies = {number: copy for number in numbers if (copy := view.get(NoteCopy, number)) is not None}
    for number in numbers:
        if number not in copies:
            findings.missing((NoteCopy.KIND, number), "C701", f"clearance note {number} is not on record", f"通关单 {number} 不存在")
        else:
            _check_note(copies[number], declaration, view, findings)
    if len(copies) == len(numbers):
        _check_noted(declaration, {item.number for item, _ in items}, copies, findings)


def _check_note(copy: NoteCopy, declaration: Declaration, view: View, findings: Findings) -> None:
    note, on, number = copy.note, declaration.declared_on, copy.note.number
    trader, before = declaration.trader.enterprise_code, len(findings.found)
    if copy.withdrawn:
        findings.wrong("C701", f"clearance note {number} has been withdrawn", f"通关单 {number} 已撤销")
    elif not note.issued_on <= on <= note.valid_to:
        findings.wrong(
            "C701",
            f"clearance note {number} is valid from {note.issued_on} to {note.valid_to}, not on {on}",
            f"通关单 {number} 有效期 {note.issued_on} 至 {note.valid_to}，{on} 无效",
        )
    if note.entry is not (declaration.direction is Direction.IMPORT):
        findings.wrong("C701", f"clearance note {number} is for the other direction", f"通关单 {number} 的进出境方向不符")
    if note.holder != trader:
        findings.wrong("C701", f"clearance note {number} is {note.holder}'s, not {trader}'s", f"通关单 {number} 的申请人是 {note.holder}，不是 {trader}")
    if note.country != declaration.country:
        findings.wrong(
            "C701",
            f"clearance note {number} is for {note.country}, not {declaration.country}",
            f"通关单 {number} 的国别是 {note.country}，不是 {declaration.country}",
        )
    if note.customs_office not in {declaration.office, declaration.border}:
        findings.wrong(
            "C701",
            f"clearance note {number} is for customs office {note.customs_office}, not {declaration.office}",
            f"通关单 {number} 限 {note.customs_office} 海关，不是 {declaration.office}",
        )
    if note.bill_of_lading not in {"", declaration.bill_of_lading}:
        findings.wrong(
            "C701",
            f"clearance note {number} is for bill of lading {note.bill_of_lading}, not {declaration.bill_of_lading}",
            f"通关单 {number} 的提运单号是 {note.bill_of_lading}，不是 {declaration.bill_of_lading}",
        )
    if left(view, NOTES, number, USE, Decimal(1)) < 1 and not copy.withdrawn:
        findings.wrong("C701", f"clearance note {number} has been used", f"通关单 {number} 已使用")
    if len(findings.found) == before:
        findings.held.extend(_reserved(view, NOTES, number, USE, Decimal(1)))


def _check_noted(declaration: Declaration, needing: set[int], copies: Mapping[str, NoteCopy], findings: Findings) -> None:
    """Goods that need a note are on a line of one of these, and no line is exceeded."""
    taken: dict[tuple[str, int], Decimal] = {}
    for item in declaration.items:
        lines = [(number, line) for number, copy in copies.items() for line in copy.note.lines if _noted(line, item)]
        if not lines:
            if item.number in needing:
                findings.wrong(
                    "C701", f"clearance notes {', '.join(copies)} are not for goods {item.hs}", f"通关单 {'、'.join(copies)} 不含商品 {item.hs}", item.number
                )
            continue
        after = {
            (number, line.number): taken.get((number, line.number), Decimal(0)) + (_in_unit(line.quantity.unit, item) or Decimal(0)) for number, line in lines
        }
        # Of several lines for these goods the first that has room, else the first.
        number, line = next((each for each in lines if after[each[0], each[1].number] <= each[1].quantity.amount), lines[0])
        taken[number, line.number] = after[number, line.number]
    for number, copy in copies.items():
        for line in copy.note.lines:
            amount, unit = taken.get((number, line.number), Decimal(0)), line.quantity.unit
            if amount > line.quantity.amount:
                findings.wrong(
                    "C701",
                    f"clearance note {number} line {line.number} is for {numeral(line.quantity.amount)} {unit}; {numeral(amount)} {unit} are declared",
                    f"通关单 {number} 第{line.number}项数量 {numeral(line.quantity.amount)} {unit}，申报 {numeral(amount)} {unit}",
                )


def _noted(line: NoteLine, item: Item) -> bool:
    return _same_goods(line.hs, item.hs) and _in_unit(line.quantity.unit, item) is not None


def _check_others(declaration: Declaration, needed: _Needed, view: View, findings: Findings) -> None:
    """Documents of which customs has no copies: they have to be named."""
    on = declaration.declared_on
    held = {*view.rules.texts("check.licence-documents", on), *view.rules.texts("check.note-documents", on)}
    prohibited = view.rules.texts("check.prohibited", on)
    for item in declaration.items:
        named = {document.kind for document in (*declaration.documents, *item.documents) if document.national}
        for code in needed[item.number]:
            if code in prohibited:
                findings.wrong("E102", f"goods {item.hs} may not be traded (supervision {code})", f"商品 {item.hs} 禁止进出口（监管条件 {code}）", item.number)
            elif code not in held and code not in named:
                findings.wrong(
                    "E105", f"goods {item.hs} need the supervision document {code}, none is named", f"商品 {item.hs} 须有监管证件 {code}，未填", item.number
                )


def _numbers(declaration: Declaration, kind: str) -> tuple[str, ...]:
    """Of the papers of a kind, those of the items too; each once."""
    papers = [*declaration.documents, *(document for item in declaration.items for document in item.documents)]
    return tuple(dict.fromkeys(document.number for document in papers if document.kind == kind and not document.national))


def _same_goods(one: str, other: str) -> bool:
    """Codes of 6 to 10 digits: the longer one begins with the shorter."""
    return one.startswith(other) or other.startswith(one)


def _in_unit(unit: str, item: Item) -> Decimal | None:
    """What is declared of an item in a unit, more than nothing: as a legal quantity, or as the quantity of the price."""
    quantities: tuple[Quantity | None, ...] = (item.first, item.second, item.declared)
    return next((quantity.amount for quantity in quantities if quantity is not None and quantity.unit == unit and quantity.amount), None)


def _reserved(view: View, book: str, owner: str, unit: str, amount: Decimal) -> Iterable[Transfer]:
    """The reservation; what tolerance admits beyond what is available is put into the balance first."""
    available = view.balance(Account(book, owner, unit, Part.AVAILABLE))
    if amount > available:
        yield issue(book, owner, unit, amount - available)
    yield reserve(book, owner, unit, amount)
