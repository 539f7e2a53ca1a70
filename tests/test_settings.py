"""hub.toml: its defaults, its errors, and the pages that describe it."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vanhub.errors import OperatorError
from vanhub.settings import Settings, parse_settings, render_default, render_value
from vanhub.values.agreement import Agreement
from vanhub.values.principal import Address

ROOT = Path(__file__).resolve().parents[1]

KEYS = [(section.name, key.name) for section in dataclasses.fields(Settings) for key in dataclasses.fields(getattr(Settings(), section.name))]


def test_the_repositorys_hub_toml_is_the_default_one() -> None:
    assert (ROOT / "hub.toml").read_text(encoding="utf-8") == render_default()


def test_the_default_file_says_the_defaults_and_every_key() -> None:
    content = render_default()
    assert parse_settings(content) == Settings() == parse_settings("")
    assert [(section, key) for section, keys in tomllib.loads(content).items() for key in keys] == KEYS


def test_every_key_of_the_default_file_is_explained() -> None:
    lines = render_default().splitlines()
    for number, line in enumerate(lines):
        if re.match(r"\w+ = |\[", line):
            assert re.match(r"# \S.{8,}\.$", lines[number - 1]), line


def test_the_configuration_page_has_every_key_with_its_default() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    described: dict[tuple[str, str], Any] = {}
    section = ""
    for line in page.splitlines():
        if heading := re.fullmatch(r"## \[(\w+)\]", line):
            section = heading[1]
        elif row := re.match(r"\| `(\w+)` \| `([^`]*)` \| ", line):
            described[section, row[1]] = row[2]
    assert described == {(section, key): render_value(getattr(getattr(Settings(), section), key)) for section, key in KEYS}


@given(st.lists(st.sampled_from(KEYS), unique=True))
def test_any_keys_may_be_left_out(kept: list[tuple[str, str]]) -> None:
    document = tomllib.loads(render_default())
    sections = {section for section, _ in kept}
    content = "".join(
        f"[{section}]\n" + "".join(f"{key} = {render_value(document[section][key])}\n" for of, key in kept if of == section) for section in sections
    )
    assert parse_settings(content) == Settings()


def test_what_is_said_is_read_and_the_rest_stays() -> None:
    settings = parse_settings(
        '[hub]\naddress = "GZHUB:14"\n[tcp]\nport = 0\n[tls]\nnames = ["edi.example.cn", "::1"]\n[store]\nurl = "postgresql+psycopg://vanhub@db/vanhub"\n'
    )
    defaults = Settings()
    assert settings == dataclasses.replace(
        defaults,
        hub=dataclasses.replace(defaults.hub, address="GZHUB:14"),
        tcp=dataclasses.replace(defaults.tcp, port=0),
        tls=dataclasses.replace(defaults.tls, names=("edi.example.cn", "::1")),
        store=dataclasses.replace(defaults.store, url="postgresql+psycopg://vanhub@db/vanhub"),
    )
    assert settings.tcp.host == "127.0.0.1"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[limits]\nsesions = 3", "unknown key limits.sesions; the nearest known key is limits.sessions"),
        ("[metrix]\nport = 3", "unknown key metrix; the nearest known key is metrics"),
        ("hub = 3", "hub is a table, not 3"),
        ("[tcp]\nport = '9735'", "tcp.port takes a whole number from 0 to 65535, not '9735'"),
        ("[tcp]\nport = 65536", "tcp.port takes a whole number from 0 to 65535, not 65536"),
        ("[tcp]\nport = true", "tcp.port takes a whole number from 0 to 65535, not true"),
        ("[tcp]\nhost = 'a b'", "tcp.host takes a host name or an IP address, not 'a b'"),
        ("[tls]\nnames = []", "tls.names takes a list of at least 1, each a host name or an IP address, not []"),
        ("[tls]\nnames = ['*.example']", "tls.names takes a list of at least 1, each a host name or an IP address, not ['*.example']"),
        ("[hub]\naddress = 'a:b:c'", "hub.address takes an EDI address like \"VANHUB:ZZZ\", not 'a:b:c'"),
        ("[hub]\ndomain = 'Van Hub'", "hub.domain takes a domain name, not 'Van Hub'"),
        ("[log]\nlevel = 'verbose'", "log.level takes one of 'debug', 'info', 'warning', 'error', not 'verbose'"),
        ("[store]\nurl = 'mysql://h/d'", "store.url takes an SQLAlchemy URL of SQLite or PostgreSQL, or nothing, not 'mysql://h/d'"),
        ("[deliveries]\nlease_s = 600\nlongest_lease_s = 60", "deliveries.lease_s is longer than deliveries.longest_lease_s"),
    ],
)
def test_an_error_names_the_key_and_what_it_takes(content: str, says: str) -> None:
    with pytest.raises(OperatorError) as refused:
        parse_settings(content, "home/hub.toml")
    assert str(refused.value) == f"home/hub.toml: {says}"


@pytest.mark.parametrize("url", ["postgresql://u:secret@h/d", "postgresql+psycopg://h/d?password=secret"])
def test_a_password_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(OperatorError, match=r"pgpass") as refused:
        parse_settings(f"[store]\nurl = '{url}'")
    assert "secret" not in str(refused.value)


def test_defaults_agree_with_the_values_they_stand_for() -> None:
    assert Address.parse(Settings().hub.address) == Address("VANHUB", "ZZZ")
    assert Settings().partners.duplicate_window_days == Agreement().duplicate_window_days
    assert Settings().limits.interchange_octets == Agreement().max_interchange_octets
