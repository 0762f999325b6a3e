"""A process that books the same frame on and on, a case at a time: run as a script.

``booking_on.py CONFIG NOW AGENT NAME``; each acknowledged reservation's number is a line on
stdout, written only after the command has ended. It ends when a command does not succeed.
"""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import redirect_stdout
from itertools import count

from kofucli.cli.main import main

if __name__ == "__main__":
    config, now, agent, name = sys.argv[1:]
    for turn in count(1):
        out = io.BytesIO()
        with io.TextIOWrapper(out, "utf-8", write_through=True) as stdout, redirect_stdout(stdout):
            status = main(
                [
                    *("book", "+1", "10:00", "--case", f"{name}-{turn}", "--agent", agent),
                    *("--config", config, "--now", now, "-f", "json"),
                ],
                {},
            )
            said = out.getvalue()
        if status:
            sys.exit(status)
        os.write(1, json.loads(said)["reservation"]["number"].encode() + b"\n")
