"""A proxy before a server of PostgreSQL that does harm at a chosen statement."""

from __future__ import annotations

import os
import select
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.support.postgres import Server

HARMS = ("terminated", "before", "in", "late", "after", "half")
"""What can be done at a statement.

- ``terminated``: the server ends all connections with ``pg_terminate_backend``, then gets it.
- ``before``: the connection is cut; the server never gets the statement.
- ``in``: it is cut when the statement has been sent, with no answer awaited.
- ``late``: the client is cut off, and the server gets the statement a moment later.
- ``after``: the server has answered, and the answer never arrives.
- ``half``: half of the answer arrives.

And ``silent``: nothing arrives, and nothing is cut.
"""
_READY = b"Z\x00\x00\x00\x05"
_LATE = 0.3


_Listener: Any = getattr(socketserver, "ThreadingUnixStreamServer", object)  # none on Windows


class Proxy(_Listener):
    """Passes on what clients and a server say; ``seen`` are the statements of all clients.

    ``choose`` is told the number of each statement, from 0, and its text, and returns the harm to
    do at it, if any. With ``for_good`` nobody gets a new connection after that.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, server: Server, folder: Path) -> None:
        self.folder, self.server = folder, server
        self.reset(lambda number, sql: None)
        folder.mkdir()
        super().__init__(str(folder / ".s.PGSQL.5432"), socketserver.BaseRequestHandler)

    def reset(self, choose: Callable[[int, str], str | None], for_good: bool = False) -> None:
        """Begin to count anew."""
        self.choose, self.for_good = choose, for_good
        self.seen: list[str] = []
        self.harmed = False

    def url(self, place: str) -> str:
        """Return the URL of a store by way of this."""
        return place.replace(str(self.server.folder), str(self.folder))

    def verify_request(self, *_: object) -> bool:
        return not (self.for_good and self.harmed)

    def finish_request(self, client: Any, _: object) -> None:
        with client, socket.socket(socket.AF_UNIX) as server, suppress(OSError):
            server.connect(str(self.server.folder / ".s.PGSQL.5432"))
            server.sendall(_take(client, 4))  # the first message has no kind
            while True:
                ready, _, _ = select.select([client, server], [], [])
                if server in ready:
                    answer = server.recv(1 << 16)
                    if not answer:
                        return
                    client.sendall(answer)
                if client in ready:
                    message = _take(client, 5)
                    harm = self._see(message)
                    if harm is None:
                        server.sendall(message)
                    else:
                        self._do(harm, message, client, server)
                        return

    def _see(self, message: bytes) -> str | None:
        if message[:1] != b"Q":
            return None
        sql = message[5:-1].decode()
        self.seen.append(sql)
        harm = self.choose(len(self.seen) - 1, sql)
        self.harmed |= harm is not None
        return harm

    def _do(self, harm: str, message: bytes, client: socket.socket, server: socket.socket) -> None:
        if harm == "terminated":
            self.server.run(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE application_name = 'kofucli'"
            )
            while answer := server.recv(1 << 16):
                client.sendall(answer)
        elif harm == "silent":
            _take(client, 5)
        elif harm == "late":
            client.close()
            time.sleep(_LATE)
        if harm in ("in", "late", "after", "half"):
            server.sendall(message)
        if harm in ("after", "half"):
            answer = b""
            while _READY not in answer[-6:]:
                answer += server.recv(1 << 16)
            client.sendall(answer[: len(answer) // 2] if harm == "half" else b"")


def _take(sender: socket.socket, head: int) -> bytes:
    """Return one message, whose length stands in the last four of its first ``head`` bytes."""
    data = b""
    length = head
    while len(data) < length:
        part = sender.recv(length - len(data))
        if not part:
            raise OSError
        data += part
        if len(data) == head:
            length = head - 4 + struct.unpack("!I", data[head - 4 :])[0]
    return data


@contextmanager
def running_proxy(server: Server, name: str) -> Iterator[Proxy]:
    """Run a proxy before a server while the block runs."""
    with Proxy(server, server.folder / f"proxy-{name}-{os.getpid()}") as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
