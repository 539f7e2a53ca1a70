"""The service characters of an interchange: UNA or the defaults of its syntax version.

ISO 9735:1988 section 4 and 8 (versions 1-3: no repetition separator, UNA's fifth character is reserved and
sent as a space); ISO 9735-1:2002 (version 4: the fifth character is the repetition separator, default ``*``).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Separators:
    """Six service characters, each a ``bytes`` of length one; ``repetition`` and ``release`` may be a space (= not used)."""

    component: bytes = b":"
    element: bytes = b"+"
    decimal: bytes = b"."
    release: bytes = b"?"
    repetition: bytes = b" "
    terminator: bytes = b"'"

    @classmethod
    def default(cls, syntax_version: int) -> Separators:
        """What holds without UNA in ``syntax_version`` (1-4)."""
        return cls(repetition=b"*") if syntax_version >= 4 else cls()

    @classmethod
    def from_una(cls, una: bytes) -> Separators:
        """Of the nine bytes ``UNA......`` (component, element, decimal, release, repetition, terminator).

        Raises:
            ValueError: fewer than nine bytes, or not beginning with ``UNA``.
        """
        if len(una) < 9 or una[:3] != b"UNA":
            raise ValueError("a service string advice is UNA and six characters")
        component, element, decimal, release, repetition, terminator = (una[i : i + 1] for i in range(3, 9))
        return cls(component, element, decimal, release, repetition, terminator)

    @property
    def una(self) -> bytes:
        """The nine bytes that announce these separators."""
        return b"UNA" + self.component + self.element + self.decimal + self.release + self.repetition + self.terminator
