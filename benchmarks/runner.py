"""Run command lines that come on stdin, each to its end, and print what each took.

A process of its own, and a small one: a process inherits the peak memory of the one that made it.
A line is FOLDER, LOG and the words, with tabs between them; the answer is the exit status, seconds
on the clock, and KiB at the peak.
"""

import os
import sys
from time import perf_counter

UNIT = 1024 if sys.platform == "darwin" else 1  # of ru_maxrss, in KiB elsewhere


def run(folder: str, log: str, *words: str) -> str:
    """Run a command line in a folder that is its home too, with nothing else around it."""
    environment = {
        "PATH": os.defpath,
        "HOME": folder,
        "LANG": "C.UTF-8",
        "KOFUCLI_NOW": "2026-11-24T10:00:00+09:00",
    }
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    os.chdir(folder)
    began = perf_counter()
    child = os.posix_spawn(words[0], words, environment, file_actions=actions)
    _, status, used = os.wait4(child, 0)
    seconds = perf_counter() - began
    return f"{os.waitstatus_to_exitcode(status)} {seconds} {used.ru_maxrss // UNIT}"


for line in sys.stdin:
    print(run(*line.rstrip("\n").split("\t")), flush=True)
