"""docs/contract.md against the program: commands, options, settings, files, documents."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from msgspec import inspect

import kofucli
from kofucli.base.errors import KofuError
from kofucli.casefile.case_spec import KEYS, build_case
from kofucli.casefile.columns import AGENT_COLUMNS, CASE_COLUMNS
from kofucli.cli.main import root
from kofucli.model.numbers import parse_number
from kofucli.model.records import CaseStatus, Kind, Occupation, Recipient, Status
from kofucli.output.words import OUTCOME_NAMES
from kofucli.settings import Settings
from kofucli.settings.read import parse_settings
from tests.conftest import OfficeInFolder, run_command
from tests.docs.pages import (
    code,
    codes,
    read_documents,
    read_page,
    read_section,
    read_table,
)

PAGE = read_page("contract")
SOURCE = Path(kofucli.__file__).parent
SHARED = {"--config", "--store", "--now", "--lang", "--quiet", "--verbose", "--no-color"}
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


# The command tree


def walk(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Yield every command below the root with its path."""
    if path:
        yield " ".join(path), command
    if isinstance(command, click.Group):
        ctx = click.Context(command)
        for name in command.list_commands(ctx):
            found = command.get_command(ctx, name)
            assert found is not None
            yield from walk(found, (*path, name))


COMMANDS = dict(walk(root))


def spell(found: click.Option, command: click.Command) -> str:
    """Return an option as the page writes it."""
    text = "/".join(found.opts)
    if not found.is_flag:
        text += " " + found.make_metavar(click.Context(command)).strip("[]")
    return text + (" ..." if found.multiple else "")


def options_of(command: click.Command) -> list[click.Option]:
    """Return a command's options."""
    return [p for p in command.params if isinstance(p, click.Option)]


def usage_of(path: str, command: click.Command) -> str:
    """Return a command's path and arguments as the page writes them."""
    ctx = click.Context(command)
    arguments = [p.make_metavar(ctx) for p in command.params if isinstance(p, click.Argument)]
    return " ".join([path, *arguments])


def documented_commands() -> dict[str, str]:
    """Return the sections of the commands by usage."""
    section = read_section(PAGE, "Commands")
    usages = re.findall(r"(?m)^### `(.+)`$", section)
    assert len(usages) == len(set(usages))
    return {usage: read_section(section, f"`{usage}`") for usage in usages}


def documented_options(section: str) -> list[tuple[str, bool]]:
    """Return the options that a command's section lists, and whether each is needed."""
    found = re.search(r"(?ms)^Options: (.*?)(?:\n\n|\Z)", section)
    if found is None or found[1].strip() == "none":
        return []
    listed = " ".join(found[1].split())
    pairs = re.findall(r"`([^`]+)`( \(needed\))?", listed)
    assert re.sub(r"`[^`]+`( \(needed\))?", "", listed).strip(", ") == "", listed
    return [(name, bool(needed)) for name, needed in pairs]


def test_commands_and_their_arguments() -> None:
    """Every command has a section with its arguments, and no section is of another one."""
    assert {usage_of(path, found) for path, found in COMMANDS.items()} == set(documented_commands())


@pytest.mark.parametrize("path", COMMANDS)
def test_options_of_a_command(path: str) -> None:
    """A command's section lists every option of its own: names, values, needed or repeated."""
    command = COMMANDS[path]
    expected = [
        (spell(o, command), o.required) for o in options_of(command) if o.opts[-1] not in SHARED
    ]
    listed = documented_options(documented_commands()[usage_of(path, command)])
    assert sorted(expected) == sorted(listed)


def test_shared_options() -> None:
    """The root and every command take the shared options of the page, and these alone."""
    rows = read_table(PAGE, "Option", "Meaning")
    listed = sorted(code(row[0]) for row in rows)
    for command in (root, *COMMANDS.values()):
        shared = [o for o in options_of(command) if o.opts[-1] in SHARED]
        assert sorted(spell(o, command) for o in shared) == listed
    own = [o.opts for o in options_of(root) if o.opts[-1] not in SHARED]
    assert own == [["--version"]]
    assert "`kofucli --version`" in PAGE


def test_an_option_means_the_same_everywhere() -> None:
    """Short options are -h, -f, -n, -q, -v, -y and -o, each for one long option."""
    short: dict[str, set[str]] = {}
    for command in (root, *COMMANDS.values()):
        for found in options_of(command):
            for name in found.opts:
                if not name.startswith("--"):
                    short.setdefault(name, set()).add(found.opts[-1])
    assert short == {
        "-f": {"--format"},
        "-n": {"--dry-run"},
        "-o": {"--output"},
        "-q": {"--quiet"},
        "-v": {"--verbose"},
        "-y": {"--yes"},
    }


@pytest.mark.parametrize("path", ["", *COMMANDS])
def test_help_in_both_languages(path: str) -> None:
    """Every command explains itself in English and in Japanese, and ends with 0."""
    english = run_command(*path.split(), "--help", "--lang", "en")
    japanese = run_command(*path.split(), "--lang", "ja", "-h")
    assert (english.status, english.err) == (0, "")
    assert (japanese.status, japanese.err) == (0, "")
    command = COMMANDS.get(path, root)
    assert command.help is not None
    assert command.help.split()[0] in english.out
    assert JAPANESE.search(english.out) is None
    assert JAPANESE.search(japanese.out.split("\n\n")[1]) is not None
    for found in options_of(command):
        assert found.opts[-1] in english.out
        assert found.opts[-1] in japanese.out


def test_environment_variables() -> None:
    """The page lists every variable that the program reads, each for an option there is."""
    read = {
        name
        for file in SOURCE.rglob("*.py")
        for name in re.findall(r"(?<![A-Z_])KOFUCLI_[A-Z]+", file.read_text("utf-8"))
    }
    rows = read_table(PAGE, "Variable", "Stands for")
    assert read == {code(row[0]) for row in rows}
    options = {
        name for command in COMMANDS.values() for o in options_of(command) for name in o.opts
    }
    for row in rows:
        assert codes(row[1])[0] == "--" + code(row[0]).removeprefix("KOFUCLI_").lower()
        assert codes(row[1])[0] in options


def errors_below(kind: type[KofuError]) -> Iterator[type[KofuError]]:
    """Yield a class of error and all that derive from it."""
    yield kind
    for derived in kind.__subclasses__():
        yield from errors_below(derived)


def test_exit_statuses() -> None:
    """The page lists every exit status with its kind, and no other."""
    rows = read_table(PAGE, "Status", "Kind", "Meaning")
    assert rows[0][:2] == ["0", "—"]
    listed = {(int(row[0]), code(row[1])) for row in rows[1:]}
    assert len(listed) == len(rows) - 1
    assert {(error.exit_status, error.kind) for error in errors_below(KofuError)} == listed


# The configuration


def configured() -> dict[tuple[str, str], Any]:
    """Return the default of every key by table and key, as plain data."""
    defaults = Settings()
    return {
        (table.encode_name, key.encode_name): plain(
            getattr(getattr(defaults, table.name), key.name)
        )
        for table in msgspec.structs.fields(Settings)
        for key in msgspec.structs.fields(getattr(defaults, table.name))
    }


def plain(value: object) -> Any:
    """Return a setting as TOML would have it."""
    return msgspec.json.decode(msgspec.json.encode(value))


def read_toml(cell: str) -> Any:
    """Return the value in a cell of a table; None where it is absent."""
    return None if cell == "—" else tomllib.loads(f"x = {code(cell)}")["x"]


CONFIGURATION = ("Table", "Key", "Default", "Allowed and meant")


def test_configuration_keys_and_defaults() -> None:
    """The page lists every key of every table with its default, and no other."""
    rows = read_table(PAGE, *CONFIGURATION)
    listed = {(code(row[0]), code(row[1])): read_toml(row[2]) for row in rows}
    assert len(listed) == len(rows)
    assert configured() == listed


def test_configuration_ranges() -> None:
    """Bounds and choices of a key stand in its row."""
    rows = {(code(row[0]), code(row[1])): row[3] for row in read_table(PAGE, *CONFIGURATION)}
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


def test_sample_configuration() -> None:
    """The sample is valid, and its values are the defaults but for those the page names."""
    text = (SOURCE / "sample_config.toml").read_text("utf-8")
    settings = parse_settings(text, "sample_config.toml")
    rows = read_table(PAGE, "Table", "Key", "In the sample")
    named = {(code(row[0]), code(row[1])): read_toml(row[2]) for row in rows}
    for (table, key), default in configured().items():
        value = plain(getattr(getattr(settings, table), key))
        if (table, key) in named:
            assert value == named.pop((table, key)) != default
        else:
            assert value == default, (table, key)
    assert named == {}


# Cases, files, numbers


def test_keys_of_a_case() -> None:
    """The page lists the keys of a SPEC in their order; the number has none."""
    rows = read_table(PAGE, "Key", "Values", "Default")
    assert list(KEYS[1:]) == [code(row[0]) for row in rows]


def read_case(key: str, value: str) -> Any:
    """Return what a value of a key means; it must be allowed."""
    case, faults = build_case({"number": "X-1", key: value}, Settings())
    assert faults == []
    assert case is not None
    return getattr(case, key)


def test_values_of_a_case() -> None:
    """Values in English, and the Japanese ones beside them, mean the same."""
    rows = {code(row[0]): row for row in read_table(PAGE, "Key", "Values", "Default")}
    listed: dict[str, set[str]] = {}
    for key in ("recipient", "birth", "filed", "review"):
        for value, japanese in re.findall(r"`([a-z]+)`(?: \(([^)]+)\))?", rows[key][1]):
            meant = read_case(key, value)
            listed.setdefault(key, set()).add(value)
            assert japanese
            assert {read_case(key, other) for other in japanese.split(", ")} == {meant}
        default = read_case(key, "")
        assert default == read_case(key, code(rows[key][2]))
    assert listed["recipient"] == set(Recipient.__args__)


def test_kinds_in_japanese() -> None:
    """Every kind is listed, and its Japanese names are understood."""
    rows = read_table(PAGE, "Kind", "In Japanese, also")
    assert {code(row[0]) for row in rows} == set(Kind.__args__)
    for row in rows:
        for name in filter(None, (code(row[0]), *row[1].split(", "))):
            assert read_case("kind", name) == code(row[0])


@pytest.mark.parametrize(
    ("heading", "columns"), [("Case files", CASE_COLUMNS), ("Agent files", AGENT_COLUMNS)]
)
def test_columns_of_files(heading: str, columns: dict[str, str]) -> None:
    """The page lists every column of a file with all its Japanese headings."""
    rows = read_table(read_section(PAGE, heading), "Column", "Japanese heading", "Holds")
    listed = {}
    for row in rows:
        listed |= dict.fromkeys([code(row[0]), *row[1].split(", ")], code(row[0]))
    assert columns == listed


def test_outcomes_of_rows() -> None:
    """The page lists every outcome of a row."""
    rows = read_table(PAGE, "Outcome", "Meaning")
    assert set(OUTCOME_NAMES) == {code(row[0]) for row in rows}


def test_statuses() -> None:
    """The page names every status of a reservation and of a case, and every occupation."""
    documents = read_section(PAGE, "Documents")
    named = set(codes(documents))
    assert named >= {*Status.__args__, *CaseStatus.__args__}
    assert set(Occupation.__args__) <= set(re.findall(r"[a-z-]+", PAGE))


def test_reservation_numbers() -> None:
    """The numbers on the page have the right check character and the form given."""
    form = codes(read_section(PAGE, "Reservation numbers"))[0]
    numbers = set(re.findall(r"\b[A-Z]{1,4}[0-9]{6}-[0-9]{4}-[0-9A-Z]\b", PAGE))
    assert numbers
    for number in numbers:
        assert re.fullmatch(form, number)
        assert parse_number(number) is not None


# Documents


DOCUMENTS = read_documents(PAGE)
DAY = "2026-11-25"


def expand(document: Any) -> Any:
    """Return a document of the page with the names of others replaced by these."""
    if isinstance(document, str) and document in ("R", "A", "F", "ROW", "M", "ADVICE"):
        return expand(DOCUMENTS[document])
    if isinstance(document, list):
        return [expand(item) for item in document]
    if isinstance(document, dict):
        return {key: expand(value) for key, value in document.items()}
    return document


def assert_same_form(expected: Any, found: Any, where: str = "") -> None:
    """Assert that two documents have the same keys and kinds of values.

    Null is of any kind, and the details of a refusal differ from rule to rule.
    """
    if expected is None or found is None:
        return
    assert type(expected) is type(found), where
    if isinstance(expected, dict) and not where.endswith(".details"):
        assert set(expected) == set(found), where
        for key, value in expected.items():
            assert_same_form(value, found[key], f"{where}.{key}")
    elif isinstance(expected, list) and expected:
        for item in found:
            assert_same_form(expected[0], item, f"{where}[]")


def check_document(name: str, found: dict[str, Any]) -> None:
    """Assert that a document has the form that the page gives it; warnings may come on top."""
    found = {key: value for key, value in found.items() if key not in ("warnings", "dry_run")}
    assert_same_form(expand(DOCUMENTS[name]), found, name)


@pytest.fixture
def full_office(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office whose agent has a reservation."""
    office.book(DAY, "10:00", "X-1")
    return office


def test_documents_of_reservations(full_office: OfficeInFolder) -> None:
    """Booking, changing, cancelling, showing and listing give the documents of the page."""
    book = ("book", DAY, "11:00", "--case", "X-2", "--case", "X-3", "--agent", "A-1")
    check_document("reservation", full_office.json(*book, "-n"))
    check_document("reservation", full_office.json(*book))
    check_document("reservation", full_office.json("amend", "X-2", "--drop", "X-3", "--office"))
    check_document("reservation", full_office.json("show", "X-2"))
    check_document("reservation", full_office.json("cancel", "X-2", "--agent", "A-1"))
    check_document("list", full_office.json("list", "--all"))
    check_document("confirmation", full_office.json("confirmation", "X-1"))


def test_documents_of_what_was_asked(full_office: OfficeInFolder, tmp_path: Path) -> None:
    """--explain adds the keys of the page, with row and agent in a file, and in an error."""
    book = ("book", DAY, "11:00", "--case", "X-2", "--agent", "A-1", "--explain")
    page = DOCUMENTS["explained"]
    entries = full_office.json(*book)
    check_document("explained", {**entries, "explain": entries["explain"][-3:-2]})
    change = full_office.json("amend", "X-1", "--replace", "X-1=X-9", "--explain", "--office")
    assert set(change) - {"warnings"} == set(page)
    cancel = full_office.json("cancel", "X-2", "--explain", "--agent", "A-1", "-n")
    for found in (*entries["explain"], *change["explain"], *cancel["explain"]):
        assert set(found) == set(page["explain"][0])
    file = tmp_path / "cases.csv"
    file.write_text(f"number,date,hour\nX-4,{DAY},12\n", "utf-8")
    planned = full_office.json("plan", str(file), "--agent", "A-1", "--explain")
    refused = full_office.run(
        "book", "--from", str(file), "--agent", "A-1", "--explain", "-f", "json"
    )
    for found in (*planned["explain"], *refused.error["explain"]):
        assert set(found) == {*page["explain"][0], "row", "agent"}


def test_documents_of_slots_and_status(full_office: OfficeInFolder) -> None:
    """Slots and status have more keys for an agent, or others; the page says which."""
    check_document("slots", full_office.json("slots", "--agent", "A-1"))
    check_document("status-agent", full_office.json("status", "--agent", "A-1"))
    check_document("status-office", full_office.json("status"))
    slots = full_office.json("slots")
    assert slots["agent"] is None
    frame = DOCUMENTS["slots"]["days"][0]["frames"][0]
    assert set(slots["days"][0]["frames"][0]) == set(frame) - {"yours", "bookable"}


def test_documents_of_a_case_file(full_office: OfficeInFolder, tmp_path: Path) -> None:
    """A case file gives rows and counts, in the error document where nothing is booked."""
    file = tmp_path / "cases.csv"
    file.write_text(f"number,date,hour\nX-4,{DAY},9\nX-5,{DAY},12\n", "utf-8")
    book = ("book", "--from", str(file), "--agent", "A-1")
    refused = full_office.run(*book, "-f", "json")
    assert refused.out == ""
    rows = refused.error.pop("rows")
    assert_same_form([expand(DOCUMENTS["ROW"])], rows)
    error = refused.error
    more = set(error) - set(DOCUMENTS["error-refused"]["error"])
    assert more == {"rows", "counts", "bookable_from", "warnings"}
    assert set(error["counts"]) == set(DOCUMENTS["rows"]["counts"])
    outcome = full_office.run(*book, "--best-effort", "-f", "json")
    assert outcome.status == 3
    check_document("rows", outcome.json)
    folder = str(tmp_path / "confirmations")
    written = full_office.run(*book, "--best-effort", "--confirmations", folder, "-f", "json").json
    assert [f"{folder}/{row['reservation']}.txt" for row in written["rows"][:1]] == written.pop(
        "confirmations"
    )
    check_document("rows", written)
    check_document("plan", full_office.json("plan", str(file), "--agent", "A-1"))


def test_documents_of_agents(full_office: OfficeInFolder, tmp_path: Path) -> None:
    """Agents have one form wherever they occur."""
    suspend = ("agent", "suspend", "A-1", "--reason", "6(4)")
    check_document("agent-changed", full_office.json(*suspend))
    check_document("agent-show", full_office.json("agent", "show", "A-1"))
    check_document("agent-list", full_office.json("agent", "list"))
    check_document("agent-changed", full_office.json("terms", "accept", "--agent", "A-1"))
    check_document("verify-send", full_office.json("verify", "send", "A-1"))
    full_office.set("mail", "host", '"localhost"')
    check_document("mail-send", full_office.json("mail", "send", "-n"))
    file = tmp_path / "agents.csv"
    file.write_text(
        "id,氏名,職種,証明書番号,有効期限,メール\nB-1,名,attorney,C-9,2030-01-01,b@example.jp\n",
        "utf-8",
    )
    check_document("agents-changed", full_office.json("agent", "import", str(file)))
    check_document("agent-export", full_office.json("agent", "export", "A-1"))
    check_document("agent-erase", full_office.json("agent", "erase", "B-1", "-y"))
    check_document("agent-show", full_office.json("agent", "show", "B-1"))
    check_document("terms-show", full_office.json("terms", "show"))


def test_documents_of_the_office(full_office: OfficeInFolder) -> None:
    """Closures, openings and maintenance say what they did."""
    full_office.book("2026-11-26", "10:00", "X-6")
    close = ("office", "close", DAY, "--reason", "r", "-y")
    check_document("office-day", full_office.json(*close))
    full_office.json("agent", "edit", "A-1", "--valid-until", "2026-11-25")
    full_office.json("agent", "suspend", "A-1", "--reason", "r")
    opened = full_office.json("office", "reopen", DAY, "--restore")
    assert len(opened["not_restored"]) == 1
    check_document("office-day", opened)
    maintenance = ("office", "maintenance", "--reason", "r", "--end", "2026-11-24T18:00")
    check_document("office-maintenance", full_office.json(*maintenance))


def test_documents_of_the_desk(full_office: OfficeInFolder) -> None:
    """The counter's commands give the documents of the page."""
    full_office.book(DAY, "11:00", "X-6")
    full_office.book(DAY, "13:00", "X-7")
    full_office.now = f"{DAY}T09:50"
    check_document("desk-sheet", full_office.json("desk", "sheet"))
    late = full_office.json("desk", "late-cancel", "X-6", "--reason", "r")
    check_document("desk-late-cancel", late)
    undo = ("desk", "undo", late["reservation"]["number"], "--reason", "r")
    check_document("desk-undo", full_office.json(*undo))
    check_document("desk-arrive", full_office.json("desk", "arrive", "X-1"))
    check_document("desk-close-day", full_office.json("desk", "close-day", now=f"{DAY}T16:00"))
    check_document("reservation", full_office.json("desk", "collect", "X-1"))
    full_office.book("+1", "9:00", "X-8")
    notice = full_office.json("desk", "late-notice", "X-8")
    assert notice["reservation"].pop("late_notice") == f"{DAY}T09:50:00+09:00"
    check_document("reservation", notice)


def test_documents_of_reports(full_office: OfficeInFolder, tmp_path: Path) -> None:
    """Reports have the documents of the page, the nightly one the paths that it wrote."""
    check_document("report-load", full_office.json("report", "load"))
    check_document("report-quota", full_office.json("report", "quota"))
    check_document("report-conduct", full_office.json("report", "conduct"))
    nightly = full_office.json("report", "nightly", "-o", str(tmp_path / "out"))
    check_document("report-nightly", nightly)


def test_documents_of_store_and_rules(full_office: OfficeInFolder, tmp_path: Path) -> None:
    """The store's check, the rules and a new store have the documents of the page."""
    check_document("rule", full_office.json("rules", "show", "quota.frames"))
    rule = set(DOCUMENTS["rule"]["rule"])
    for found in full_office.json("rules", "list")["rules"]:
        assert set(found) | {"frames_left"} == rule
    made = run_command("init", str(tmp_path / "new"), "-f", "json")
    check_document("init", made.json)
    (full_office.store / "office.json").write_text("{}", "utf-8")
    checked = full_office.run("store", "check", "-f", "json")
    assert checked.status == 6
    assert checked.json["problems"]
    check_document("store-check", checked.json)


def test_documents_of_scenarios(full_office: OfficeInFolder, tmp_path: Path) -> None:
    """Running and recording scenarios give the documents of the page."""
    (number,) = (r["number"] for r in full_office.json("list")["reservations"])
    check_document("scenario-record", full_office.json("scenario", "record", number))
    path = tmp_path / "case.toml"
    steps = ("list", "cancel Y261125-0001-7 --office")
    lines = ['now = "2026-11-24T10:00:00"', *(f'[[step]]\nrun = "{run}"' for run in steps)]
    path.write_text("\n".join(lines), "utf-8")
    outcome = run_command("scenario", "run", str(path), "-f", "json")
    assert outcome.status == 3
    check_document("scenario-run", outcome.json)


def test_documents_of_copies(office: OfficeInFolder, tmp_path: Path) -> None:
    """Backups, restores, imports and the journal have the documents of the page."""
    office.book("+1", "10:00", "X-1")
    check_document("store-log", office.json("store", "log", "--op", "book"))
    made = office.json("store", "backup", str(tmp_path / "safe"))
    check_document("store-backup", made)
    restore = ("store", "restore", made["file"])
    check_document("store-restore", office.json(*restore, str(tmp_path / "a"), "-n"))
    check_document("store-restore", office.json(*restore, str(tmp_path / "a"), "-y"))
    imported = office.json("store", "import", made["file"], str(tmp_path / "b"))
    check_document("store-import", imported)


def test_documents_of_upkeep(office: OfficeInFolder) -> None:
    """Repairs, purges and migrations have the documents of the page."""
    office.book("+1", "10:00", "X-1")
    (office.store / "office.json").unlink()
    check_document("store-repair", office.json("store", "check", "--repair"))
    office.now = "2026-12-10T10:00:00"
    check_document("store-purge", office.json("store", "purge", "--before", "2026-12-01", "-y"))
    check_document("store-migrate", office.json("store", "migrate"))


def test_error_documents(full_office: OfficeInFolder, tmp_path: Path) -> None:
    """Refusals, bad input and store errors have one document each, on stderr."""
    for hour in ("9", "11"):
        full_office.book(DAY, hour, f"X-{hour}")
    book = ("book", DAY, "13", "--agent", "A-1", "-f", "json")
    refused = full_office.run(*book, "--case", "X-13")
    assert refused.codes == ["quota.frames"]
    assert set(refused.error["refusals"][0]["details"]) == set(
        DOCUMENTS["error-refused"]["error"]["refusals"][0]["details"]
    )
    check_document("error-refused", {"error": refused.error})
    check_document("error-input", {"error": full_office.run(*book, "--case", "X1,kind=z").error})
    missing = full_office.run("slots", "--store", str(tmp_path / "none"), "-f", "json")
    check_document("error-store", {"error": missing.error})


def test_every_document_is_checked() -> None:
    """No document stands on the page that no test compares with the program."""
    text = Path(__file__).read_text("utf-8")
    for name in DOCUMENTS:
        assert f'"{name}"' in text, name


def test_csv_columns(full_office: OfficeInFolder, tmp_path: Path) -> None:
    """CSV has the columns of the page, in their order."""
    file = tmp_path / "cases.csv"
    file.write_text(f"number,date,hour\nX-1,{DAY},10\n", "utf-8")
    lines = {
        "book DATE HOUR": ("list",),
        "plan": ("plan", str(file), "--agent", "A-1"),
        "book --from": ("book", "--from", str(file), "--agent", "A-1"),
        "desk sheet": ("desk", "sheet"),
        "slots": ("slots",),
        "slots with": ("slots", "--agent", "A-1"),
        "agent list": ("agent", "list"),
        "report load": ("report", "load"),
        "report quota": ("report", "quota"),
        "report conduct": ("report", "conduct"),
        "store log": ("store", "log"),
        "rules list": ("rules", "list"),
    }
    rows = read_table(PAGE, "Commands", "Columns")
    assert len(rows) == len(lines)
    for row, (start, line) in zip(rows, lines.items(), strict=True):
        assert row[0].replace("`", "").startswith(start)
        outcome = full_office.run(*line, "-f", "csv")
        assert outcome.status == 0
        assert outcome.out.splitlines()[0].split(",") == codes(row[1])
