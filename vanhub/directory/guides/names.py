"""What the names in a guide mean: places of a message's segment table, data elements of a segment.

``BGM`` is a segment of the message itself, ``SG5`` a group, ``SG5/LOC`` a segment in it. Groups have the numbers of the directory, which are unique in a message, so
that a group in a group is named by its own number alone. Where a tag stands at several places of one level, ``UNS`` is all of them and ``UNS#2`` the second.
``3225`` is a data element, ``C517`` a composite, ``1131#2`` the second ``1131`` of the segment, counted as the directory lists them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vanhub.directory.elements import LIST_AGENCY, LIST_NAME, members_of
from vanhub.directory.guides.model import Spot, Where
from vanhub.directory.guides.text import nearest
from vanhub.directory.model import CompositeUse, Directory, ElementUse, MessageDefinition, SegmentDefinition
from vanhub.directory.table import Place, SegmentTable

_AT = re.compile(r"(?:SG(?P<group>[0-9]+))?(?P<slash>/)?(?P<tag>[A-Z]{3})?(?:#(?P<number>[1-9][0-9]*))?")
_ELEMENT = re.compile(r"(?P<id>[A-Z]?[0-9]{3,4})(?:#(?P<number>[1-9][0-9]{0,4}))?")


@dataclass(frozen=True, slots=True)
class Places:
    """What a name of a place stands for: places of one level with one tag. ``parent`` is the group around them."""

    at: str
    places: tuple[Place, ...]
    parent: Place

    @property
    def tag(self) -> str:
        return self.places[0].tag

    @property
    def group(self) -> int:
        return self.places[0].group

    @property
    def indices(self) -> tuple[int, ...]:
        return tuple(place.index for place in self.places)


class MessageNames:
    """The names of one message type of a directory."""

    def __init__(self, definition: MessageDefinition, directory: Directory, service: Directory) -> None:
        self.table = SegmentTable(definition)
        self._message = f"{definition.type} {definition.directory}"
        self._directory = directory
        self._service = service
        self.every = (self.table.root, *_below(self.table.root))
        self._groups = {place.group: place for place in self.every[1:] if place.group}

    def places(self, at: str) -> Places:
        """Raises ``ValueError``, which names the nearest, where the message has no such place."""
        match = _AT.fullmatch(at)
        if match is None or not at or bool(match["slash"]) != bool(match["group"] and match["tag"]):
            raise ValueError(f"it is written as BGM, SG5 or SG5/LOC{nearest(at, self._known())}")
        parent = self.table.root
        if match["group"]:
            found = self._groups.get(int(match["group"]))
            if found is None:
                raise ValueError(f"{self._message} has no group {match['group']}{nearest(at, self._known())}")
            parent = found
        if not match["tag"]:
            return Places(at, (parent,), parent.parent or parent)
        places = [place for place in parent.children if not place.children and place.tag == match["tag"]]
        if match["number"]:
            places = places[int(match["number"]) - 1 : int(match["number"])]
        if not places:
            around = f"SG{parent.group} of " if match["group"] else ""
            raise ValueError(f"there is no {match['tag']} directly in {around}{self._message}{nearest(at, self._known())}")
        return Places(at, tuple(places), parent)

    def _known(self) -> list[str]:
        return [
            f"SG{place.group}"
            if place.group
            else place.tag
            if place.parent is self.table.root or place.parent is None
            else f"SG{place.parent.group}/{place.tag}"
            for place in self.every[1:]
        ]

    def segment(self, tag: str) -> SegmentDefinition:
        """As the directory or, for a service segment, syntax version 4 defines it: what version 3 has of one stands at the same places."""
        found = self._directory.segment(tag) or self._service.segment(tag)
        if found is None:
            raise ValueError(f"segment {tag} is not defined")
        return found

    def spot(self, tag: str, id: str) -> Spot:
        """Raises ``ValueError``, which names the nearest, where the segment has no such element."""
        match = _ELEMENT.fullmatch(id)
        definition = self.segment(tag)
        found = _spot(definition, match["id"], int(match["number"] or 1)) if match is not None else None
        if found is None:
            raise ValueError(f"{tag} has no element {id}{nearest(id, dict.fromkeys(_ids(definition)))}")
        return found

    def element_name(self, id: str) -> str:
        return self._directory.element_name(id) or self._service.element_name(id) or id

    def segment_name(self, tag: str) -> str:
        return self.segment(tag).name

    def codes(self, tag: str, spot: Spot) -> Mapping[str, str] | None:
        """The list of a coded element, None where it has none that is closed at this spot: the composite may name another one."""
        use = self.segment(tag).elements[spot.place - 1]
        names_list = isinstance(use, CompositeUse) and any(member.id in (LIST_NAME, LIST_AGENCY) for member in use.components)
        if names_list and spot.id != LIST_AGENCY:
            return None
        source = self._directory if self._directory.segment(tag) is not None else self._service
        return source.codes(spot.id)


def trigger_of(place: Place) -> Place:
    """The segment that begins a group; a segment is its own."""
    while place.children:
        place = place.children[0]
    return place


def anchor_of(scope: Place, place: Place) -> Place:
    """The innermost group (or the message) that holds both, ``scope`` being one of those that hold itself."""
    around = {each.index for each in path_to(scope)}
    return next(each for each in path_to(place) if each.index in around and each is not place)


def path_to(place: Place) -> Iterator[Place]:
    """A place and the groups around it, from within; the message last."""
    each: Place | None = place
    while each is not None:
        yield each
        each = each.parent


def as_sent(tag: str, where: Where) -> str:
    """``LOC+22``, ``MEA+AAX+AAD``: a segment as it is sent, as far as these values tell it."""
    elements: dict[int, dict[int, str]] = {}
    for match in where:
        elements.setdefault(match.spot.spread, {})[max(match.spot.component, 0)] = "/".join(sorted(match.values))
    parts = [tag]
    for at in range(1, max(elements, default=0) + 1):
        components = elements.get(at, {})
        parts.append(":".join(components.get(component, "") for component in range(max(components, default=0) + 1)))
    return "+".join(parts)


def _below(place: Place) -> Iterator[Place]:
    for child in place.children:
        yield child
        yield from _below(child)


def _ids(definition: SegmentDefinition) -> Iterator[str]:
    for use in definition.elements:
        yield use.id
        if isinstance(use, CompositeUse):
            yield from (member.id for member in use.components)


def _spot(definition: SegmentDefinition, id: str, number: int) -> Spot | None:
    """The occurrence ``number`` of ``id``, which may be one of very many: places are counted, not listed."""
    spread = 1
    for place, use in enumerate(definition.elements, 1):
        components = members_of(use) if isinstance(use, CompositeUse) else []
        found: list[tuple[int, ElementUse | None]] = [(at, member) for at, member in enumerate(components) if member.id == id]
        if use.id == id:
            found = [(-1, use if isinstance(use, ElementUse) else None)]
        if found:
            repetition, which = divmod(number - 1, len(found))
            if repetition < use.most:
                component, element = found[which]
                return Spot(id, spread + repetition, place, repetition, use.most > 1, component, element.representation if element is not None else None)
            number -= len(found) * use.most
        spread += use.most
    return None
