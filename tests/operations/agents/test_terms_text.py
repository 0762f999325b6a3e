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


def show(office: OfficeInFolder, *options: str) -> str:
    """Show the terms and return the text."""
    outcome = office.run("terms", "show", *options)
    assert (0, "") == (outcome.status, outcome.err)
    return outcome.out


def told(text: str) -> str:
    """Return a text without line breaks, so that a sentence can be looked for."""
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize(("form", "options"), FORMS.items())
def test_the_terms_have_three_forms(
    office: OfficeInFolder, form: str, options: tuple[str, ...]
) -> None:
    """Terms 6: they are shown in Japanese, English and plain Japanese, with their version."""
    office.set("terms", "version", '"2026-12"')
    document = office.json("terms", "show", *options)
    assert (1, "2026-12", form) == (document["format"], document["version"], document["language"])
    assert "2026-12" in document["text"].splitlines()[0]
    assert told(document["text"]) == told(show(office, *options))
    headings = [line[:2] for line in document["text"].splitlines() if line[:1].isdigit()]
    assert [f"{n}." for n in range(1, 8)] == headings


def test_the_language_is_the_users(office: OfficeInFolder) -> None:
    """Without an option the terms are in the user's language; --easy is Japanese in any."""
    assert show(office) == show(office, "--lang", "en") != show(office, "--lang", "ja")
    easy = show(office, "--easy")
    assert easy == show(office, "--easy", "--lang", "en") == show(office, "--easy", "--lang", "ja")


@pytest.mark.parametrize(
    ("form", "parts"),
    [
        ("ja", ["日本語に従います", "予告なく", "マイナンバーは集めません", "--dry-run", "台帳"]),
        ("en", ["FollowtheJapanese", "withoutnotice", "MyNumber", "--dry-run", "ledger"]),
        ("ja-easy", ["ふつうの日本語", "お知（し）らせがなくても", "マイナンバーも集"]),
        # 2, 3, 4, 5(1): copyright, what is forbidden, care of account and certificate, purpose.
        ("ja", ["MITライセンス", "著作権は移りません", "ウイルス", "運営を故意に妨げる", "鍵"]),
        (
            "ja",
            ["個人情報の保護に関する法律", "利用目的は、在留カード等の交付予約", "届出済証明書"],
        ),
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
def test_the_terms_have_the_offices_numbers(
    office: OfficeInFolder, options: tuple[str, ...]
) -> None:
    """Terms 5, 6: months, marks and the telephone are those of this office."""
    office.set("retention", "months", "37")
    office.set("conduct", "no_shows", "41")
    office.set("conduct", "late_cancels", "43")
    office.set("conduct", "months_back", "47")
    office.set("conduct", "suspend_months", "53")
    office.set("office", "phone", '"045-999-0000"')
    text = show(office, *options)
    for part in ("37", "41", "43", "47", "53", "045-999-0000"):
        assert part in text


@pytest.mark.parametrize("options", FORMS.values())
def test_what_is_not_configured_is_left_out(
    office: OfficeInFolder, options: tuple[str, ...]
) -> None:
    """Without a telephone there is no line for it, and no placeholder is ever shown."""
    before = len(show(office, *options).splitlines())
    for key in ("phone", "room", "name"):
        office.set("office", key, '""')
    text = show(office, *options)
    assert before - 2 == len(text.splitlines())
    assert not set("{}") & set(text)


@pytest.mark.parametrize("options", FORMS.values())
def test_only_an_unofficial_system_says_so(
    office: OfficeInFolder, options: tuple[str, ...]
) -> None:
    """5 (own): terms say 非公式 unless the agency itself runs the system."""
    assert "非公式" in show(office, *options)
    office.set("office", "official", "true")
    assert "非公式" not in show(office, *options)


@pytest.mark.parametrize("options", FORMS.values())
def test_lines_suit_a_terminal(office: OfficeInFolder, options: tuple[str, ...]) -> None:
    """Lines are 60 to 72 columns at most, and none begins with what closes a sentence."""
    lines = show(office, *options).splitlines()
    assert 60 <= max(map(columns, lines)) <= 72
    assert [line for line in lines if line.strip()[:1] in tuple("、。）」")] == []


def test_plain_japanese_has_readings(office: OfficeInFolder) -> None:
    """Plain Japanese: behind all kanji stands their reading, on one line; sentences are short."""
    office.set("office", "name", '""')
    text = show(office, "--easy")
    assert re.sub(rf"{KANJI}（[ぁ-ゖー]+）", "", text) == re.sub(
        KANJI, "", re.sub(rf"{KANJI}（[ぁ-ゖー]+）", "", text)
    )
    plain = office.json("terms", "show", "--easy")["text"]
    sentences = re.split("[。\n]", re.sub(r"（[ぁ-ゖー]+）", "", plain))
    assert max(map(len, sentences)) <= 65


def own(office: OfficeInFolder, content: bytes, name: str = "terms.txt") -> Outcome:
    """Show the office's own text."""
    (office.folder / name).write_bytes(content)
    office.set("terms", "path", f'"{name}"')
    return office.run("terms", "show")


def test_the_offices_own_text(office: OfficeInFolder) -> None:
    """The settings name a text beside the configuration; it is shown as it is, fields too."""
    text = "規約\r\n1. {version} は {office}\r\n\r\n- 予約\n".encode("utf-8-sig")
    assert own(office, text).out == "規約\n1. {version} は {office}\n\n- 予約\n"
    document = office.json("terms", "show")
    assert ("1", None) == (document["version"], document["language"])
    assert "one form" in office.run("terms", "show", "--easy").err


def test_the_path_is_relative_to_the_configuration(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The path counts from the configuration's folder, whatever the current folder is."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert own(office, b"ours\n").out == "ours\n"


def test_the_own_text_is_made_safe(office: OfficeInFolder) -> None:
    """What a text holds of controls and bidirectional characters is shown as escapes."""
    found = own(office, "a\x1b[31m\u202etxt\tb\n".encode())
    assert found.out == "a\\u001b[31m\\u202etxt  b\n"
    raw = office.run("terms", "show", "-f", "json").out
    assert not set("\x1b\u202e") & set(raw)


def test_long_lines_of_the_own_text_are_wrapped(office: OfficeInFolder) -> None:
    """Text without any space is wrapped too, items under their text."""
    lines = own(office, b"- " + b"a" * 200 + b"\n" + "漢字".encode() * 100).out.splitlines()
    assert max(map(columns, lines)) == 72 + len("- ")  # what has no space may be an address
    assert (lines[0][:3], lines[1][:3]) == ("- a", "  a")
    assert "".join(lines).count("漢字") + "".join(lines).count("漢") >= 100


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x" * 1_000_001])
def test_an_own_text_that_is_no_utf_8_is_bad_input(office: OfficeInFolder, content: bytes) -> None:
    """Other bytes than UTF-8, or more than a million, are bad input that names the key."""
    assert_names_the_key(office, own(office, content))


def test_a_million_bytes_are_read(office: OfficeInFolder) -> None:
    """An own text of exactly a million bytes is read."""
    assert own(office, b"x y " * 250_000).status == 0


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe", "stdin"])
def test_an_own_text_that_is_no_file_is_bad_input(office: OfficeInFolder, kind: str) -> None:
    """A folder or a pipe is bad input that names the key, and the command does not wait for it."""
    path = "-" if kind == "stdin" else f"own-{kind}"
    if kind == "folder":
        (office.folder / path).mkdir()
    elif kind == "pipe":
        make_pipe(office.folder / path)
    office.set("terms", "path", f'"{path}"')
    assert_names_the_key(office, office.run("terms", "show"))


def assert_names_the_key(office: OfficeInFolder, outcome: Outcome) -> None:
    """Assert that bad input names the key of the configuration."""
    assert (5, "") == (outcome.status, outcome.out)
    assert "[terms] path" in outcome.err
    error = office.run("terms", "show", "-f", "json").error
    assert ["[terms] path"] == [problem["where"] for problem in error["problems"]]
