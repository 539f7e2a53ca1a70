"""The foreign exchange administration's program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from vanhub.agencies.answering import not_taken, refusing, unknown_verb, word
from vanhub.agencies.codes import FormNumber
from vanhub.agencies.enterprises import load_enterprise, take_registration
from vanhub.agencies.errors import Complaint
from vanhub.agencies.foreign_exchange import forms
from vanhub.agencies.foreign_exchange.forms import FormFile, Series
from vanhub.agencies.frame.agency import Occasion, View
from vanhub.agencies.frame.effects import Effect
from vanhub.agencies.frame.message import Message
from vanhub.agencies.messages.registration import Registration


class ForeignExchange:
    """``frame.agency.Agency``: takes SANCRT 812, customs' proof pages and the register's answers. Loads ``enterprises.COLUMNS``. Officers say ``withdraw``."""

    name = forms.NAME

    def decide(self, message: Message, occasion: Occasion, view: View) -> Iterable[Effect]:
        match message.type, message.document, message.function:
            case "SANCRT", "812", "13" | "4" | "1":
                return forms.take_form(message, occasion, view)
            case "CUSDEC", "830", "31":
                return forms.take_proof(message, occasion, view)
            case "CUSDEC", "830", "1":
                return forms.take_revocation(message, occasion, view)
            case "REGENT", "301", _:
                return take_registration(Registration.parse(message), occasion, view)
            case ("CUSDEC", "929", "31" | "1") | ("APERAK", _, _):
                # Proof pages of imports, of which nothing is kept; what is said about its own messages.
                return ()
        raise not_taken(message, "SANCRT 812 functions 13, 4, 1")

    def refuse(self, message: Message, complaints: tuple[Complaint, ...], occasion: Occasion, view: View) -> Iterable[Effect]:
        return refusing(message, complaints, occasion, view, self.name)

    def remind(self, subject: str, key: str, occasion: Occasion, view: View) -> Iterable[Effect]:  # noqa: ARG002 - it asks for none
        return ()

    def load(self, row: Mapping[str, str], occasion: Occasion, view: View) -> Iterable[Effect]:  # noqa: ARG002 - the promise's
        return load_enterprise(row, view)

    def instruct(self, verb: str, words: Mapping[str, str], occasion: Occasion, view: View) -> Iterable[Effect]:
        """``withdraw form=NUMBER``, at any time before it is used."""
        if verb != "withdraw":
            raise unknown_verb(verb, "withdraw")
        return forms.withdraw(word(words, "form"), occasion, view)

    def invariants(self, view: View) -> Iterator[str]:
        last: dict[str, int] = {}
        for file in view.list(FormFile):
            number = FormNumber.parse(file.number)
            last[number.province] = max(number.serial, last.get(number.province, 0))
            if len(file.proofs) > 1:
                yield f"form {file.number} is on several proof pages: {', '.join(proof.declaration for proof in file.proofs)}"
            if file.proofs and not file.customs_office:
                yield f"form {file.number} is on the proof page of declaration {file.proofs[0].declaration} and was never filed"
            if bool(file.customs_office) != (file.filed_on is not None):
                yield f"form {file.number} is filed at '{file.customs_office}' on {file.filed_on}"
        for series in view.list(Series):
            if last.pop(series.province, 0) != series.last:
                yield f"the last form of province {series.province} is not number {series.last}"
        for province in last:
            yield f"series {province} of forms is not on record"
