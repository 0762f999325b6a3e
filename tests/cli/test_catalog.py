"""The Japanese catalog holds exactly the messages of the source, whole and ready to use."""

from __future__ import annotations

import ast
import re
import string
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from inspect import getsource
from io import BytesIO
from pathlib import Path

import click
import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from kofucli.base.language import mail_translator, translator
from kofucli.cli.help import click_messages
from tests.conftest import run_command
from tests.support.command_tree import COMMANDS, options_of

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "kofucli" / "locale" / "ja" / "LC_MESSAGES"
OWN_KEYWORDS = ("Phrase", "usage_error", "N_", "translate", "_translate")
MARKS = {"_", "gettext", "ngettext", *OWN_KEYWORDS}
IN_MAILS = (
    *("base/*.py", "rules/conduct.py", "output/words.py", "output/booking/mail_texts.py"),
    "output/booking/confirmation.py",
)
KEYWORDS = {**DEFAULT_KEYWORDS, **dict.fromkeys(OWN_KEYWORDS)}

Id = str | tuple[str, ...]
Fields = set[tuple[str, str, str]]


@cache
def extract_source(files: str = "") -> frozenset[Id]:
    """Return the messages of the package, or of files, as docs/translating.md extracts them."""
    with (ROOT / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)
    methods = [(files or pattern, method) for pattern, method in methods]
    found = extract_from_dir(ROOT / "kofucli", methods, options, KEYWORDS)
    return frozenset(message for _file, _line, message, _comments, _context in found if message)


@cache
def read_catalog() -> Catalog:
    with (FOLDER / "kofucli.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def list_messages() -> list[Message]:
    return [message for message in read_catalog() if message.id]


def texts_of(value: str | Iterable[str] | None) -> tuple[str, ...]:
    return (value or "",) if isinstance(value, str | None) else tuple(value)


def fields_of(text: str) -> Fields:
    return {
        (name, spec or "", conversion or "")
        for _literal, name, spec, conversion in string.Formatter().parse(text)
        if name is not None
    }


def words_in(source: str) -> set[tuple[str, ...]]:
    """Return what a source gives to gettext; where that is computed, any text may be meant."""
    nodes = list(ast.walk(ast.parse(source)))
    found: set[tuple[str, ...]] = set()
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            if name in MARKS:
                texts = tuple(texts_among(node.args))
                found |= {texts} if texts else {(text,) for text in texts_among(nodes)}
    return found


def texts_among(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def translations() -> Iterator[tuple[Message, str]]:
    for message in list_messages():
        for text in texts_of(message.string):
            yield message, text


def test_source_and_catalog_agree() -> None:
    source, catalog = extract_source(), {message.id for message in list_messages()}
    assert (set(), set()) == (source - catalog, catalog - source)


def test_every_message_is_translated() -> None:
    assert [] == [message.id for message, text in translations() if not text or message.fuzzy]
    assert [] == list(read_catalog().obsolete)


def test_placeholders_are_the_same() -> None:
    assert [] == [
        (message.id, text)
        for message, text in translations()
        if fields_of(text) != fields_of(texts_of(message.id)[-1])
    ]


def test_placeholders_are_names() -> None:
    """Single braces hold a value's name: others are doubled, or formatting fails."""
    texts = (text for id_ in extract_source() for text in texts_of(id_))
    names = {(text, name) for text in texts for name, _, _ in fields_of(text)}
    assert set() == {(text, name) for text, name in names if not name.isidentifier()}


def test_no_ambiguous_width() -> None:
    """Japanese text has no characters whose width depends on the terminal: tables stay aligned."""
    widths = {
        char: unicodedata.east_asian_width(char) for _, text in translations() for char in text
    }
    assert [] == [char for char, width in widths.items() if width == "A"]


def test_compiled_catalog_is_current() -> None:
    with (FOLDER / "kofucli.mo").open("rb") as file:
        compiled = {texts_of(m.id): texts_of(m.string) for m in read_mo(file) if m.id}
    assert compiled == {texts_of(m.id): texts_of(m.string) for m in list_messages()}


def test_the_catalog_of_mails_is_current(pytestconfig: pytest.Config) -> None:
    """It has the messages of what mails are made of; --update-golden writes it anew."""
    wanted = {message for files in IN_MAILS for message in extract_source(files)}
    mails = Catalog("ja", charset="utf-8")
    for message in list_messages():
        if message.id in wanted:
            mails.add(message.id, message.string)
    made = BytesIO()
    write_mo(made, mails)
    if pytestconfig.getoption("--update-golden"):
        (FOLDER / "mail.mo").write_bytes(made.getvalue())
    with (FOLDER / "mail.mo").open("rb") as file:
        kept = {texts_of(m.id): texts_of(m.string) for m in read_mo(file) if m.id}
    assert kept == {texts_of(m.id): texts_of(m.string) for m in mails if m.id}


def test_a_mail_reads_no_more_than_its_own_catalog() -> None:
    """What the catalog of mails lacks is found all the same, by reading the whole one."""
    translator.cache_clear()
    mail_translator.cache_clear()
    say = mail_translator("ja")
    assert say("Dear {name},") == "{name} 様"
    assert translator.cache_info().misses == 0
    assert say("Booked.") == "予約しました。"
    assert translator.cache_info().misses == 1


def test_no_message_inside_an_f_string() -> None:
    for path in sorted((ROOT / "kofucli").rglob("*.py")):
        nodes = ast.walk(ast.parse(path.read_bytes()))
        for joined in (node for node in nodes if isinstance(node, ast.JoinedStr)):
            for node in ast.walk(joined):
                match node:
                    case ast.Call(func=ast.Name(id=name), args=[ast.Constant(), *_]):
                        assert name not in MARKS, f"{path}:{node.lineno}"


def test_click_words_its_messages_so() -> None:
    """Every message marked for click is one of the installed click's: else it stays English."""
    marked = words_in(getsource(click_messages))
    sources = [path.read_text("utf-8") for path in Path(click.__file__).parent.rglob("*.py")]
    said = {words for source in sources for words in words_in(source)}
    assert marked
    assert marked - said == set()


def test_help_and_wrong_usage_are_japanese() -> None:
    """So are click's own words, the sections and the commands."""
    shown = run_command("--help", "--lang", "ja")
    assert shown.out.startswith("使い方: kofucli ")
    for text in ("オプション:", "予約:", "官署:", "バージョンを表示して終了します。"):
        assert text in shown.out
    assert not {"Usage:", "Options:", "Commands:"} & set(shown.out.split())
    said = run_command("list", "--no-such-option", "--lang", "ja")
    assert (0, 2) == (shown.status, said.status)
    assert "エラー: オプション '--no-such-option' はありません。" in said.err


def test_a_command_that_a_message_names_has_what_it_needs() -> None:
    """With its arguments stand the options that it needs, so that it can be typed as it is told."""
    told = [
        (words.removeprefix("kofucli "), text)
        for message in list_messages()
        for text in texts_of(message.id)
        for words in re.findall(r"kofucli [a-z-]+ [a-z-]+ \{[^\n']*", text)
    ]
    assert len(told) > 20
    for words, text in told:
        name = " ".join(words.split()[:2])
        for option in options_of(COMMANDS[name]) if name in COMMANDS else ():
            assert not option.required or any(each in words for each in option.opts), text
