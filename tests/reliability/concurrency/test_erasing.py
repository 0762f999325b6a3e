"""Erasing an agent while others look: nobody takes an erasure that is under way for damage."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import OfficeInFolder

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
    ("store", "check"),
    ("store", "export", "-o", "{folder}/copy"),
    ("store", "backup", "{folder}/copies"),
    ("agent", "list"),
    ("agent", "export", "A-1"),
)


@pytest.mark.parametrize("words", LOOKING, ids=[" ".join(words[:2]) for words in LOOKING])
def test_an_erasure_under_way_is_no_damage(office: OfficeInFolder, words: tuple[str, ...]) -> None:
    """Between the line of an erasure and the removal of the values, nothing is found damaged."""
    office.json("agent", "edit", "A-1", "--phone", "1")
    shared = ("--config", str(office.config), "--now", office.now)
    erasing = subprocess.Popen(
        [sys.executable, "-c", _SLOWLY, "agent", "erase", "A-1", "-y", *shared],
        stdout=subprocess.DEVNULL,
    )
    found = []
    while erasing.poll() is None:
        found.append(office.run(*(word.format(folder=office.folder) for word in words)))
    assert 0 == erasing.returncode
    assert {0} == {each.status for each in found}, [each for each in found if each.status]
    assert office.named("private/") == []
