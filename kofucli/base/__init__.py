"""The ground floor: the errors; beside them text, clock, days, languages, results, spreadsheets.

Each class of errors has its kind and its exit status (docs/contract.md, Exit status). An error
carries phrases, and they become text only where they are shown:

    error = NotFoundError(Phrase("There is no agent {id}.", id="A-1"))
    language.render(error.phrase, translator("ja"))

``error.kind`` ("not-found") stands in the JSON, ``error.exit_status`` (4) ends the process.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence


class Phrase:
    """A sentence, to be translated where it is shown, and the values for its braces."""

    __slots__ = ("text", "values")

    def __init__(self, text: str, **values: object) -> None:
        self.text = text
        self.values = values

    def __repr__(self) -> str:
        return f"Phrase({self.text!r}, {self.values!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Phrase) and self.text == other.text and self.values == other.values

    def __hash__(self) -> int:
        return hash(self.text)


_REASONS = {
    errno.ENOENT: Phrase("there is no such file or folder"),
    errno.EACCES: Phrase("access is not allowed"),
    errno.EPERM: Phrase("access is not allowed"),
    errno.EEXIST: Phrase("there is a file of that name"),
    errno.EISDIR: Phrase("it is a folder"),
    errno.ENOTDIR: Phrase("a part of the path is not a folder"),
    errno.ENOSPC: Phrase("the disk is full"),
    errno.EDQUOT: Phrase("the disk is full"),
    errno.EROFS: Phrase("the disk is read-only"),
    errno.EBADF: Phrase("it is closed"),
}


class UnusableError(OSError):
    """A file or stream cannot be used for a reason of ours, which ``phrase`` says."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(phrase.text)
        self.phrase = phrase


def reason_of(error: OSError) -> Phrase:
    """Return why a system call failed, in our words or else in the system's."""
    if isinstance(error, UnusableError):
        return error.phrase
    known = _REASONS.get(error.errno or 0)
    return known or Phrase("{detail}", detail=error.strerror or str(error))


class Problem:
    """One mistake in an input: its place, and what was expected there."""

    __slots__ = ("message", "where")

    def __init__(self, where: Phrase, message: Phrase) -> None:
        self.where = where
        self.message = message


class KofuError(Exception):
    """The base of all errors that a user can cause or meet; ``phrase`` says what happened."""

    kind: ClassVar[str] = "defect"
    exit_status: ClassVar[int] = 1

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(phrase.text)
        self.phrase = phrase


class AbortedError(KofuError):
    """The user answered no, or interrupted the command."""


class WrongUsageError(KofuError):
    """The command line is wrong: a malformed argument, or neither an agent nor the office acts."""

    kind = "usage"
    exit_status = 2


def usage_error(text: str, **values: object) -> WrongUsageError:
    """Return the error of a wrong command line, whose text is translated where it is shown."""
    return WrongUsageError(Phrase(text, **values))


class NotFoundError(KofuError):
    """There is no such reservation, agent or case, or the one who asks may not know of it."""

    kind = "not-found"
    exit_status = 4


MOST_PROBLEMS = 1_000
"""The most problems of one input that are reported: a file with more is the wrong file."""


class InputError(KofuError):
    """A file, a case or the configuration is wrong; ``problems`` are at most MOST_PROBLEMS."""

    kind = "input"
    exit_status = 5

    def __init__(self, phrase: Phrase, problems: Sequence[Problem] = ()) -> None:
        super().__init__(phrase)
        self.problems = tuple(problems[:MOST_PROBLEMS])
        if len(problems) > MOST_PROBLEMS:
            message = Phrase("there are too many problems: the others are not shown")
            self.problems += (Problem(Phrase("and more"), message),)


class StoreError(KofuError):
    """The store is missing, damaged, newer than this program, full or read-only."""

    kind = "store"
    exit_status = 6

    def __init__(self, reason: str, phrase: Phrase) -> None:
        super().__init__(phrase)
        self.reason = reason


class AftermathError(KofuError):
    """The change is saved, but a step after it failed."""

    kind = "aftermath"
    exit_status = 7


class UnknownOutcomeError(KofuError):
    """The disk failed during the commit: whether the change is saved is not known yet."""

    kind = "unknown"
    exit_status = 8


class LockedError(KofuError):
    """Another process held the lock of the store for too long."""

    kind = "locked"
    exit_status = 9


def reason_after_change(error: BaseException) -> Phrase:
    """Return why a step after a change failed, never that nothing was changed."""
    if isinstance(error, OSError):
        return reason_of(error)
    if isinstance(error, KofuError):
        values = error.phrase.values
        what = values.get("what") or values.get("detail")
        if isinstance(error, StoreError) and what and "path" in values:
            return Phrase("{path}: {what}", path=values["path"], what=what)
        return Phrase("the store cannot be read: 'kofucli store check' says why")
    if isinstance(error, MemoryError):
        return Phrase("there is not enough memory")
    if isinstance(error, KeyboardInterrupt):
        return Phrase("it was interrupted")
    return Phrase("a defect of kofucli ({name})", name=type(error).__name__)
