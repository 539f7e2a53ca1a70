"""What people install: the wheel, built from the source distribution, runs a hub in an empty folder, without this checkout and without a network."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that ``make dist`` builds: from the source distribution, so that this has to be complete too."""
    folder = tmp_path_factory.mktemp("dist")
    built = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=folder,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    assert len(list(folder.glob("*.tar.gz"))) == 1
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def bin_folder(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` of a fresh environment with the wheel in it; its dependencies are those of the environment that runs the tests."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, symlinks=True, with_pip=False)
    python = folder / "bin" / "python"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index", "--no-deps", str(wheel)], check=True, timeout=120, cwd=folder
    )
    (site,) = (folder / "lib").glob("python*/site-packages")
    # A path line is no site folder: the .pth files in it, among them this checkout's editable installation, are not followed.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def run(bin_folder: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([bin_folder / "vanhub", *arguments], cwd=home, env=clean_environment(home), capture_output=True, text=True, timeout=120, check=False)


def clean_environment(home: Path) -> dict[str, str]:
    """Nothing of this checkout or of the caller's own hub."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}


@contextmanager
def serving(bin_folder: Path, home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """``vanhub serve`` in ``home``; killed at the end if it runs still."""
    with (home / "log").open("wb") as log:
        hub = subprocess.Popen([bin_folder / "vanhub", "serve"], cwd=home, env=clean_environment(home), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield hub
    finally:
        if hub.poll() is None:
            hub.kill()
            hub.wait()


def wait_for(file: Path, hub: subprocess.Popen[bytes], log: Path) -> None:
    """Until the hub has written ``file``; fails when it ended instead or after a minute."""
    for _ in range(600):
        if file.exists():
            return
        try:
            hub.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        break
    pytest.fail(f"no {file.name}; exit code {hub.poll()}\n{log.read_text()}")


def test_the_wheel_carries_what_a_hub_needs_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    carried = {
        f"vanhub/_packed/{folder}/{file.name}"
        for folder in ("schemas", "mailboxes", "examples")
        for file in (ROOT / folder).iterdir()
        if file.is_file() and not file.name.startswith(".")
    }
    carried |= {str(file.relative_to(ROOT)) for file in (ROOT / "vanhub" / "agencies").glob("*/rules.toml")}
    assert carried <= names
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"vanhub"}
    assert not [name for name in names if name.endswith((".key", ".pem", ".pyc", ".db"))]


@pytest.mark.e2e
def test_an_installed_hub_starts_in_an_empty_folder_and_stops_on_sigterm(bin_folder: Path, tmp_path: Path) -> None:
    located = subprocess.run([bin_folder / "python", "-c", "import vanhub; print(vanhub.__file__)"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert Path(located.stdout.strip()).is_relative_to(bin_folder.parent)

    initialised = run(bin_folder, tmp_path, "init")
    assert initialised.returncode == 0, initialised.stderr
    settings = tmp_path / "hub.toml"
    settings.write_text(re.sub(r"(?m)^port = \d+$", "port = 0", settings.read_text(encoding="utf-8")), encoding="utf-8")

    endpoints = tmp_path / "var" / "endpoints.json"
    with serving(bin_folder, tmp_path) as hub:
        wait_for(endpoints, hub, tmp_path / "log")
        listening = json.loads(endpoints.read_text())
        assert set(listening) == {"tcp", "sftp", "https", "metrics"}
        assert all(place["host"] == "127.0.0.1" and place["port"] > 0 for place in listening.values())
        with urllib.request.urlopen(f"http://127.0.0.1:{listening['metrics']['port']}/health", timeout=30) as health:
            assert health.status == 200
        hub.send_signal(signal.SIGTERM)
        assert hub.wait(60) == 0, (tmp_path / "log").read_text()
    assert not endpoints.exists()


@pytest.mark.e2e
def test_an_installed_vanhub_checks_a_file_without_a_hub(bin_folder: Path, tmp_path: Path) -> None:
    good = run(bin_folder, tmp_path, "check", str(ROOT / "examples" / "cusdec-export.edi"))
    assert good.returncode == 0, good.stderr
    bad = run(bin_folder, tmp_path, "check", "--json", str(ROOT / "examples" / "cusdec-three-faults.edi"))
    assert bad.returncode == 1, bad.stderr
    (interchange,) = json.loads(bad.stdout)["interchanges"]
    assert (interchange["verdict"], interchange["faults_total"]) == ("partly", 3)
