from __future__ import annotations

from asn1crypto import core
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vanhub.pki import der


@given(st.integers(0, 1 << 130))
@example(0)
@example(127)
@example(128)
@settings(max_examples=100, deadline=None)
def test_integers_are_those_of_another_encoder(value: int) -> None:
    assert der.integer(value) == core.Integer(value).dump()


@given(st.integers(0, 39), st.lists(st.integers(0, 1 << 128), max_size=4))
@example(25, [173051187382396220313003056076332026666, 1])
@settings(max_examples=100, deadline=None)
def test_object_identifiers_are_those_of_another_encoder(second: int, arcs: list[int]) -> None:
    dotted = ".".join(map(str, (2, second, *arcs)))
    assert der.object_identifier(dotted) == core.ObjectIdentifier(dotted).dump()


@given(st.sampled_from([0, 1, 127, 128, 255, 256, 65_535, 65_536]), st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_lengths_are_those_of_another_encoder(length: int, extra: int) -> None:
    content = bytes(length + extra)
    assert der.tlv(der.OCTET_STRING, content[:extra], content[extra:]) == core.OctetString(content).dump()


@given(st.lists(st.integers(0, 1 << 20), max_size=8))
@settings(max_examples=100, deadline=None)
def test_a_set_is_ordered_as_by_another_encoder(values: list[int]) -> None:
    class Integers(core.SetOf):  # type: ignore[misc]  # asn1crypto is not annotated
        _child_spec = core.Integer

    assert der.set_of(der.SET, map(der.integer, values)) == Integers(values).dump()
