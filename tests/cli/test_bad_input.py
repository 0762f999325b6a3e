"""Bad input: one clear message with the place and what was expected, the right exit status."""

from __future__ import annotations

import pytest

from tests.conftest import OfficeInFolder, Outcome, run_command
from tests.operations.support import write_rows
from tests.support.needs import posix_only

CONTROL = "\x1b]52;c;eA==\x07"
BIDI = "\u202etxt"


def assert_said(outcome: Outcome, status: int, *parts: str) -> None:
    assert (status, "") == (outcome.status, outcome.out)
    for part in parts:
        assert part in outcome.err
    assert "Traceback" not in outcome.err
    for raw in "\x1b\x07\u202e\x9b":
        assert raw not in outcome.err


@pytest.mark.parametrize(
    ("arguments", "status", "parts"),
    [
        (["book", "2026-13-01", "10", "--case", "X1"], 2, ["2026-13-01", "YYYY-MM-DD"]),
        (["book", "+1", "午後13時", "--case", "X1"], 2, ["HOUR: '午後13時' contradicts"]),
        (["book", "11/26 10:00", "--case", "X1"], 2, ["DATE: '11/26 10:00' has no year"]),
        (["book", "2026/11/26 10時～12時", "--case", "X1"], 2, ["is not a frame"]),
        (["book", "+6", "10", "--case", "X1"], 2, ["+6", "shown day"]),
        (["book", "+1", "25", "--case", "X1"], 2, ["25", "10:00"]),
        (["book", "+1", "10"], 2, ["--case"]),
        *(
            (["book", *words.split()], 2, ["--from"])
            for words in (
                *("--from x.csv --case X1", "+1 --from x.csv", "+1 10 --from x.csv"),
                *("+1 10 --case X1 --again", "+1 10 --case X1 --best-effort"),
                *("+1 10 --case X1 --sheet S", "+1 10 --case X1 --confirmations o"),
            )
        ),
        (["book", "+1", "10", "--case", "X1,kind=visa"], 5, ["kind", "visa", "extension"]),
        (["book", "+1", "10", "--case", "X1,knd=change"], 5, ["knd", "kind"]),
        (["book", "+1", "10", "--case", "X1,色=赤"], 5, ["kind/申請種別"]),
        (["book", "+1", "10", "--case", "X1,kind"], 5, ["kind", "key=value"]),
        (["book", "+1", "10", "--case", "X1,kind=change,kind=change"], 5, ["kind", "twice"]),
        (["book", "+1", "10", "--case", "X1,birth=perhaps"], 5, ["birth", "perhaps", "yes"]),
        (["book", "+1", "10", "--case", "X1,collect_by=soon"], 5, ["collect_by", "YYYY-MM-DD"]),
        (["book", "+1", "10", "--case", ""], 5, ["number", "empty"]),
        (["book", "+1", "10", "--case", f"X{CONTROL}"], 5, ["number", "\\u001b"]),
        (["book", "+1", "10", "--case", BIDI], 5, ["number", "\\u202e"]),
        (["show", "no number!"], 2, ["no number!"]),
        (["show", BIDI], 2, ["\\u202e"]),
        (["show", "Y261125-0001-7"], 4, ["Y261125-0001-7", "kofucli list"]),
        (["slots", "--agent", "B-1"], 4, ["B-1", "agent list"]),
        (["slots", "--agent", "b 1"], 2, ["b 1", "A-Z"]),
        (["slots", "--agent", "../A-1"], 2, ["../A-1"]),
        (["list", "--day", "today", "--since", "today"], 2, ["--day"]),
        (["list", "--status", "gone"], 2, ["gone", "active", "late-cancelled"]),
        (["list", "--since", "11/26"], 2, ["--since: '11/26' has no year"]),
        (["list", "--day", "2026/11/26 10:00"], 2, ["--day: '2026/11/26 10:00' names an hour"]),
        (["desk", "arrive", "X-1", "--at", "１０:００～１１:００"], 2, ["--at: '１０:００～"]),
        *(
            (["desk", "arrive", *words.split()], 2, [part])
            for words, part in (
                *(("X-1 --late --accept-late", "only one of"), ("X-1 --at 10:00 --late", "one of")),
                *(("X-1 --at soon", "--at"), ("- --late", "not with -"), ("- -o a.txt", "-o")),
            )
        ),
        *((["confirmation", "X-1", "--qr", "-f", form], 2, ["--qr"]) for form in ("json", "ics")),
        (["verify", "redeem", "short"], 2, ["43"]),
        (["rules", "show", "quota.frame"], 4, ["quota.frames"]),
        (["store", "check", "--expect", "abc"], 2, ["N:HASH"]),
        (["office", "close", "+1", "--reason", "r"], 2, ["-y"]),
        (["office", "close", "+1", "--reason", CONTROL, "-y"], 5, ["--reason", "\\u001b"]),
        (["office", "maintenance"], 2, ["--reason"]),
        (["office", "maintenance", "--reason", "r", "--end", "2026-11-24T09:00"], 5, ["after"]),
        (["office", "maintenance", "--reason", "x", "--end", "11/26"], 2, ["--end: '11/26'"]),
        (["office", "close", "+1", "25時", "--reason", "x"], 2, ["HOUR: '25時'"]),
        (["agent", "suspend", "A-1", "--until", "today", "--reason", "r"], 5, ["--until"]),
        (["agent", "edit", "A-1", "--from", "nowhere.csv"], 5, ["nowhere.csv"]),
        (["agent", "edit", "A-1", "--email", "nobody"], 5, ["email", "name@example.jp"]),
        (["agent", "edit", "A-1", "--name", f"a{BIDI}"], 5, ["name", "U+202E"]),
        (["agent", "edit", "A-1", "--valid-until", "2026"], 2, ["2026", "YYYY-MM-DD"]),
        (["agent", "edit", "A-1", "--email", ""], 5, ["email", "missing"]),
        (["agent", "edit", "B-1", "--phone", "1"], 4, ["B-1"]),
        (["nonsense"], 2, ["nonsense"]),
        (["help", "bok"], 2, ["'book'"]),
        (["help", "desk", "arive"], 2, ["'arrive'"]),
        (["help", "slots", "now"], 2, ["'kofucli slots'"]),
        (["--now", "noon", "slots"], 2, ["noon", "YYYY-MM-DD"]),
    ],
)
def test_bad_arguments(
    office: OfficeInFolder, arguments: list[str], status: int, parts: list[str]
) -> None:
    before = office.bytes()
    if arguments[0] in ("book", "amend", "cancel"):
        arguments = [*arguments, "--agent", "A-1"]
    # --now of the fixture comes last, so that a bad one is given before it.
    outcome = (
        run_command("--config", str(office.config), *arguments)
        if "--now" in arguments
        else office.run(*arguments)
    )
    assert_said(outcome, status, *parts)
    assert before == office.bytes()


@pytest.mark.parametrize(
    ("table", "key", "value", "parts"),
    [
        ("quota", "frames", "-1", ["[quota] frames", "-1", "1 or more"]),
        ("quota", "cases", '"ten"', ["[quota] cases", "ten", "whole number"]),
        ("quota", "casess", "10", ["[quota] casess", "did you mean 'cases'"]),
        ("quota", "reading", '"both"', ["[quota] reading", "main, note"]),
        ("frames", "starts", '["09:00", "09:30"]', ["[frames] starts", "hour apart"]),
        ("frames", "starts", '["9"]', ["[frames] starts", "HH:MM"]),
        ("frames", "capacity", "-5", ["[frames] capacity", "0 or more"]),
        ("frames", "exceptions", '[{start = "08:00", capacity = 1}]', ["exceptions", "08:00"]),
        ("calendar", "closures", '[{date = "2026-13-01"}]', ["[calendar] closures", "date"]),
        ("cases", "kinds", '["coe"]', ["[cases] kinds", "coe"]),
        ("cases", "kinds", '["visa"]', ["[cases] kinds", "change"]),
        ("cases", "pattern", '"("', ["[cases] pattern", "regular expression"]),
        ("mail", "sender", '"admin@immi-cardyoyaku.moj.go.jp"', ["[mail] sender", "official"]),
        ("mail", "sender", '"x"', ["[mail] sender", "name@example.jp"]),
        ("verification", "link", '"https://x.example.jp"', ["[verification] link", "= or /"]),
        ("office", "id", '"横浜"', ["[office] id", "A-Z"]),
        ("store", "path", '"a\\u0000b"', ["[store] path", "NUL"]),
        ("office", "forms_url", '"ftp://x"', ["[office] forms_url"]),
        ("office", "forms_url", '"https://x y"', ["[office] forms_url"]),
        ("cases", "kind_marks", '{ "更" = "extention" }', ["[cases] kind_marks.更", "one of"]),
        ("cases", "kind_marks", '{ "更変" = "change" }', ["[cases] kind_marks", "更変"]),
        ("cases", "kind_marks", '{ c = "change" }', ["[cases] kind_marks", "'c' is not a mark"]),
        ("cases", "kind_marks", '"更"', ["[cases] kind_marks", "a table"]),
        ("store", "format", '"sqlite"', ["[store] format", "json, toml"]),
    ],
)
def test_bad_configuration(
    office: OfficeInFolder, table: str, key: str, value: str, parts: list[str]
) -> None:
    office.set(table, key, value)
    line = next(
        number
        for number, text in enumerate(office.config.read_text("utf-8").splitlines(), 1)
        if text.startswith(f"{key} = {value}")
    )
    assert_said(office.run("slots"), 5, f"kofucli.toml, line {line}", *parts)


MEBIBYTE = "#" * (1 << 20)


@pytest.mark.parametrize(
    ("text", "lang", "parts"),
    [
        pytest.param("[quota\nframes = 3\n", "en", ["line 1", "TOML"], id="no TOML"),
        pytest.param("[frmes]\n", "en", ["[frmes]", "did you mean 'frames'"], id="table"),
        pytest.param("quota = 3\n", "en", ["quota", "[quota]"], id="no table"),
        pytest.param(
            '[quota]\nreading = "note"\nframes = 4\n',
            "en",
            ["line 2", "[quota] reading", "frames = 3"],
            id="settings that exclude each other",
        ),
        # What this program says itself is Japanese; what a library says stays as it is.
        pytest.param("\na" + ".a" * 200 + " = 1\n", "ja", ["50個を超える", "2行目"], id="parts"),
        pytest.param("a" + ".a" * 20_000 + " = 1\n", "en", ["kofucli.toml"], id="more parts"),
        pytest.param(MEBIBYTE, "ja", ["262144文字を超えています"], id="characters, in Japanese"),
        pytest.param(MEBIBYTE, "en", ["262144 characters"], id="characters"),
        pytest.param(f"{MEBIBYTE}#", "en", ["1048576 bytes"], id="bytes"),
    ],
)
def test_broken_configuration(
    office: OfficeInFolder, text: str, lang: str, parts: list[str]
) -> None:
    office.config.write_text(text, "utf-8")
    assert_said(office.run("slots", "--lang", lang), 5, *parts)


@posix_only
def test_configuration_without_end_is_refused_by_its_size() -> None:
    assert_said(run_command("slots", "--config", "/dev/zero"), 5, "/dev/zero", "1048576 bytes")


@pytest.mark.parametrize(
    ("words", "option"),
    [
        ("list --agent A-1 --agent B-2", "--agent"),
        ("book +1 10 --case X-1 --agent A-1 --agent B-2", "--agent"),
        ("book --from a.csv --sheet 1 --agent A-1 --sheet 2", "--sheet"),
        ("book --from a.csv --confirmations a --confirmations=b --agent A-1", "--confirmations"),
        ("plan a.csv --split a --split b", "--split"),
        ("list --day +1 --day +2", "--day"),
        ("list -o a.txt -o b.txt", "--output"),
        ("list -oa.txt --output b.txt", "--output"),
        ("agent edit A-1 --from a.csv --from b.csv --office", "--from"),
        ("office close +1 --reason a --reason b -y", "--reason"),
        ("desk arrive X-1 --at 10:00 --at 11:00", "--at"),
    ],
)
def test_an_option_with_two_values(office: OfficeInFolder, words: str, option: str) -> None:
    before = office.bytes()
    assert_said(office.run(*words.split()), 2, option, "more than once")
    assert before == office.bytes()


def test_an_option_given_again(office: OfficeInFolder) -> None:
    """The same value twice is accepted; of options that decide nothing the last one counts."""
    words = ("list", "--agent", "A-1", "--agent", "A-1", "-f", "csv", "-f", "json")
    assert [] == office.run(*words).json["reservations"]
    assert 0 == office.run("list", "--lang", "ja", "--lang", "en").status


def test_of_very_many_problems_a_thousand_are_told(office: OfficeInFolder) -> None:
    path = write_rows(office, *1_200 * ["??"], head="number")
    told = office.run("plan", path, "--agent", "A-1", "-f", "json").error["problems"]
    assert (1_001, "and more") == (len(told), told[-1]["where"])


def test_what_is_no_instant_is_named_by_where_it_stands(office: OfficeInFolder) -> None:
    """The variable is named where it has the bad value, and the option where that has it."""
    for name, options in (("KOFUCLI_NOW", ()), ("--now", ("--now", "noon"))):
        words = ("slots", "--config", str(office.config), *options)
        assert_said(run_command(*words, env={"KOFUCLI_NOW": "noon"}), 2, f"{name}: 'noon'")
