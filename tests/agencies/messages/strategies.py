"""Hypothesis strategies: any value of a kind of message that its guide admits. The codes are a few of each list; texts are of every sort."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from hypothesis import strategies as st

from vanhub.agencies.errors import Complaint
from vanhub.agencies.messages.answer import Answer, AnswerKind
from vanhub.agencies.messages.declaration import Cancellation, Declaration, Direction, Document, Function, Item, Tax, Transport
from vanhub.agencies.messages.manifest import Consignment, Container, Goods, Manifest, Placement
from vanhub.agencies.messages.movement import ConveyanceReport, GatedBox, GateReport, TalliedBox, Tally
from vanhub.agencies.messages.parts import Enterprise, Money, Quantity
from vanhub.agencies.messages.payment import Payment

T = TypeVar("T")


# Values that many messages have


def texts(most: int) -> st.SearchStrategy[str]:
    """Not empty, in both languages, with every service character, neither begun nor ended by a blank."""
    return st.text(st.sampled_from("AZaz09 -./'+:?*()男式棉制长裤海关€é"), min_size=1, max_size=min(most, 12)).filter(lambda text: text == text.strip())


def long_texts(most: int, line: int) -> st.SearchStrategy[str]:
    """Of which some need several lines."""
    lengths = st.sampled_from([line - 1, line, line + 1, most])
    return st.one_of(texts(line), st.builds(lambda text, length: (f"{text} 海" * length)[: length - 1] + "海", texts(9), lengths))


def prose() -> st.SearchStrategy[str]:
    """Of FTX."""
    return long_texts(2560, 512)


def names() -> st.SearchStrategy[str]:
    """Of NAD."""
    return long_texts(175, 35)


def maybe(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.just("") | strategy


def several(strategy: st.SearchStrategy[T], least: int = 0, most: int = 2) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


def digits(form: str) -> st.SearchStrategy[str]:
    """``form`` with a digit in place of each ``9``."""
    length = form.count("9")
    return st.integers(0, 10**length - 1).map(lambda number: _filled(form, f"{number:0{length}d}"))


def _filled(form: str, numbers: str) -> str:
    left = iter(numbers)
    return "".join(next(left) if character == "9" else character for character in form)


def decimals(most: int = 10**9, places: int = 6) -> st.SearchStrategy[Decimal]:
    return st.builds(lambda whole, scale: Decimal(whole).scaleb(-scale), st.integers(0, most), st.integers(0, places))


NUMBERS = texts(35)
REFERENCES = texts(70)
DAYS = st.dates(date(2005, 1, 1), date(2008, 12, 31))
MOMENTS = st.integers(0, 2_000_000).map(lambda minutes: datetime(2005, 1, 2, tzinfo=UTC) + timedelta(minutes=minutes))
CURRENCIES = st.sampled_from(["USD", "EUR", "CNY", "JPY"])
MONEY = st.builds(Money, decimals(), CURRENCIES)
QUANTITIES = st.builds(Quantity, decimals(), st.sampled_from(["KGM", "H87", "MTR"]))
OFFICES = st.sampled_from(["5304", "5301", "2200"])
COUNTRIES = st.sampled_from(["CHN", "NLD", "USA", "KOR"])
PORTS = st.sampled_from(["CNSHK", "NLRTM", "USLAX"])
HS = st.sampled_from(["62034290", "8445203210", "52052200"])
CUSTOMS_CODES = st.sampled_from(["4403160381", "1101980127", "31019A0066"])
ENTERPRISE_CODES = st.sampled_from(["4403715253183", "110112345678X"])
LICENCES = digits("06-AC-999999")
CONTAINERS = digits("NHLU9999999")
SIZES = st.sampled_from(["22G1", "45G1"])
DECLARATION_NUMBERS = st.builds("{}2006{}{}".format, OFFICES, st.sampled_from("01"), digits("999999999"))
PACKAGES = st.integers(0, 10**8 - 1)
TRANSPORTS = st.builds(Transport, texts(17), st.sampled_from("1234"), texts(9), maybe(texts(35)))
NATIONAL = st.sampled_from(["A", "B", "E", "P"])

# Declarations


def enterprises(code: st.SearchStrategy[str] = ENTERPRISE_CODES) -> st.SearchStrategy[Enterprise]:
    return st.builds(Enterprise, CUSTOMS_CODES, code, maybe(names()), maybe(digits("440301715253999")))


@st.composite
def declarations(draw: st.DrawFn) -> Declaration:
    direction = draw(st.sampled_from(Direction))
    entry = direction is Direction.IMPORT
    licence, form = ("911", "927") if entry else ("811", "812")
    function = draw(st.sampled_from(Function))
    mode = draw(st.sampled_from(["0110", "0615"]))
    terms = draw(st.sampled_from(["FOB", "CFR", "CIF"]))
    taxed = draw(st.booleans())
    taxes = st.sampled_from(["CUD", "VAT", "EXC"])
    handbook = draw(digits("C99999999999")) if mode == "0615" else ""

    header = [Document(form, draw(digits("44B9999999")))]
    licences = draw(st.lists(LICENCES, max_size=2))
    header += [Document(licence, number, issued=draw(st.none() | DAYS), office=draw(st.sampled_from(["44", "00"]))) for number in licences]
    header += draw(
        st.lists(
            st.one_of(
                st.builds(Document, st.sampled_from(["841", "861", "852", "380", "990"]), NUMBERS, st.just(False), st.none() | DAYS, maybe(texts(25))),
                st.builds(Document, NATIONAL, NUMBERS, st.just(True)),
            ),
            max_size=2,
        )
    )
    of_items = [st.builds(Document, st.just("841"), NUMBERS), st.builds(Document, NATIONAL, NUMBERS, st.just(True))]
    if licences:
        of_items.append(st.builds(Document, st.just(licence), st.sampled_from(licences)))

    def item(number: int) -> Item:
        return draw(
            st.builds(
                Item,
                number=st.just(number),
                hs=HS,
                duty_mode=st.sampled_from("136"),
                name=prose(),
                origin=COUNTRIES,
                declared=QUANTITIES,
                first=QUANTITIES,
                amount=MONEY,
                second=st.none() | QUANTITIES,
                price=st.none() | MONEY,
                customs_value=decimals() if entry else st.none() | decimals(),
                statistical=st.none() | decimals(),
                final_country=st.just("") if entry else COUNTRIES,
                handbook_line=st.integers(1, 9999).map(str) if handbook else st.just(""),
                quota=maybe(REFERENCES),
                documents=st.lists(st.one_of(of_items), max_size=2).map(tuple),
                taxes=st.lists(st.builds(Tax, taxes, decimals(10**6, 4), decimals(), decimals()), min_size=1, max_size=2).map(tuple) if taxed else st.just(()),
            )
        )

    items = tuple(map(item, range(1, 1 + draw(st.integers(1, 3)))))
    freight = terms == "FOB" if entry else terms != "FOB"
    insurance = terms != "CIF" if entry else terms == "CIF"
    return Declaration(
        direction=direction,
        function=function,
        reference=draw(NUMBERS),
        mode=mode,
        levy=draw(st.sampled_from(["101", "503"])),
        office=draw(OFFICES),
        border=draw(OFFICES),
        country=draw(COUNTRIES),
        region=draw(digits("44999")),
        port_of_loading=draw(PORTS),
        declared_on=draw(DAYS),
        gross_weight=draw(decimals()),
        net_weight=draw(decimals()),
        transport=draw(TRANSPORTS),
        trader=draw(enterprises()),
        owner=draw(enterprises(maybe(ENTERPRISE_CODES))),
        terms=terms,
        total=draw(MONEY),
        items=items,
        number="" if function is Function.ORIGINAL else draw(DECLARATION_NUMBERS),
        entry_kind=draw(maybe(st.just("0"))),
        kind=draw(maybe(st.just("ML"))),
        port_of_discharge=draw(PORTS if entry else maybe(PORTS)),
        moved_on=draw(DAYS if entry else st.none() | DAYS),
        arrived_on=draw(st.none() | DAYS) if entry else None,
        containers=draw(several(CONTAINERS, 0, 3)),
        seals=draw(several(NUMBERS, 0, 3)),
        remarks=draw(several(prose())),
        contract=draw(maybe(REFERENCES)),
        bill_of_lading=draw(maybe(REFERENCES)),
        manifest=draw(maybe(REFERENCES)),
        handbook=handbook,
        related=draw(maybe(DECLARATION_NUMBERS)),
        quota=draw(maybe(REFERENCES)),
        guarantee=draw(maybe(REFERENCES)),
        packages=draw(PACKAGES),
        package_kind=draw(st.sampled_from(["CT", "PK"])),
        documents=tuple(header),
        other_party=draw(maybe(names())),
        broker=draw(maybe(CUSTOMS_CODES)),
        declarant=draw(maybe(CUSTOMS_CODES)),
        freight=draw(MONEY if freight else st.none() | MONEY),
        insurance=draw(MONEY if insurance else st.none() | MONEY),
        charges=draw(st.none() | MONEY),
        rate=draw(st.none() | decimals(10**8, 4)),
        taxes=tuple(draw(st.lists(st.builds(Tax, taxes, st.none(), st.none(), decimals()), min_size=1, max_size=3))) if taxed else (),
        destination="" if entry else draw(maybe(PORTS)),
    )


def cancellations() -> st.SearchStrategy[Cancellation]:
    return st.builds(
        Cancellation,
        direction=st.sampled_from(Direction),
        reference=NUMBERS,
        number=DECLARATION_NUMBERS,
        office=OFFICES,
        applied_at=MOMENTS,
        reason=prose(),
        trader=maybe(CUSTOMS_CODES),
        broker=CUSTOMS_CODES,
        declarant=maybe(CUSTOMS_CODES),
    )


# Answers of customs

_DECISIONS = [("17", "L"), ("1", "G"), ("38", "H"), ("5", "C"), ("4", "P"), ("4", "R"), ("30", "Z"), ("32", "D")]
_OF_CARGO = [("1", "01"), ("38", "02"), ("2", "03"), ("4", "11"), ("7", "12"), ("7", "13")]


ERRORS = st.sampled_from(["L204", "E103", "M602"])


def complaints(codes: st.SearchStrategy[str] = ERRORS) -> st.SearchStrategy[Complaint]:
    return st.builds(Complaint, codes, prose(), maybe(prose()), st.none() | st.integers(1, 99999))


@st.composite
def answers(draw: st.DrawFn, kind: AnswerKind | None = None) -> Answer:
    kind = draw(st.sampled_from(AnswerKind)) if kind is None else kind
    errors: tuple[Complaint, ...] = ()
    taxes: tuple[tuple[str, Decimal], ...] = ()
    document = released_at = due = None
    bill, bills = "", []
    totals = st.lists(st.tuples(st.sampled_from(["CUD", "VAT", "EXC"]), decimals()), min_size=1, max_size=3).map(tuple)
    number = draw(DECLARATION_NUMBERS)
    document = draw(st.sampled_from(["", "830", "929"]))
    match kind:
        case AnswerKind.GENERAL:
            indicator, receipt = draw(st.sampled_from([("17", "L"), ("38", "H")]))
        case AnswerKind.DECISION:
            indicator, receipt = draw(st.sampled_from(_DECISIONS))
            released_at = draw(MOMENTS) if indicator == "4" else None
            taxes = draw(st.just(()) | totals)
        case AnswerKind.REJECTION:
            indicator, receipt, document = "2", "E", ""
            number = draw(maybe(DECLARATION_NUMBERS))
        case AnswerKind.CARGO:
            indicator, receipt = draw(st.sampled_from(_OF_CARGO))
            document, number = draw(st.sampled_from([("", ""), ("85", "M1"), ("185", "C1")]))
            bills = draw(st.lists(REFERENCES, min_size=1, max_size=3))
        case AnswerKind.TAX_BILL:
            indicator, receipt = "1", "T"
            due, bill, taxes = draw(DAYS), draw(NUMBERS), draw(totals)
    if indicator == "2":
        errors = tuple(draw(st.lists(complaints(), min_size=1, max_size=4)))
    return Answer(
        kind=kind,
        reference=draw(NUMBERS),
        receipt=receipt,
        indicator=indicator,
        office=draw(OFFICES),
        answered_at=draw(MOMENTS),
        number=number,
        accepted_at=None if kind in {AnswerKind.CARGO, AnswerKind.REJECTION} else draw(st.none() | MOMENTS),
        released_at=released_at,
        due=due,
        bill=bill,
        guarantee="" if kind is AnswerKind.CARGO else draw(maybe(REFERENCES)),
        taxes=taxes,
        errors=errors,
        remarks=draw(several(prose())),
        document=document,
        bills_of_lading=tuple(bills),
    )


# Cargo

_GOODS = st.builds(
    Goods,
    PACKAGES,
    st.sampled_from(["CT", "DR"]),
    prose(),
    decimals(),
    st.lists(st.builds(Placement, CONTAINERS, PACKAGES), max_size=2).map(tuple),
)
_CONSIGNMENTS = st.builds(
    Consignment,
    bill_of_lading=NUMBERS,
    port_of_loading=PORTS,
    port_of_discharge=PORTS,
    flow=st.sampled_from(["22", "23", "24", "28", "29"]),
    consignor=names(),
    consignee=names(),
    goods=several(_GOODS, 1, 2),
    bill_kind=st.sampled_from(["BM", "MB", "BH"]),
    consignee_code=maybe(CUSTOMS_CODES),
    notify=maybe(names()),
)
_CONTAINERS = st.builds(Container, CONTAINERS, SIZES, several(NUMBERS, 0, 3))
_FUNCTIONS = st.sampled_from("941")


def manifests() -> st.SearchStrategy[Manifest]:
    return st.builds(
        Manifest,
        number=NUMBERS,
        function=_FUNCTIONS,
        reported_at=MOMENTS,
        inbound=st.booleans(),
        office=OFFICES,
        carrier=CUSTOMS_CODES,
        transport=TRANSPORTS,
        port_of_loading=PORTS,
        port_of_discharge=PORTS,
        expected=MOMENTS,
        consignments=several(_CONSIGNMENTS, 1, 2),
        containers=several(_CONTAINERS, 1, 2),
        carrier_name=maybe(names()),
    )


def conveyance_reports() -> st.SearchStrategy[ConveyanceReport]:
    return st.builds(
        ConveyanceReport,
        number=NUMBERS,
        arrival=st.booleans(),
        manifest=REFERENCES,
        office=OFFICES,
        moment=MOMENTS,
        carrier=NUMBERS,
        transport=TRANSPORTS,
        packages=st.integers(0, 10**9 - 1),
        other_port=maybe(PORTS),
        function=_FUNCTIONS,
    )


def tallies() -> st.SearchStrategy[Tally]:
    boxes = st.builds(TalliedBox, CONTAINERS, SIZES, several(REFERENCES), MOMENTS, st.none() | decimals())
    return st.builds(
        Tally,
        number=NUMBERS,
        discharge=st.booleans(),
        transport=TRANSPORTS,
        port=PORTS,
        operator=NUMBERS,
        boxes=several(boxes, 1, 3),
        function=_FUNCTIONS,
    )


def gate_reports() -> st.SearchStrategy[GateReport]:
    boxes = st.builds(
        GatedBox,
        container=CONTAINERS,
        size=SIZES,
        moment=MOMENTS,
        declaration=DECLARATION_NUMBERS,
        bills=several(REFERENCES),
        office=OFFICES,
        seals=several(NUMBERS, 1, 3),
        destination=maybe(OFFICES),
    )
    return st.builds(GateReport, number=NUMBERS, gate_in=st.booleans(), operator=NUMBERS, boxes=several(boxes, 1, 3), function=_FUNCTIONS)


def payments() -> st.SearchStrategy[Payment]:
    return st.builds(
        Payment,
        number=NUMBERS,
        made_at=MOMENTS,
        bill=REFERENCES,
        amount=st.builds(Money, decimals(), st.just("CNY")),
        account=NUMBERS,
        bank=st.sampled_from(["PRBKCNBS", "BKCHCNBJ300"]),
        payer=CUSTOMS_CODES,
        beneficiary=NUMBERS,
        beneficiary_bank=st.just("TREASURY"),
        function=st.sampled_from("91"),
    )
