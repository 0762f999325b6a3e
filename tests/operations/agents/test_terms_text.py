"""The terms of use as they are shown: three forms, the office's own text (terms 1 to 6)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder, Outcome
from tests.support.needs import make_pipe
from tests.support.terminal import columns

FORMS = {"ja": ("--lang", "ja"), "en": ("--lang", "en"), "ja-easy": ("--easy",)}
KANJI = "[一-鿿々]+"
READING = r"（[ぁ-ゖー]+）"


def show(office: OfficeInFolder, *options: str) -> str:
    outcome = office.run("terms", "show", *options)
    assert (0, "") == (outcome.status, outcome.err)
    return outcome.out


def told(text: str) -> str:
    """Return a text without line breaks, so that a sentence can be looked for."""
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("form", FORMS)
def test_the_terms_have_three_forms(office: OfficeInFolder, form: str) -> None:
    office.set("terms", "version", '"2026-12"')
    document = office.json("terms", "show", *FORMS[form])
    assert (1, "2026-12", form) == (document["format"], document["version"], document["language"])
    assert "2026-12" in document["text"].splitlines()[0]
    shown = show(office, *FORMS[form])
    assert told(document["text"]) == told(shown)
    headings = [line[:2] for line in document["text"].splitlines() if line[:1].isdigit()]
    assert [f"{n}." for n in range(1, 8)] == headings
    lines = shown.splitlines()
    assert 60 <= max(map(columns, lines)) <= 72
    assert [line for line in lines if line.strip()[:1] in tuple("、。）」")] == []


@pytest.mark.parametrize(
    ("form", "parts"),
    [
        ("ja", ["日本語に従います", "予告なく", "マイナンバーは集めません", "--dry-run", "台帳"]),
        ("en", ["FollowtheJapanese", "withoutnotice", "MyNumber", "--dry-run", "ledger"]),
        ("ja-easy", ["ふつうの日本語", "お知（し）らせがなくても", "マイナンバーも集"]),
        # 2, 3, 4, 5(1): copyright, what is forbidden, care of account and certificate, purpose.
        ("ja", ["MITライセンス", "著作権は移りません", "ウイルス", "運営を故意に妨げる", "鍵"]),
        ("ja", ["個人情報の保護に関する法律", "目的は、在留カード等の交付予約", "届出済証明書"]),
        ("en", ["MITLicense", "transfersnocopyright", "virus", "interference", "akeywhere"]),
        ("en", ["ProtectionofPersonalInformation", "Itspurposeis", "届出済証明書"]),
        ("ja-easy", ["MITライセンス", "ウイルス", "じゃまを", "鍵（かぎ）", "個人情報（こじん"]),
    ],
)
def test_the_terms_say_what_the_rulebook_wants(
    office: OfficeInFolder, form: str, parts: list[str]
) -> None:
    """Terms 1 to 6: which text prevails, changes without notice, no My Number, the ledger."""
    text = told(show(office, *FORMS[form])).casefold()
    assert [part for part in parts if part.casefold() not in text] == []


@pytest.mark.parametrize("options", FORMS.values())
def test_the_terms_have_what_this_office_has_set(
    office: OfficeInFolder, options: tuple[str, ...]
) -> None:
    """Terms 5, 6: months, marks, telephone; 非公式 unless the agency itself runs the system."""
    assert "非公式" in show(office, *options)
    for table, key, value in (
        ("retention", "months", "37"),
        ("conduct", "no_shows", "41"),
        ("conduct", "late_cancels", "43"),
        ("conduct", "months_back", "47"),
        ("conduct", "suspend_months", "53"),
        ("office", "phone", '"045-999-0000"'),
        ("office", "official", "true"),
    ):
        office.set(table, key, value)
    text = show(office, *options)
    for part in ("37", "41", "43", "47", "53", "045-999-0000"):
        assert part in text
    assert "非公式" not in text
    for key in ("phone", "room", "name"):
        office.set("office", key, '""')
    without = show(office, *options)
    assert len(text.splitlines()) - 2 == len(without.splitlines())
    assert not set("{}") & set(without)


def test_plain_japanese_has_readings_and_short_sentences(office: OfficeInFolder) -> None:
    office.set("office", "name", '""')
    assert not re.search(KANJI, re.sub(KANJI + READING, "", show(office, "--easy")))
    plain = office.json("terms", "show", "--easy")["text"]
    assert max(map(len, re.split("[。\n]", re.sub(READING, "", plain)))) <= 65


# --- the office's own text -------------------------------------------------------------------


def own(office: OfficeInFolder, content: bytes) -> Outcome:
    (office.folder / "terms.txt").write_bytes(content)
    office.set("terms", "path", '"terms.txt"')
    return office.run("terms", "show")


def test_an_own_text_is_shown_as_it_is(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whatever the current folder is; fields in it stay, and it has one form."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    text = "規約\r\n1. {version} は {office}\r\n\r\n- 予約\n".encode("utf-8-sig")
    assert own(office, text).out == "規約\n1. {version} は {office}\n\n- 予約\n"
    document = office.json("terms", "show")
    assert ("1", None) == (document["version"], document["language"])
    assert "one form" in office.run("terms", "show", "--easy").err


def test_controls_of_an_own_text_are_shown_as_escapes(office: OfficeInFolder) -> None:
    found = own(office, "a\x1b[31m\u202etxt\tb\n".encode())
    assert found.out == "a\\u001b[31m\\u202etxt  b\n"
    raw = office.run("terms", "show", "-f", "json").out
    assert not set("\x1b\u202e") & set(raw)


def test_long_lines_of_an_own_text_are_wrapped(office: OfficeInFolder) -> None:
    lines = own(office, b"- " + b"a" * 200 + b"\n" + "漢字".encode() * 100).out.splitlines()
    assert max(map(columns, lines)) == 72 + len("- ")  # what has no space may be an address
    assert (lines[0][:3], lines[1][:3]) == ("- a", "  a")
    assert "".join(lines).count("漢") == 100


def test_a_million_bytes_are_read(office: OfficeInFolder) -> None:
    assert own(office, b"x y " * 250_000).status == 0


@pytest.mark.parametrize(
    "kind", ["no UTF-8", "more than a million bytes", "missing", "folder", "pipe", "-"]
)
def test_what_is_no_text_is_bad_input_that_names_the_key(office: OfficeInFolder, kind: str) -> None:
    """The command does not wait for a pipe."""
    path = office.folder / kind
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        make_pipe(path)
    elif " " in kind:
        path.write_bytes(b"\xff\xfe\x00" if kind == "no UTF-8" else b"x" * 1_000_001)
    office.set("terms", "path", f'"{kind}"')
    outcome = office.run("terms", "show")
    assert (5, "") == (outcome.status, outcome.out)
    assert "[terms] path" in outcome.err
    error = office.run("terms", "show", "-f", "json").error
    assert ["[terms] path"] == [problem["where"] for problem in error["problems"]]
