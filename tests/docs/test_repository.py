"""The repository against its pages: links, paths, packages, layers; and its lists of releases."""

from __future__ import annotations

import ast
import pkgutil
import re
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import kofucli
from tests.docs.pages import code, codes, read_page, read_section, read_table

ROOT = Path(__file__).parents[2]
PROJECT: Any = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PAGES = sorted(
    p.relative_to(ROOT).as_posix() for p in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))
)
PATH = re.compile(r"(?:kofucli|tests|docs|benchmarks|requirements|examples|\.ci|\.github)/[\w./-]+")
"""A path in the repository, as the pages name one in code."""


def anchors_of(page: Path) -> set[str]:
    headings = re.findall(r"(?m)^#+ (.+)$", page.read_text("utf-8"))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_to_files_and_headings(name: str) -> None:
    page = ROOT / name
    for target, anchor in re.findall(r"\]\(([^)#:]*)#?([^):]*)\)", page.read_text("utf-8")):
        linked = page.parent / target if target else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors_of(linked), anchor


@pytest.mark.parametrize("name", PAGES)
def test_paths_are_there(name: str) -> None:
    """A path that a page names, in code, is one of the repository; CODE stands for a rule's."""
    for span in re.findall(r"`([^`\n]+)`", (ROOT / name).read_text("utf-8")):
        for word in span.split():
            if PATH.fullmatch(word) and "CODE" not in word:
                assert (ROOT / word).exists(), word


# docs/architecture.md.

PAGE = read_page("architecture")


def test_the_table_names_every_package_and_no_other() -> None:
    walked = pkgutil.walk_packages(kofucli.__path__, "kofucli.")
    found = {"kofucli", *(module.name for module in walked if module.ispkg)}
    assert found == {code(row[0]) for row in read_table(PAGE, "Package", "What is in it")}


def test_the_direction_of_imports_is_the_one_that_is_held() -> None:
    contracts = PROJECT["tool"]["importlinter"]["contracts"]
    (layers,) = (c["layers"] for c in contracts if c["type"] == "layers")
    held = [sorted(name.strip() for name in layer.split("|")) for layer in layers]
    (line,) = re.findall(r"(?s)(`__main__` → .*)", read_section(PAGE, "Direction of imports"))
    listed = [sorted(f"kofucli.{name}" for name in codes(layer)) for layer in line.split("→")]
    assert held == listed


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Nor a package by way of what stands in it, which import-linter does not see."""
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in (ROOT / "kofucli").rglob("*.py")
    }
    graph: dict[str, set[str]] = {}
    for name, path in modules.items():
        nodes = ast.walk(ast.parse(path.read_text("utf-8")))
        froms = [node for node in nodes if isinstance(node, ast.ImportFrom)]
        named = {
            (str(node.module), f"{node.module}.{a.name}") for node in froms for a in node.names
        }
        graph[name] = {whole if whole in modules else package for package, whole in named} - {name}
    TopologicalSorter(graph).prepare()


# requirements/: it agrees with pyproject.toml, which people edit, and says nothing of a machine.

EXTRAS = PROJECT["project"]["optional-dependencies"]
NEEDED = PROJECT["project"]["dependencies"]
BUILDING = PROJECT["build-system"]["requires"]


def read_releases(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / name).read_text("utf-8")
    return dict(re.findall(r"^([\w.-]+)==([\w.!+]+)", text, re.MULTILINE))


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("run.txt", NEEDED + BUILDING),
        ("dev.txt", NEEDED + BUILDING + EXTRAS["dev"]),
        ("mutation.txt", NEEDED + EXTRAS["mutation"]),
    ],
)
def test_each_range_has_its_release(name: str, asked: list[str]) -> None:
    """After a change of a range, requirements/compile writes the files anew."""
    releases = read_releases(name)
    for requirement in map(Requirement, asked):
        release = releases[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(release), requirement


@pytest.mark.parametrize("name", ["dev.txt", "mutation.txt"])
def test_tools_change_nothing_of_what_the_program_runs_on(name: str) -> None:
    """What a user runs is what is tested."""
    run, more = read_releases("run.txt"), read_releases(name)
    assert {p: more[p] for p in run.keys() & more.keys()}.items() <= run.items()
    assert name != "dev.txt" or run.keys() <= more.keys()


@pytest.mark.parametrize("name", ["run.txt", "dev.txt", "mutation.txt"])
def test_every_release_has_hashes_and_no_place(name: str) -> None:
    """Who installs says where from: an index or a folder of one machine helps nobody else."""
    text = (ROOT / "requirements" / name).read_text("utf-8")
    stripped = re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE)
    for entry in re.split(r"\n(?=\S)", stripped.strip()):
        assert re.fullmatch(r"[\w.-]+==\S+( ; [^\\]+)?( \\\n +--hash=sha256:[0-9a-f]{64})+", entry)
    assert "://" not in text
