"""What time it is for an agency."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from vanhub.errors import OperatorError, TemporaryError

Clock = Callable[[], datetime]
"""Now, aware, in UTC."""


def system_clock() -> datetime:
    return datetime.now(UTC)


class FileClock:
    """The moment in a file (ISO 8601 with its offset: ``2006-03-20T01:00:00Z``) that somebody else writes: for rehearsals and simulations.

    Raises:
        OperatorError: the file has no moment when the clock is made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self()
        except TemporaryError as error:
            raise OperatorError(str(error)) from None

    def __call__(self) -> datetime:
        """Raises ``TemporaryError`` where the file has no moment now."""
        try:
            moment = datetime.fromisoformat(self._path.read_text(encoding="ascii").strip())
        except (OSError, ValueError) as error:
            raise TemporaryError(f"the clock {self._path} cannot be read: {error}", 1.0) from None
        if moment.tzinfo is None:
            raise TemporaryError(f"the clock {self._path} says {moment.isoformat()} without an offset; write {moment.isoformat()}Z", 1.0)
        return moment.astimezone(UTC)
