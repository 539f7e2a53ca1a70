"""The virtual tree that an SFTP client sees: folders, names, what stands where. No file system, no Twisted.

    /READ.ME               what is what, in English and Chinese
    /outbox/               uploads; alias /out/
    /inbox/                production deliveries to collect; alias /in/
    /inbox/test/           the test slot         } not listed, so that ``mget *`` in the inbox gets files only:
    /inbox/rejected/       the rejected slot     } a client stops at a folder that it cannot get
    /ack/                  acknowledgements of the last 30 days
    /error/                what began no interchange, and why
    /archive/YYYYMMDD/     what was collected on that day (UTC)

A path is resolved as text only. ``..`` stops at the root; control characters and overlong names are refused before anything is looked up; a name below
a folder is a key and never a path. File names say things for people; what is done is decided by the ids in them and by the interchange itself.
"""

from __future__ import annotations

import enum
import re
import stat
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime

from vanhub.errors import NotFound, Refused
from vanhub.gateways.seam import AcknowledgementEntry
from vanhub.gateways.sftp_wire import Attributes, Entry
from vanhub.values.delivery import Delivery, Slot

NAME_OCTETS = 255
PATH_CHARACTERS = 4096
README = "READ.ME"
STAGED = (".tmp", ".part", ".filepart")
"""A file so named waits until it is renamed, in the same session."""

_ALIASES = {"out": "outbox", "in": "inbox"}
_DAY = re.compile(r"[0-9]{8}\Z")
_UNSAFE = re.compile(r"[^A-Za-z0-9.]+")
_DELIVERY = re.compile(r".*_([A-Za-z0-9-]+)\.edi\Z")


class NotAllowed(Refused):
    """This cannot be done at this place of the tree."""


class Folder(enum.StrEnum):
    """Every folder; the value is its path."""

    ROOT = "/"
    OUTBOX = "/outbox"
    INBOX = "/inbox"
    TEST = "/inbox/test"
    REJECTED = "/inbox/rejected"
    ACK = "/ack"
    ERROR = "/error"
    ARCHIVE = "/archive"
    DAY = "/archive/YYYYMMDD"

    @property
    def writable(self) -> bool:
        return self is Folder.OUTBOX


SLOTS = {Folder.INBOX: Slot.PRODUCTION, Folder.TEST: Slot.TEST, Folder.REJECTED: Slot.REJECTED}

_FOLDERS = {str(folder): folder for folder in Folder if folder is not Folder.DAY}


@dataclass(frozen=True, slots=True)
class Place:
    """A folder (``name`` empty) or a name in it, whether or not there is such a file; ``day`` is ``YYYYMMDD`` below the archive."""

    folder: Folder
    name: str = ""
    day: str = ""


class Part(enum.StrEnum):
    """The files of one acknowledgement, by their endings."""

    CONTRL = ".contrl.edi"
    SIGNATURE = ".contrl.p7s"
    EXPLANATION = ".explain.txt"


def canonical(path: str) -> str:
    """The absolute path of ``path`` in the tree, without ``.``, ``..``, empty names and aliases. It need not exist.

    Raises:
        NotAllowed: a character that no name may have, or too long.
    """
    if len(path) > PATH_CHARACTERS:
        raise NotAllowed(f"the path is longer than {PATH_CHARACTERS} characters")
    names: list[str] = []
    for name in path.split("/"):
        if name == "..":
            del names[-1:]
        elif name not in {"", "."}:
            # C: control, format (right-to-left marks ...), unassigned; Zl, Zp: line and paragraph separators
            if any(unicodedata.category(character)[0] == "C" or unicodedata.category(character) in {"Zl", "Zp"} for character in name):
                raise NotAllowed("the name has a character that no name may have")
            if len(name.encode()) > NAME_OCTETS:
                raise NotAllowed(f"the name is longer than {NAME_OCTETS} octets")
            names.append(name if names else _ALIASES.get(name, name))
    return "/" + "/".join(names)


def place(path: str) -> Place:
    """Where ``path`` points to.

    Raises:
        NotAllowed: as ``canonical``.
        NotFound: there is no such folder.
    """
    whole = canonical(path)
    if whole in _FOLDERS:
        return Place(_FOLDERS[whole])
    above, _, name = whole.rpartition("/")
    if above == Folder.ARCHIVE and _DAY.match(name):
        return Place(Folder.DAY, day=name)
    if above in _FOLDERS or above == "":
        return Place(_FOLDERS.get(above, Folder.ROOT), name)
    archive, _, day = above.rpartition("/")
    if archive == Folder.ARCHIVE and _DAY.match(day):
        return Place(Folder.DAY, name, day)
    raise NotFound(f"there is no folder {above}")


def is_staged(name: str) -> bool:
    return name.lower().endswith(STAGED)


def unstaged(name: str) -> str:
    """``name`` without the ending that stages it: what the file will most likely be called."""
    return next((name[: -len(ending)] for ending in STAGED if name.lower().endswith(ending)), name)


def delivery_name(delivery: Delivery) -> str:
    """``SENDER_REFERENCE_TYPES_ID.edi``, safe on every file system, unique whatever the case because the id is."""
    types = "-".join(delivery.types[:4]) + ("-ETC" if len(delivery.types) > 4 else "")
    return "_".join([_safe(delivery.sender), _safe(delivery.reference), _safe(types), delivery.id]) + ".edi"


def delivery_id(name: str) -> str:
    """The delivery that a file name of the inbox or the archive means.

    Raises:
        NotFound: no delivery has such a name.
    """
    match = _DELIVERY.match(name)
    if match is None:
        raise NotFound(f"there is no {name}")
    return match[1]


def acknowledgement_files(entry: AcknowledgementEntry) -> list[Entry]:
    """The files of an acknowledgement, each if there is one."""
    sizes = {Part.CONTRL: entry.contrl_octets, Part.SIGNATURE: entry.p7s_octets, Part.EXPLANATION: entry.explain_octets}
    at = int(entry.received_at)
    return [Entry(entry.name + part, Attributes(size, stat.S_IFREG | 0o440, at)) for part, size in sizes.items() if size]


def acknowledgement_part(name: str) -> tuple[str, Part]:
    """The acknowledgement's name and which of its files ``name`` is.

    Raises:
        NotFound: it ends like none of them.
    """
    for part in Part:
        if name.endswith(part):
            return name.removesuffix(part), part
    raise NotFound(f"there is no {name}")


def file_of(delivery: Delivery) -> Entry:
    return Entry(delivery_name(delivery), Attributes(delivery.size, stat.S_IFREG | 0o440, int(delivery.created_at.timestamp())))


def file_attributes(size: int, at: datetime) -> Attributes:
    return Attributes(size, stat.S_IFREG | 0o440, int(at.timestamp()))


def folder_attributes(folder: Folder, at: datetime) -> Attributes:
    return Attributes(0, stat.S_IFDIR | (0o770 if folder.writable else 0o550), int(at.timestamp()))


def line(entry: Entry) -> str:
    """The entry as ``ls -l`` prints it; times in UTC."""
    of = entry.attributes
    at = datetime.fromtimestamp(of.mtime, UTC)
    return f"{stat.filemode(of.mode)}    1 vanhub   vanhub   {of.size:>12} {at:%b %d %H:%M} {entry.name}"


def _safe(text: str) -> str:
    return _UNSAFE.sub("-", text).strip("-.") or "x"


README_TEXT = """\
vanhub: mailbox over SFTP                                            (中文见下)

outbox/    Put interchanges here (alias: out/). A file is taken when your client closes it; the close succeeds when everything in it is
           stored for good. It may hold several interchanges, at most 16 larger than 1 MiB and 32 MiB of smaller ones. Whether they were
           accepted stands in ack/. A file named *.tmp, *.part or *.filepart waits until you rename it, in the same session. A connection
           that is cut discards what it was uploading: send the file again. The same name again is a new upload; the same interchange
           again gets its first answer and is not delivered twice. Appending and resuming are not possible. Deleting here recalls
           nothing; the list shows this session's uploads.
inbox/     Get what waits for you (alias: in/). A file is collected when you have read all of it and closed it; it is then deleted from the
           inbox when your session ends or you delete it. A cut connection leaves it where it was. Only what you collected can be deleted,
           so "mget *" and then "rm *" is safe. inbox/test/ and inbox/rejected/ are not listed: go there by name.
ack/       The hub's answers of the last {days} days: NAME.contrl.edi (CONTRL), NAME.contrl.p7s (its signature: openssl cms -verify -binary
           -inform DER -in NAME.contrl.p7s -content NAME.contrl.edi -CAfile ca.pem -out /dev/null), NAME.explain.txt (in plain words).
error/     Uploads that were no interchange, and why.
archive/   What you collected in the last {days} days, by day (UTC). Reading here changes nothing.

outbox/    上传交换文件（别名 out/）。客户端关闭文件时中心才接收；关闭成功即表示文件内容已可靠保存。一个文件可含多个交换（大于 1 MiB 的
           至多 16 个，其余合计至多 32 MiB）。是否被接受，见 ack/。名为 *.tmp、*.part、*.filepart 的文件在同一会话内改名后才接收。连接中断则丢弃未完成的上传，请重新发送。
           同名文件视为新的上传；同一交换重复发送，得到首次的回执，不会重复投递。不支持追加和断点续传。
           在此删除不能撤回；列表只显示本次会话的上传。
inbox/     取走等待您的文件（别名 in/）。全部读完并关闭即为取走；在会话结束或您删除后从此目录消失。连接中断则文件仍在原处。
           只能删除已取走的文件，因此先 "mget *" 再 "rm *" 是安全的。inbox/test/ 与 inbox/rejected/ 不列出，请直接进入。
ack/       最近 {days} 天的回执：NAME.contrl.edi（CONTRL）、NAME.contrl.p7s（签名）、NAME.explain.txt（文字说明）。
error/     不是交换的上传，及其原因。
archive/   最近 {days} 天取走的文件，按日（UTC）存放；在此读取不改变任何状态。
"""
