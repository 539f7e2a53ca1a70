"""What customs checks of a declaration before it accepts it, in this order: day, parties, goods and figures, papers, manifest. All that is wrong is told at once."""

from __future__ import annotations

from datetime import date

from vanhub.agencies.customs.arithmetic import check_sums, check_taxes, check_units
from vanhub.agencies.customs.cargo import check_cargo
from vanhub.agencies.customs.duty import assess
from vanhub.agencies.customs.exchange import check_rates
from vanhub.agencies.customs.finding import Findings
from vanhub.agencies.customs.papers import check_papers
from vanhub.agencies.enterprises import CustomsCodeEntry, EnterpriseRecord, find_by_customs_code, status_complaint
from vanhub.agencies.frame.agency import View
from vanhub.agencies.messages.declaration import Declaration
from vanhub.agencies.tariff import Tariff


def check(declaration: Declaration, received_on: date, tariff: Tariff, view: View) -> Findings:
    """``received_on``: the day in China on which it came. The balances are those of ``view``."""
    findings = Findings()
    _check_day(declaration, received_on, view, findings)
    _check_trader(declaration, view, findings)
    _check_broker(declaration, view, findings)
    _check_goods(declaration, tariff, view, findings)
    check_papers(declaration, tariff, view, findings)
    check_cargo(declaration, view, findings)
    return findings


def _check_day(declaration: Declaration, received_on: date, view: View, findings: Findings) -> None:
    """Papers have to be valid on the day of declaration: it cannot be any day that suits."""
    within = view.rules.duration("check.declared-within", received_on).days
    if abs((received_on - declaration.declared_on).days) > within:
        findings.wrong(
            "E110",
            f"the day of declaration is {declaration.declared_on}; it came on {received_on}, more than {within} days apart",
            f"申报日期 {declaration.declared_on} 与收到日期 {received_on} 相差超过 {within} 天",
        )


def _check_trader(declaration: Declaration, view: View, findings: Findings) -> None:
    """On the register and active; its codes and its tax number are its own."""
    trader, on = declaration.trader, declaration.declared_on
    record = view.get(EnterpriseRecord, trader.enterprise_code)
    complaint = status_complaint(record, trader.enterprise_code, on)
    if record is None and complaint is not None:
        findings.missing((EnterpriseRecord.KIND, trader.enterprise_code), complaint.code, complaint.text_en, complaint.text_zh)
        return
    if complaint is not None:
        findings.wrong(complaint.code, complaint.text_en, complaint.text_zh)
    if record is not None and trader.customs_code != record.customs_code:
        findings.wrong(
            "E101",
            f"enterprise {record.code} has the customs code {record.customs_code}, not {trader.customs_code}",
            f"企业 {record.code} 的海关注册编码是 {record.customs_code}，不是 {trader.customs_code}",
        )
    if record is not None and trader.tax_number not in {"", record.tax_number}:
        findings.wrong(
            "E101",
            f"enterprise {record.code} has the tax number {record.tax_number}, not {trader.tax_number}",
            f"企业 {record.code} 的税务登记号是 {record.tax_number}，不是 {trader.tax_number}",
        )


def _check_broker(declaration: Declaration, view: View, findings: Findings) -> None:
    on, broker = declaration.declared_on, declaration.broker or declaration.declarant
    if not broker or not view.rules.truth("check.broker", on):
        return
    record = find_by_customs_code(view, broker)
    complaint = status_complaint(record, broker, on)
    if complaint is not None and record is None:
        findings.missing((CustomsCodeEntry.KIND, broker), complaint.code, complaint.text_en, complaint.text_zh)
    elif complaint is not None:
        findings.wrong(complaint.code, complaint.text_en, complaint.text_zh)


def _check_goods(declaration: Declaration, tariff: Tariff, view: View, findings: Findings) -> None:
    """Codes, units, rates of exchange and figures; taxes where these let them be worked out."""
    on, before = declaration.declared_on, len(findings.found)
    for item in declaration.items:
        if tariff.line(item.hs, on) is None:
            findings.wrong("E102", f"{item.hs} is no code of the tariff", f"税则号列 {item.hs} 不存在", item.number)
    for complaint in (
        *check_units(declaration, tariff, on),
        *check_rates(declaration, view.rules, on),
        *check_sums(declaration, view.rules, on),
    ):
        findings.wrong(complaint.code, complaint.text_en, complaint.text_zh, complaint.item)
    if len(findings.found) == before:
        for complaint in check_taxes(declaration, assess(declaration, tariff, view.rules, on), view.rules, on):
            findings.wrong(complaint.code, complaint.text_en, complaint.text_zh, complaint.item)
