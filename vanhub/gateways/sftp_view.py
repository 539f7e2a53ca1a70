"""The tree as one session sees it: what is listed, what opens, what may be removed or renamed. It asks the hub and decides nothing of its own.

The hub's state is the truth; a session adds only what makes an SFTP client's habits safe, and it ends with the session:

- an upload under a staging name waits in ``staged`` for its rename;
- an upload that was taken stays to be seen under its name, because clients look whether its size is right;
- a delivery that was collected stays to be seen in the inbox until it is removed, because clients list a folder once more before ``rm *``;
- an acknowledgement that was read may be removed, which hides it.

Every such memory is bounded; the oldest is forgotten first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from twisted.internet.interfaces import IReactorTime

from vanhub.errors import Conflict, NotFound
from vanhub.gateways.seam import AcknowledgementEntry, Intake, Mailboxes, Records, Session
from vanhub.gateways.sftp_files import Allowance, Collecting, Listing, Looking, OpenFile, Parcel, Uploading, Whole
from vanhub.gateways.sftp_tree import (
    README,
    README_TEXT,
    SLOTS,
    Folder,
    NotAllowed,
    Part,
    Place,
    acknowledgement_files,
    acknowledgement_part,
    canonical,
    delivery_id,
    delivery_name,
    file_attributes,
    file_of,
    folder_attributes,
    is_staged,
    place,
    unstaged,
)
from vanhub.gateways.sftp_wire import Attributes, Entry, Flag
from vanhub.values.delivery import Delivery, DeliveryState, Slot

REMEMBERED = 10_000
STAGED_FILES = 100
PAGE = 500

_DONE = frozenset({DeliveryState.DELIVERED, DeliveryState.ANSWERED})

K = TypeVar("K")
V = TypeVar("V")


class Recent(OrderedDict[K, V], Generic[K, V]):
    """The last ``REMEMBERED`` things put in."""

    def __setitem__(self, key: K, value: V) -> None:
        super().__setitem__(key, value)
        self.move_to_end(key)
        if len(self) > REMEMBERED:
            self.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Hub:
    """What the view asks, on behalf of a session."""

    intake: Intake
    mailboxes: Mailboxes
    records: Records
    reactor: IReactorTime
    now: Callable[[], datetime]
    upload_s: float
    lease_s: float
    archive_days: int


class View:
    """One session's tree. Paths are as the client sent them; errors are those of ``vanhub.errors``.

    ``tell`` gets a line for the people at the other end where an answer has no room for it.
    """

    def __init__(self, hub: Hub, session: Session, tell: Callable[[str], None]) -> None:
        self._hub = hub
        self._session = session
        self._tell = tell
        self._allowance = Allowance()
        self._staged: dict[str, Parcel] = {}
        self._taken: Recent[str, Attributes] = Recent()
        self._collected: Recent[str, Delivery] = Recent()
        self._answers: Recent[str, AcknowledgementEntry] = Recent()
        self._answers_read: Recent[str, None] = Recent()
        self._answers_hidden: Recent[str, None] = Recent()
        self._readme = README_TEXT.format(days=hub.archive_days).encode()
        self._opened_at = hub.now()

    def lost(self) -> None:
        """The session ended: what waits for a rename is discarded."""
        for parcel in self._staged.values():
            parcel.abort("the session ended before the file was renamed")
        self._staged.clear()

    # -- looking

    async def attributes(self, path: str) -> Attributes:
        at = place(path)
        if not at.name:
            if at.folder is Folder.DAY and at.day not in self._days():
                raise NotFound(f"there is no {canonical(path)}")
            return folder_attributes(at.folder, self._opened_at)
        match at.folder:
            case Folder.ROOT if at.name == README:
                return file_attributes(len(self._readme), self._opened_at)
            case Folder.OUTBOX:
                return self._uploaded(at.name)
            case Folder.INBOX | Folder.TEST | Folder.REJECTED | Folder.DAY:
                return file_of(await self._delivery(at)).attributes
            case Folder.ACK | Folder.ERROR:
                return (await self._answer(at))[1].attributes
            case _:
                raise NotFound(f"there is no {canonical(path)}")

    def listing(self, path: str) -> Listing:
        """The folder's listing, begun.

        Raises:
            NotFound: there is no such folder.
        """
        at = place(path)
        if at.name or (at.folder is Folder.DAY and at.day not in self._days()):
            raise NotFound(f"there is no folder {canonical(path)}")
        match at.folder:
            case Folder.ROOT:
                return Listing(self._root())
            case Folder.OUTBOX:
                return Listing(self._outbox())
            case Folder.ARCHIVE:
                return Listing(self._archive())
            case Folder.DAY:
                return Listing(self._day(at.day))
            case Folder.ACK | Folder.ERROR:
                return Listing(self._answer_files(at.folder))
            case _:
                return Listing(self._inbox(SLOTS[at.folder]))

    async def _root(self) -> AsyncIterator[list[Entry]]:
        folders = (Folder.OUTBOX, Folder.INBOX, Folder.ACK, Folder.ERROR, Folder.ARCHIVE)
        yield [
            Entry(README, file_attributes(len(self._readme), self._opened_at)),
            *(Entry(folder.removeprefix("/"), folder_attributes(folder, self._opened_at)) for folder in folders),
        ]

    async def _outbox(self) -> AsyncIterator[list[Entry]]:
        yield [Entry(name, self._uploaded(name)) for name in (*self._staged, *(name for name in self._taken if name not in self._staged))]

    async def _inbox(self, slot: Slot) -> AsyncIterator[list[Entry]]:
        # What is collected while the listing goes on shows once: as it was when the listing began.
        collected = {delivery.id: delivery for delivery in self._collected.values() if delivery.slot is slot}
        after = ""
        while page := await self._hub.mailboxes.waiting(self._session, slot=slot, limit=PAGE, after=after):
            after = page[-1].id
            for delivery in page:
                if collected.pop(delivery.id, None) is not None:
                    self._collected.pop(delivery.id, None)  # delivered anew: it can be collected again
            yield [file_of(delivery) for delivery in page]
        yield [file_of(delivery) for delivery in collected.values()]

    async def _archive(self) -> AsyncIterator[list[Entry]]:
        page = await self._hub.mailboxes.collected(self._session, limit=PAGE)
        days = {_day(delivery) for delivery in page}
        if len(page) == PAGE:
            # A mailbox with more than a page collects every day: the older days are not looked up one by one.
            days |= {day for day in self._days() if day < min(days)}
        yield [Entry(day, folder_attributes(Folder.DAY, self._opened_at)) for day in sorted(days & set(self._days()))]

    async def _day(self, day: str) -> AsyncIterator[list[Entry]]:
        after = ""
        while page := await self._hub.mailboxes.collected(self._session, limit=PAGE, after=after):
            after = page[-1].id
            yield [file_of(delivery) for delivery in page if _day(delivery) == day]
            if _day(page[-1]) < day:
                return

    async def _answer_files(self, folder: Folder) -> AsyncIterator[list[Entry]]:
        async for page in self._answer_pages(folder):
            yield [file for entry in page for file in acknowledgement_files(entry) if file.name not in self._answers_hidden]

    async def _answer_pages(self, folder: Folder) -> AsyncIterator[list[AcknowledgementEntry]]:
        after = ""
        while page := await self._hub.records.acknowledgements(self._session, limit=PAGE, after=after):
            after = page[-1].id
            entries = [entry for entry in page if entry.is_interchange is (folder is Folder.ACK)]
            for entry in entries:
                self._answers[entry.name] = entry
            yield entries

    # -- opening

    async def open(self, path: str, flags: Flag) -> OpenFile:
        """Open a file for reading, or an upload for writing.

        Raises:
            NotFound, NotAllowed: there is none, or it is not to be opened so.
            Conflict: a delivery is in use.
        """
        at = place(path)
        if not at.name:
            raise NotAllowed(f"{canonical(path)} is a folder")
        if flags & (Flag.WRITE | Flag.APPEND | Flag.CREATE | Flag.TRUNCATE):
            return self._upload(at, flags)
        match at.folder:
            case Folder.ROOT if at.name == README:
                return Looking(Whole(self._readme), file_attributes(len(self._readme), self._opened_at))
            case Folder.OUTBOX:
                self._uploaded(at.name)
                raise NotAllowed("an upload cannot be read back")
            case Folder.INBOX | Folder.TEST | Folder.REJECTED:
                return await self._collect(await self._delivery(at))
            case Folder.DAY:
                return await self._look(await self._delivery(at))
            case Folder.ACK | Folder.ERROR:
                return await self._read_answer(at)
            case _:
                raise NotFound(f"there is no {canonical(path)}")

    def _upload(self, at: Place, flags: Flag) -> OpenFile:
        if not at.folder.writable:
            raise NotAllowed("uploads go to outbox/")
        if flags & Flag.APPEND:
            raise NotAllowed("appending and resuming are not possible: upload the file from its beginning")
        if at.name in self._staged:
            if flags & Flag.EXCLUSIVE:
                raise Conflict(f"{at.name} is there already")
            if not flags & Flag.TRUNCATE:
                raise NotAllowed(f"{at.name} waits for its rename: write it anew from its beginning, or remove it")
        hub = self._hub
        parcel = Parcel(hub.intake, self._session, unstaged(at.name), self._allowance, reactor=hub.reactor, within_s=hub.upload_s)

        return Uploading(parcel, lambda parcel: self._name(at.name, parcel), lambda size: file_attributes(size, hub.now()))

    async def _name(self, name: str, parcel: Parcel) -> None:
        """An upload is whole and has this name, which says whether it is taken now."""
        if is_staged(name):
            self._stage(name, parcel)
        else:
            await self._take(name, parcel)

    def _stage(self, name: str, parcel: Parcel) -> None:
        self._forget_staged(name)
        if len(self._staged) >= STAGED_FILES:
            parcel.abort("too many files wait for their rename")
            raise Conflict(f"{STAGED_FILES} files wait for their rename: rename or remove them first")
        self._staged[name] = parcel

    async def _take(self, name: str, parcel: Parcel) -> None:
        parcel.file_name = name
        receipts = await parcel.take()
        self._taken[name] = file_attributes(parcel.size, self._hub.now())
        told = [
            f"{receipt.reference} {receipt.verdict}" if receipt.is_interchange else "octets that begin no interchange"
            for receipt in receipts
            if receipt.verdict != "accepted"
        ]
        if told:
            self._tell(f"{name}: {', '.join(told[:5])}{' ...' if told[5:] else ''}: see ack/ and error/")

    def _forget_staged(self, name: str) -> None:
        parcel = self._staged.pop(name, None)
        if parcel is not None:
            parcel.abort("the file was removed or written anew before its rename")

    async def _collect(self, delivery: Delivery) -> OpenFile:
        if delivery.id in self._collected and delivery.state in _DONE:
            return await self._look(delivery)
        mailboxes, session, hub = self._hub.mailboxes, self._session, self._hub
        try:
            claimed = await mailboxes.claim_one(session, delivery.id, lease_s=hub.lease_s)
        except Conflict as error:
            raise Conflict(f"{delivery_name(delivery)} is in use: another session collects it") from error
        try:
            content = await mailboxes.content(session, delivery.id)
        except BaseException:
            await mailboxes.release(session, delivery.id, claimed.claim)
            raise

        def collected(delivery: Delivery) -> None:
            self._collected[delivery.id] = delivery

        return Collecting(mailboxes, session, claimed, content, file_of(delivery).attributes, collected, reactor=hub.reactor, lease_s=hub.lease_s)

    async def _look(self, delivery: Delivery) -> OpenFile:
        return Looking(await self._hub.mailboxes.content(self._session, delivery.id), file_of(delivery).attributes)

    async def _read_answer(self, at: Place) -> OpenFile:
        entry, file, part = await self._answer(at)
        receipt = await self._hub.records.acknowledgement(self._session, entry.interchange)
        octets = {Part.CONTRL: receipt.acknowledgement, Part.SIGNATURE: receipt.signature, Part.EXPLANATION: receipt.explanation.encode()}[part]

        def read_through() -> None:
            self._answers_read[at.name] = None

        return Looking(Whole(octets or b""), file.attributes, read_through)

    # -- changing

    async def remove(self, path: str) -> None:
        """Forget a file that this session is done with."""
        at = place(path)
        if not at.name:
            raise NotAllowed("folders cannot be removed")
        match at.folder:
            case Folder.OUTBOX:
                self._uploaded(at.name)
                self._taken.pop(at.name, None)
                self._forget_staged(at.name)
            case Folder.INBOX | Folder.TEST | Folder.REJECTED:
                if delivery_id(at.name) not in self._collected:
                    await self._delivery(at)
                    raise NotAllowed(f"{at.name} was not collected: read it to its end and close it first")
                del self._collected[delivery_id(at.name)]
            case Folder.ACK | Folder.ERROR:
                if at.name not in self._answers_read:
                    await self._answer(at)
                    raise NotAllowed(f"{at.name} was not read in this session")
                self._answers_hidden[at.name] = None
            case _:
                raise NotAllowed("this file cannot be removed")

    async def rename(self, old: str, new: str) -> None:
        """Give a file of the outbox its name; a staged one that gets a name without a staging ending is taken."""
        source, target = place(old), place(new)
        if source.folder is not Folder.OUTBOX or target.folder is not Folder.OUTBOX or not target.name:
            raise NotAllowed("files are renamed within outbox/ only")
        attributes = self._uploaded(source.name)
        parcel = self._staged.pop(source.name, None)
        if parcel is not None:
            self._taken.pop(source.name, None)
            await self._name(target.name, parcel)
        else:
            del self._taken[source.name]
            self._taken[target.name] = attributes

    def make_folder(self, path: str) -> None:
        """Always refused; a folder that is there is said to be there, because clients make sure of their folders."""
        at = place(path)
        if not at.name:
            raise Conflict(f"{canonical(path)} is there already")
        raise NotAllowed("folders cannot be made: the tree is the hub's")

    # -- within

    def _days(self) -> list[str]:
        today = self._hub.now()
        return [f"{today - timedelta(days=ago):%Y%m%d}" for ago in range(self._hub.archive_days + 1)]

    def _uploaded(self, name: str) -> Attributes:
        if name in self._staged:
            return file_attributes(self._staged[name].size, self._opened_at)
        if name in self._taken:
            return self._taken[name]
        raise NotFound(f"this session uploaded no {name}")

    async def _delivery(self, at: Place) -> Delivery:
        """The delivery that stands at a place of the inbox or the archive under exactly this name."""
        delivery = await self._hub.mailboxes.get(self._session, delivery_id(at.name))
        if at.folder is Folder.DAY:
            here = delivery.state in _DONE and _day(delivery) == at.day
        else:
            waits = delivery.state in {DeliveryState.AVAILABLE, DeliveryState.CLAIMED} or delivery.id in self._collected
            here = waits and delivery.slot is SLOTS[at.folder]
        if not here or delivery_name(delivery) != at.name:
            raise NotFound(f"there is no {at.name}")
        return delivery

    async def _answer(self, at: Place) -> tuple[AcknowledgementEntry, Entry, Part]:
        """The acknowledgement's file that stands at a place: from what was listed, else looked for from the newest on."""
        name, part = acknowledgement_part(at.name)
        entry = self._answers.get(name)
        if entry is None or entry.is_interchange is not (at.folder is Folder.ACK):
            async for page in self._answer_pages(at.folder):
                entry = next((entry for entry in page if entry.name == name), None)
                if entry is not None:
                    break
        if entry is not None and at.name not in self._answers_hidden:
            for file in acknowledgement_files(entry):
                if file.name == at.name:
                    return entry, file, part
        raise NotFound(f"there is no {at.name}")


def _day(delivery: Delivery) -> str:
    return f"{delivery.delivered_at or delivery.created_at:%Y%m%d}"
