"""What carriers and terminals report of ships and boxes (运抵, 理货, 卡口), and whether declared goods have moved.

Reports come in any order and any number of times, before or after the manifest and the declaration: a ``Movement`` is kept by what the report names, whether customs knows that already or not.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from vanhub.agencies.customs.cargo import CHANGE, ORIGINAL, WITHDRAWAL, cargo_answer
from vanhub.agencies.customs.lodgement import day, digest
from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Effect, Park, Put, Send
from vanhub.agencies.messages.declaration import Declaration, Direction
from vanhub.agencies.messages.movement import ConveyanceReport, GateReport, Tally
from vanhub.agencies.messages.transport import Transport


class Move(enum.StrEnum):
    """What happened to a ship or a box."""

    ARRIVED = "arrived"
    DEPARTED = "departed"
    DISCHARGED = "discharged"
    LOADED = "loaded"
    GATED_IN = "gated in"
    GATED_OUT = "gated out"


@dataclass(frozen=True, slots=True, order=True)
class Moved:
    """``container``: ``""`` of a ship; ``report``: the key of the report that says so; ``voyage`` and ``conveyance``: as in its TDT, ``""`` at a gate."""

    at: datetime
    move: Move
    container: str
    report: str
    voyage: str = ""
    conveyance: str = ""

    def is_of(self, transport: Transport) -> bool:
        """Bills of lading are numbered by each carrier: one of another voyage is another one. What is not stated fits."""
        pairs = (self.voyage, transport.voyage), (self.conveyance, transport.conveyance)
        return all(one == other or "" in {one, other} for one, other in pairs)


@dataclass(frozen=True, slots=True)
class Movement:
    """All that is reported of one ``subject``: ``bill/NUMBER``, ``declaration/NUMBER`` or, of ships, ``manifest/NUMBER``; in order of time."""

    KIND: ClassVar[str] = "movement"

    subject: str
    moves: tuple[Moved, ...] = ()

    @property
    def key(self) -> str:
        return self.subject

    def containers(self, move: Move, transport: Transport) -> frozenset[str]:
        """Those that moved so on this voyage."""
        return frozenset(moved.container for moved in self.moves if moved.move is move and moved.is_of(transport))


@dataclass(frozen=True, slots=True)
class Report:
    """A report that was taken. ``report``: ``COARRI/SENDER/NUMBER``; ``subjects``: of its movements; ``taken``: digests of all its versions."""

    KIND: ClassVar[str] = "cargo-report"

    report: str
    subjects: tuple[str, ...]
    taken: tuple[str, ...]
    withdrawn: bool = False

    @property
    def key(self) -> str:
        return self.report


@dataclass(frozen=True, slots=True)
class Awaited:
    """The released declarations that close when goods of this bill of lading (``bill/NUMBER``) move."""

    KIND: ClassVar[str] = "awaited-goods"

    subject: str
    declarations: tuple[str, ...]

    @property
    def key(self) -> str:
        return self.subject


def take_conveyance(report: ConveyanceReport, occasion: Occasion, view: View) -> Iterator[Effect]:
    """A ship has arrived or left; the carrier is answered. A repeat moves nothing and is not answered."""
    document = "185" if report.arrival else "186"
    try:
        effects = list(_take(report, report.number, report.function, occasion, view, _of_ship(report)))
    except Unreadable as error:
        yield Send(occasion.sender, cargo_answer(report.manifest, report.office, occasion, error.complaints, document, report.number))
        return
    yield from effects
    if any(isinstance(effect, Put) for effect in effects):
        yield Send(occasion.sender, cargo_answer(report.manifest, report.office, occasion, (), document, report.number))


def take_tally(tally: Tally, occasion: Occasion, view: View) -> Iterator[Effect]:
    """Boxes were discharged or loaded.

    Raises:
        Unreadable: it is refused: E104 the number was used for something else, or a change has no original; M601 a box names no bill of lading.
    """
    if places := [str(place) for place, box in enumerate(tally.boxes, 1) if not box.bills]:
        raise Unreadable(Complaint("M601", f"boxes {', '.join(places)} of the tally name no bill of lading", f"第{'、'.join(places)}个集装箱未填提运单号"))
    move = Move.DISCHARGED if tally.discharge else Move.LOADED
    moved = [(_bill(bill), box.moment, move, box.container) for box in tally.boxes for bill in box.bills]
    yield from _take(tally, tally.number, tally.function, occasion, view, moved)


def take_gate(gate: GateReport, occasion: Occasion, view: View) -> Iterator[Effect]:
    """Boxes went through the gate of a terminal. One that enters may name nothing: nothing is kept of it.

    Raises:
        Unreadable: as of a tally; M601 a box that leaves names neither a declaration nor a bill of lading.
    """
    if not gate.gate_in and (places := [str(place) for place, box in enumerate(gate.boxes, 1) if not box.bills and not box.declaration]):
        en = f"boxes {', '.join(places)} leave without a declaration or bill of lading"
        raise Unreadable(Complaint("M601", en, f"第{'、'.join(places)}个出卡口集装箱未填报关单号或提运单号"))
    move = Move.GATED_IN if gate.gate_in else Move.GATED_OUT
    moved = [
        (subject, box.moment, move, box.container)
        for box in gate.boxes
        for subject in (*map(_bill, box.bills), *([f"declaration/{box.declaration}"] if box.declaration else []))
    ]
    yield from _take(gate, gate.number, gate.function, occasion, view, moved)


def goods_moved(declaration: Declaration, number: str, view: View) -> bool:
    """An import's boxes are discharged from the declared voyage and through the gate, an export's loaded for it; where no box is named, something of the bill of lading is discharged or loaded. What comes in a mode of transport that has no manifests is not
    reported and counts as moved."""
    if declaration.transport.mode not in view.rules.texts("cargo.manifest-modes", declaration.declared_on):
        return True
    bill, transport = view.get(Movement, _bill(declaration.bill_of_lading)) or Movement(""), declaration.transport
    named = {*declaration.containers}
    if declaration.direction is Direction.EXPORT:
        loaded = bill.containers(Move.LOADED, transport)
        return named <= loaded if named else bool(loaded)
    discharged = bill.containers(Move.DISCHARGED, transport)
    if not named:
        return bool(discharged)
    own = view.get(Movement, f"declaration/{number}") or Movement("")
    return named <= discharged and named <= bill.containers(Move.GATED_OUT, transport) | own.containers(Move.GATED_OUT, transport)


def await_goods(declaration: Declaration, number: str, view: View) -> Put:
    """The declaration is released and its goods have not moved: ``concerned`` names it when something of them is reported."""
    awaited = _awaited(declaration, view)
    return Put(replace(awaited, declarations=tuple(sorted({*awaited.declarations, number}))))


def await_no_longer(declaration: Declaration, number: str, view: View) -> Put:
    """The declaration is closed or deleted."""
    awaited = _awaited(declaration, view)
    return Put(replace(awaited, declarations=tuple(each for each in awaited.declarations if each != number)))


def concerned(effects: Iterable[Effect], view: View) -> tuple[str, ...]:
    """The numbers of the declarations that are awaiting the movements among ``effects``."""
    subjects = [effect.record.subject for effect in effects if isinstance(effect, Put) and isinstance(effect.record, Movement)]
    found: set[str] = set()
    for subject in subjects:
        kind, _, number = subject.partition("/")
        if kind == "declaration":
            found.add(number)
        elif (awaited := view.get(Awaited, subject)) is not None:
            found.update(awaited.declarations)
    return tuple(sorted(found))


def _awaited(declaration: Declaration, view: View) -> Awaited:
    subject = _bill(declaration.bill_of_lading)
    return view.get(Awaited, subject) or Awaited(subject, ())


def _bill(number: str) -> str:
    return f"bill/{number}"


_Happened = tuple[str, datetime, Move, str]
"""Subject, moment, move, container."""


def _of_ship(report: ConveyanceReport) -> list[_Happened]:
    return [(f"manifest/{report.manifest}", report.moment, Move.ARRIVED if report.arrival else Move.DEPARTED, "")]


def _take(
    report: ConveyanceReport | Tally | GateReport, number: str, function: str, occasion: Occasion, view: View, happened: Iterable[_Happened]
) -> Iterator[Effect]:
    """Original, change and withdrawal of one report alike: what it said before is taken back, what it says now is kept."""
    key, content = f"{report.TYPE}/{occasion.sender}/{number}", digest(report)
    record = view.get(Report, key)
    if record is not None and content in record.taken:
        return
    if record is None and function in {CHANGE, WITHDRAWAL} and not occasion.overdue:
        yield Park(((Report.KIND, key),), occasion.moment + view.rules.duration("cargo.wait", day(occasion.moment)))
        return
    if (record is None) != (function == ORIGINAL) or (record is not None and record.withdrawn):
        raise Unreadable(
            Complaint("E104", f"{number} has been used for another report, is withdrawn, or has no original", f"编号{number}已用于其他报告、已撤销或无原报告")
        )
    carried = ("", "") if isinstance(report, GateReport) else (report.transport.voyage, report.transport.conveyance)
    now: dict[str, list[Moved]] = {subject: [] for subject in (record.subjects if record else ())}
    if function != WITHDRAWAL:
        for subject, at, move, container in happened:
            now.setdefault(subject, []).append(Moved(at, move, container, key, *carried))
    for subject, moves in now.items():
        before = view.get(Movement, subject) or Movement(subject)
        yield Put(Movement(subject, tuple(sorted({*(moved for moved in before.moves if moved.report != key), *moves}))))
    subjects = tuple(sorted(subject for subject, moves in now.items() if moves))
    yield Put(Report(key, subjects, (*(record.taken if record else ()), content), withdrawn=function == WITHDRAWAL))
