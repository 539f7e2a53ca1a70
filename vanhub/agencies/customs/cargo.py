"""Manifests as customs has them on record (舱单), and the goods that declarations name from them.

The packages of an inbound bill of lading are a balance of the ledger ``manifest``, from which a declaration reserves them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import ClassVar

from vanhub.agencies.customs.finding import Findings
from vanhub.agencies.customs.lodgement import day, digest
from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Effect, Park, Post, Put, Reverse, Send
from vanhub.agencies.ledger.posting import Part, issue, reserve
from vanhub.agencies.messages.answer import Answer, AnswerKind
from vanhub.agencies.messages.declaration import Declaration, Direction
from vanhub.agencies.messages.fields import numeral
from vanhub.agencies.messages.manifest import Consignment, Manifest

MANIFESTS, PACKAGE = "manifest", "H87"
"""The ledger's book and unit: packages of the bill of lading ``MANIFEST/BILL``."""
ORIGINAL, CHANGE, WITHDRAWAL = "9", "4", "1"
_ACCEPTED, _REFUSED = ("01", "1"), ("03", "2")
"""Receipt (list manifest_receipt_codes) and GIS."""


@dataclass(frozen=True, slots=True)
class ManifestRecord:
    """``manifest``: as it stands; ``sender``: who lodged it; ``taken``: digests of all messages that were accepted for it."""

    KIND: ClassVar[str] = "manifest"

    manifest: Manifest
    sender: str
    taken: tuple[str, ...]

    @property
    def key(self) -> str:
        return self.manifest.number

    @property
    def cancelled(self) -> bool:
        return self.manifest.function == WITHDRAWAL


@dataclass(frozen=True, slots=True)
class BillOfLading:
    """One bill of lading of a manifest. ``cancelled``: it is not in the manifest any more."""

    KIND: ClassVar[str] = "bill-of-lading"

    manifest: str
    number: str
    flow: str
    packages: int
    gross_weight: Decimal
    containers: tuple[str, ...]
    cancelled: bool = False

    @property
    def key(self) -> str:
        return bill_key(self.manifest, self.number)


def bill_key(manifest: str, bill: str) -> str:
    """Of a ``BillOfLading``, and the owner of its packages on the ledger."""
    return f"{manifest}/{bill}"


def take_manifest(manifest: Manifest, occasion: Occasion, view: View) -> Iterator[Effect]:
    """A manifest (9), its change (4) or cancellation (1), and customs' answer to the carrier. A repeat moves nothing and is not answered; a change or cancellation that comes first waits for its manifest."""
    record = view.get(ManifestRecord, manifest.number)
    content = digest(manifest)
    if record is not None and content in record.taken:
        return
    if record is None and manifest.function != ORIGINAL and not occasion.overdue:
        yield Park(((ManifestRecord.KIND, manifest.number),), occasion.moment + view.rules.duration("cargo.wait", day(occasion.moment)))
        return
    errors = tuple(_refusals(manifest, record, occasion, view))
    if not errors:
        yield from _rewritten(manifest, record)
        yield Put(ManifestRecord(manifest, occasion.sender, (*(record.taken if record else ()), content)))
    yield Send(occasion.sender, cargo_answer(manifest.number, manifest.office, occasion, errors))


def cargo_answer(manifest: str, office: str, occasion: Occasion, errors: tuple[Complaint, ...] = (), document: str = "", number: str = "") -> Answer:
    """What customs says to the carrier. ``document``, ``number``: what is answered where that is not the manifest itself."""
    receipt, indicator = _REFUSED if errors else _ACCEPTED
    return Answer(AnswerKind.CARGO, manifest, receipt, indicator, office, occasion.moment, errors=errors, document=document, number=number)


def check_cargo(declaration: Declaration, view: View, findings: Findings) -> None:
    """Goods that come or go as ``cargo.manifest-modes`` says name their bill of lading; an import's is in its manifest with as many packages, as much weight and the same boxes, and nobody else has declared it. An import holds its packages."""
    on = declaration.declared_on
    if declaration.transport.mode not in view.rules.texts("cargo.manifest-modes", on):
        return
    if not declaration.bill_of_lading:
        findings.wrong("M601", "the bill of lading is not named", "未填提运单号")
        return
    if declaration.direction is Direction.EXPORT:
        return
    key = bill_key(declaration.manifest, declaration.bill_of_lading)
    bill = view.get(BillOfLading, key)
    if bill is None:
        named = f"{declaration.bill_of_lading} of manifest {declaration.manifest or '(none)'}"
        zh = f"舱单{declaration.manifest or '（未填）'}中无提运单{declaration.bill_of_lading}"
        findings.missing((BillOfLading.KIND, key), "M601", f"bill of lading {named} is not on record", zh)
    elif bill.cancelled:
        findings.wrong("M601", f"bill of lading {bill.number} is not in manifest {bill.manifest} any more", f"提运单{bill.number}已从舱单{bill.manifest}中删除")
    else:
        _check_bill(declaration, bill, view, findings)


def _check_bill(declaration: Declaration, bill: BillOfLading, view: View, findings: Findings) -> None:
    before = len(findings.found)
    if declaration.packages != bill.packages:
        findings.wrong(
            "M602", f"{declaration.packages} packages are declared, the manifest has {bill.packages}", f"申报{declaration.packages}件，舱单为{bill.packages}件"
        )
    tolerance = bill.gross_weight * view.rules.number("cargo.weight-tolerance", declaration.declared_on)
    if abs(declaration.gross_weight - bill.gross_weight) > tolerance:
        declared, known = numeral(declaration.gross_weight), numeral(bill.gross_weight)
        findings.wrong("M602", f"{declared} kg gross are declared, the manifest has {known} kg", f"申报毛重{declared}千克，舱单为{known}千克")
    if bill.containers and (others := sorted({*declaration.containers} - {*bill.containers})):
        findings.wrong("M602", f"container {', '.join(others)} is not in the manifest", f"舱单中无集装箱{'、'.join(others)}")
    if missing := sorted({*bill.containers} - {*declaration.containers}):
        findings.wrong("M602", f"container {', '.join(missing)} of the manifest is not declared", f"未申报舱单中的集装箱{'、'.join(missing)}")
    if len(findings.found) > before:
        return
    if view.parts(MANIFESTS, bill.key, PACKAGE)[Part.AVAILABLE] < bill.packages:
        findings.wrong("M602", f"bill of lading {bill.number} has been declared already", f"提运单{bill.number}已申报")
    else:
        findings.held.append(reserve(MANIFESTS, bill.key, PACKAGE, Decimal(bill.packages)))


def _refusals(manifest: Manifest, record: ManifestRecord | None, occasion: Occasion, view: View) -> Iterator[Complaint]:
    if record is None and manifest.function != ORIGINAL:
        yield Complaint("E104", f"there is no manifest {manifest.number} to change", f"没有可修改的舱单{manifest.number}")
    if record is not None and manifest.function == ORIGINAL:
        yield Complaint(
            "E104",
            f"manifest {manifest.number} has been lodged with other content: change it by function 4",
            f"舱单{manifest.number}已申报且内容不同，请用功能码4修改",
        )
    elif record is not None and record.sender != occasion.sender:
        yield Complaint("S901", f"manifest {manifest.number} was lodged by another", f"舱单{manifest.number}由他人申报")
    elif record is not None and record.cancelled:
        yield Complaint("E104", f"manifest {manifest.number} is cancelled", f"舱单{manifest.number}已撤销")
    elif record is not None:
        yield from _held(manifest, record, view)
    if manifest.function != WITHDRAWAL:
        yield from _malformed(manifest)


def _malformed(manifest: Manifest) -> Iterator[Complaint]:
    seen: set[str] = set()
    for place, consignment in enumerate(manifest.consignments, 1):
        bill = consignment.bill_of_lading
        if bill in seen:
            yield Complaint("E104", f"bill of lading {bill} comes more than once", f"提运单{bill}重复", place)
        if not consignment.packages:
            yield Complaint("E103", f"bill of lading {bill} has no packages", f"提运单{bill}件数为0", place)
        seen.add(bill)


def _held(manifest: Manifest, record: ManifestRecord, view: View) -> Iterator[Complaint]:
    """Bills of lading that a declaration holds stay as they are."""
    new = _bills(manifest)
    places = {consignment.bill_of_lading: place for place, consignment in enumerate(manifest.consignments, 1)}
    for number, bill in _bills(record.manifest).items():
        parts = view.parts(MANIFESTS, bill.key, PACKAGE)
        if new.get(number) != bill and parts[Part.RESERVED] + parts[Part.USED]:
            yield Complaint("M602", f"bill of lading {number} has been declared and stays as it is", f"提运单{number}已申报，不得修改", places.get(number))


def _bills(manifest: Manifest) -> dict[str, BillOfLading]:
    """What a manifest says, by the number of the bill of lading; a cancelled one says nothing."""
    return {} if manifest.function == WITHDRAWAL else {consignment.bill_of_lading: _bill(manifest.number, consignment) for consignment in manifest.consignments}


def _bill(manifest: str, consignment: Consignment) -> BillOfLading:
    containers = tuple(sorted({container for goods in consignment.goods for container in goods.containers}))
    return BillOfLading(manifest, consignment.bill_of_lading, consignment.flow, consignment.packages, consignment.gross_weight, containers)


def _rewritten(manifest: Manifest, record: ManifestRecord | None) -> Iterator[Effect]:
    """The records and balances of the bills of lading that are new, other than before or gone."""
    old, new = _bills(record.manifest) if record else {}, _bills(manifest)
    for number in sorted({*old, *new}):
        before, after = old.get(number), new.get(number)
        if before == after:
            continue
        if before is not None:
            yield Reverse(_document(before), "manifest changed")
        if after is not None and manifest.inbound:
            yield Post(_document(after), "manifest", (issue(MANIFESTS, after.key, PACKAGE, Decimal(after.packages)),))
        if after is not None:
            yield Put(after)
        elif before is not None:
            yield Put(replace(before, cancelled=True))


def _document(bill: BillOfLading) -> str:
    return f"bill of lading {bill.key}"
