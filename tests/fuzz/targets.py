"""What has to hold for any octets. Each target takes some and raises ``AssertionError`` where something does not hold; any other exception is a finding as well.

The first octet chooses terms (encoding agreed, size of the pieces), so that one number of octets is one case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from vanhub.directory.check import CheckLimits, check_if_faultless, check_interchange
from vanhub.directory.load import open_directories
from vanhub.directory.stream import check_stream
from vanhub.edifact.aperak import parse_aperak
from vanhub.edifact.contrl import parse_contrl, render_contrl
from vanhub.edifact.explain import explain_report
from vanhub.edifact.framing import Ended, Framer, Octets
from vanhub.edifact.iso2022 import CodeExtension, measure
from vanhub.edifact.report import Party, Report, Verdict
from vanhub.packed import packed

_DIRECTORIES = open_directories(packed("schemas"))
_ENCODINGS = ("", "", "gb18030", "utf-8", "big5")
_SIZES = (1, 2, 3, 7, 16, 61, 1000)
_LIMITS = (CheckLimits(), CheckLimits(max_faults=3, max_segment_octets=40, max_messages=2, max_elements=6))
_HUB, _SENDER, _NOW = Party("HUB", "ZZZ"), Party("SENDER", "ZZZ"), datetime(2026, 1, 1, tzinfo=UTC)


def split(data: bytes) -> None:
    """A stream is split into the same interchanges whatever its pieces, and none of its octets is lost or doubled."""
    term, data = _term(data)
    whole = _units([data])
    assert _units(_pieces(data, term)) == whole
    end = 0
    for offset, octets, _ in whole:
        assert not data[end:offset].replace(b"\xef\xbb\xbf", b"").strip(b" \t\r\n")
        assert data.startswith(octets, offset)
        end = offset + len(octets)


def check(data: bytes) -> None:
    """A report is the same whatever the pieces and whichever way it was come by, tells of places within the octets, and can be acknowledged and explained."""
    term, data = _term(data)
    encoding, limits = _ENCODINGS[term % len(_ENCODINGS)], _LIMITS[term // 128]
    report = check_interchange(data, _DIRECTORIES, encoding=encoding, limits=limits)
    for each in check_stream([data], _DIRECTORIES, encoding=encoding, limits=limits):
        _hold(each, data)
    whole = list(check_stream([data], _DIRECTORIES, encoding=encoding, limits=limits))
    assert list(check_stream(_pieces(data, term), _DIRECTORIES, encoding=encoding, limits=limits)) == whole
    quick = check_if_faultless(data, _DIRECTORIES, encoding=encoding, limits=limits)
    assert quick in (None, report)
    _hold(report, data)
    answer = render_contrl(report, hub=_HUB, reference="1", prepared=_NOW, fallback_sender=_SENDER, encoding=encoding)
    assert len(parse_contrl(answer)) == 1
    checked = check_interchange(answer, _DIRECTORIES, encoding=encoding)
    assert checked.verdict is Verdict.ACCEPTED, (checked.faults, answer)
    assert explain_report(report, lambda offset, octets: data[offset : offset + octets], encoding=encoding).encode()


def answers(data: bytes) -> None:
    """Whatever a partner takes for a CONTRL or an APERAK is read, or refused with a ValueError."""
    for read in (parse_contrl, parse_aperak):
        try:
            read(data)
        except UnicodeError:
            raise  # a ValueError too, but of an octet that was forgotten
        except ValueError:
            pass  # no interchange begins here


def text(data: bytes) -> None:
    """Text with code extension is the same in any pieces, and every place in it leads back to octets."""
    term, data = _term(data)
    whole = CodeExtension().feed(data, last=True)
    extension = CodeExtension()
    assert "".join(map(extension.feed, _pieces(data, term))) + extension.feed(b"", last=True) == whole
    assert all(measure(whole[:at]) + measure(whole[at:]) == len(data) for at in range(0, len(whole), len(whole) // 8 + 1))


TARGETS: dict[str, Callable[[bytes], None]] = {"split": split, "check": check, "answers": answers, "text": text}


def _term(data: bytes) -> tuple[int, bytes]:
    return (data[0], data[1:]) if data else (0, b"")


def _pieces(data: bytes, term: int) -> list[bytes]:
    """At most a hundred and some, so that a case takes milliseconds."""
    size = max(_SIZES[term % len(_SIZES)], len(data) // 100)
    return [data[at : at + size] for at in range(0, len(data), size)]


def _units(pieces: Iterable[bytes]) -> list[tuple[int, bytes, Ended]]:
    """Of each unit: offset, octets, and how it ended."""
    framer, units, octets, offset = Framer(), [], b"", 0
    for events in (*map(framer.feed, pieces), framer.close()):
        for event in events:
            if isinstance(event, Octets):
                offset = offset if octets else event.offset
                assert event.offset == offset + len(octets)
                octets += event.data
            else:
                units.append((offset, octets, event))
                octets = b""
    assert not octets
    return units


def _hold(report: Report, data: bytes) -> None:
    """What every report keeps to."""
    assert 0 <= report.offset <= report.end <= len(data)
    assert report.faults_total >= len(report.faults)
    assert (report.verdict is Verdict.ACCEPTED) == (report.faults_total == 0)
    for fault in report.faults:
        assert 0 <= fault.offset <= len(data)
        assert fault.text("en").encode()
        assert fault.text("zh").encode()
        assert fault.code(report.header.syntax_version)
    for message in report.messages:
        assert report.offset <= message.offset < message.end <= report.end
