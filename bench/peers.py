"""Our check beside what others make of the same octets, on one core in one run. What each of them looks at is stated; none but ours looks at codes or counts.

Messages of about 2 KB in one interchange, as in ``bench.check``. Peers: pydifact's parse, and ts-edifact's parse under Node.js without its validator, which has
no CUSDEC. ts-edifact is taken from npm into a folder that is thrown away; where there is no npm, or it cannot install it, the row says so. Processor time
(Node's has its collector's in it), the best of several runs in one process, so that compilers have warmed up.
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

from pydifact.segmentcollection import Interchange

from bench import Figure
from bench.check import MESSAGES, interchange, megabytes_a_second
from vanhub.directory.check import check_interchange
from vanhub.directory.load import open_directories
from vanhub.packed import packed

VERSION = "0.0.14"
RUNS = 7
# Of the package only these modules: its entry point needs a parser of HTML that it does not ask for.
SCRIPT = """
const fs = require("fs");
const { Parser } = require("ts-edifact/lib/parser");
const text = fs.readFileSync(process.argv[2], "latin1");
let best = Infinity, segments = 0;
for (let run = 0; run < Number(process.argv[3]); run++) {
    segments = 0;
    const parser = new Parser();
    parser.onOpenSegment = () => { segments++; };
    parser.onElement = () => {};
    parser.onComponent = () => {};
    const before = process.cpuUsage();
    parser.write(text);
    parser.end();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, user + system);
}
console.log(JSON.stringify({ segments, seconds: best / 1e6, node: process.version }));
"""


def measure() -> Iterator[Figure]:
    directories = open_directories(packed("schemas"))
    data = interchange(MESSAGES)
    ours = megabytes_a_second(lambda: check_interchange(data, directories), len(data), RUNS)
    yield Figure("vanhub, full check", ours, "MB/s", detail="envelope, counts, structure, elements, codes; every fault with its place")
    few = interchange(MESSAGES // 15).decode()
    warnings.simplefilter("ignore")  # pydifact has no service segments of its own for syntax version 2
    rate = megabytes_a_second(lambda: list(Interchange.from_str(few).segments), len(few), 2)
    yield Figure("pydifact, parse", rate, "MB/s", detail="separators and release characters")
    yield _ts_edifact(data)


def _ts_edifact(data: bytes) -> Figure:
    name = "ts-edifact, parse"
    if shutil.which("npm") is None or shutil.which("node") is None:
        return Figure(name, math.nan, "MB/s", detail="not measured: Node.js with npm is not installed")
    with tempfile.TemporaryDirectory() as folder:
        install = ["npm", "install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", f"ts-edifact@{VERSION}"]
        if subprocess.run(install, capture_output=True, check=False, timeout=300).returncode:
            return Figure(name, math.nan, "MB/s", detail="not measured: npm could not install it")
        script, sample = Path(folder) / "parse.js", Path(folder) / "sample.edi"
        script.write_text(SCRIPT)
        sample.write_bytes(data)
        done = subprocess.run(["node", str(script), str(sample), str(RUNS)], capture_output=True, check=True, cwd=folder, timeout=600)
    result = json.loads(done.stdout)
    if result["segments"] != data.count(b"'"):
        raise AssertionError(f"ts-edifact saw {result['segments']} segments of {data.count(bytes([0x27]))}")
    detail = f"separators, release characters and the characters of the repertoire; {VERSION} under Node.js {result['node']}"
    return Figure(name, len(data) / 1e6 / result["seconds"], "MB/s", detail=detail)
