"""A small process that runs the program in children, and reports what each of them used.

A child begins with the peak of memory of the process that starts it, and the test run is large:
hence one between the two. It has loaded the program, so that a child costs what its input costs.
Each line of standard input asks for one run, as JSON: the arguments, and the paths of the files
that are its standard input, output and error. A line of standard output answers: the exit status,
seconds of processor time, and the peak of memory in bytes.
"""

from __future__ import annotations

import json
import os
import pkgutil
import sys

import kofucli
from kofucli.__main__ import run


def answer(arguments: list[str], paths: list[str]) -> tuple[int, float, int]:
    """Run a command line between these files; return what became of it and what it used."""
    child = os.fork()
    if not child:
        for descriptor, path in enumerate(paths):
            os.dup2(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), descriptor)
        sys.argv[1:] = arguments
        run()
    _, ended, used = os.wait4(child, 0)
    peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)  # macOS tells bytes
    return os.waitstatus_to_exitcode(ended), used.ru_utime + used.ru_stime, peak


if __name__ == "__main__":
    for module in pkgutil.walk_packages(kofucli.__path__, "kofucli."):
        __import__(module.name)
    # A stream of its own: the children's standard input must be one that nobody has read from.
    with open(os.dup(0), encoding="utf-8") as requests:
        for line in requests:
            sys.stdout.write(json.dumps(answer(*json.loads(line))) + "\n")
            sys.stdout.flush()
