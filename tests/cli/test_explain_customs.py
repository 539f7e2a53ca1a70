"""``vanhub explain`` of what customs answers."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.agencies.messages.checked import octets
from tests.cli.test_explain import run
from vanhub.agencies.errors import Complaint
from vanhub.agencies.frame.effects import Outgoing
from vanhub.agencies.messages.answer import Answer, AnswerKind
from vanhub.packed import packed

EXAMPLES = packed("examples")
AT = datetime(2006, 3, 20, 1, tzinfo=UTC)
RECEIVED = Answer(AnswerKind.GENERAL, "SZT2006E00217", "L", "17", "5304", AT, number="530420060000000002")
RETURNED = Answer(
    AnswerKind.REJECTION,
    "SZT2006E00217",
    "E",
    "2",
    "5304",
    AT,
    number="530420060000000002",
    errors=(
        Complaint("E103", "the items add up to 4400 USD, the total is 4500", "商品项合计4400 USD，总价为4500"),
        Complaint("L206", "no shirts", "不含衬衫", 1),
    ),
)
BILL = Answer(
    AnswerKind.TAX_BILL,
    "SZT2006I00301",
    "T",
    "1",
    "5304",
    AT,
    number="530420061000000001",
    due=date(2006, 4, 4),
    bill="B5304000001",
    taxes=(("CUD", Decimal("47698.20")), ("VAT", Decimal("57873.82"))),
    remarks=("demonstration rates",),
)
MANIFEST = Answer(AnswerKind.CARGO, "V00203220", "11", "4", "5304", AT, bills_of_lading=("NHL1", "NHL2"))


def explained(folder: Path, *messages: Outgoing, options: tuple[str, ...] = ()) -> tuple[int, str]:
    file = folder / "answer.edi"
    file.write_bytes(octets(*messages))
    return run(str(file), *options)


def test_a_return_is_told_with_each_error_in_both_languages(tmp_path: Path) -> None:
    assert explained(tmp_path, RETURNED) == (
        1,
        """\
CUSRES 1: GACC:ZZZ about declaration SZT2006E00217 (530420060000000002).
Receipt E: returned: something is wrong.
   code E103: the items add up to 4400 USD, the total is 4500
   code L206, item 1: no shirts
Next: correct what is named and send it again, in a new interchange.

CUSRES 1：GACC:ZZZ 对报关单 SZT2006E00217（530420060000000002） 的答复。
回执 E：海关退单。
   代码 E103：商品项合计4400 USD，总价为4500
   代码 L206，第 1 项：不含衬衫
下一步：更正后以新的交换重发。
""",
    )


def test_a_bill_is_told_with_its_sum_and_its_last_day(tmp_path: Path) -> None:
    assert explained(tmp_path, RECEIVED, BILL, options=("--language", "en")) == (
        1,
        """\
CUSRES 1: GACC:ZZZ about declaration SZT2006E00217 (530420060000000002).
Receipt L: received; nothing is decided yet.
Next: wait for customs' next answer.

CUSRES 2: GACC:ZZZ about declaration SZT2006I00301 (530420061000000001).
Receipt T: there are duties and taxes to pay.
   Bill B5304000001, to pay until 2006-04-04: 105,572.02 CNY (customs duty 47,698.20, value added tax 57,873.82).
   demonstration rates
Next: pay the bill in time; then the goods are released.
""",
    )


def test_bills_of_lading_are_named(tmp_path: Path) -> None:
    assert explained(tmp_path, MANIFEST, options=("--language", "zh")) == (
        0,
        "CUSRES 1：GACC:ZZZ 对舱单 V00203220，提运单 NHL1、NHL2 的答复。\n回执 11：提运单放行。\n下一步：无须处理。\n",
    )


@pytest.mark.parametrize(("receipt", "code"), [("L", 0), ("G", 0), ("H", 1), ("C", 1), ("T", 1), ("P", 0), ("R", 0), ("D", 0), ("E", 1), ("Q", 1)])
def test_the_exit_code_says_whether_anything_is_left_to_do(tmp_path: Path, receipt: str, code: int) -> None:
    answer = Answer(AnswerKind.DECISION, "SZT2006E00217", receipt, "1", "5304", AT, number="530420060000000002")
    assert explained(tmp_path, answer)[0] == code


def test_with_the_original_at_hand_only_what_is_about_it_counts() -> None:
    release, rejection = str(EXAMPLES / "cusres-release.edi"), str(EXAMPLES / "cusres-rejection.edi")
    export, imported = str(EXAMPLES / "cusdec-export.edi"), str(EXAMPLES / "cusdec-import.edi")
    assert [run(answer, "--for", original)[0] for answer in (release, rejection) for original in (export, imported)] == [0, 2, 2, 1]
    assert "It is about no document of the interchange given." in run(release, "--for", imported)[1]


def test_an_answer_that_customs_would_not_give_is_told_as_one(tmp_path: Path) -> None:
    file = tmp_path / "answer.edi"
    file.write_bytes(octets(RECEIVED).replace(b"GIS+17'", b""))
    code, output = run(str(file), "--language", "en")
    assert (code, output.splitlines()[0]) == (1, "CUSRES 1 of GACC:ZZZ does not say what an answer of customs says:")
    assert "GIS" in output


def test_json_has_customs_answers_among_the_others(tmp_path: Path) -> None:
    code, output = explained(tmp_path, BILL, options=("--json",))
    assert (code, json.loads(output)["answers"]) == (
        1,
        [
            {
                "type": "CUSRES",
                "message": "1",
                "sender": "GACC:ZZZ",
                "outcome": "held",
                "about_original": None,
                "kind": "965",
                "reference": "SZT2006I00301",
                "number": "530420061000000001",
                "receipt": "T",
                "bills_of_lading": [],
                "bill": "B5304000001",
                "due": "2006-04-04",
                "taxes": {"CUD": "47698.2", "VAT": "57873.82"},
                "errors": [],
                "remarks": ["demonstration rates"],
            }
        ],
    )
