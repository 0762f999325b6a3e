"""docs/architecture.md against the packages and their layers."""

from __future__ import annotations

import pkgutil
import re
import tomllib
from pathlib import Path

import kofucli
from tests.docs.pages import code, codes, read_page, read_section, read_table

PAGE = read_page("architecture")


def test_the_table_names_every_package_and_no_other() -> None:
    walked = pkgutil.walk_packages(kofucli.__path__, "kofucli.")
    found = {"kofucli", *(module.name for module in walked if module.ispkg)}
    assert found == {code(row[0]) for row in read_table(PAGE, "Package", "What is in it")}


def test_the_direction_of_imports_is_the_one_that_is_held() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (layers,) = (c["layers"] for c in contracts if c["type"] == "layers")
    held = [sorted(name.strip() for name in layer.split("|")) for layer in layers]
    section = read_section(PAGE, "Direction of imports")
    listed = [
        sorted(f"kofucli.{name}" for name in codes(line))
        for line in re.findall(r"(?m)^[0-9]+\. (.*)$", section)
    ]
    assert held == listed
