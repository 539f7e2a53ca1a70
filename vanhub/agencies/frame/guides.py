"""Messages that break their guides, as the complaints that an agency answers them with."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from vanhub.agencies.errors import Complaint
from vanhub.directory.check import CheckLimits, check_interchange
from vanhub.directory.guides.load import GuideSet, open_guides
from vanhub.directory.load import SchemaDirectories, open_directories
from vanhub.edifact.guide_faults import GuideFault
from vanhub.packed import packed

# An answer with more reasons helps nobody.
_MOST_COMPLAINTS = 20
_LIMITS = CheckLimits(max_faults=100_000)


class GuideCheck:
    """By the guides that vanhub brings along, as the hub counts guide faults. They are read when they are first needed."""

    @cached_property
    def _schemas(self) -> tuple[SchemaDirectories, GuideSet]:
        directories = open_directories(packed("schemas"))
        return directories, open_guides(packed("schemas"), directories=directories)

    def complaints(self, octets: bytes) -> Mapping[int, tuple[Complaint, ...]]:
        """How messages of an interchange break their guides, by their places; the first message has place 1. Warnings are no complaints."""
        directories, guides = self._schemas
        found: dict[int, tuple[Complaint, ...]] = {}
        for fault in check_interchange(octets, directories, guides=guides, limits=_LIMITS).guide_faults:
            before = found.get(fault.message + 1, ())
            if not fault.warning and len(before) < _MOST_COMPLAINTS:
                found[fault.message + 1] = (*before, _complaint(fault))
        return found


def _complaint(fault: GuideFault) -> Complaint:
    english, chinese = (mark.join(filter(None, (fault.text(language), fault.repair(language)))) for language, mark in (("en", "; "), ("zh", "；")))
    return Complaint(fault.code, english, chinese)
