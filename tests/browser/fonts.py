"""Sets of fonts: what a machine may have, each with a fontconfig of its own.

A page is as wide and as high as its font makes it, and what font a machine has is nobody's to say.
So a browser of the tests sees the files of one set and nothing else of the machine.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

import pytest
from _pytest.mark import ParameterSet

FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts")
_CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>
"""


class Font(NamedTuple):
    """A font: the Debian package that has it, its files, and the families Chromium tells."""

    package: str
    files: tuple[str, ...]
    families: tuple[str, ...]


NOTO = Font(
    "fonts-noto-cjk",
    ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc"),
    ("Noto Sans CJK JP", "Noto Sans Mono CJK JP"),
)
IPA = Font("fonts-ipafont-gothic", ("ipag.ttf", "ipagp.ttf"), ("IPAGothic", "IPAPGothic"))
DEJAVU = Font(
    "fonts-dejavu-core",
    ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf"),
    ("DejaVu Sans", "DejaVu Sans Mono"),
)
SETS = {"ipa": (IPA,), "noto": (NOTO,), "dejavu": (DEJAVU,), "dejavu and noto": (DEJAVU, NOTO)}
"""By name. DejaVu has wide Latin letters and no Japanese; beside Noto it makes both wide."""
ALONE = ("ipa", "noto", "dejavu")
LONGEST = "ipa"
"""Of those with one font the set with which pages are longest: each Latin letter has half an em."""


def each_set(*quick: str) -> list[ParameterSet]:
    """Return every set as a parameter of a test; those that are not quick are deep."""
    deep = pytest.mark.deep
    return [pytest.param(name, marks=[] if name in quick else deep) for name in SETS]


def find_missing(name: str) -> list[str]:
    """Return the packages of a set that this machine lacks."""
    found = _find_files()
    return [font.package for font in SETS[name] if not set(font.files) <= found.keys()]


def configure(name: str, folder: Path) -> Path:
    """Return a configuration of fontconfig, made in ``folder``, that has the fonts of one set."""
    found = _find_files()
    fonts, path = folder / "fonts", folder / "fonts.conf"
    fonts.mkdir()
    for font in SETS[name]:
        for file in font.files:
            (fonts / file).symlink_to(found[file])
    cache = escape(str(folder / "font-cache"))
    path.write_text(_CONFIGURATION.format(fonts=escape(str(fonts)), cache=cache))
    return path


def _find_files() -> dict[str, Path]:
    wanted = {file for fonts in SETS.values() for font in fonts for file in font.files}
    paths = (path for top in FOLDERS for path in Path(top).rglob("*"))
    return {path.name: path for path in paths if path.name in wanted}
