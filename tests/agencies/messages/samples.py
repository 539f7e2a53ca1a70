"""Where the samples are: of the guides, the examples, and the documents that stand beside the repository."""

from __future__ import annotations

from pathlib import Path

from vanhub.agencies.frame.message import Message, read_interchange
from vanhub.packed import packed

MESSAGES = Path(__file__).resolve().parents[2] / "directory" / "guides" / "messages"
EXAMPLES = packed("examples")
DOCUMENTS = Path(__file__).resolve().parents[4] / "shared" / "documents"


def read_sample(path: Path) -> Message:
    """The first message of a file that has an interchange, or a message alone."""
    found = path.read_bytes()
    return read_interchange(found if found.startswith((b"UNA", b"UNB")) else b"UNB+UNOC:3+A+B+061120:1200+1'" + found + b"UNZ+1+1'").messages[0]
