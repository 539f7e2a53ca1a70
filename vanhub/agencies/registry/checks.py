"""What stands against a registration."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from vanhub.agencies.codes import EnterpriseCode
from vanhub.agencies.enterprises import EnterpriseRecord, require_region
from vanhub.agencies.errors import Complaint, Unreadable
from vanhub.agencies.messages.registration import Registration, RegistrationAct
from vanhub.agencies.registry.records import Dossier


def against_opening(asked: Registration, known: EnterpriseRecord | None) -> Iterator[Complaint]:
    """``known``: the enterprise that has the code already."""
    try:
        code = EnterpriseCode.parse(asked.enterprise_code)
        require_region(code.region)
        if asked.region != code.region:
            en = f"region {asked.region} is not {code.region} of enterprise code {code}"
            yield Complaint("E110", en, f"注册地 {asked.region} 与企业代码 {code} 的地区 {code.region} 不一致")
    except Unreadable as error:
        yield from error.complaints
    if asked.customs_code:
        en = f"customs code {asked.customs_code}: the register gives it, leave RFF+ADZ out"
        yield Complaint("E104", en, f"海关注册编码 {asked.customs_code} 由登记机关核发，请勿填写 RFF+ADZ")
    if known is not None:
        en = f"enterprise {known.code} is on the register since {known.opened_on}, with customs code {known.customs_code}"
        yield Complaint("E104", en, f"企业 {known.code} 已于 {known.opened_on} 备案，海关注册编码 {known.customs_code}")


def against(asked: Registration, known: EnterpriseRecord, dossier: Dossier, sender: str, today: date) -> Iterator[Complaint]:
    """Against a change, an annual check or a closure that ``sender`` asks for. Only a closure may be dated ahead."""
    if dossier.address != sender:
        yield Complaint("S901", f"{sender} does not speak for enterprise {known.code}", f"{sender} 无权代表企业 {known.code} 办理")
    if asked.customs_code and asked.customs_code != known.customs_code:
        en = f"customs code {asked.customs_code} is not {known.customs_code} of enterprise {known.code}"
        yield Complaint("E101", en, f"海关注册编码 {asked.customs_code} 与企业 {known.code} 的 {known.customs_code} 不符")
    if (asked.region, asked.ownership) != (known.region, known.ownership):
        en = f"region {asked.region} and ownership {asked.ownership} are part of the codes ({known.region}, {known.ownership}): close the enterprise and open the new one"
        zh = f"地区 {asked.region}、企业性质 {asked.ownership} 与编码（{known.region}、{known.ownership}）不一致：请注销后重新备案"
        yield Complaint("E110", en, zh)
    if asked.on < known.opened_on:
        yield Complaint(
            "E110",
            f"{asked.on} is before the opening of enterprise {known.code} on {known.opened_on}",
            f"{asked.on} 早于企业 {known.code} 的开业日期 {known.opened_on}",
        )
    if asked.act is not RegistrationAct.CLOSE and asked.on > today:
        yield Complaint("E110", f"{asked.on} lies ahead: today is {today}", f"日期 {asked.on} 晚于今日 {today}")
    if asked.act is not RegistrationAct.CLOSE and known.closed_on is not None and asked.on >= known.closed_on:
        yield Complaint("E101", f"enterprise {known.code} closed on {known.closed_on}", f"企业 {known.code} 已于 {known.closed_on} 注销")
