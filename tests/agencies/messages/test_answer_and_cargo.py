"""CUSRES, CUSCAR, CUSREP, COARRI, CODECO, PAYORD: whole values out of the samples."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.agencies.messages.samples import DOCUMENTS, EXAMPLES, MESSAGES, read_sample
from vanhub.agencies.errors import Complaint
from vanhub.agencies.messages.answer import Answer, AnswerKind
from vanhub.agencies.messages.declaration import Transport
from vanhub.agencies.messages.manifest import Consignment, Container, Goods, Manifest, Placement
from vanhub.agencies.messages.movement import ConveyanceReport, GatedBox, GateReport, TalliedBox, Tally
from vanhub.agencies.messages.parts import Money
from vanhub.agencies.messages.payment import Payment

SAMPLES: dict[tuple[Path, str], Any] = {
    (EXAMPLES, "cuscar-manifest.edi"): Manifest(
        number="NHL0608E",
        function="9",
        reported_at=datetime(2006, 3, 16, 13, 30, tzinfo=UTC),
        inbound=True,
        office="5304",
        carrier="4403180066",
        transport=Transport("0608E", "1", "9123453", "NAN HAI STAR"),
        port_of_loading="DEHAM",
        port_of_discharge="CNSHK",
        expected=datetime(2006, 3, 17, 22, tzinfo=UTC),
        consignments=(
            Consignment(
                bill_of_lading="NHL0602HAMSHK03",
                port_of_loading="DEHAM",
                port_of_discharge="CNSHK",
                flow="23",
                consignor="NORDWEST SPINNTECHNIK GMBH",
                consignee="SHENZHEN TEXTILES TRADING CO LTD",
                goods=(Goods(8, "CS", "TEXTILE MACHINERY", Decimal(3120), (Placement("NHLU3319056", 8),)),),
                consignee_code="4403160381",
            ),
            Consignment(
                bill_of_lading="NHL0602HAMSHK04",
                port_of_loading="DEHAM",
                port_of_discharge="CNSHK",
                flow="28",
                consignor="ELBE CHEMIE AG",
                consignee="PENANG COATINGS SDN BHD",
                goods=(Goods(320, "DR", "PAINT, WATER BASED", Decimal(18400), (Placement("NHLU1188424", 320),)),),
            ),
        ),
        containers=(Container("NHLU3319056", "22G1", ("HH730021",)), Container("NHLU1188424", "45G1", ("HH730022",))),
        carrier_name="NAN HAI LINE",
    ),
    (EXAMPLES, "cusrep-arrival.edi"): ConveyanceReport(
        number="NHL0608E-AR",
        arrival=True,
        manifest="NHL0608E",
        office="5304",
        moment=datetime(2006, 3, 17, 22, tzinfo=UTC),
        carrier="NHLINE",
        transport=Transport("0608E", "1", "9123453", "NAN HAI STAR"),
        packages=2,
        other_port="HKHKG",
    ),
    (EXAMPLES, "cusres-rejection.edi"): Answer(
        kind=AnswerKind.REJECTION,
        reference="SKB2006I00881",
        receipt="E",
        indicator="2",
        office="5304",
        answered_at=datetime(2006, 3, 21, 6, 5, tzinfo=UTC),
        errors=(Complaint(code="F301", text_en="FORM IM06220417 IS NOT ON RECORD AT SAFE", text_zh="", item=1),),
    ),
    (EXAMPLES, "cusres-release.edi"): Answer(
        kind=AnswerKind.DECISION,
        reference="SZT2006E00217",
        receipt="P",
        indicator="4",
        office="5304",
        answered_at=datetime(2006, 3, 20, 8, 37, tzinfo=UTC),
        number="530420060400118273",
        accepted_at=datetime(2006, 3, 20, 1, 21, tzinfo=UTC),
        released_at=datetime(2006, 3, 20, 8, 37, tzinfo=UTC),
        document="830",
    ),
    (MESSAGES, "coarri-tally.edi"): Tally(
        number="SCT0608E",
        discharge=True,
        transport=Transport("0608E", "1", "9123453", "NAN HAI STAR"),
        port="CNSHK",
        operator="NHL",
        boxes=(
            TalliedBox(
                container="NHLU3319056", size="22G1", bills=("NHL0602HAMSHK03",), moment=datetime(2006, 3, 18, 10, tzinfo=UTC), gross_weight=Decimal(3120)
            ),
        ),
    ),
    (MESSAGES, "codeco-gate.edi"): GateReport(
        number="GI5200-0001",
        gate_in=True,
        operator="NHL",
        boxes=(
            GatedBox(
                container="NHLU3319056",
                size="22G1",
                moment=datetime(2006, 4, 11, 8, tzinfo=UTC),
                declaration="530420062000000301",
                seals=("NH448120",),
                destination="5200",
            ),
        ),
    ),
    (MESSAGES, "cuscar-manifest.edi"): Manifest(
        number="NHL0608E",
        function="9",
        reported_at=datetime(2006, 3, 16, 13, 30, tzinfo=UTC),
        inbound=True,
        office="5304",
        carrier="4403180066",
        transport=Transport("0608E", "1", "9123453", "NAN HAI STAR"),
        port_of_loading="DEHAM",
        port_of_discharge="CNSHK",
        expected=datetime(2006, 3, 17, 22, tzinfo=UTC),
        consignments=(
            Consignment(
                bill_of_lading="NHL0602HAMSHK03",
                port_of_loading="DEHAM",
                port_of_discharge="CNSHK",
                flow="23",
                consignor="NORDWEST SPINNTECHNIK GMBH",
                consignee="SHENZHEN TEXTILES TRADING CO LTD",
                goods=(Goods(8, "CS", "TEXTILE MACHINERY", Decimal(3120), (Placement("NHLU3319056", 8),)),),
            ),
        ),
        containers=(Container("NHLU3319056", "22G1", ("HH730021",)),),
        carrier_name="NAN HAI LINE",
    ),
    (MESSAGES, "cusrep-conveyance.edi"): ConveyanceReport(
        number="NHL0608E-AR",
        arrival=True,
        manifest="NHL0608E",
        office="5304",
        moment=datetime(2006, 3, 17, 22, tzinfo=UTC),
        carrier="NHLINE",
        transport=Transport("0608E", "1", "9123453", "NAN HAI STAR"),
        packages=2,
        other_port="HKHKG",
    ),
    (MESSAGES, "cusres-cargo.edi"): Answer(
        kind=AnswerKind.CARGO,
        reference="NHL0608E",
        receipt="03",
        indicator="2",
        office="5304",
        answered_at=datetime(2006, 3, 16, 13, 31, tzinfo=UTC),
        number="NHL0608E",
        errors=(Complaint(code="E103", text_en="PACKAGES IN CONTAINERS 7, OF THE GOODS 8", text_zh="", item=1),),
        document="85",
        bills_of_lading=("NHL0602HAMSHK03",),
    ),
    (MESSAGES, "cusres-decision.edi"): Answer(
        kind=AnswerKind.DECISION,
        reference="SZT2006E00301",
        receipt="B",
        indicator="4",
        office="5304",
        answered_at=datetime(2006, 4, 10, 8, 37, tzinfo=UTC),
        number="530420060400118301",
        accepted_at=datetime(2006, 4, 10, 1, 21, tzinfo=UTC),
        released_at=datetime(2006, 4, 10, 8, 37, tzinfo=UTC),
        guarantee="G2006-0017",
        document="830",
    ),
    (MESSAGES, "cusres-error.edi"): Answer(
        kind=AnswerKind.REJECTION,
        reference="SKB2006I00902",
        receipt="E",
        indicator="2",
        office="5304",
        answered_at=datetime(2006, 3, 21, 6, 5, tzinfo=UTC),
        errors=(Complaint(code="L204", text_en="LICENCE BALANCE INSUFFICIENT", text_zh="", item=1),),
    ),
    (MESSAGES, "cusres-general.edi"): Answer(
        kind=AnswerKind.GENERAL,
        reference="SKB2006I00902",
        receipt="L",
        indicator="17",
        office="5304",
        answered_at=datetime(2006, 3, 21, 6, 5, tzinfo=UTC),
        number="530420061400090902",
    ),
    (MESSAGES, "cusres-tax.edi"): Answer(
        kind=AnswerKind.TAX_BILL,
        reference="SKB2006I00902",
        receipt="T",
        indicator="1",
        office="5304",
        answered_at=datetime(2006, 3, 21, 6, 5, tzinfo=UTC),
        number="530420061400090902",
        accepted_at=datetime(2006, 3, 21, 6, 5, tzinfo=UTC),
        due=date(2006, 4, 5),
        bill="B5304000017",
        taxes=(("CUD", Decimal(25220)), ("VAT", Decimal("90035.4"))),
    ),
    (MESSAGES, "payord-payment.edi"): Payment(
        number="PO2006-0017",
        made_at=datetime(2006, 4, 1, 16, tzinfo=UTC),
        bill="B5304000017",
        amount=Money(Decimal(25220), "CNY"),
        account="44203318700052600017",
        bank="PRBKCNBS",
        payer="4403160381",
        beneficiary="TREASURY4403",
    ),
    (DOCUMENTS, "coarri.edi"): Tally(
        number="DIS0633W",
        discharge=True,
        transport=Transport("0633W", "1", "9300001", "NYK STAR"),
        port="CNSHK",
        operator="CMSK",
        boxes=(
            TalliedBox(
                container="TGHU7654321", size="22G1", bills=("NYKS500012345",), moment=datetime(2006, 10, 6, 10, tzinfo=UTC), gross_weight=Decimal(7400)
            ),
        ),
    ),
    (DOCUMENTS, "codeco_gatein.edi"): GateReport(
        number="GI5200-0001",
        gate_in=True,
        operator="CMSK",
        boxes=(
            GatedBox(
                container="TGHU7654321",
                size="22G1",
                moment=datetime(2006, 10, 9, 8, tzinfo=UTC),
                declaration="530120062000000055",
                seals=("CN112233",),
                destination="5200",
            ),
        ),
    ),
    (DOCUMENTS, "cuscar.edi"): Manifest(
        number="NYK0633W",
        function="9",
        reported_at=datetime(2006, 10, 5, 4, tzinfo=UTC),
        inbound=True,
        office="5304",
        carrier="4403900001",
        transport=Transport("0633W", "1", "9300001", "NYK STAR"),
        port_of_loading="JPYOK",
        port_of_discharge="CNSHK",
        expected=datetime(2006, 10, 5, 22, tzinfo=UTC),
        consignments=(
            Consignment(
                bill_of_lading="NYKS500012345",
                port_of_loading="JPYOK",
                port_of_discharge="CNSHK",
                flow="29",
                consignor="TOYO YARN",
                consignee="SHENZHEN TEXTILES CO LTD",
                goods=(Goods(200, "CT", "COTTON YARN", Decimal(5200), (Placement("TGHU7654321", 200),)),),
                consignee_code="4403169001",
            ),
        ),
        containers=(Container("TGHU7654321", "22G1", ("JP445566",)),),
        carrier_name="NYK LINE CHINA",
    ),
    (DOCUMENTS, "cusrep.edi"): ConveyanceReport(
        number="CR0633W",
        arrival=True,
        manifest="NYK0633W",
        office="5304",
        moment=datetime(2006, 10, 5, 22, tzinfo=UTC),
        carrier="NYKS",
        transport=Transport("0633W", "1", "9300001", "NYK STAR"),
        packages=412,
        other_port="HKHKG",
    ),
    (DOCUMENTS, "cusres_reject.edi"): Answer(
        kind=AnswerKind.REJECTION,
        reference="I2006000778",
        receipt="E",
        indicator="2",
        office="5301",
        answered_at=datetime(2006, 10, 8, 2, 30, tzinfo=UTC),
        errors=(Complaint(code="L204", text_en="LICENCE BALANCE INSUFFICIENT", text_zh="", item=1),),
    ),
    (DOCUMENTS, "cusres_release.edi"): Answer(
        kind=AnswerKind.DECISION,
        reference="I2006000777",
        receipt="P",
        indicator="4",
        office="5301",
        answered_at=datetime(2006, 10, 8, 6, 15, tzinfo=UTC),
        number="530120061000012345",
        accepted_at=datetime(2006, 10, 8, 2, 30, tzinfo=UTC),
        released_at=datetime(2006, 10, 8, 6, 15, tzinfo=UTC),
        taxes=(("CUD", Decimal(11850)),),
        document="929",
    ),
}
OURS = [(path, value) for path, value in SAMPLES.items() if path[0] != DOCUMENTS]
SHARED = [(path, value) for path, value in SAMPLES.items() if path[0] == DOCUMENTS]


@pytest.mark.parametrize(("path", "value"), OURS, ids=[name for (_, name), _ in OURS])
def test_a_sample_is_read_whole(path: tuple[Path, str], value: Any) -> None:
    assert type(value).parse(read_sample(path[0] / path[1])) == value


@pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="the sample documents are not beside the repository")
@pytest.mark.parametrize(("path", "value"), SHARED, ids=[name for (_, name), _ in SHARED])
def test_a_sample_document_is_read_whole(path: tuple[Path, str], value: Any) -> None:
    assert type(value).parse(read_sample(path[0] / path[1])) == value
