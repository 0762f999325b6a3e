"""Erasing an agent while others look: nobody takes an erasure that is under way for damage."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import OfficeInFolder
from tests.store.support import full_arguments

_SLOWLY = """
import os, sys, time
from kofucli.__main__ import run
real = os.unlink
def unlink(path, *rest, **more):
    if "/private/" in str(path):
        time.sleep(0.7)
    return real(path, *rest, **more)
os.unlink = os.remove = unlink
sys.argv[0] = "kofucli"
run()
"""
LOOKING = (
    *("store check", "store export -o {folder}/copy", "store backup {folder}/copies"),
    *("agent list", "agent export A-1"),
)


@pytest.mark.parametrize("line", LOOKING)
def test_an_erasure_under_way_is_no_damage(office: OfficeInFolder, line: str) -> None:
    """Between the line of an erasure and the removal of the values, nothing is found damaged."""
    office.json("agent", "edit", "A-1", "--phone", "1")
    erase = full_arguments(office, "agent", "erase", "A-1", "-y")
    erasing = subprocess.Popen([sys.executable, "-c", _SLOWLY, *erase], stdout=subprocess.DEVNULL)
    found = []
    while erasing.poll() is None:
        found.append(office.run(*line.format(folder=office.folder).split()))
    assert 0 == erasing.returncode
    assert {0} == {each.status for each in found}, [each for each in found if each.status]
    assert office.named("private/") == []
