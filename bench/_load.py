"""A load of trading partners: sends interchanges over TLS sessions and notes how long each acknowledgement took. A process of its own.

    python -m bench._load PORT FOLDER FILE CONNECTIONS SECONDS PREFIX      prints {"sent", "seconds", "latencies": [...]}

Every interchange is FILE under another interchange control reference; a session sends the next one when the last was acknowledged.
"""

from __future__ import annotations

import json
import socket
import ssl
import sys
import threading
import time
from pathlib import Path


def _around(template: bytes, reference: bytes) -> tuple[bytes, bytes, bytes]:
    """The octets before, between and after the two places of the reference."""
    parts = template.split(reference)
    if len(parts) != 3:
        raise SystemExit(f"the reference {reference.decode()} does not stand twice in the file")
    return parts[0], parts[1], parts[2]


def main(port: str, folder: str, file: str, connections: str, seconds: str, prefix: str) -> None:
    context = ssl.create_default_context(cafile=Path(folder) / "ca.pem")
    context.load_cert_chain(Path(folder) / "client.pem", Path(folder) / "client.key")
    template = Path(file).read_bytes()
    unb = template[template.index(b"UNB") :].split(b"'", 1)[0]
    before, between, after = _around(template, unb.split(b"+")[5])
    latencies: list[list[float]] = []
    begin = threading.Barrier(int(connections) + 1)
    until = [0.0]

    def partner(number: int) -> None:
        own: list[float] = []
        latencies.append(own)
        with (
            socket.create_connection(("127.0.0.1", int(port))) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as session,
        ):
            session.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            begin.wait()
            count = 0
            while (begun := time.perf_counter()) < until[0]:
                reference = f"{prefix}{number:02d}{count:07d}".encode()
                session.sendall(before + reference + between + reference + after)
                answer = b""
                while b"UNZ+1+" not in answer or not answer.endswith(b"'"):
                    piece = session.recv(65536)
                    if not piece:
                        raise SystemExit("the hub closed the session")
                    answer += piece
                if b"+7'" not in answer:
                    raise SystemExit(f"not accepted: {answer!r}")
                own.append(time.perf_counter() - begun)
                count += 1

    threads = [threading.Thread(target=partner, args=(number,)) for number in range(int(connections))]
    for thread in threads:
        thread.start()
    until[0] = time.perf_counter() + float(seconds) + 1.0
    begin.wait()
    begun = time.perf_counter()
    until[0] = begun + float(seconds)
    for thread in threads:
        thread.join()
    ended = time.perf_counter()
    every = [value for own in latencies for value in own]
    sys.stdout.write(json.dumps({"sent": len(every), "seconds": ended - begun, "latencies": every}))


if __name__ == "__main__":
    main(*sys.argv[1:])
