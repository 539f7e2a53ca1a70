"""Inspection's program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from vanhub.agencies.answering import not_taken, refusing, unknown_verb, word
from vanhub.agencies.codes import NoteNumber
from vanhub.agencies.enterprises import load_enterprise, take_registration
from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Effect
from vanhub.agencies.frame.message import Message
from vanhub.agencies.inspection import notes
from vanhub.agencies.inspection.notes import NoteFile, Series
from vanhub.agencies.messages.registration import Registration
from vanhub.agencies.tariff import shipped_tariff


class Inspection:
    """``frame.agency.Agency``: takes SANCRT 841 and the register's answers. Loads ``enterprises.COLUMNS``. Officers say ``withdraw``."""

    name = notes.NAME

    def decide(self, message: Message, occasion: Occasion, view: View) -> Iterable[Effect]:
        match message.type, message.document, message.function:
            case "SANCRT", "841", "13":
                return notes.take_application(message, occasion, view, shipped_tariff())
            case "REGENT", "301", _:
                return take_registration(Registration.parse(message), occasion, view)
            case "APERAK" | "CUSCAR" | "CUSREP", _, _:
                # What is said about its own messages; copies of what customs decides about.
                return ()
        raise not_taken(message, "SANCRT 841 function 13")

    def refuse(self, message: Message, complaints: tuple[Complaint, ...], occasion: Occasion, view: View) -> Iterable[Effect]:
        return refusing(message, complaints, occasion, view, self.name)

    def remind(self, subject: str, key: str, occasion: Occasion, view: View) -> Iterable[Effect]:  # noqa: ARG002 - it asks for none
        return ()

    def load(self, row: Mapping[str, str], occasion: Occasion, view: View) -> Iterable[Effect]:  # noqa: ARG002 - the promise's
        return load_enterprise(row, view)

    def instruct(self, verb: str, words: Mapping[str, str], occasion: Occasion, view: View) -> Iterable[Effect]:  # noqa: ARG002 - the promise's
        """``withdraw note=NUMBER reason=WORDS``."""
        if verb != "withdraw":
            raise unknown_verb(verb, "withdraw")
        return notes.withdraw(word(words, "note"), word(words, "reason"), view)

    def invariants(self, view: View) -> Iterator[str]:
        last: dict[str, int] = {}
        for file in view.list(NoteFile):
            number = NoteNumber.parse(file.key)
            last[file.key[:7]] = max(number.serial, last.get(file.key[:7], 0))
            if file.note.withdrawn != bool(file.reason):
                yield f"clearance note {file.key} is {'' if file.note.withdrawn else 'not '}withdrawn, and the reason is '{file.reason}'"
        for series in view.list(Series):
            if last.pop(series.row, 0) != series.last:
                yield f"the last clearance note of series {series.row} is not number {series.last}"
        for row in last:
            yield f"series {row} of clearance notes is not on record"
