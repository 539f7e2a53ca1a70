"""hub.toml as frozen dataclasses.

The fields below are the one table of the settings: key, default, what it takes and what it is for. ``hub.toml`` in the repository and
the configuration page of the documentation are rendered from it. Units stand in the keys' names. There is no secret among the settings.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from vanhub.errors import OperatorError
from vanhub.toml import Shape, choice, dotted, matching, parse_toml, read_value, require_known, require_table, several, text, whole

FILE = "hub.toml"

S = TypeVar("S")

_HOST_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*", re.ASCII)
_EDI_ADDRESS = re.compile(r"[^:]{1,35}(?::[^:]{1,4})?")
_STORE_SCHEMES = ("sqlite", "postgresql", "postgresql+psycopg")


def _edi_address(value: str) -> str:
    if not _EDI_ADDRESS.fullmatch(value) or not value.isprintable():
        raise ValueError
    return value


def _host_name(value: str) -> str:
    if not _HOST_NAME.fullmatch(value):
        raise ValueError
    return value


def _host(value: str) -> str:
    """A host name or an IP address."""
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        return _host_name(value)


def _store_url(value: str) -> str:
    if not value:
        return value
    parts = urlsplit(value)
    if parts.scheme not in _STORE_SCHEMES:
        raise ValueError
    if parts.password is not None or "password=" in parts.query:
        raise ValueError("a password does not belong into this file; PostgreSQL reads it from ~/.pgpass or PGPASSFILE")
    return value


def _key(default: Any, shape: Shape[Any], comment: str) -> Any:
    return field(default=default, metadata={"shape": shape, "comment": comment})


_FOLDER = text(1, 4096)


@dataclass(frozen=True, slots=True)
class Hub:
    name_en: str = _key("Golden Customs EDI Exchange", text(1, 70), "The hub's name, as people and certificates show it.")
    name_zh: str = _key("金关工程电子数据交换中心", text(1, 70), "The same in Chinese.")
    address: str = _key(
        "VANHUB:ZZZ",
        matching('an EDI address like "VANHUB:ZZZ"', _edi_address),
        "The hub's own EDI address with its qualifier (UNB S003 and S002 of acknowledgements). What is sent to it is routed by message type.",
    )
    domain: str = _key(
        "vanhub.example",
        matching("a domain name", _host_name),
        "Domain of the names and addresses in the hub's certificates. `vanhub init` makes certificates for it: set it before.",
    )


@dataclass(frozen=True, slots=True)
class Listener:
    host: str = _key("127.0.0.1", matching("a host name or an IP address", _host), "Address to listen on; 0.0.0.0 or :: is every one of this machine.")
    port: int = _key(0, whole(0, 65_535), "Port; 0 takes any free one. The chosen ones stand in endpoints.json beside the store.")


@dataclass(frozen=True, slots=True)
class Tls:
    names: tuple[str, ...] = _key(
        ("localhost", "127.0.0.1"),
        several(matching("a host name or an IP address", _host), least=1),
        "Names and IP addresses under which partners reach the hub; they stand in its TLS certificate.",
    )


@dataclass(frozen=True, slots=True)
class Authority:
    passphrase_file: str = _key(
        "var/passphrase",
        text(1, 4096),
        "File with the passphrase of the keys in the folder certs. A systemd credential vanhub-passphrase comes before it, VANHUB_PASSPHRASE after it.",
    )
    crl_lifetime_days: int = _key(7, whole(1, 90), "Days for which a certificate revocation list is valid. A new one is made when half of them are over.")


@dataclass(frozen=True, slots=True)
class Folders:
    mailboxes: str = _key("mailboxes", _FOLDER, "One TOML file per agency.")
    schemas: str = _key("schemas", _FOLDER, "UN/EDIFACT directories imported by this hub, beside those that vanhub brings along.")
    certs: str = _key("certs", _FOLDER, "Keys and certificates of the hub's certification authority.")
    var: str = _key("var", _FOLDER, "Everything that the hub writes: store, content, socket, lock, endpoints.json.")


@dataclass(frozen=True, slots=True)
class Store:
    url: str = _key(
        "",
        matching("an SQLAlchemy URL of SQLite or PostgreSQL, or nothing", _store_url),
        "SQLAlchemy URL, without a password. Empty: SQLite in the folder var.",
    )
    retention_days: int = _key(
        400, whole(1, 36_500), "Days for which interchanges are kept. Not shorter than the duplicate windows, or a late repeat gets no stored answer."
    )


@dataclass(frozen=True, slots=True)
class Limits:
    sessions: int = _key(1_000, whole(1, 100_000), "Most sessions open at once, over all principals and gateways.")
    interchange_octets: int = _key(268_435_456, whole(1_024, 4_294_967_296), "Largest interchange that anybody may send; an agreement can only lower it.")
    in_flight: int = _key(
        256, whole(1, 10_000), "Most interchanges being received, checked or stored at once, at most half of them one principal's; more must wait."
    )
    memory_octets: int = _key(
        1_048_576, whole(65_536, 67_108_864), "An interchange up to this size is held in memory; a larger one goes to disk as it comes and to a check worker."
    )
    store_queue: int = _key(10_000, whole(100, 1_000_000), "Most jobs that wait for the store's writer; more are told to try again later.")


@dataclass(frozen=True, slots=True)
class Deliveries:
    lease_s: int = _key(300, whole(1, 86_400), "Seconds for which a claim holds a delivery where the claimant names none.")
    longest_lease_s: int = _key(86_400, whole(1, 604_800), "Longest lease that a claimant may ask for.")
    lost_leases: int = _key(5, whole(1, 100), "A delivery whose lease ran out so many times is quarantined; `vanhub mailbox free` lets it out.")
    archive_days: int = _key(30, whole(1, 3_650), "Days for which what was collected stays listed in the archive.")


@dataclass(frozen=True, slots=True)
class Timeouts:
    handshake_s: int = _key(10, whole(1, 300), "Seconds for a TLS handshake.")
    login_s: int = _key(60, whole(1, 600), "Seconds for an SFTP login.")
    idle_s: int = _key(600, whole(10, 86_400), "A session in which nothing moves for so many seconds is closed.")
    interchange_s: int = _key(900, whole(10, 86_400), "Seconds from the first octet of an interchange to its last.")


@dataclass(frozen=True, slots=True)
class Check:
    workers: int = _key(1, whole(1, 64), "Processes that check interchanges too large for memory.")
    faults_listed: int = _key(1_000, whole(1, 10_000), "Most faults listed for an interchange; the rest are counted.")


@dataclass(frozen=True, slots=True)
class Partners:
    duplicate_window_days: int = _key(
        400,
        whole(1, 3_650),
        "What `vanhub partner add` writes into a new agreement: days in which an interchange control reference may not be used again.",
    )


@dataclass(frozen=True, slots=True)
class Log:
    level: str = _key("info", choice("debug", "info", "warning", "error"), "Least level that is written.")
    format: str = _key("text", choice("text", "json"), "text for people, json for programs: one object a line.")


@dataclass(frozen=True, slots=True)
class Settings:
    """hub.toml. Each field is a table of the file; paths are relative to the home."""

    hub: Hub = field(default=Hub(), metadata={"comment": "The hub itself."})
    tcp: Listener = field(default=Listener(port=9735), metadata={"comment": "EDIFACT over TLS: interchanges back to back, acknowledgements in order."})
    sftp: Listener = field(default=Listener(port=2222), metadata={"comment": "SFTP: upload into outbox/, collect from inbox/."})
    https: Listener = field(default=Listener(port=8443), metadata={"comment": "The mailbox API."})
    metrics: Listener = field(
        default=Listener(port=9090), metadata={"comment": "Health and metrics, in clear and without login: keep it on an address of the operators."}
    )
    tls: Tls = field(default=Tls(), metadata={"comment": "TLS of the gateways tcp and https."})
    ca: Authority = field(default=Authority(), metadata={"comment": "The hub's certification authority."})
    folders: Folders = field(default=Folders(), metadata={"comment": "Folders, relative to the home."})
    store: Store = field(default=Store(), metadata={"comment": "The store."})
    limits: Limits = field(default=Limits(), metadata={"comment": "Limits of the whole hub; those of one partner stand in its agreement."})
    deliveries: Deliveries = field(default=Deliveries(), metadata={"comment": "Pickup from mailboxes."})
    timeouts: Timeouts = field(default=Timeouts(), metadata={"comment": "Time limits of sessions."})
    check: Check = field(default=Check(), metadata={"comment": "The check of interchanges."})
    partners: Partners = field(default=Partners(), metadata={"comment": "New trading partners."})
    log: Log = field(default=Log(), metadata={"comment": "The log, on standard error."})


def parse_settings(content: str, file: str = FILE) -> Settings:
    """Settings as ``content`` says; what it leaves out has its default.

    Raises:
        OperatorError: no TOML, an unknown key (the nearest known one is named), or a value that its key does not take.
    """
    document = parse_toml(content, file)
    defaults = Settings()
    sections = {section.name: getattr(defaults, section.name) for section in dataclasses.fields(Settings)}
    require_known(document, sections, file=file)
    read = {name: _read_section(sections[name], require_table(values, file=file, at=name), file, name) for name, values in document.items()}
    settings = dataclasses.replace(defaults, **read)
    if settings.deliveries.lease_s > settings.deliveries.longest_lease_s:
        raise OperatorError(f"{file}: deliveries.lease_s is longer than deliveries.longest_lease_s")
    return settings


def render_default() -> str:
    """hub.toml with every key at its default, each explained."""
    lines = ["# Settings of this hub. Every key is here with its default and may be left out. An unknown key is an error."]
    for section in dataclasses.fields(Settings):
        values: Any = section.default
        lines += ["", f"# {section.metadata['comment']}", f"[{section.name}]"]
        for key in dataclasses.fields(values):
            lines += [f"# {key.metadata['comment']}", f"{key.name} = {render_value(getattr(values, key.name))}"]
    return "\n".join(lines) + "\n"


def render_value(value: Any) -> str:
    """A default as TOML writes it. JSON's numbers, strings and lists are TOML's too."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def _read_section(default: S, values: Mapping[str, Any], file: str, at: str) -> S:
    keys = {key.name: key for key in dataclasses.fields(default)}  # type: ignore[arg-type]
    require_known(values, keys, file=file, at=at)
    read = {name: read_value(keys[name].metadata["shape"], value, file=file, at=dotted(at, name)) for name, value in values.items()}
    return dataclasses.replace(default, **read)  # type: ignore[type-var]
