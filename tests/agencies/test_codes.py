"""Codes: check digits, parts, what is wrong told in both languages; the same shapes as the forms that guides name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vanhub.agencies.codes import CustomsCode, DeclarationNumber, EnterpriseCode, FormNumber, LicenceNumber, NoteNumber, check_digit, serial_after
from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.packed import packed

FORMS = {name: re.compile(form["pattern"]) for name, form in tomllib.loads((packed("schemas") / "codes" / "forms.toml").read_text("utf-8")).items()}
DIGITS = "0123456789"


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text(DIGITS, min_size=count, max_size=count)


REGIONS = digits(4)
SERIALS = st.from_regex(r"[0-9]{4}|[A-Z][0-9]{3}", fullmatch=True)


# 71525318: 3x7 + 7x1 + 9x5 + 10x2 + 5x5 + 8x3 + 4x1 + 2x8 = 162 = 14x11 + 8, 11 - 8 = 3. D2143569 is the example of GB 11714: letters count from 10 on.
@pytest.mark.parametrize(("first", "digit"), [("71525318", "3"), ("12345678", "8"), ("D2143569", "X"), ("00000000", "0"), ("00000005", "1")])
def test_check_digit(first: str, digit: str) -> None:
    assert check_digit(first) == digit


@given(first=digits(8), place=st.integers(0, 7), other=st.sampled_from(DIGITS))
def test_a_digit_that_was_misread_shows(first: str, place: int, other: str) -> None:
    misread = first[:place] + other + first[place + 1 :]
    assert (check_digit(misread) == check_digit(first)) == (misread == first)


@given(region=REGIONS, first=digits(8))
def test_enterprise_codes(region: str, first: str) -> None:
    code = EnterpriseCode(region, first + check_digit(first))
    assert EnterpriseCode.parse(str(code)) == code
    assert FORMS["enterprise_13"].fullmatch(str(code))


@given(region=REGIONS, zone=st.sampled_from(DIGITS), ownership=st.sampled_from(DIGITS), serial=SERIALS)
def test_customs_codes(region: str, zone: str, ownership: str, serial: str) -> None:
    code = CustomsCode(region, zone, ownership, serial)
    assert CustomsCode.parse(str(code)) == code
    assert FORMS["enterprise_10"].fullmatch(str(code))


@given(office=REGIONS, year=st.integers(1980, 2099), direction=st.sampled_from("012"), serial=st.integers(1, 999_999_999))
def test_declaration_numbers(office: str, year: int, direction: str, serial: int) -> None:
    number = DeclarationNumber(office, year, direction, serial)
    assert DeclarationNumber.parse(str(number)) == number
    assert FORMS["declaration_number"].fullmatch(str(number))


@given(year=st.integers(0, 99), letters=st.text("ABCXYZ", min_size=2, max_size=2), serial=st.integers(0, 999_999))
def test_licence_numbers(year: int, letters: str, serial: int) -> None:
    number = LicenceNumber(year, letters, serial)
    assert LicenceNumber.parse(str(number)) == number
    assert FORMS["licence_number"].fullmatch(str(number))


@given(office=REGIONS, year=st.integers(0, 99), entry=st.booleans(), serial=st.integers(1, 99_999_999))
def test_note_numbers(office: str, year: int, entry: bool, serial: int) -> None:
    number = NoteNumber(office, year, entry, serial)
    assert NoteNumber.parse(str(number)) == number
    assert FORMS["clearance_note_number"].fullmatch(str(number))


@given(province=digits(2), serial=st.integers(1, 26 * 10**7 - 1))
def test_form_numbers(province: str, serial: int) -> None:
    number = FormNumber(province, serial)
    assert FormNumber.parse(str(number)) == number
    assert FORMS["fx_form_number"].fullmatch(str(number))


def test_numbers_are_their_parts() -> None:
    assert DeclarationNumber.parse("530420061000012345") == DeclarationNumber("5304", 2006, "1", 12345)
    assert LicenceNumber.parse("06-AB-300123") == LicenceNumber(6, "AB", 300123)
    assert FormNumber.parse("44B0318901") == FormNumber("44", 10_318_901)
    assert str(NoteNumber("5304", 2006, True, 17)) == "530406100000017"
    assert str(LicenceNumber(2006, "AB", 300123)) == "06-AB-300123"


@pytest.mark.parametrize(
    ("parse", "text", "complaint"),
    [
        (
            EnterpriseCode.parse,
            "4403715253184",
            Complaint(
                "E112",
                "enterprise code '4403715253184': check digit 4 should be 3 (GB 11714); look for a digit that was misread",
                "企业代码“4403715253184”校验位4有误，应为3（GB 11714），请核对",
            ),
        ),
        (
            EnterpriseCode.parse,
            "440371525318",
            Complaint(
                "E112",
                "enterprise code '440371525318' is not 4 digits of the region and 9 of the organisation code",
                "企业代码“440371525318”格式不符，应为地区4位加组织机构代码9位",
            ),
        ),
        (
            CustomsCode.parse,
            "44031６0381",
            Complaint(
                "E112",
                "customs code '44031６0381' is not region, zone, ownership and serial number",
                "海关注册编码“44031６0381”格式不符，应为地区4位、经济区划、企业性质、顺序号4位",
            ),
        ),
    ],
)
def test_what_is_wrong_is_told(parse: Callable[[str], object], text: str, complaint: Complaint) -> None:
    with pytest.raises(Unreadable) as raised:
        parse(text)
    assert raised.value.complaints == (complaint,)


@given(text=st.text(max_size=20))
def test_any_text_is_a_code_or_refused(text: str) -> None:
    for parse in (EnterpriseCode.parse, CustomsCode.parse, DeclarationNumber.parse, LicenceNumber.parse, NoteNumber.parse, FormNumber.parse):
        try:
            code = parse(text)
        except Unreadable as error:
            assert [each.code for each in error.complaints] == ["E112"]  # noqa: PT017 - either way is right
        else:
            assert str(code) == text


def test_serial_numbers_follow_one_another() -> None:
    found = ["0000"]
    while found[-1] != "Z999":
        found.append(serial_after(found[-1]))
    assert found == [f"{number:04}" for number in range(10_000)] + [f"{letter}{number:03}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" for number in range(1000)]
    assert found == sorted(found)
    with pytest.raises(ValueError, match="no serial number is left"):
        serial_after("Z999")
