"""The agencies that there are, by name: what ``vanhub agency run NAME`` runs."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from functools import partial

from vanhub.agencies.customs.program import Customs
from vanhub.agencies.foreign_customs.program import ForeignCustoms
from vanhub.agencies.foreign_exchange.program import ForeignExchange
from vanhub.agencies.frame.agency import Agency
from vanhub.agencies.inspection.program import Inspection
from vanhub.agencies.licensing.program import Licensing
from vanhub.agencies.registry.program import Registry
from vanhub.errors import OperatorError

PROGRAMS: dict[str, Callable[[], Agency]] = {
    "customs": Customs,
    "foreign-exchange": ForeignExchange,
    "inspection": Inspection,
    "licensing": Licensing,
    "registry": Registry,
    **{name: partial(ForeignCustoms, name) for name in ("foreign-customs-us", "foreign-customs-eu", "foreign-customs-ca", "foreign-customs-tr")},
}
"""Name, as in ``mailboxes/NAME.toml`` -> what makes its program."""


def open_program(name: str) -> Agency:
    """Raises ``OperatorError`` for a name that no program has; the text names the nearest, or all where none is near."""
    if name not in PROGRAMS:
        nearest = difflib.get_close_matches(name, PROGRAMS, n=1)
        raise OperatorError(
            f"there is no program for an agency {name!r}; " + (f"the nearest is {nearest[0]}" if nearest else f"there are {', '.join(PROGRAMS)}")
        )
    return PROGRAMS[name]()
