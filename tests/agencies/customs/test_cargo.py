"""Manifests: original, change, cancellation in any order; what a declaration has to agree with."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agencies.customs.carriage import Carriage
from tests.agencies.customs.goods import BOX, NOW, frames, manifest, trousers
from tests.agencies.memory import MemoryBook
from tests.agencies.messages.checked import arrived
from vanhub.agencies.customs.cargo import MANIFESTS, PACKAGE, BillOfLading, ManifestRecord, check_cargo, take_manifest
from vanhub.agencies.customs.finding import Findings
from vanhub.agencies.errors import Complaint
from vanhub.agencies.ledger.posting import reserve
from vanhub.agencies.messages.answer import Answer, AnswerKind
from vanhub.agencies.messages.declaration import Declaration
from vanhub.agencies.messages.manifest import Goods, Manifest

KEY = "NHL0608E/NHL0602HAMSHK03"
BILL = BillOfLading("NHL0608E", "NHL0602HAMSHK03", "23", 8, Decimal(3120), (BOX,))
OTHER = BillOfLading("NHL0608E", "NHL0602HAMSHK04", "23", 20, Decimal(18000), ())
ACCEPTED = Answer(AnswerKind.CARGO, "NHL0608E", "01", "1", "5304", NOW)


def changed(packages: int = 9, *, function: str = "4") -> Manifest:
    """The manifest with other packages on the frames' bill of lading."""
    first, other = manifest().consignments
    return manifest(function=function, consignments=(replace(first, goods=(replace(first.goods[0], packages=packages),)), other))


def refused(*errors: Complaint) -> Answer:
    return Answer(AnswerKind.CARGO, "NHL0608E", "03", "2", "5304", NOW, errors=errors)


def packages(carriage: Carriage, key: str = KEY) -> dict[str, Decimal]:
    return {part.value: amount for part, amount in carriage.book.parts(MANIFESTS, key, PACKAGE).items() if amount}


def test_a_manifest_is_kept_and_answered() -> None:
    carriage = Carriage(take_manifest)
    assert carriage.receive(manifest()) == [ACCEPTED]
    assert list(carriage.book.list(BillOfLading)) == [BILL, OTHER]
    assert packages(carriage) == {"issued": -8, "available": 8}
    assert carriage.receive(manifest()) == []
    assert len(carriage.book.postings) == 2


def test_answers_to_the_carrier_on_their_way() -> None:
    carriage = Carriage(take_manifest)
    for each in (manifest(), changed(0)):
        (answer,) = carriage.receive(each)
        assert Answer.parse(arrived(answer, "cusres-cargo")) == answer


def test_an_outbound_manifest_has_no_balance() -> None:
    carriage = Carriage(take_manifest)
    carriage.receive(manifest(inbound=False))
    assert carriage.book.postings == []
    assert list(carriage.book.list(BillOfLading)) == [BILL, OTHER]


def test_a_change_gives_what_is_new_and_takes_what_is_gone() -> None:
    carriage = Carriage(take_manifest)
    carriage.receive(manifest())
    assert carriage.receive(replace(changed(), consignments=changed().consignments[:1])) == [ACCEPTED]
    assert list(carriage.book.list(BillOfLading)) == [replace(BILL, packages=9), replace(OTHER, cancelled=True)]
    assert packages(carriage) == {"issued": -9, "available": 9}
    assert packages(carriage, OTHER.key) == {}


def test_what_a_declaration_holds_stays_as_it_is() -> None:
    carriage = Carriage(take_manifest)
    carriage.receive(manifest())
    carriage.book.post("declaration 1", "accepted", [reserve(MANIFESTS, KEY, PACKAGE, Decimal(8))], 0)
    before = dict(carriage.book.balances)
    held = Complaint("M602", "bill of lading NHL0602HAMSHK03 has been declared and stays as it is", "提运单NHL0602HAMSHK03已申报，不得修改", 1)
    assert carriage.receive(changed()) == [refused(held)]
    assert carriage.receive(manifest(function="1", consignments=())) == [refused(replace(held, item=None))]
    assert carriage.book.balances == before
    # The other one may change.
    other = replace(manifest().consignments[1], goods=(Goods(30, "PK", "STEEL", Decimal(18000)),))
    assert carriage.receive(manifest(function="4", consignments=(manifest().consignments[0], other))) == [ACCEPTED]
    assert packages(carriage, OTHER.key) == {"issued": -30, "available": 30}


@pytest.mark.parametrize(
    ("second", "sender", "error"),
    [
        (
            changed(function="9"),
            "NHL:ZZZ",
            Complaint("E104", "manifest NHL0608E has been lodged with other content: change it by function 4", "舱单NHL0608E已申报且内容不同，请用功能码4修改"),
        ),
        (changed(), "COSCO:ZZZ", Complaint("S901", "manifest NHL0608E was lodged by another", "舱单NHL0608E由他人申报")),
        (changed(0), "NHL:ZZZ", Complaint("E103", "bill of lading NHL0602HAMSHK03 has no packages", "提运单NHL0602HAMSHK03件数为0", 1)),
        (
            manifest(function="4", consignments=manifest().consignments[:1] * 2),
            "NHL:ZZZ",
            Complaint("E104", "bill of lading NHL0602HAMSHK03 comes more than once", "提运单NHL0602HAMSHK03重复", 2),
        ),
    ],
)
def test_what_is_refused_changes_nothing(second: Manifest, sender: str, error: Complaint) -> None:
    carriage = Carriage(take_manifest)
    carriage.receive(manifest())
    records = dict(carriage.book.records)
    assert carriage.receive(second, sender) == [refused(error)]
    assert carriage.book.records == records
    assert len(carriage.book.postings) == 2


def test_a_cancelled_manifest_is_final() -> None:
    carriage = Carriage(take_manifest)
    carriage.receive(manifest())
    assert carriage.receive(manifest(function="1")) == [ACCEPTED]
    assert packages(carriage) == {}
    assert [bill.cancelled for bill in carriage.book.list(BillOfLading)] == [True, True]
    assert carriage.receive(changed()) == [refused(Complaint("E104", "manifest NHL0608E is cancelled", "舱单NHL0608E已撤销"))]


def test_a_change_without_a_manifest_waits_and_is_refused_in_the_end() -> None:
    carriage = Carriage(take_manifest)
    assert carriage.receive(changed()) == []
    (answer,) = carriage.expire()
    assert answer.errors == (Complaint("E104", "there is no manifest NHL0608E to change", "没有可修改的舱单NHL0608E"),)
    assert carriage.book.get(ManifestRecord, "NHL0608E") is None


@settings(max_examples=30, deadline=None)
@given(st.permutations([manifest(), manifest(), changed(), changed(), replace(manifest(number="M2"), inbound=False)]))
def test_any_order_and_any_repeats_end_alike(order: list[Manifest]) -> None:
    carriage, straight = Carriage(take_manifest), Carriage(take_manifest)
    for each in order:
        carriage.receive(each)
    for each in (manifest(), changed(), replace(manifest(number="M2"), inbound=False)):
        straight.receive(each)
    assert carriage.book.balances == straight.book.balances
    assert carriage.book.records == straight.book.records
    assert carriage.book.parked == {}


def found(book: MemoryBook, declaration: Declaration) -> Findings:
    findings = Findings()
    check_cargo(declaration, book, findings)
    return findings


@pytest.fixture
def book() -> MemoryBook:
    carriage = Carriage(take_manifest)
    carriage.receive(manifest())
    return carriage.book


def test_an_import_that_agrees_holds_its_packages(book: MemoryBook) -> None:
    findings = found(book, frames())
    assert findings.found == []
    assert findings.held == [reserve(MANIFESTS, KEY, PACKAGE, Decimal(8))]
    book.post("declaration 1", "accepted", findings.held, 0)
    again = found(book, frames(reference="X"))
    assert (again.held, again.complaints) == (
        [],
        (Complaint("M602", "bill of lading NHL0602HAMSHK03 has been declared already", "提运单NHL0602HAMSHK03已申报"),),
    )


@pytest.mark.parametrize(
    ("declaration", "complaint"),
    [
        (frames(packages=7), Complaint("M602", "7 packages are declared, the manifest has 8", "申报7件，舱单为8件")),
        # 1 % of 3,120 is 31.2.
        (
            frames(gross_weight=Decimal("3151.3")),
            Complaint("M602", "3151.3 kg gross are declared, the manifest has 3120 kg", "申报毛重3151.3千克，舱单为3120千克"),
        ),
        (frames(containers=()), Complaint("M602", f"container {BOX} of the manifest is not declared", f"未申报舱单中的集装箱{BOX}")),
        (frames(containers=(BOX, "XXXU1234567")), Complaint("M602", "container XXXU1234567 is not in the manifest", "舱单中无集装箱XXXU1234567")),
        (frames(bill_of_lading=""), Complaint("M601", "the bill of lading is not named", "未填提运单号")),
    ],
)
def test_an_import_that_does_not_agree(book: MemoryBook, declaration: Declaration, complaint: Complaint) -> None:
    findings = found(book, declaration)
    assert (findings.wrongs, findings.awaited, findings.held) == ((complaint,), (), [])


def test_a_bill_of_lading_that_is_not_there_yet_is_awaited(book: MemoryBook) -> None:
    findings = found(book, frames(bill_of_lading="NHL9"))
    assert findings.awaited == (("bill-of-lading", "NHL0608E/NHL9"),)
    assert findings.complaints == (Complaint("M601", "bill of lading NHL9 of manifest NHL0608E is not on record", "舱单NHL0608E中无提运单NHL9"),)


def test_a_bill_of_lading_that_was_taken_out_is_not() -> None:
    carriage = Carriage(take_manifest)
    carriage.receive(manifest())
    carriage.receive(manifest(function="1"))
    assert [each.code for each in found(carriage.book, frames()).wrongs] == ["M601"]


@pytest.mark.parametrize(
    "declaration",
    [frames(gross_weight=Decimal("3151.2")), frames(transport=replace(frames().transport, mode="3"), bill_of_lading="", packages=1), trousers()],
)
def test_what_is_nothing_to_complain_of(book: MemoryBook, declaration: Declaration) -> None:
    assert found(book, declaration).found == []
