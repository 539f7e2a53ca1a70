"""The chain of digests through an agency's postings: none of them can be changed without changing all behind it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

BEFORE_ALL = ""
"""What stands before the first posting."""


def chained(before: str, number: int, event: int, document: str, purpose: str, reverses: int | None, entries: Sequence[tuple[str, str, str, str, int]]) -> str:
    """SHA-256, in lower-case hex, over the JSON array of the digest of the posting before and this one; ``entries``: book, owner, unit, part and millionths, in their order."""
    # Whatever a damaged database has instead is digested too, and found to be something else.
    written = json.dumps([before, number, event, document, purpose, reverses, entries], ensure_ascii=False, separators=(",", ":"), default=repr)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()
