"""The home on a real disk: found, made once, held by one process, and closed to other users."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vanhub.errors import OperatorError
from vanhub.packed import packed
from vanhub.service.home import Home, HomeInUse, HomeLock, find_home, init_home
from vanhub.settings import Settings, render_default

ROOT = Path(__file__).resolve().parents[2]


def entropy(count: int) -> bytes:
    return bytes(range(count))


PASSPHRASE = b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
"""What ``entropy`` makes of 24 octets, as base64."""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return init_home(tmp_path / "hub", {}, entropy=entropy).home


class TestFind:
    @pytest.mark.parametrize(
        ("option", "environ", "found"),
        [
            (None, {}, "/srv"),
            (None, {"VANHUB_HOME": "/var/hub"}, "/var/hub"),
            (None, {"VANHUB_HOME": ""}, "/srv"),
            ("/opt/hub", {"VANHUB_HOME": "/var/hub"}, "/opt/hub"),
            ("hub", {}, "/srv/hub"),
            ("../hub", {}, "/hub"),
        ],
    )
    def test_the_option_goes_before_the_environment_before_the_current_folder(self, option: str | None, environ: dict[str, str], found: str) -> None:
        assert find_home(option, environ, Path("/srv")) == Path(found)

    def test_a_tilde_is_the_users_folder(self) -> None:
        assert find_home("~/hub", {}, Path("/srv")) == (Path.home() / "hub").resolve()


class TestOpen:
    @pytest.mark.parametrize("path", ["nowhere", "file"])
    def test_what_is_no_home_names_init(self, tmp_path: Path, path: str) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(OperatorError, match=rf"{path} is no hub's home: there is no hub.toml; `vanhub init .*{path}` makes one$"):
            Home.open(tmp_path / path)

    def test_an_error_in_the_settings_names_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "hub.toml").write_text("[tcp]\nprt = 1\n")
        with pytest.raises(OperatorError, match=rf"^{tmp_path}/hub.toml: unknown key tcp.prt; the nearest known key is tcp.port$"):
            Home.open(tmp_path)

    def test_settings_that_are_not_text(self, tmp_path: Path) -> None:
        (tmp_path / "hub.toml").write_bytes(b"\xff\xfe")
        with pytest.raises(OperatorError, match=rf"^cannot read {tmp_path}/hub.toml: "):
            Home.open(tmp_path)

    def test_paths_are_relative_to_the_home_unless_the_settings_say_otherwise(self, tmp_path: Path) -> None:
        default = Home(tmp_path, Settings())
        assert [default.mailboxes, default.schemas, default.certs, default.var] == [tmp_path / name for name in ("mailboxes", "schemas", "certs", "var")]
        assert default.store_url == f"sqlite:///{tmp_path}/var/vanhub.db"
        (tmp_path / "hub.toml").write_text('[folders]\nvar = "/var/lib/hub"\ncerts = "../keys"\n[store]\nurl = "postgresql://db/vanhub"\n')
        moved = Home.open(tmp_path)
        assert (moved.admin_socket, moved.certs, moved.store_url) == (Path("/var/lib/hub/admin.sock"), tmp_path / "../keys", "postgresql://db/vanhub")
        assert (moved.content, moved.endpoints, moved.lock) == tuple(Path("/var/lib/hub") / name for name in ("content", "endpoints.json", "lock"))

    def test_a_checkout_is_a_home(self) -> None:
        home = Home.open(ROOT)
        assert home.settings == Settings()
        assert len(home.read_mailboxes()) == 13


class TestInit:
    def test_an_empty_folder_becomes_a_home(self, tmp_path: Path) -> None:
        done = init_home(tmp_path / "a" / "hub", {}, entropy=entropy)
        home = tmp_path / "a" / "hub"
        assert done.home == Home.open(home) == Home(home, Settings())
        assert snapshot(home) == {
            "hub.toml": render_default().encode(),
            "certs/README.md": (home / "certs/README.md").read_bytes(),
            "schemas/README.md": (home / "schemas/README.md").read_bytes(),
            "var/.gitignore": b"*\n",
            "var/passphrase": PASSPHRASE + b"\n",
            **{f"mailboxes/{file.name}": file.read_bytes() for file in packed("mailboxes").iterdir()},
        }
        assert (done.passphrase, done.passphrase_written) == (PASSPHRASE, home / "var" / "passphrase")
        assert {*done.written, home / "var" / "passphrase"} == {home / name for name in snapshot(home)}
        assert "AAEC" not in repr(done)
        assert len(done.home.read_mailboxes()) == 13

    def test_mailboxes_that_are_gone_are_not_taken_for_none(self, home: Home) -> None:
        shutil.rmtree(home.mailboxes)
        with pytest.raises(OperatorError, match=r"there is no folder .*/mailboxes: restore it, or correct folders\.mailboxes in .*/hub\.toml"):
            home.read_mailboxes()

    def test_other_users_see_neither_keys_nor_store(self, home: Home) -> None:
        assert [mode(path) for path in (home.certs, home.var, home.content, home.passphrase_file)] == [0o700, 0o700, 0o700, 0o600]

    def test_files_that_are_there_stay_as_they_are(self, tmp_path: Path) -> None:
        (tmp_path / "hub.toml").write_text('[hub]\ndomain = "edi.example.cn"\n')
        (tmp_path / "mailboxes").mkdir()
        (tmp_path / "mailboxes" / "customs.toml").write_text("mine")
        (tmp_path / "var").mkdir(mode=0o755)
        before = snapshot(tmp_path)
        done = init_home(tmp_path, {}, entropy=entropy)
        after = snapshot(tmp_path)
        assert {name: after[name] for name in before} == before
        assert done.home.settings.hub.domain == "edi.example.cn"
        assert tmp_path / "hub.toml" not in done.written
        assert mode(tmp_path / "var") == 0o700

    @pytest.mark.parametrize("name", ["certs/root.key", "certs/issuing.key", "var/vanhub.db"])
    def test_where_keys_or_a_store_exist_nothing_is_changed(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("precious")
        with pytest.raises(OperatorError, match=rf"already \({tmp_path}/{name}\): nothing was changed; "):
            init_home(tmp_path, {}, entropy=entropy)
        assert snapshot(tmp_path) == {name: b"precious"}

    def test_wrong_settings_change_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "hub.toml").write_text("nonsense = 1")
        with pytest.raises(OperatorError, match="unknown key nonsense"):
            init_home(tmp_path, {}, entropy=entropy)
        assert snapshot(tmp_path) == {"hub.toml": b"nonsense = 1"}

    def test_a_passphrase_that_is_given_is_taken_and_none_is_written(self, tmp_path: Path) -> None:
        done = init_home(tmp_path, {"VANHUB_PASSPHRASE": "given"}, entropy=entropy)
        assert (done.passphrase, done.passphrase_written) == (b"given", None)
        assert not done.home.passphrase_file.exists()

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(OperatorError, match=rf"^cannot make {tmp_path}/file/hub a home: "):
            init_home(tmp_path / "file" / "hub", {}, entropy=entropy)


class TestPassphrase:
    def test_credential_goes_before_file_before_environment(self, home: Home, tmp_path: Path) -> None:
        (tmp_path / "vanhub-passphrase").write_text("of systemd\n")
        environ = {"CREDENTIALS_DIRECTORY": str(tmp_path), "VANHUB_PASSPHRASE": "of the environment"}
        assert home.read_passphrase(environ) == b"of systemd"
        (tmp_path / "vanhub-passphrase").unlink()
        assert home.read_passphrase(environ) == PASSPHRASE
        home.passphrase_file.unlink()
        assert home.read_passphrase(environ) == b"of the environment"

    def test_none_at_all_names_the_three_ways(self, home: Home) -> None:
        home.passphrase_file.unlink()
        assert home.find_passphrase({}) is None
        with pytest.raises(OperatorError, match=rf"put it into {home.var}/passphrase .*VANHUB_PASSPHRASE .*vanhub-passphrase$"):
            home.read_passphrase({})

    def test_a_file_that_others_can_read_is_refused_with_the_cure(self, home: Home) -> None:
        home.passphrase_file.chmod(0o640)
        with pytest.raises(OperatorError, match=rf"can be read by other users: `chmod 600 {home.passphrase_file}`$"):
            home.read_passphrase({})

    def test_an_empty_file_is_no_passphrase(self, home: Home) -> None:
        home.passphrase_file.write_bytes(b"\n")
        with pytest.raises(OperatorError, match="is empty"):
            home.read_passphrase({})


class TestEndpoints:
    def test_they_are_written_whole_and_private_and_removed(self, home: Home) -> None:
        assert home.read_endpoints() == {}
        home.write_endpoints({"tcp": ("127.0.0.1", 9735), "https": ("::1", 40001)})
        home.write_endpoints({"tcp": ("127.0.0.1", 9736), "https": ("::1", 40001)})
        expected = {"tcp": {"host": "127.0.0.1", "port": 9736}, "https": {"host": "::1", "port": 40001}}
        assert json.loads(home.endpoints.read_bytes()) == home.read_endpoints() == expected
        assert mode(home.endpoints) == 0o600
        assert sorted(path.name for path in home.var.iterdir()) == [".gitignore", "content", "endpoints.json", "passphrase"]
        home.remove_endpoints()
        home.remove_endpoints()
        assert home.read_endpoints() == {}


HOLD = """
import sys
from pathlib import Path
from vanhub.service.home import Home, HomeLock
with HomeLock(Home.open(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(home: Home) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that holds the home until its standard input ends."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(home.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


class TestLock:
    def test_a_second_process_is_told_who_holds_it(self, home: Home, holder: subprocess.Popen[bytes]) -> None:
        with pytest.raises(HomeInUse, match=rf"^the home {home.path} is in use by process {holder.pid}$") as refused:
            HomeLock(home).acquire()
        assert refused.value.pid == holder.pid

    def test_it_is_free_when_the_holder_is_killed(self, home: Home, holder: subprocess.Popen[bytes]) -> None:
        holder.kill()
        holder.wait()
        with HomeLock(home):
            assert home.lock.read_text() == f"{os.getpid()}\n"
        assert mode(home.lock) == 0o600

    def test_it_is_free_when_the_holder_gives_it_back(self, home: Home, holder: subprocess.Popen[bytes]) -> None:
        assert holder.stdin is not None
        holder.stdin.close()
        assert holder.wait() == 0
        lock = HomeLock(home).acquire()
        lock.release()
        lock.release()
        with HomeLock(home):
            pass

    def test_two_locks_of_one_process_exclude_one_another_too(self, home: Home) -> None:
        with HomeLock(home), pytest.raises(HomeInUse) as refused:
            HomeLock(home).acquire()
        assert refused.value.pid == os.getpid()

    def test_a_home_without_var_names_init(self, tmp_path: Path) -> None:
        with pytest.raises(OperatorError, match=r"`vanhub init` makes what is missing$"):
            HomeLock(Home(tmp_path, Settings())).acquire()

    def test_a_home_whose_var_is_gone_names_the_backup(self, home: Home) -> None:
        (home.certs / "issuing.pem").touch()
        shutil.rmtree(home.var)
        with pytest.raises(OperatorError, match=r"there is no folder .*/var: mount its disk, or restore it from a backup$"):
            HomeLock(home).acquire()

    def test_children_do_not_inherit_it(self, home: Home) -> None:
        """A check worker that outlives the hub must not keep the home closed."""
        lock = HomeLock(home).acquire()
        with subprocess.Popen(
            [sys.executable, "-c", "import sys; print('up', flush=True); sys.stdin.read()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"up\n"
            lock.release()
            with HomeLock(home):
                pass
            child.kill()
