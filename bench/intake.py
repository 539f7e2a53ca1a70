"""Durable, checked, signed acceptance of 2 KB interchanges over TLS: hub and load on the same machine.

A hub with its defaults in a temporary home, SQLite, ``synchronous=FULL``; the import declaration of ``examples/`` under a new reference each time,
which goes to two mailboxes (customs, and a copy for the e-port). Yardsticks of the same run: fsyncs of one small append, and pydifact's parse.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydifact.segmentcollection import Interchange

from bench import Figure
from vanhub.cli.stage import Stage
from vanhub.packed import packed

_EXAMPLE = packed("examples") / "cusdec-import.edi"
_SECONDS = 6.0


def measure() -> Iterator[Figure]:
    interchange = _doubled(_EXAMPLE.read_bytes())
    yield Figure("fsync of one append", _fsyncs(), "/s", detail="yardstick")
    yield Figure("pydifact, parse only", _pydifact(interchange), "/s", detail=f"yardstick: the same {len(interchange):,} octets")
    with Stage() as stage:
        (stage.folder / "interchange.edi").write_bytes(interchange)
        stage.init()
        (stage.home / "hub.toml").write_text((stage.home / "hub.toml").read_text().replace('level = "info"', 'level = "warning"'))
        begun = time.perf_counter()
        ports = stage.start()
        yield Figure("from `vanhub serve` to ready", time.perf_counter() - begun, "s", goal=1.5, at_most=True)
        stage.vanhub("partner", "add", "broker", "--edi", "SKBROKER:ZZZ", "--certificate", str(stage.folder / "broker"))
        yield Figure("memory of the idle hub", _rss(stage) / 2**20, "MiB", goal=120, at_most=True)
        _load(ports["tcp"], stage.folder / "broker", 4, 2.0, "W")
        alone = _load(ports["tcp"], stage.folder / "broker", 1, _SECONDS, "A")
        yield Figure("one connection, no pipelining, p50", statistics.median(alone["latencies"]) * 1e3, "ms", goal=10, at_most=True)
        many = [_load(ports["tcp"], stage.folder / "broker", 16, _SECONDS, prefix) for prefix in ("B", "C", "D")]
        rate = statistics.median(run["rate"] for run in many)
        latencies = sorted(value for run in many for value in run["latencies"])
        yield Figure("accepted, 16 connections", rate, "/s", goal=1500, detail=f"median of {len(many)} runs of {_SECONDS:g} s")
        yield Figure("   p50", latencies[len(latencies) // 2] * 1e3, "ms")
        yield Figure("   p99", latencies[len(latencies) * 99 // 100] * 1e3, "ms", goal=100, at_most=True)
        yield Figure("memory after it", _rss(stage) / 2**20, "MiB")
        stage.stop()


def _load(port: int, folder: Path, connections: int, seconds: float, prefix: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench._load", str(port), str(folder), str(folder.parent / "interchange.edi"), str(connections), str(seconds), prefix]
    done = subprocess.run(command, capture_output=True, check=True, timeout=seconds + 60)
    result = json.loads(done.stdout)
    return {"rate": result["sent"] / result["seconds"], **result}


def _rss(stage: Stage) -> int:
    """Resident octets of the daemon."""
    pid = stage.json("status")["pid"]
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def _fsyncs() -> float:
    with tempfile.NamedTemporaryFile() as file:

        def append() -> None:
            file.write(b"x" * 2048)
            file.flush()
            os.fsync(file.fileno())

        return _rate(append)


def _doubled(interchange: bytes) -> bytes:
    """The one message twice, under two references."""
    start, end = interchange.index(b"UNH+"), interchange.index(b"UNZ+")
    message = interchange[start:end]
    reference = message.split(b"+", 2)[1]
    second = message.replace(b"UNH+" + reference, b"UNH+" + reference + b"B", 1)
    head, tail = second.rsplit(b"+" + reference + b"'", 1)
    return interchange[:end] + head + b"+" + reference + b"B'" + tail + interchange[end:].replace(b"UNZ+1", b"UNZ+2")


def _pydifact(interchange: bytes) -> float:
    text = interchange.decode("latin-1").replace("\n", "")
    warnings.simplefilter("ignore")  # it warns of each segment that it has no table for
    return _rate(lambda: list(Interchange.from_str(text).get_messages()))


def _rate(act: Callable[[], object], seconds: float = 1.0) -> float:
    count, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        act()
        count += 1
    return count / (time.perf_counter() - begun)
