"""A command line that kills itself at a chosen point, as a power cut would: run as a script.

``dying.py POINT ARGUMENTS…``: POINT is ``CALL:K`` (before the K-th ``os.CALL`` of the command),
``CALL:K:half`` (after half of what the K-th ``os.write`` should write), or ``document:K`` (before
the K-th document is made). A command that ends before its point leaves with its own status.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from kofucli.cli.main import main
from kofucli.store.files.view import FileTransaction


def _set_trap(call: str, number: int, half: bool) -> None:
    owner: Any = FileTransaction if call == "document" else os
    name = "make_document" if call == "document" else call
    real = getattr(owner, name)
    calls = 0

    def trap(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == number:
            if half:
                real(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
            os.kill(os.getpid(), 9)
        return real(*arguments, **named)

    setattr(owner, name, trap)


if __name__ == "__main__":
    point, *given = sys.argv[1:]
    kind, count, *more = point.split(":")
    _set_trap(kind, int(count), half=bool(more))
    status = main(given, {})
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
