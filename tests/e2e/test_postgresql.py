"""The same hub with its store in PostgreSQL: the tests that could come out otherwise there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.e2e import test_duplicates, test_kill, test_large, test_mailbox
from tests.e2e.hub import Partner, RunningHub
from tests.e2e.interchanges import large, new_reference
from tests.e2e.ways import by_tcp, uci
from tests.store.conftest import cluster

pytestmark = [pytest.mark.e2e, pytest.mark.postgresql]
__all__ = ["cluster"]  # a fixture


@pytest.fixture(scope="module")
def new_hub(cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], RunningHub]]:
    """Makes homes whose store is a database of its own."""
    made: list[RunningHub] = []

    def make() -> RunningHub:
        name = f"hub{len(made)}"
        with closing(psycopg.connect(f"host={cluster} user=vanhub dbname=postgres", autocommit=True)) as conn:
            conn.execute(f"CREATE DATABASE {name}")
        url = f'"postgresql+psycopg://vanhub@/{name}?host={cluster}"'
        made.append(RunningHub(tmp_path_factory.mktemp("e2e") / "home", settings={"url": url, "lost_leases": "2"}))
        return made[-1]

    yield make
    for hub in made:
        hub.close()


@pytest.fixture(scope="module")
def hub(new_hub: Callable[[], RunningHub]) -> Iterator[RunningHub]:
    running = new_hub().start()
    yield running
    assert running.json("doctor")["findings"] == []
    assert running.stop() == 0
    assert not (running.path / "var" / "vanhub.db").exists()


@pytest.fixture(scope="module")
def sender(hub: RunningHub) -> Partner:
    return hub.add_partner("twice", "TWICE:ZZZ", "POSTER:ZZZ", sftp=True)


receiver = test_duplicates.receiver
test_eight_at_once_by_all_ways = test_duplicates.test_eight_at_once_by_all_ways
test_other_content_under_the_same_reference = test_duplicates.test_other_content_under_the_same_reference

owner, api = test_mailbox.owner, test_mailbox.api
test_claim_collect_commit = test_mailbox.test_claim_collect_commit
test_release_extend_and_stale_claims = test_mailbox.test_release_extend_and_stale_claims
test_lost_leases_quarantine_and_free = test_mailbox.test_lost_leases_quarantine_and_free


def test_large_interchange(hub: RunningHub, sender: Partner) -> None:
    vast = hub.add_partner("vast", "VAST:ZZZ")
    reference = new_reference()
    octets = large("TWICE:ZZZ", "VAST:ZZZ", reference, test_large.OCTETS)
    answer = by_tcp(hub, sender, octets)
    assert uci(answer) == (reference, "7", "")
    assert by_tcp(hub, sender, octets) == answer
    assert [octets for _, octets in test_large.collect(hub, vast)] == [octets]


test_kill_on_postgresql = test_kill.test_kill
