"""An agency at work: claim, decide, write, send, commit, round after round.

All that a round decides is one transaction, written before anything leaves. What is to be sent and what is to be committed at the hub stands in the store then, and is done
afterwards, as often as it takes: the hub answers a repeat with its first answer, and a delivery that comes again is known by its id. So a crash anywhere repeats
nothing and loses nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from vanhub.agencies.frame.batch import Batch, Office
from vanhub.agencies.frame.bell import Bell
from vanhub.agencies.frame.clock import Clock
from vanhub.agencies.frame.desk import answer
from vanhub.agencies.frame.events import is_due, list_due, next_due
from vanhub.agencies.frame.guides import GuideCheck
from vanhub.agencies.frame.inbox import add_delivery, is_delivered, list_claims, renew_claim
from vanhub.agencies.frame.mailbox import Claim, Mailbox, Uncollectable
from vanhub.agencies.frame.moments import to_microseconds
from vanhub.agencies.frame.outbox import find_unsent, record_answer
from vanhub.agencies.frame.requests import find_unanswered
from vanhub.errors import TemporaryError

_log = structlog.get_logger("vanhub.agency")

# So many octets are taken in one transaction; what is larger alone is taken alone.
_MOST_OCTETS = 64 << 20
_LONGEST_PAUSE_S = 30.0


@dataclass(frozen=True, slots=True)
class Manner:
    """How the loop goes about it; the keys of agency.toml."""

    slot: str = "production"
    claim: int = 50
    lease_s: int = 120
    poll_s: float = 5.0


class Loop:
    """The rounds of one agency. One at a time works on a store."""

    def __init__(self, engine: Engine, office: Office, mailbox: Mailbox, clock: Clock, bell: Bell, manner: Manner) -> None:
        self._engine = engine
        self._office = office
        self._mailbox = mailbox
        self._clock = clock
        self._bell = bell
        self._manner = manner
        self._guides = GuideCheck()
        self._drained = False

    def run(self) -> None:
        """Rounds until the bell says to stop. What is out of order for a while (the hub, the disk) is waited for."""
        failures = 0
        while not self._bell.stopping:
            try:
                self.round()
                failures = 0
            except (TemporaryError, OperationalError) as error:
                failures += 1
                pause = min(_LONGEST_PAUSE_S, max(getattr(error, "retry_after_s", 1.0), 0.5 * 2 ** min(failures, 10)))
                _log.warning("waiting", error=str(error), seconds=pause)
                self._drained = False
                self._bell.wait(pause)

    def round(self) -> bool:
        """Take what there is, decide, send, commit. Whether there was anything.

        Raises:
            HubAway: the round is to be repeated later.
        """
        self._bell.quiet()
        # Officers do not wait for the hub.
        asked = self._answer_requests()
        # What a round before could not do: nothing new is taken while it cannot be done.
        self._send()
        self._commit()
        # What was asked may have something to send: then there is no time to wait for mail.
        wait_s = self._patience() if self._drained and not asked else 0
        claims = self._mailbox.claim(self._manner.claim, self._manner.lease_s, self._manner.slot, wait_s)
        # An agency that was away reads its mail before it lets deadlines pass.
        self._drained = not claims
        worked = self._work(claims)
        self._send()
        self._commit()
        return bool(claims) or worked or asked

    def _patience(self) -> float:
        """Seconds for which a claim may wait: less where something is due before."""
        with self._engine.connect() as conn:
            due = next_due(conn)
        if due is None:
            return self._manner.poll_s
        return max(0.0, min(self._manner.poll_s, (due - to_microseconds(self._clock())) / 1e6))

    def _answer_requests(self) -> bool:
        asked = False
        while not self._bell.stopping:
            with self._engine.connect() as conn:
                request = find_unanswered(conn)
            if request is None:
                break
            with self._engine.begin() as conn:
                answer(conn, self._office, request, self._clock())
            asked = True
        return asked

    def _work(self, claims: Sequence[Claim]) -> bool:
        """One transaction: what came, or where nothing did, what is due. Whether anything was."""
        collected = self._collect(claims)
        moment = self._clock()
        new = [(claim, octets) for claim, octets in collected if octets is not None]
        with self._engine.begin() as conn:
            for claim, octets in collected:
                if octets is None:
                    renew_claim(conn, claim.id, claim.token)
            due = () if claims else list_due(conn, moment)
            if new or due:
                batch = Batch(conn, self._office, moment)
                for claim, octets in new:
                    add_delivery(conn, claim.id, octets, claim.sha256, claim.token)
                    for event in batch.inbox.events(claim.id, self._guides.complaints(octets) if claim.guide_faults else {}):
                        batch.take(event)
                for event in due:
                    if is_due(conn, event, moment):
                        batch.take(event)
                batch.close()
        return bool(new or due)

    def _collect(self, claims: Sequence[Claim]) -> list[tuple[Claim, bytes | None]]:
        """The octets of each delivery; None for one that was taken before. What is too much for one transaction is given back; one that cannot be had does not hold up the others, and comes
        again when its lease has run out.
        """
        collected: list[tuple[Claim, bytes | None]] = []
        left = _MOST_OCTETS
        with self._engine.connect() as conn:
            known = {claim.id for claim in claims if is_delivered(conn, claim.id)}
        for claim in claims:
            if claim.id in known:
                collected.append((claim, None))
            elif claim.size <= left or left == _MOST_OCTETS:
                try:
                    octets = self._mailbox.content(claim)
                    if hashlib.sha256(octets).hexdigest() != claim.sha256:
                        raise Uncollectable(f"delivery {claim.id} was not collected whole")
                except Uncollectable as error:
                    _log.warning("a delivery is left for later", error=str(error))
                    continue
                collected.append((claim, octets))
                left -= claim.size
            else:
                self._mailbox.release(claim.id, claim.token)
        return collected

    def _send(self) -> None:
        """What the hub has not answered yet, oldest first."""
        while True:
            with self._engine.connect() as conn:
                leaving = find_unsent(conn)
            if leaving is None:
                return
            receipt = self._mailbox.post(leaving.octets)
            with self._engine.begin() as conn:
                record_answer(conn, leaving.number, receipt.answer, receipt.explanation)
            if receipt.answer != "accepted":
                _log.error(
                    "the hub has not accepted an interchange", reference=leaving.reference, to=leaving.recipient, **_said(receipt.answer, receipt.explanation)
                )
            elif receipt.guide_faults:
                _log.warning("guide faults", reference=leaving.reference, to=leaving.recipient, **_said(receipt.answer, receipt.explanation))

    def _commit(self) -> None:
        """What is safe here is committed at the hub."""
        with self._engine.connect() as conn:
            claims = list_claims(conn)
        done = []
        for id, token in claims:
            self._mailbox.commit(id, token)
            done.append(id)
        if done:
            with self._engine.begin() as conn:
                for id in done:
                    renew_claim(conn, id, None)


def _said(answer: str, explanation: str) -> dict[str, str]:
    return {"answer": answer, "explanation": explanation}
