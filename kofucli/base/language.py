"""The two languages of the program: which one a user wants, and how a phrase is said in it.

``render(Phrase("Cases: {count}", count=3), translator("ja"))`` gives 件数: 3.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Callable, Iterable, Mapping
from functools import cache

import kofucli
from kofucli.base import Phrase
from kofucli.base.text import show

Translate = Callable[[str], str]
"""Returns a message in one language; the English text is its key."""

FOLDER = os.path.join(os.path.dirname(kofucli.__file__), "locale")


@cache
def translator(language: str) -> Translate:
    """Return the translation into ``en``, which returns the text itself, or ``ja``."""
    if language == "en":
        return str
    return gettext.translation("kofucli", FOLDER, [language]).gettext


def speak(language: str) -> None:
    """Make click's messages and the help a language's: they ask gettext's default domain."""
    os.environ["LANGUAGE"] = language
    gettext.bindtextdomain("kofucli", FOLDER)
    gettext.textdomain("kofucli")


class _Whole(gettext.NullTranslations):
    """The whole catalog, which is read when that of the mails lacks a message."""

    def gettext(self, message: str) -> str:
        """Return a message in Japanese."""
        return translator("ja")(message)


@cache
def mail_translator(language: str) -> Translate:
    """Return a ``translator`` for mails and confirmations, which reads a tenth of the catalog."""
    if language == "en":
        return str
    found = gettext.translation("mail", FOLDER, [language])
    found.add_fallback(_Whole())
    return found.gettext


def from_locale(environment: Mapping[str, str]) -> str:
    """Return the language that the locale variables ask for, in POSIX order; else ``en``."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name)
        if value:
            return "ja" if value.lower().startswith("ja") else "en"
    return "en"


def render(phrase: Phrase, translate: Translate) -> str:
    """Return a phrase in one language; every value is made safe to show on a terminal."""
    values = {name: _render_value(value, translate) for name, value in phrase.values.items()}
    return translate(phrase.text).format(**values)


def _render_value(value: object, translate: Translate) -> str:
    if isinstance(value, Phrase):
        return render(value, translate)
    if isinstance(value, (list, tuple, frozenset)):
        return list_text((_render_value(each, translate) for each in value), translate)
    return show(value)


def list_text(items: Iterable[str], translate: Translate) -> str:
    """Return items joined by the comma of the language."""
    return translate(", ").join(items)
