"""What dishonest traders try, as scripts, and the code with which each has to be stopped."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from vanhub.agencies.messages.answer import Answer
from vanhub.agencies.messages.declaration import Declaration
from vanhub.agencies.messages.parts import Money
from vanhub.agencies.messages.registration import Registration, RegistrationAct
from vanhub.agencies.trade.consignment import Consignment
from vanhub.agencies.trade.journeys import declare, filing, obtain_form, obtain_papers, payment
from vanhub.agencies.trade.script import Outcome, Role, Script, Sending, hear


class Fate(enum.StrEnum):
    """What becomes of a consignment at customs, as its declaration's state says it."""

    RETURNED = "returned"
    TAX_DUE = "tax due"
    RELEASED = "released"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Scene:
    """What a fraud has to do with: two honest consignments of one trader in the same goods, of which the second is spoilt; a licence for the first's goods (``""`` where they need none) and its office; another customs
    office than theirs; what the trader sends to close its enterprise.
    """

    first: Consignment
    second: Consignment
    moment: datetime
    licence: str
    licence_office: str
    elsewhere: str
    closure: Registration


@dataclass(frozen=True, slots=True)
class Fraud:
    """``code``: with which it is stopped; ``agency``: by whom; ``export``: of an export; ``licensed``, ``noted``: of goods that need a licence, a note, or either way (None); ``closes``: the enterprise does not
    trade afterwards. ``script`` None: it needs a licence of its own in a certain state, and then is ``on_licence``. ``first``, ``second``: what becomes of the scene's consignments, None where they are never lodged."""

    name: str
    code: str
    agency: str
    export: bool
    script: Callable[[Scene], Script] | None = None
    first: Fate | None = None
    second: Fate | None = Fate.RETURNED
    licensed: bool | None = None
    noted: bool | None = None
    closes: bool = False


def _export_of(scene: Scene, spoil: Callable[[Declaration], Declaration]) -> Script:
    """An export whose papers are good and whose declaration is spoilt."""
    form, note = yield from obtain_papers(scene.second)
    honest = scene.second.declaration(licence=scene.licence, licence_office=scene.licence_office, form=form, note=note)
    return (yield from _declared(spoil(honest), filing(scene.second, form)))


def _import_of(scene: Scene, spoil: Callable[[Declaration], Declaration]) -> Script:
    _, note = yield from obtain_papers(scene.second)
    honest = scene.second.declaration(licence=scene.licence, licence_office=scene.licence_office, note=note)
    return (yield from _declared(spoil(honest)))


def _declared(declaration: Declaration, *before: Sending) -> Script:
    """A declaration that ought not to come through; if it does, its number is the outcome."""
    answer = yield from declare(declaration, *before)
    return Outcome(answer.number)


def _wrong_total(declaration: Declaration) -> Declaration:
    return dataclasses.replace(declaration, total=Money(declaration.total.amount / 2, declaration.total.currency))


def _wrong_product(declaration: Declaration) -> Declaration:
    """The price of the first item is not what its amount says; the total still adds up."""
    first, *rest = declaration.items
    price = first.price or Money(Decimal(1), "USD")
    return dataclasses.replace(declaration, items=(dataclasses.replace(first, price=Money(price.amount * 2, price.currency)), *rest))


def _lighter(declaration: Declaration) -> Declaration:
    """Other weights than in the manifest."""
    return dataclasses.replace(declaration, gross_weight=declaration.gross_weight / 2, net_weight=declaration.net_weight / 2)


def _fewer_packages(declaration: Declaration) -> Declaration:
    return dataclasses.replace(declaration, packages=declaration.packages - 5)


def _without(*kinds: str) -> Callable[[Declaration], Declaration]:
    """Without the papers of these kinds."""

    def spoil(declaration: Declaration) -> Declaration:
        items = tuple(dataclasses.replace(item, documents=tuple(each for each in item.documents if each.kind not in kinds)) for item in declaration.items)
        return dataclasses.replace(declaration, documents=tuple(each for each in declaration.documents if each.kind not in kinds), items=items)

    return spoil


def _other_goods(scene: Scene) -> Script:
    """A licence that is for other goods: the declaration's HS is a neighbour's that needs a licence too."""
    other = "62034290" if scene.second.first.hs == "61091000" else "61091000"

    def spoil(declaration: Declaration) -> Declaration:
        return dataclasses.replace(declaration, items=tuple(dataclasses.replace(item, hs=other) for item in declaration.items))

    return (yield from _export_of(scene, spoil))


def _other_office(scene: Scene) -> Script:
    """Declared at another customs office than the licence is for; the form is filed there."""
    second = dataclasses.replace(scene.second, office=scene.elsewhere)
    return (yield from _export_of(dataclasses.replace(scene, second=second), lambda declaration: declaration))


def _form_twice(scene: Scene) -> Script:
    """The form of an honest export serves for another."""
    form, note = yield from obtain_papers(scene.first)
    honest = scene.first.declaration(licence=scene.licence, licence_office=scene.licence_office, form=form, note=note)
    yield from declare(honest, filing(scene.first, form))
    return (yield from _declared(scene.second.declaration(form=form)))


def _form_elsewhere(scene: Scene) -> Script:
    """The form is filed at another customs office."""
    form = yield from obtain_form(scene.second)
    return (yield from _declared(scene.second.declaration(form=form), filing(scene.second, form, scene.elsewhere)))


def _other_content(scene: Scene) -> Script:
    """The reference of an honest declaration with other content."""
    form, note = yield from obtain_papers(scene.first)
    honest = scene.first.declaration(licence=scene.licence, licence_office=scene.licence_office, form=form, note=note)
    yield from declare(honest, filing(scene.first, form))
    other = dataclasses.replace(honest, packages=honest.packages + 1, gross_weight=honest.gross_weight + 1)
    # What is answered to the honest one has the same reference, and may come again: only a refusal ends this.
    answer = yield from hear(Answer, Sending(Role.BROKER, "customs", other), when=lambda _heard: False)
    return Outcome(answer.number)


def _closed_enterprise(scene: Scene) -> Script:
    """The enterprise closes after it got its form, and declares all the same."""
    form = yield from obtain_form(scene.second)
    yield from hear(
        Registration, filing(scene.second, form), Sending(Role.BROKER, "registry", scene.closure), when=lambda heard: heard.act is RegistrationAct.GRANTED
    )
    return (yield from _declared(scene.second.declaration(form=form)))


def _underpaid(scene: Scene) -> Script:
    """The bank pays less than the bill."""
    _, note = yield from obtain_papers(scene.second)
    bill = yield from declare(scene.second.declaration(licence=scene.licence, licence_office=scene.licence_office, note=note))
    whole = payment(scene.second, bill, scene.moment)
    less = dataclasses.replace(whole, amount=Money(whole.amount.amount - 1, "CNY"))
    answer = yield from hear(Answer, Sending(Role.BANK, "customs", less), when=lambda heard: heard.receipt == "P")
    return Outcome(answer.number)


def _note_twice(scene: Scene) -> Script:
    _, note = yield from obtain_papers(scene.first)
    yield from declare(scene.first.declaration(licence=scene.licence, licence_office=scene.licence_office, note=note))
    return (yield from _declared(scene.second.declaration(note=note)))


def on_licence(consignment: Consignment, licence: str, licence_office: str) -> Script:
    """An export that is in order but for its licence: expired, used as often as it may be, or with less left on it."""
    form, note = yield from obtain_papers(consignment)
    declaration = consignment.declaration(licence=licence, licence_office=licence_office, form=form, note=note)
    return (yield from _declared(declaration, filing(consignment, form)))


EXPIRED = Fraud("licence-expired", "L202", "customs", True, licensed=True)
ONCE_TOO_OFTEN = Fraud("licence-used-up", "L205", "customs", True, licensed=True)
OVERDRAWN = Fraud("licence-overdrawn", "L204", "customs", True, licensed=True)
FRAUDS = (
    EXPIRED,
    ONCE_TOO_OFTEN,
    OVERDRAWN,
    Fraud("total", "E103", "customs", True, lambda scene: _export_of(scene, _wrong_total), licensed=False),
    Fraud("price", "E103", "customs", True, lambda scene: _export_of(scene, _wrong_product), licensed=False),
    Fraud("closed-enterprise", "E101", "customs", True, _closed_enterprise, licensed=False, noted=False, closes=True),
    Fraud("other-content", "E104", "customs", True, _other_content, licensed=False, noted=False, first=Fate.RELEASED, second=None),
    Fraud("form-twice", "F302", "customs", True, _form_twice, licensed=False, noted=False, first=Fate.RELEASED),
    Fraud("form-elsewhere", "F303", "customs", True, _form_elsewhere, licensed=False, noted=False),
    Fraud("no-licence", "L201", "customs", True, lambda scene: _export_of(scene, _without("811")), licensed=True, noted=False),
    Fraud("licence-other-office", "L203", "customs", True, _other_office, licensed=True, noted=False),
    Fraud("licence-other-goods", "L206", "customs", True, _other_goods, licensed=True, noted=False),
    Fraud("import-total", "E103", "customs", False, lambda scene: _import_of(scene, _wrong_total)),
    Fraud("manifest-weight", "M602", "customs", False, lambda scene: _import_of(scene, _lighter)),
    Fraud("manifest-packages", "M602", "customs", False, lambda scene: _import_of(scene, _fewer_packages)),
    Fraud("no-note", "C701", "customs", False, lambda scene: _import_of(scene, _without("841")), noted=True),
    Fraud("note-twice", "C701", "customs", False, _note_twice, noted=True, first=Fate.TAX_DUE),
    Fraud("underpaid", "E103", "customs", False, _underpaid, second=Fate.TAX_DUE),
)
