"""The ``vanhub`` command with the tests' small agency among the programs."""

from __future__ import annotations

from tests.agencies.frame.tiny import Tiny
from vanhub.agencies.programs import PROGRAMS
from vanhub.cli.main import main

PROGRAMS["tiny"] = Tiny

if __name__ == "__main__":
    main()
