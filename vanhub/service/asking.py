"""Asking a running hub over its admin socket (``vanhub.service.admin`` answers). Light to import: a command that asks need not load the hub."""

from __future__ import annotations

import json
import os
import pwd
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vanhub import errors
from vanhub.errors import HubError, OperatorError

REQUEST_LIMIT = 4 * 1024 * 1024
"""Octets of a request line: a certificate request or a list of addresses is far below."""

_NAME_OCTETS = 107  # sun_path of a socket address, less its final zero


def actor_of(uid: int) -> str:
    """How the journal names a local user: ``uid:1000(name)``."""
    try:
        return f"uid:{uid}({pwd.getpwuid(uid).pw_name})"
    except KeyError:
        return f"uid:{uid}"


@contextmanager
def short_name(path: Path) -> Iterator[str]:
    """A name of the socket ``path`` that fits into a socket address, valid within the context: a longer one is reached through a descriptor of its folder.

    Raises:
        OSError: there is no such folder.
    """
    if len(os.fsencode(path)) <= _NAME_OCTETS:
        yield os.fspath(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def ask(path: Path, verb: str, arguments: dict[str, Any], *, timeout_s: float = 600.0) -> Any:
    """Ask the hub at ``path``; blocks.

    Raises:
        HubError: of the class that the hub raised.
        OperatorError: nobody answers there, the answer broke off, or the request is too long.
    """
    request = json.dumps({"verb": verb, "arguments": arguments}).encode() + b"\n"
    if len(request) > REQUEST_LIMIT:
        raise OperatorError(f"the request has {len(request)} octets, a running hub takes {REQUEST_LIMIT}")
    line = bytearray()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout_s)
        try:
            with short_name(path) as name:
                connection.connect(name)
            connection.sendall(request)
            while not line.endswith(b"\n"):
                piece = connection.recv(1 << 20)
                if not piece:
                    break
                line += piece
        except OSError as error:
            raise OperatorError(f"the hub does not answer at {path}: {error}; see `vanhub status`") from error
    try:
        answer = json.loads(line)
    except ValueError:
        raise OperatorError(f"the hub at {path} broke off its answer; see its log") from None
    if "error" in answer:
        raise _class_of(answer["error"]["code"])(answer["error"]["text"])
    return answer["result"]


def _class_of(code: str) -> type[HubError]:
    classes = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, HubError)]
    return next((kind for kind in classes if kind.code == code), HubError)
