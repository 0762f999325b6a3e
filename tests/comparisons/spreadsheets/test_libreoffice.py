"""LibreOffice opens and saves our workbooks: nothing that they say is another thing afterwards."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.cli.office.test_workbooks import MAKING, ODD, make
from tests.conftest import OfficeInFolder
from tests.support.needs import lacking

A1 = ("--agent", "A-1")
pytestmark = pytest.mark.deep


def save_again(paths: list[Path], folder: Path) -> list[Path]:
    """Let LibreOffice open workbooks and save them in another folder."""
    program = shutil.which("soffice") or lacking("LibreOffice (soffice)")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    out = folder / "out"
    words = [program, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(out)]
    subprocess.run([*words, *map(str, paths)], check=True, capture_output=True, timeout=300)
    return [out / path.name for path in paths]


def read(path: Path) -> Any:
    """Return what a workbook says: its cells with their kinds, the filter.

    Without a window LibreOffice saves nothing of a view, so of no workbook the frozen heading.
    """
    page = openpyxl.load_workbook(path).active
    cells = [[(_text(c.value), c.is_date, c.number_format == "@") for c in row] for row in page]
    return cells, page.auto_filter.ref


def _text(value: object) -> object:
    """Return a value with its escapes in one case, which both programs write differently."""
    if not isinstance(value, str):
        return value
    return re.sub("_x[0-9A-Fa-f]{4}_", lambda escape: escape[0].lower(), value)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_workbook_stays_what_it_is(
    office: OfficeInFolder, tmp_path: Path, language: str
) -> None:
    """Values, kinds, formats, filters; a plan, a list and rows given back are read as before."""
    office.book("2026-11-25", "10:00", "007", "横支更2,recipient=professional")
    notes = tmp_path / "notes.json"
    # LibreOffice forgets to escape what looks like an escape.
    texts = [{"number": f"00{at}", "x": text} for at, text in enumerate(ODD) if text[:2] != "_x"]
    notes.write_text(json.dumps(texts), "utf-8")
    dry = {"book": ["-n"]}
    before = [make(office, tmp_path, n, "--lang", language, *dry.get(n, [])) for n in MAKING]
    odd = tmp_path / "odd.xlsx"
    words = ("book", "--from", str(notes), *A1, "-n", "-f", "xlsx", "-o", str(odd))
    assert 0 == office.run(*words, "--lang", language).status
    after = save_again([*before, odd], tmp_path)
    for one, two in zip([*before, odd], after, strict=True):
        assert read(one) == read(two), one.name
        if one.stem in ("list", "book", "plan", "odd"):
            documents = [office.json("plan", str(path), *A1) for path in (one, two)]
            assert documents[0] == documents[1]
