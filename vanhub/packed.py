"""Where the data that vanhub ships lies: in a wheel under ``vanhub/_packed``, in a checkout at its root.

``schemas``, ``mailboxes`` and ``examples`` exist once in the repository; the wheel's build maps them into the package.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def packed(folder: str) -> Path:
    """The shipped ``"schemas"``, ``"mailboxes"`` or ``"examples"``."""
    inside = _PACKAGE / "_packed" / folder
    return inside if inside.is_dir() else _PACKAGE.parent / folder
