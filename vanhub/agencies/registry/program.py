"""The enterprise register's program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from vanhub.agencies.answering import not_taken, refusing, unknown_verb
from vanhub.agencies.codes import CustomsCode, EnterpriseCode
from vanhub.agencies.enterprises import CustomsCodeEntry, EnterpriseRecord
from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Effect
from vanhub.agencies.frame.message import Message
from vanhub.agencies.registry import register
from vanhub.agencies.registry.records import Dossier, Series, group_of


class Registry:
    """``frame.agency.Agency``: takes REGENT 101, 299, 300. Loads ``enterprises.COLUMNS``. Officers say ``revoke`` and ``hand-over``."""

    name = register.NAME

    def decide(self, message: Message, occasion: Occasion, view: View) -> Iterable[Effect]:
        match message.type, message.document:
            case "REGENT", "101" | "299" | "300":
                return register.take_request(message, occasion, view)
            case ("APERAK", _) | ("REGENT", "301"):
                # What is said about the register's own messages, and what others answered.
                return ()
        raise not_taken(message, "REGENT 101, 299, 300")

    def refuse(self, message: Message, complaints: tuple[Complaint, ...], occasion: Occasion, view: View) -> Iterable[Effect]:
        return refusing(message, complaints, occasion, view, self.name)

    def remind(self, subject: str, key: str, occasion: Occasion, view: View) -> Iterable[Effect]:  # noqa: ARG002 - there is one subject
        return register.lapse(key, occasion, view)

    def load(self, row: Mapping[str, str], occasion: Occasion, view: View) -> Iterable[Effect]:
        return register.load(row, occasion, view)

    def instruct(self, verb: str, words: Mapping[str, str], occasion: Occasion, view: View) -> Iterable[Effect]:
        match verb:
            case "revoke":
                return register.revoke(words, occasion, view)
            case "hand-over":
                return register.hand_over(words, view)
        raise unknown_verb(verb, "revoke", "hand-over")

    def invariants(self, view: View) -> Iterator[str]:
        serials: dict[str, str] = {}
        for entry in view.list(CustomsCodeEntry):
            record = view.get(EnterpriseRecord, entry.code)
            if record is None or record.customs_code != entry.customs_code:
                yield f"customs code {entry.customs_code} is said to be that of enterprise {entry.code}, which does not have it"
            code = CustomsCode.parse(entry.customs_code)
            serials[group_of(code)] = max(code.serial, serials.get(group_of(code), ""))
        for record in view.list(EnterpriseRecord):
            taken = view.get(CustomsCodeEntry, record.customs_code)
            if taken is None or taken.code != record.code:
                yield f"customs code {record.customs_code} of enterprise {record.code} is that of {taken.code if taken else 'nobody'}"
            try:
                EnterpriseCode.parse(record.code)
            except Unreadable as error:
                yield str(error)
        for series in view.list(Series):
            if serials.get(series.group) != series.last:
                yield f"the last customs code of series {series.group} is {serials.get(series.group)}, not {series.last}"
        for dossier in view.list(Dossier):
            if view.get(EnterpriseRecord, dossier.code) is None:
                yield f"there is a dossier of enterprise {dossier.code}, which is not on the register"
