"""A process that accepts is killed at moments of chance: what it promised is there, whole; what it did not promise is there whole or not at all."""

from __future__ import annotations

import hashlib
import multiprocessing
import random
import signal
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from tests.store.accepting import accept_for_ever, build
from vanhub.store import Store, doctor, interchanges
from vanhub.values.records import InterchangeFilter

# Its processes are forks of one that has the modules loaded and runs no thread.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.store.accepting"])
KILLS = {"sqlite": 8, "postgresql": 2}


def accept_until_killed(url: str, folder: Path, first: int, after: int) -> list[str]:
    """Run the process until it promised ``after`` interchanges, kill it, and return all that it promised."""
    told, telling = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=accept_for_ever, args=(url, folder, first, telling), daemon=True)
    process.start()
    telling.close()
    promised: list[str] = []
    try:
        while True:
            promised.append(told.recv())
            if len(promised) == after:
                process.kill()
    except EOFError:
        process.join()
    assert process.exitcode == -signal.SIGKILL
    return promised


def test_nothing_promised_is_lost(url: str, tmp_path: Path) -> None:
    chance = random.Random(20261121)
    folder = tmp_path / "content"
    promised: list[str] = []
    kills = KILLS[url.partition("+")[0].partition(":")[0]]
    for kill in range(kills):
        promised += accept_until_killed(url, folder, kill * 100_000 + 1, chance.randrange(1, 120))
    assert len(promised) == len(set(promised)) >= kills
    with closing(Store.open(url, folder, clock=lambda: datetime.now(UTC))) as store:
        for interchange in promised:
            expected = build(int(interchange.removeprefix("i")))
            record = store.look(interchanges.get_interchange, interchange)
            content = store.content().read(record.content, 0, record.size)
            assert hashlib.sha256(content).hexdigest() == record.sha256 == expected.sha256
            assert store.look(interchanges.get_acknowledgement, interchange).contrl == expected.acknowledgement
            assert len(store.look(interchanges.trace, interchange)["deliveries"]) == 1
        # Beyond what was promised at most what was in flight is there, and everything that is there is whole.
        assert store.look(doctor.conservation) == []
        for record in store.look(interchanges.find_interchanges, InterchangeFilter(limit=1_000_000)):
            assert hashlib.sha256(store.content().read(record.content, 0, record.size)).hexdigest() == record.sha256
