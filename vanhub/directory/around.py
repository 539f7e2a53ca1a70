"""What is secured (ISO 9735-5) and encrypted (ISO 9735-7) above messages and packages: the groups of one interchange, and the interchange itself."""

from __future__ import annotations

from vanhub.directory.findings import Reading
from vanhub.directory.rulebook import Rules
from vanhub.directory.security import SecurityCheck
from vanhub.edifact.envelope import Envelope, Where
from vanhub.edifact.faults import Level
from vanhub.edifact.scanner import read_fields


class SecurityAround:
    """``take`` each security segment that stands outside messages and packages, say what else comes, and ``end`` with UNZ."""

    def __init__(self, envelope: Envelope, reading: Reading, rules: Rules) -> None:
        self._envelope = envelope
        self._reading = reading
        self._rules = rules
        self._interchange: SecurityCheck | None = None
        self._group: SecurityCheck | None = None
        self._encrypted: tuple[str, Where] | None = None  # 0518 and place of the USD that is open

    @property
    def is_begun(self) -> bool:
        """Whether there was a security segment so far."""
        return self._interchange is not None or self._group is not None

    def take(self, tag: str, text: str, where: Where, before: Where, end: int) -> None:
        """A security segment; ``before`` is where the one before it stands, ``end`` is one past its terminator."""
        security = self._open(before)
        is_first = not security.is_encrypted
        security.take(tag, text, where)
        if tag == "USD" and is_first:
            reference = read_fields(text, self._reading.marks, self._reading.repertoire.octets, where.offset).value(2)
            self._encrypted = (reference, where)
        elif tag == "USU":
            self.end_encrypted(end)

    def _open(self, before: Where) -> SecurityCheck:
        envelope, group = self._envelope, self._envelope.group
        security = self._interchange if group is None else self._group
        if security is None:
            begun = bool(envelope.messages or envelope.groups) if group is None else len(envelope.messages) > group.first_message
            level = Level.INTERCHANGE if group is None else Level.GROUP
            security = SecurityCheck(envelope, self._reading, self._rules, level, before, begun=begun)
            if group is None:
                self._interchange = security
            else:
                self._group = security
        return security

    def content(self, tag: str, where: Where) -> None:
        """A message, package or group begins."""
        if tag == "UNG":
            if self._interchange is not None:
                self._interchange.content(tag, where)
            self._group = None
            return
        security = self._interchange if self._envelope.group is None else self._group
        if security is not None:
            security.content(tag, where)

    def end_group(self, before: Where) -> None:
        """UNE came."""
        if self._group is not None:
            self._group.end(before, whole=True)
            self._group = None

    def end(self, before: Where) -> None:
        """The interchange's trailer came."""
        if self._interchange is not None:
            self._interchange.end(before, whole=True)

    def end_encrypted(self, end: int) -> None:
        """USU came, or what must end encrypted data that has none; ``end`` is one past what belongs to it."""
        if self._encrypted is not None:
            reference, where = self._encrypted
            self._encrypted = None
            self._envelope.add_encrypted(reference, where, end)
