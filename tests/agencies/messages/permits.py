"""Hypothesis strategies: any licence, note, form, registration, report or refusal that its guide admits."""

from __future__ import annotations

import dataclasses
from typing import Any

from hypothesis import strategies as st

from tests.agencies.messages.strategies import (
    COUNTRIES,
    CURRENCIES,
    CUSTOMS_CODES,
    DAYS,
    DECLARATION_NUMBERS,
    ENTERPRISE_CODES,
    HS,
    LICENCES,
    MOMENTS,
    MONEY,
    NUMBERS,
    OFFICES,
    QUANTITIES,
    REFERENCES,
    complaints,
    decimals,
    digits,
    long_texts,
    maybe,
    prose,
    several,
    texts,
)
from vanhub.agencies.messages.clearance_note import ClearanceNote, NoteApplication, NoteLine
from vanhub.agencies.messages.fx_form import FormAct, FxForm
from vanhub.agencies.messages.licence import (
    Licence,
    LicenceApplication,
    LicenceBalance,
    LicenceLine,
    LicenceQuery,
    LicenceStatus,
    LicenceUsage,
    UsedLine,
)
from vanhub.agencies.messages.parts import Money
from vanhub.agencies.messages.refusal import Refusal
from vanhub.agencies.messages.registration import Registration, RegistrationAct
from vanhub.agencies.messages.statistics import Figures, FiguresRequest


def numbered(line: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One to three lines with numbers of their own."""
    return st.builds(
        lambda lines, first: tuple(dataclasses.replace(each, number=first + at) for at, each in enumerate(lines)),
        st.lists(line, min_size=1, max_size=3),
        st.integers(1, 9000),
    )


REMARKS = several(prose())
GOODS_NAMES = long_texts(512, 256)

# Licences

_TERMS: dict[str, st.SearchStrategy[Any]] = {
    "export": st.booleans(),
    "office": st.sampled_from(["00", "01", "44"]),
    "customs_office": OFFICES,
    "country": COUNTRIES,
    "uses": st.integers(1, 12),
    "total": QUANTITIES,
    "value": MONEY,
    "mode": st.sampled_from(["0110", "0615"]),
    "holder": ENTERPRISE_CODES,
    "lines": numbered(
        st.builds(LicenceLine, number=st.just(0), hs=HS, name=GOODS_NAMES, quantity=QUANTITIES, price=st.none() | MONEY, origin=maybe(COUNTRIES))
    ),
    "quota": maybe(REFERENCES),
    "contract": maybe(REFERENCES),
    "origin": maybe(COUNTRIES),
    "remarks": REMARKS,
}


def applications() -> st.SearchStrategy[LicenceApplication]:
    new = st.builds(LicenceApplication, reference=NUMBERS, function=st.just("9"), applied_on=DAYS, valid_to=st.none() | DAYS, licence=st.just(""), **_TERMS)
    return st.one_of(
        new, st.builds(lambda it, function, licence: dataclasses.replace(it, function=function, licence=licence), new, st.sampled_from("41"), LICENCES)
    )


def licences() -> st.SearchStrategy[Licence]:
    return st.builds(
        lambda it: dataclasses.replace(it, status=LicenceStatus.WITHDRAWN if it.function == "1" else LicenceStatus.APPROVED),
        st.builds(
            Licence,
            number=LICENCES,
            function=st.sampled_from("941"),
            status=st.just(LicenceStatus.APPROVED),
            issued_on=DAYS,
            valid_from=DAYS,
            valid_to=DAYS,
            issuer=NUMBERS,
            reference=maybe(REFERENCES),
            **_TERMS,
        ),
    )


def usages() -> st.SearchStrategy[LicenceUsage]:
    return st.builds(
        LicenceUsage,
        number=NUMBERS,
        cancelled=st.booleans(),
        export=st.booleans(),
        licence=LICENCES,
        declaration=DECLARATION_NUMBERS,
        declared_on=DAYS,
        office=OFFICES,
        lines=numbered(st.builds(UsedLine, number=st.just(0), hs=HS, quantity=QUANTITIES, value=st.none() | MONEY)),
    )


def queries() -> st.SearchStrategy[LicenceQuery]:
    return st.builds(LicenceQuery, export=st.booleans(), licence=LICENCES, reference=REFERENCES, asked_on=DAYS)


def balances() -> st.SearchStrategy[LicenceBalance]:
    answered: dict[str, st.SearchStrategy[Any]] = {"export": st.booleans(), "licence": LICENCES, "reference": REFERENCES, "answered_on": DAYS}
    return st.one_of(
        st.builds(LicenceBalance, known=st.just(False), **answered),
        st.builds(
            LicenceBalance,
            known=st.just(True),
            status=st.sampled_from(LicenceStatus),
            valid_to=DAYS,
            holder=ENTERPRISE_CODES,
            country=COUNTRIES,
            quota=maybe(REFERENCES),
            uses_left=st.integers(0, 12),
            left=several(st.tuples(st.integers(1, 999_999), QUANTITIES), 0, 3),
            granted=QUANTITIES,
            **answered,
        ),
    )


# Notes and forms

_GOODS: dict[str, st.SearchStrategy[Any]] = {
    "entry": st.booleans(),
    "holder": ENTERPRISE_CODES,
    "customs_office": OFFICES,
    "country": COUNTRIES,
    "lines": numbered(st.builds(NoteLine, number=st.just(0), hs=HS, name=GOODS_NAMES, quantity=QUANTITIES)),
    "bill_of_lading": maybe(REFERENCES),
}


def note_applications() -> st.SearchStrategy[NoteApplication]:
    return st.builds(NoteApplication, reference=NUMBERS, applied_on=DAYS, **_GOODS)


def clearance_notes() -> st.SearchStrategy[ClearanceNote]:
    return st.builds(ClearanceNote, number=digits("999999999999999"), withdrawn=st.booleans(), reference=REFERENCES, issued_on=DAYS, valid_to=DAYS, **_GOODS)


def form_requests() -> st.SearchStrategy[FxForm]:
    return st.builds(
        FxForm,
        act=st.just(FormAct.REQUEST),
        number=NUMBERS,
        exporter=ENTERPRISE_CODES,
        issuer=NUMBERS,
        on=DAYS,
        customs_office=maybe(OFFICES),
        contract=maybe(REFERENCES),
    )


def forms() -> st.SearchStrategy[FxForm]:
    """Issued, filed at a port, withdrawn."""
    return st.builds(
        FxForm,
        act=st.sampled_from([FormAct.ISSUE, FormAct.FILING, FormAct.WITHDRAWAL]),
        number=digits("44B9999999"),
        exporter=ENTERPRISE_CODES,
        issuer=NUMBERS,
        on=DAYS,
        reference=maybe(REFERENCES),
        customs_office=OFFICES,
        valid_to=st.none() | DAYS,
        contract=maybe(REFERENCES),
    )


# Registrations

_ASKED = st.sampled_from([RegistrationAct.OPEN, RegistrationAct.CHANGE, RegistrationAct.CLOSE, RegistrationAct.RENEW])


def registrations() -> st.SearchStrategy[Registration]:
    facts: dict[str, st.SearchStrategy[Any]] = {
        "number": NUMBERS,
        "registrar": NUMBERS,
        "sender": NUMBERS,
        "on": DAYS,
        "enterprise_code": ENTERPRISE_CODES,
        "name": long_texts(350, 70),
        "tax_number": digits("440301715253999"),
        "business_licence": digits("4403011999999"),
        "valid_from": DAYS,
        "region": st.sampled_from(["4403", "1101"]),
        "ownership": st.sampled_from("126"),
        "capital": st.builds(Money, decimals(), CURRENCIES),
        "reference": maybe(REFERENCES),
    }
    code = maybe(CUSTOMS_CODES)
    return st.one_of(
        st.builds(Registration, act=_ASKED, customs_code=code, **facts),
        st.builds(
            Registration,
            act=st.just(RegistrationAct.GRANTED),
            answers=_ASKED | st.just(RegistrationAct.LAPSE),
            customs_code=CUSTOMS_CODES,
            remarks=REMARKS,
            **facts,
        ),
        st.builds(Registration, act=st.just(RegistrationAct.REFUSED), answers=_ASKED, customs_code=code, remarks=REMARKS, **facts),
    )


# Figures and refusals

_PERIODS = st.builds(lambda day: f"{day:%Y%m}", DAYS)


def figures_requests() -> st.SearchStrategy[FiguresRequest]:
    return st.builds(FiguresRequest, number=NUMBERS, dataset=NUMBERS, period=_PERIODS, sender=NUMBERS, recipient=NUMBERS)


def figures() -> st.SearchStrategy[Figures]:
    cells = st.builds(lambda cells, last: (*cells, last), st.lists(maybe(texts(40)), max_size=5), texts(512))
    return st.builds(
        Figures,
        number=NUMBERS,
        dataset=NUMBERS,
        period=_PERIODS,
        structure=NUMBERS,
        rows=several(cells, 1, 4),
        sender=NUMBERS,
        recipient=NUMBERS,
    )


def refusals() -> st.SearchStrategy[Refusal]:
    return st.builds(
        Refusal,
        number=NUMBERS,
        made_at=MOMENTS,
        interchange=NUMBERS,
        message=texts(14),
        document=maybe(NUMBERS),
        complaints=several(complaints(), 1, 4),
        issuer=maybe(NUMBERS),
    )
