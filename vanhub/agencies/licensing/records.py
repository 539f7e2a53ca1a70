"""What licensing keeps: applications, licences, usage reports, what quotas were used for, alerts."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from vanhub.agencies.errors import Complaint
from vanhub.agencies.messages.licence import Licence, LicenceApplication, LicenceStatus, LicenceUsage


class ApplicationState(enum.StrEnum):
    PENDING = "pending"
    """An officer has it."""
    GRANTED = "granted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Application:
    """An application that was decided, or is before an officer. ``sender``: its EDI address; ``interchange``, ``message``: 0020 and 0062; ``licence``: the one that was granted, changed or withdrawn; ``complaints``: why it
    was refused."""

    KIND: ClassVar[str] = "application"

    asked: LicenceApplication
    sender: str
    interchange: str
    message: str
    received_at: datetime
    state: ApplicationState
    licence: str = ""
    complaints: tuple[Complaint, ...] = ()

    @property
    def key(self) -> str:
        return application_key(self.sender, self.asked.reference)


def application_key(sender: str, reference: str) -> str:
    """Each applicant has numbers of its own."""
    return f"{sender}/{reference}"


@dataclass(frozen=True, slots=True)
class LicenceFile:
    """A licence as it stands now. ``sender``: who applied; ``recipients``: who was told, in order; ``usages``: numbers of the usage reports that stand, in order; ``lapsed``: what was left is no more."""

    KIND: ClassVar[str] = "licence"

    licence: Licence
    sender: str
    recipients: tuple[str, ...]
    usages: tuple[str, ...] = ()
    lapsed: bool = False

    @property
    def key(self) -> str:
        return self.licence.number

    @property
    def ended(self) -> bool:
        """Nothing can be used any more, whatever the dates say."""
        return self.lapsed or self.licence.status is LicenceStatus.WITHDRAWN


@dataclass(frozen=True, slots=True)
class Usage:
    """A usage report that was written off, or taken back."""

    KIND: ClassVar[str] = "usage"

    report: LicenceUsage
    cancelled: bool = False

    @property
    def key(self) -> str:
        return self.report.number


@dataclass(frozen=True, slots=True)
class WriteOff:
    """What came back to the issuing office on a day (China's): one usage report, or that one was taken back. Listed by office and day: ``44/2006-04-10/``."""

    KIND: ClassVar[str] = "write-off"

    office: str
    day: date
    usage: str
    licence: str
    declaration: str
    cancelled: bool

    @property
    def key(self) -> str:
        return f"{self.office}/{self.day}/{self.usage}/{'back' if self.cancelled else 'used'}"


@dataclass(frozen=True, slots=True)
class QuotaMonth:
    """What an office licensed of a quota in a month (CCYYMM), what came back from licences unused, and what was used by declarations of the month, in the quota's own unit."""

    KIND: ClassVar[str] = "quota-month"

    quota: str
    office: str
    month: str
    licensed: Decimal = Decimal(0)
    returned: Decimal = Decimal(0)
    used: Decimal = Decimal(0)

    @property
    def key(self) -> str:
        return f"{self.quota}/{self.office}/{self.month}"


@dataclass(frozen=True, slots=True)
class Serial:
    """The last serial number that an office (two digits) gave in a year (four)."""

    KIND: ClassVar[str] = "serial"

    office: str
    year: int
    last: int

    @property
    def key(self) -> str:
        return serial_key(self.office, self.year)


def serial_key(office: str, year: int) -> str:
    return f"{office}/{year}"


@dataclass(frozen=True, slots=True)
class Alert:
    """What an officer should look at. ``subject``: ``usage U06-AB-300123-01``."""

    KIND: ClassVar[str] = "alert"

    subject: str
    raised_at: datetime
    complaints: tuple[Complaint, ...]

    @property
    def key(self) -> str:
        return self.subject
