"""docs/contract.md against the program: commands, options, settings, files."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from msgspec import inspect

import kofucli
from kofucli.base import KofuError
from kofucli.casefile import KEYS, VALUES, build_case
from kofucli.casefile.columns import AGENT_COLUMNS, AMEND_COLUMNS, CASE_COLUMNS, USUAL
from kofucli.cli.help import FORMS
from kofucli.cli.main import root
from kofucli.model import Occupation
from kofucli.model.numbers import parse_number
from kofucli.output.words import CHANGE_NAMES, OUTCOME_NAMES
from kofucli.settings import Settings
from kofucli.settings.read import parse_settings
from tests.docs.pages import by_name, code, codes, read_page, read_section, read_table, read_tables
from tests.support.command_tree import COMMANDS, EVERYTHING, options_of

PAGE = read_page("contract")
SOURCE = Path(kofucli.__file__).parent
SHARED = {"--config", "--store", "--now", "--lang", "--quiet", "--verbose", "--no-color"}


# The command tree


def spell(found: click.Option, command: click.Command) -> str:
    text = "/".join(found.opts)
    if not found.is_flag:
        text += " " + found.make_metavar(click.Context(command)).strip("[]")
    return text + (" ..." if found.multiple else "")


def usage_of(path: str, command: click.Command) -> str:
    ctx = click.Context(command)
    arguments = [p.make_metavar(ctx) for p in command.params if isinstance(p, click.Argument)]
    return " ".join([path, *arguments])


SECTION = read_section(PAGE, "Commands")
ROWS = read_tables(SECTION, "Command", "What it does", "Options")
LISTED = {code(row[0]): row[2] for row in ROWS}
"""The options of the commands, as the page lists them, by usage."""
STACKS = dict(read_table(SECTION, "Word", "Options"))
"""Options that many commands share, by the word that stands for them."""


def documented_options(listed: str) -> list[tuple[str, bool]]:
    """Return the options of a cell, and whether each is needed; words are written out."""
    needed = {name for group in re.findall(r"\(needed: ([^)]+)\)", listed) for name in codes(group)}
    cell = re.sub(r" \(needed: [^)]+\)", "", listed)
    cell = re.sub(r"\*[a-z]+\*", lambda word: STACKS[word[0]], cell)
    pairs = re.findall(r"`([^`]+)`( \(needed\))?", cell)
    assert re.sub(r"`[^`]+`( \(needed\))?", "", cell).strip(", ") == "", cell
    return [(name, bool(alone) or name.split()[0] in needed) for name, alone in pairs]


def test_commands_and_their_arguments() -> None:
    assert {usage_of(path, found) for path, found in COMMANDS.items()} == LISTED.keys()
    assert len(ROWS) == len(LISTED)
    assert LISTED.keys() >= set(re.findall(r"(?m)^#### `(.+)`$", SECTION))


@pytest.mark.parametrize("path", COMMANDS)
def test_options_of_a_command(path: str) -> None:
    command = COMMANDS[path]
    expected = [
        (spell(o, command), o.required) for o in options_of(command) if o.opts[-1] not in SHARED
    ]
    listed = documented_options(LISTED[usage_of(path, command)])
    assert sorted(expected) == sorted(listed)


def test_shared_options() -> None:
    rows = read_table(PAGE, "Option", "Meaning")
    listed = sorted(code(row[0]) for row in rows)
    for command in (root, *EVERYTHING.values()):
        shared = [o for o in options_of(command) if o.opts[-1] in SHARED]
        assert sorted(spell(o, command) for o in shared) == listed
    own = [o.opts for o in options_of(root) if o.opts[-1] not in SHARED]
    assert own == [["--version"]]
    assert "`kofucli --version`" in PAGE


def test_each_short_option_stands_for_one_long_option() -> None:
    found = {
        f"{option.opts[0]} {option.opts[-1]}"
        for command in (root, *EVERYTHING.values())
        for option in options_of(command)
        if not option.opts[0].startswith("--")
    }
    expected = "-f --format, -n --dry-run, -o --output, -q --quiet, -v --verbose, -y --yes"
    assert ", ".join(sorted(found)) == expected


def test_environment_variables() -> None:
    read = {
        name
        for file in SOURCE.rglob("*.py")
        for name in re.findall(r"(?<![A-Z_])KOFUCLI_[A-Z]+", file.read_text("utf-8"))
    }
    rows = read_table(PAGE, "Variable", "Stands for")
    assert read == {code(row[0]) for row in rows}
    options = {name for each in COMMANDS.values() for o in options_of(each) for name in o.opts}
    for row in rows:
        assert codes(row[1])[0] == "--" + code(row[0]).removeprefix("KOFUCLI_").lower()
        assert codes(row[1])[0] in options


def errors_below(kind: type[KofuError]) -> Iterator[type[KofuError]]:
    yield kind
    for derived in kind.__subclasses__():
        yield from errors_below(derived)


def test_forms_of_arguments() -> None:
    """The help explains the forms that the page lists, but for a reason."""
    listed = {row[0] for row in read_table(PAGE, "Argument", "Form")}
    assert {*FORMS, "reason"} == listed
    assert all(key in FORMS["SPEC"] for key in KEYS[1:])


def test_the_page_lists_every_exit_status_with_its_kind() -> None:
    rows = read_table(PAGE, "Status", "Kind", "Meaning")
    assert rows[0][:2] == ["0", "—"]
    listed = {(int(row[0]), code(row[1])) for row in rows[1:]}
    assert len(listed) == len(rows) - 1
    assert {(error.exit_status, error.kind) for error in errors_below(KofuError)} == listed


# The configuration


def read_toml(cell: str) -> Any:
    return None if cell == "—" else tomllib.loads(f"x = {code(cell)}")["x"]


CONFIGURATION = read_table(PAGE, "Table", "Key", "Default", "Allowed and meant")


def test_the_page_lists_every_key_with_its_default() -> None:
    listed = {f"{code(row[0])}.{code(row[1])}": read_toml(row[2]) for row in CONFIGURATION}
    assert len(listed) == len(CONFIGURATION)
    assert by_name(Settings()) == listed


def test_bounds_and_choices_of_a_key_stand_in_its_row() -> None:
    rows = {(code(row[0]), code(row[1])): row[3] for row in CONFIGURATION}
    tables = inspect.type_info(Settings)
    assert isinstance(tables, inspect.StructType)
    checked = 0
    for table in tables.fields:
        assert isinstance(table.type, inspect.StructType)
        for key in table.type.fields:
            row = rows[table.encode_name, key.encode_name]
            for kind in getattr(key.type, "types", (key.type,)):
                if isinstance(kind, inspect.LiteralType) and key.name != "default_kind":
                    assert set(codes(row)) >= set(kind.values), row
                elif isinstance(kind, (inspect.IntType, inspect.FloatType)):
                    assert f"{kind.ge} to {kind.le}" in row, row
                else:
                    continue
                checked += 1
    assert checked > 20


def test_the_sample_has_the_defaults_but_for_what_the_page_names() -> None:
    text = (SOURCE / "sample_config.toml").read_text("utf-8")
    sample, defaults = by_name(parse_settings(text, "sample_config.toml")), by_name(Settings())
    rows = read_table(PAGE, "Table", "Key", "In the sample")
    named = {f"{code(row[0])}.{code(row[1])}": read_toml(row[2]) for row in rows}
    assert named == {name: value for name, value in sample.items() if value != defaults[name]}


# Cases, files, numbers


def test_the_page_lists_the_keys_of_a_spec_in_their_order() -> None:
    rows = read_table(PAGE, "Key", "Values", "Default")
    assert list(KEYS[1:]) == [code(row[0]) for row in rows]


def read_case(key: str, value: str) -> Any:
    case, faults = build_case({"number": "X-1", key: value}, Settings())
    assert faults == []
    assert case is not None
    return getattr(case, key)


def test_values_in_english_and_japanese_mean_the_same() -> None:
    rows = {code(row[0]): row for row in read_table(PAGE, "Key", "Values", "Default")}
    for key in VALUES.keys() - {"kind"}:
        listed = {}
        for value, japanese in re.findall(r"`([a-z]+)` \(([^)]+)\)", rows[key][1]):
            listed |= dict.fromkeys([value, *japanese.split(", ")], read_case(key, value))
        assert listed == VALUES[key]
        assert read_case(key, "") == read_case(key, code(rows[key][2]))


USUALLY = ("Column", "Japanese heading", "Holds")


@pytest.mark.parametrize(
    ("section", "headings", "meanings"),
    [
        ("Case files", USUALLY, CASE_COLUMNS),
        ("Agent files", USUALLY, AGENT_COLUMNS),
        (None, ("Column", "Japanese heading, also", "Holds"), AMEND_COLUMNS),
        (None, ("Kind", "In Japanese, also"), VALUES["kind"]),
    ],
    ids=["cases", "agents", "changes", "kinds"],
)
def test_the_page_lists_every_word_and_what_it_means(
    section: str | None, headings: tuple[str, ...], meanings: dict[str, str]
) -> None:
    listed: dict[str, str] = {}
    for row in read_table(read_section(PAGE, section) if section else PAGE, *headings):
        words = [*codes(row[0]), *filter(None, row[1].split(", "))]
        listed |= dict.fromkeys(words, words[0])
    assert listed == meanings


def test_the_page_names_the_sure_headings_behind_the_first_of_a_column() -> None:
    sure = [name for name, key in CASE_COLUMNS.items() if name not in {*USUAL, key}]
    first = {CASE_COLUMNS[name]: name for name in reversed(sure)}
    named = re.search("first heading, and ([^.]+?),\\s+are\\s+sure", PAGE)
    assert named is not None
    assert set(re.split(",\\s+|\\s+and\\s+", named[1])) == {*sure} - {*first.values()}


def test_the_page_lists_every_outcome_of_a_row() -> None:
    for heading, names in (("Outcome", OUTCOME_NAMES), ("Outcome of a change", CHANGE_NAMES)):
        assert {code(row[0]) for row in read_table(PAGE, heading, "Meaning")} == names.keys()


def test_the_page_names_every_occupation() -> None:
    assert set(Occupation.__args__) <= set(re.findall(r"[a-z-]+", PAGE))


def test_the_numbers_on_the_page_are_right() -> None:
    form = codes(read_section(PAGE, "Reservation numbers"))[0]
    numbers = set(re.findall(r"\b[A-Z]{1,4}[0-9]{6}-[0-9]{4}-[0-9A-Z]\b", PAGE))
    assert numbers
    for number in numbers:
        assert re.fullmatch(form, number)
        assert parse_number(number) is not None
