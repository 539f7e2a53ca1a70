"""``python -m tests.fuzz TARGET FOLDER [libFuzzer's options]``: fuzzes one target; its corpus and what it finds lie in FOLDER. Needs atheris."""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["vanhub.edifact", "vanhub.directory"]):
    from tests.fuzz.targets import TARGETS
    from vanhub.packed import packed

# What interchanges are made of, so that a random change may be a likely one.
WORDS = (
    *(b"UNA:+.? '", b"UNB+UNOB:2+A+B+260101:1200+R'", b"UNB+UNOX:3+", b"UNB+UNOC:4+A+B+20260101:1200+R'", b"UNZ+1+R'", b"UNG+", b"UNE+1+", b"UIB+UNOA:4", b"UIZ"),
    *(b"UNH+1+CUSDEC:D:96B:UN'", b"UNH+1+CONTRL:D:3:UN'", b"UNH+1+APERAK:D:96B:UN'", b"UNT+2+1'", b"UNO+1+", b"UNP+", b"USH+", b"UST+", b"USD+", b"USU+", b"UNS+D'"),
    *(b"UCI+R+A+B+4+18'", b"UCM+", b"UCS+2+13'", b"UCD+13+2:1'", b"ERC+", b"FTX+AAO+++", b"RFF+ACW:", b"BGM+929+1+9'", b"DTM+137:20060101:102'"),
    *(b"\x1b$B", b"\x1b(B", b"\x1b$)C", b"\x1bN", b"\x1b~", b"\x0e", b"\x0f", b"\x8e", b"\x81\x30\x81\x30", "上海".encode("gb18030"), "上海".encode(), b"\xef\xbb\xbf"),
    *(b"::7", b"UNOY:4::8", b"++", b"::", b"??", b"?'", b"'\r\n", b"*"),
)  # fmt: skip


def main(name: str, folder: Path, *options: str) -> None:
    corpus = folder / name
    corpus.mkdir(parents=True, exist_ok=True)
    for example in packed("examples").glob("*.edi"):
        (corpus / example.name).write_bytes(b"\0" + example.read_bytes() if name != "answers" else example.read_bytes())
    words = folder / "words"
    words.write_text("".join('"' + "".join(f"\\x{octet:02x}" for octet in word) + '"\n' for word in WORDS))
    found = f"-artifact_prefix={folder}/{name}-"
    atheris.Setup([sys.argv[0], f"-dict={words}", found, "-timeout=10", "-rss_limit_mb=2048", "-max_len=1500", *options, str(corpus)], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
