"""Codes of the trade that can be checked by themselves: enterprise codes, customs codes, numbers of declarations, licences, notes and forms.

Each is a value of its parts: ``parse`` takes it apart and raises ``Unreadable`` with E112 where the text is none, ``str`` puts it together. The shapes are those of ``schemas/codes/forms.toml``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vanhub.agencies.errors import Complaint, Unreadable

_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION = re.compile(r"[0-9A-Z]{8}")


def check_digit(organisation: str) -> str:
    """The ninth character of an organisation code whose first eight (digits or letters A to Z, counted 10 to 35) these are: a digit or ``X`` (GB 11714).

    Raises:
        ValueError: not eight such characters.
    """
    if not _ORGANISATION.fullmatch(organisation):
        raise ValueError(f"{organisation!r} is not eight digits or letters A to Z")
    digit = 11 - sum(int(character, 36) * weight for character, weight in zip(organisation, _WEIGHTS, strict=True)) % 11
    return {10: "X", 11: "0"}.get(digit, str(digit))


@dataclass(frozen=True, slots=True)
class EnterpriseCode:
    """13 characters: ``region`` of four digits, ``organisation`` of nine with its check digit."""

    region: str
    organisation: str

    @classmethod
    def parse(cls, text: str) -> EnterpriseCode:
        found = cls(
            *_taken(_ENTERPRISE, text, "enterprise code", "企业代码", "4 digits of the region and 9 of the organisation code", "地区4位加组织机构代码9位")
        )
        right = check_digit(found.organisation[:8])
        if found.organisation[8] != right:
            en = f"enterprise code '{text}': check digit {found.organisation[8]} should be {right} (GB 11714); look for a digit that was misread"
            raise Unreadable(Complaint("E112", en, f"企业代码“{text}”校验位{found.organisation[8]}有误，应为{right}（GB 11714），请核对"))
        return found

    def __str__(self) -> str:
        return self.region + self.organisation


@dataclass(frozen=True, slots=True)
class CustomsCode:
    """10 characters: ``region`` of four digits, ``zone`` (list ``enterprise_zone_types``), ``ownership`` (list ``enterprise_ownership``), ``serial`` of four."""

    region: str
    zone: str
    ownership: str
    serial: str

    @classmethod
    def parse(cls, text: str) -> CustomsCode:
        return cls(
            *_taken(_CUSTOMS, text, "customs code", "海关注册编码", "region, zone, ownership and serial number", "地区4位、经济区划、企业性质、顺序号4位")
        )

    def __str__(self) -> str:
        return self.region + self.zone + self.ownership + self.serial


@dataclass(frozen=True, slots=True)
class DeclarationNumber:
    """18 digits: ``office`` of four, ``year``, ``direction`` (1 import, 0 export, 2 transit), ``serial`` (1 to 999,999,999)."""

    office: str
    year: int
    direction: str
    serial: int

    @classmethod
    def parse(cls, text: str) -> DeclarationNumber:
        office, year, direction, serial = _taken(
            _DECLARATION, text, "declaration number", "报关单号", "18 digits: office, year, direction, serial number", "18位：关区、年份、进出口标志、顺序号"
        )
        return cls(office, int(year), direction, int(serial))

    def __str__(self) -> str:
        return f"{self.office}{self.year:04}{self.direction}{self.serial:09}"


@dataclass(frozen=True, slots=True)
class LicenceNumber:
    """``06-AB-300123``: two digits of the ``year``, two ``letters`` of the office, ``serial`` of six digits."""

    year: int
    letters: str
    serial: int

    @classmethod
    def parse(cls, text: str) -> LicenceNumber:
        year, letters, serial = _taken(
            _LICENCE, text, "licence number", "许可证号", "year-letters-number, like 06-AB-300123", "年份-字母-编号，如 06-AB-300123"
        )
        return cls(int(year), letters, int(serial))

    def __str__(self) -> str:
        return f"{self.year % 100:02}-{self.letters}-{self.serial:06}"


@dataclass(frozen=True, slots=True)
class NoteNumber:
    """15 digits of a clearance note (assumed): ``office`` of four where the goods will be declared, two of the ``year``, 1 for ``entry`` and 0 for exit, ``serial`` of eight."""

    office: str
    year: int
    entry: bool
    serial: int

    @classmethod
    def parse(cls, text: str) -> NoteNumber:
        office, year, entry, serial = _taken(
            _NOTE,
            text,
            "clearance note number",
            "通关单号",
            "15 digits: office, year, 1 entry or 0 exit, serial number",
            "15位：口岸、年份、出入境标志、顺序号",
        )
        return cls(office, int(year), entry == "1", int(serial))

    def __str__(self) -> str:
        return f"{self.office}{self.year % 100:02}{int(self.entry)}{self.serial:08}"


@dataclass(frozen=True, slots=True)
class FormNumber:
    """``44B0318901`` of a foreign exchange form: two digits of the ``province``, letter and seven digits of the ``serial``, which runs on from A9999999 to B0000000."""

    province: str
    serial: int

    @classmethod
    def parse(cls, text: str) -> FormNumber:
        province, letter, digits = _taken(
            _FORM, text, "form number", "核销单号", "2 digits, a letter, 7 digits, like 44B0318901", "2位数字、1位字母、7位数字，如 44B0318901"
        )
        return cls(province, (ord(letter) - ord("A")) * 10**7 + int(digits))

    def __str__(self) -> str:
        return f"{self.province}{chr(ord('A') + self.serial // 10**7)}{self.serial % 10**7:07}"


def serial_after(serial: str) -> str:
    """The serial number of a customs code that is given after this one: 0001 to 9999, then A000 to Z999.

    Raises:
        ValueError: there is none.
    """
    if serial.isdecimal():
        return f"{int(serial) + 1:04}" if serial != "9999" else "A000"
    letter, digits = serial[0], int(serial[1:])
    if digits == 999 and letter == "Z":
        raise ValueError("no serial number is left after Z999")
    return f"{letter}{digits + 1:03}" if digits < 999 else f"{chr(ord(letter) + 1)}000"


_ENTERPRISE = re.compile(r"([0-9]{4})([0-9]{8}[0-9X])")
_CUSTOMS = re.compile(r"([0-9]{4})([0-9])([0-9A-Z])([0-9]{4}|[A-Z][0-9]{3})")
_DECLARATION = re.compile(r"([0-9]{4})([0-9]{4})([012])([0-9]{9})")
_LICENCE = re.compile(r"([0-9]{2})-([A-Z]{2})-([0-9]{6})")
_NOTE = re.compile(r"([0-9]{4})([0-9]{2})([01])([0-9]{8})")
_FORM = re.compile(r"([0-9]{2})([A-Z])([0-9]{7})")


def _taken(pattern: re.Pattern[str], text: str, name_en: str, name_zh: str, form_en: str, form_zh: str) -> tuple[str, ...]:
    found = pattern.fullmatch(text)
    if found is None:
        raise Unreadable(Complaint("E112", f"{name_en} '{text}' is not {form_en}", f"{name_zh}“{text}”格式不符，应为{form_zh}"))
    return found.groups()
