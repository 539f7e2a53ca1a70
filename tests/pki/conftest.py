from __future__ import annotations

import pytest

from tests.pki.judges import Ca


@pytest.fixture(scope="session")
def ca() -> Ca:
    return Ca.make()
