"""What is printed, where, and in which form; how far work has come."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from tempfile import TemporaryFile

import msgspec
import pytest

from kofucli.base import Phrase
from kofucli.base.language import render
from kofucli.cli import progress
from kofucli.cli.app import App
from kofucli.output import documents, tables
from kofucli.output.documents import Each, encode
from kofucli.output.tables import table_text
from kofucli.output.wrap import fit
from tests.conftest import OfficeInFolder, run_command
from tests.operations.support import write_rows
from tests.store.support import full_arguments, process_environment, write_agents
from tests.support.terminal import Terminal, columns, run_on_terminal


def test_the_confirmation_fits_60_columns(office: OfficeInFolder) -> None:
    """Ten cases with the longest names; only the address of the forms stands whole."""
    office.set(
        "office", "place", '"神奈川県横浜市金沢区鳥浜町10-7、2階の交付窓口までお越しください"'
    )
    kinds = ["kind=activity,recipient=professional", "kind=acquisition,birth=yes"]
    cases = [f"横{'支' * 25}{at:02d},{kinds[at % 2]}" for at in range(10)]
    number = office.book("+1", "10", *cases)["number"]
    text = office.run("confirmation", number).out
    assert {line.strip() for line in text.splitlines() if columns(line) > 60} == {
        "https://www.moj.go.jp/isa/applications/guide/nyuukokukanri07_00252.html"
    }
    assert text.index("交付予約確認書") < text.index("Confirmation of a pickup reservation")
    assert 15 == text.count("      [ ] ")


def test_tables_are_aligned_for_japanese_text(office: OfficeInFolder) -> None:
    office.add_agent("B-1", name="Hanako Yamate")
    lines = office.run("agent", "list", "--lang", "ja").out.splitlines()
    rows = [line for line in lines if "行政書士" in line]
    starts = {columns(row[: row.index("行政書士")]) for row in rows}
    assert 2 == len(rows)
    assert 1 == len(starts)
    assert lines[0].startswith("取次者")


def test_nothing_printed_is_of_ambiguous_width(office: OfficeInFolder) -> None:
    """A character that is one column here and two there breaks every table."""
    office.book("+1", "10", "1")
    for language in ("ja", "en"):
        for command in (["slots", "--agent", "A-1"], ["list"], ["status"], ["agent", "list"]):
            out = office.run(*command, "--lang", language).out
            assert [] == [c for c in out if unicodedata.east_asian_width(c) == "A"]


def test_data_on_stdout_the_rest_on_stderr(office: OfficeInFolder) -> None:
    """A note goes to stderr and never into CSV; JSON has it in the document; -q drops it."""
    arguments = ("book", "+1", "10", "--case", "1", "--agent", "A-1", "--dry-run")
    late = "2026-11-24T13:00:00"
    outcome = office.run(*arguments, "-f", "csv", now=late)
    assert "Note: The deadline" in outcome.err
    assert "deadline" not in outcome.out
    assert "" == office.run(*arguments, "-q", now=late).err
    outcome = office.run(*arguments, "-f", "json", now=late)
    assert "" == outcome.err
    assert "deadline" in outcome.json["warnings"][0]


def test_json_is_utf8_and_holds_no_raw_control(office: OfficeInFolder) -> None:
    """Japanese is readable as it stands; a C1 control or bidi mark from a note is an escape."""
    path = office.folder / "cases.csv"
    path.write_text("number,date,hour,note\n横1,2026-11-25,10,a\u202eb\x9bc\n", "utf-8")
    for form in ("json", "csv", "table"):
        out = office.run("book", "--from", str(path), "--agent", "A-1", "-n", "-f", form).out
        assert "横1" in out
        assert not {"\u202e", "\x9b"} & set(out)
    out = office.run("book", "--from", str(path), "--agent", "A-1", "-n", "-f", "json").out
    assert "a\u202eb\x9bc" == json.loads(out)["rows"][0]["note"]


def test_precedence_of_the_language(office: OfficeInFolder) -> None:
    """Option, variable, the configuration's [user], locale, English."""

    def speaks_japanese(*arguments: str, **env: str) -> bool:
        out = office.run("list", *arguments, **env).out
        assert ("Reservations" in out) != ("予約" in out), out
        return "予約" in out

    assert not speaks_japanese()
    assert speaks_japanese(LANG="ja_JP.UTF-8")
    assert not speaks_japanese(LANG="ja_JP.UTF-8", LC_ALL="C")
    office.set("user", "lang", '"ja"')
    assert speaks_japanese(LC_ALL="C")
    assert not speaks_japanese(KOFUCLI_LANG="en")
    assert speaks_japanese("--lang", "ja", KOFUCLI_LANG="en")


def test_shared_options_before_and_after_the_command(office: OfficeInFolder) -> None:
    """--config, --store, --now and --lang mean the same on either side; the last one counts."""
    config = ["--config", str(office.config)]
    now = ["--now", "2026-11-24T10:00:00"]
    before = run_command(*config, *now, "--lang", "ja", "slots", "-f", "json")
    after = run_command("slots", "-f", "json", *config, *now, "--lang", "ja")
    between = run_command("agent", *config, "show", "A-1", *now, "-f", "json")
    assert (0, 0) == (before.status, between.status)
    assert before == after
    assert "2026-11-25" == before.json["days"][0]["date"]


def test_a_defect_shows_a_traceback_only_with_v(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours is exit 1 and one line; -v shows what a report needs."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("kofucli.cli.booking.slots.show_slots", fail)
    quiet, loud = office.run("slots"), office.run("slots", "-v")
    assert (1, 1) == (quiet.status, loud.status)
    assert "Traceback" not in quiet.err
    assert "ZeroDivisionError" in quiet.err
    assert "Traceback" in loud.err


def test_the_store_of_another_place(office: OfficeInFolder, tmp_path: Path) -> None:
    """Option before variable before configuration; a missing one names init."""
    nowhere = str(tmp_path / "nowhere")
    assert 6 == office.run("list", KOFUCLI_STORE=nowhere).status
    assert 0 == office.run("list", "--store", str(office.store), KOFUCLI_STORE=nowhere).status
    outcome = office.run("list", "--store", nowhere, "-f", "json")
    assert "missing" == outcome.error["reason"]
    assert "kofucli init" in outcome.error["message"]
    assert not Path(nowhere).exists()


def test_what_the_office_announced_is_named(office: OfficeInFolder) -> None:
    """The day and the hours stand in the answer, since +1 moves when a day is closed."""
    closed = office.run("office", "close", "+1", "10", "--reason", "r", "-y")
    assert "Closed: 2026-11-25 (Wed), 10:00" in closed.out
    opened = office.run("office", "reopen", "2026-11-28")
    assert "Open: 2026-11-28 (Sat), all hours" in opened.out
    assert "not an open day by the calendar" in opened.err


def test_lists_are_separated_as_the_language_does() -> None:
    phrase = Phrase("{names}", names=["a", "b"])
    assert "a, b" == render(phrase, str)
    assert "a、b" == render(phrase, lambda text: {", ": "、"}.get(text, text))


def test_numbers_alone_stand_at_the_right() -> None:
    """A column that has no values at all is none of numbers: its heading begins where it does."""
    table = table_text(["Case", "Number", "Until"], [["X-1", 7, None], ["X-2", None, None]])
    assert table.splitlines()[::2] == ["Case      Number  Until", "X-1            7"]


def test_long_table_is_as_wide_as_if_it_were_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long table is made in parts: the widest cell of a column may stand in any of them."""
    cells = ["申請", "abc", "甲府市の長い名前", ""]
    rows = [[n or None, cells[n * n % 7 % 4], None if n % 3 else f"{n}", ""] for n in range(45)]
    headings = ["行", "Case", "名", ""]
    whole = table_text(headings, rows)
    monkeypatch.setattr(tables, "_BLOCK", 10)
    assert table_text(headings, rows) == whole


@pytest.mark.parametrize("count", [0, 1, 3, 4, 7])
def test_long_list_is_encoded_as_if_it_were_made_at_once(
    monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """A list that is made while it is read gives the same document, however often it is read."""
    monkeypatch.setattr(documents, "_BLOCK", 3)
    things = [{"名": f"{n}\x85", "papers": [n, None]} for n in range(count)]
    each = Each(dict, things)
    whole = b"".join(encode({"format": 1, "rows": things, "counts": {}}))
    assert b"".join(encode({"format": 1, "rows": each, "counts": {}})) == whole
    assert msgspec.json.decode(whole)["rows"] == list(each)


IMPATIENT = """
import sys
from kofucli.cli import progress
from kofucli.cli.main import main
progress._PATIENCE = -1.0
sys.exit(main(sys.argv[1:], {}))
"""
"""The program as it is, but for the seconds after which work is shown to be going on."""
READ, MADE = "Reading the archive", "Writing the documents"
CHECKED = "Reading the ledger.*Comparing the documents"
BOOK = "book --from {0}/framed.csv --agent A-1 -n --best-effort"


def show_progress(office: OfficeInFolder, line: str) -> tuple[int, str]:
    framed, free = ([f"X-{n},{frame}" for n in range(3000)] for frame in ("2026-11-26,10", ","))
    for name, rows in (("framed", framed), ("free", free)):
        text = "\n".join(["number,date,hour", *rows])
        (office.folder / f"{name}.csv").write_text(text, "utf-8")
    words = full_arguments(office, *line.format(office.folder).split())
    with TemporaryFile() as out:
        status, shown = run_on_terminal(
            [sys.executable, "-c", IMPATIENT, *words], process_environment(), stdout=out
        )
    return status, shown.decode()


@pytest.mark.files
@pytest.mark.parametrize(
    ("line", "stages"),
    [
        (BOOK, "Reading.*100%.*Booking"),
        ("plan {0}/framed.csv --agent A-1", "Reading.*Planning"),
        ("plan {0}/free.csv --agent A-1", "Reading.*Planning"),
        ("agent import {0}/agents.csv", "Checking.*100%.*Registering.*100%.*Saving.*100%.*Saving"),
        ("store check", CHECKED),
        ("store check --repair", CHECKED),
        ("store backup {0}/b", f"Writing the backup.*{READ}"),
        ("store restore {0}/export {0}/again -y", f"{READ}.*{MADE}"),
        ("store import {0}/export {0}/again", f"{READ}.*{MADE}"),
        ("store purge --before 2026-11-24 -y -n", CHECKED),
    ],
)
def test_progress_on_a_terminal(office: OfficeInFolder, line: str, stages: str) -> None:
    office.run("store", "export", "-o", str(office.folder / "export"))
    write_agents(office, 100)
    status, shown = show_progress(office, line)
    assert (3 if line == BOOK else 0) == status
    assert re.search(f"(?s){stages}.*100%", shown)


def test_no_progress_where_nobody_looks(office: OfficeInFolder) -> None:
    assert (3, "") == show_progress(office, f"{BOOK} -f csv -q")
    words = full_arguments(office, *BOOK.format(office.folder).split(), "-f", "json")
    command = [sys.executable, "-c", IMPATIENT, *words]
    done = subprocess.run(command, capture_output=True, check=False, env=process_environment())
    assert (3, b"") == (done.returncode, done.stderr)


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 512, 700])
def test_every_item_is_taken_once(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Progress passes on each item once, in order, and is shown after 256 items and a second."""
    for patience, shown in ((-1.0, count >= 256), (1.0, False)):
        stream = Terminal()
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setattr(progress, "_PATIENCE", patience)
        monkeypatch.setattr(progress, "monotonic", lambda: 0.0)
        watch = progress.show_progress(App({"lang": "en", "config": "/nowhere"}, {}), "Reading")
        assert list(range(count)) == list(watch(list(range(count))))
        assert shown == (b"Reading" in stream.buffer.getvalue())


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize(
    "line",
    [
        "book --from {file} --agent A-1 -n --best-effort",
        "book --from {file} --agent A-1 -n --best-effort -f csv",
        "book +1 12 --case X-1,kind=coe --agent A-1",
        "book +1 --agent A-1 -f xlsx",
        "plan {file} --agent",
        "report load",
    ],
)
def test_sentences_fit_the_terminal(office: OfficeInFolder, line: str, language: str) -> None:
    """They break between words at its width, cells of tables too; all lines in a pipe stay."""
    path = write_rows(office, "X-1,2026-11-28,10,x", "X-2,,,", head="number,date,hour,来庁の目的")
    words = full_arguments(office, *line.format(file=path).split(), "--lang", language)
    command = [sys.executable, "-m", "kofucli", *words]
    environment = {**process_environment(), "COLUMNS": "40", "KOFUCLI_LANG": language}
    is_csv = line.endswith("csv")
    with TemporaryFile() as out:
        whole = subprocess.run(command, capture_output=True, env=process_environment(), check=False)
        status, shown = run_on_terminal(command, environment, stdout=out if is_csv else None)
    before = (whole.stdout + whole.stderr).decode()
    assert status == whole.returncode
    assert any(columns(each) > 40 for each in before.splitlines())
    lines = shown.decode().splitlines()
    for each in lines:
        is_word = " " not in each.strip() and each.isascii()
        of_table = re.search(r"\S {2,}\S", each)
        assert columns(each) <= 40 or is_word or of_table or "usage" in each.lower()
    if not is_csv and "Usage" not in before:
        assert sorted(re.sub(r"[\s-]", "", "".join(lines))) == sorted(re.sub(r"[\s-]", "", before))


def test_the_confirmation_fits_a_narrow_terminal(office: OfficeInFolder) -> None:
    """Each sentence is broken once, at the terminal's width and not at 60 columns before."""
    number = office.book("+1", "10", "X-1")["number"]
    words = full_arguments(office, "confirmation", number)
    environment = {**process_environment(), "COLUMNS": "50"}
    _, shown = run_on_terminal([sys.executable, "-m", "kofucli", *words], environment)
    lines = shown.decode().splitlines()
    assert lines[0] == "=" * 50
    assert all(columns(line) <= 50 for line in lines if "https:" not in line)
    whole = office.run("confirmation", number).out
    assert re.sub(r"[\s=-]", "", "".join(lines)) == re.sub(r"[\s=-]", "", whole)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize(
    "line", ["store log", "desk sheet +1", "report load", "report quota", "agent list"]
)
def test_tables_fit_the_terminal(office: OfficeInFolder, line: str, language: str) -> None:
    """A wide table has each row in as many lines as its cells need; another stays as it is."""
    office.book("+1", "10", "X-1", "横支変20261108812,kind=change")
    office.book("+2", "11", "X-2,recipient=professional")
    whole = office.run(*line.split(), "--lang", language).out
    shown = fit(whole, 80)
    assert max(map(columns, shown.splitlines())) <= 80
    assert sorted(re.sub(r"[\s-]", "", shown)) == sorted(re.sub(r"[\s-]", "", whole))
    assert fit(whole, 200) == whole


@pytest.mark.parametrize(("width", "kept"), [(60, "予約済み"), (52, "予約済み"), (44, "予約")])
def test_a_narrow_table_keeps_short_cells_whole(
    office: OfficeInFolder, width: int, kept: str
) -> None:
    """The gaps become narrower before a word of a cell stands in one character a line."""
    office.book("+1", "10", "X-1")
    shown = fit(office.run("list", "--lang", "ja").out, width)
    assert max(map(columns, shown.splitlines())) <= width
    assert kept in shown


@pytest.mark.parametrize("option", ["--since 2026-12-09", "-f xlsx", "-（標準入力）"])
def test_an_option_is_not_the_mark_of_an_item(option: str) -> None:
    """What begins with one has no further lines that are indented."""
    shown = fit(f"{option} は --until 2026-12-01 と併せて指定してください。", 40)
    assert not [line for line in shown.splitlines() if line.startswith(" ")]


def test_no_line_begins_with_a_colon() -> None:
    """It stays with the word before it, as other marks do."""
    shown = fit("依頼書（申請人の署名があるもの）が必要です。行: 4", 46)
    assert shown == "依頼書（申請人の署名があるもの）が必要です。\n行: 4"
