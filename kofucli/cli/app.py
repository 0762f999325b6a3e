"""One run of a command: who acts, what it asks, how it shows its result."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kofucli.base import (
    AbortedError,
    AftermathError,
    KofuError,
    Phrase,
    UnknownOutcomeError,
    reason_after_change,
    reason_of,
    usage_error,
)
from kofucli.base.clock import machine_now
from kofucli.base.language import Translate, render
from kofucli.base.text import safe_lines
from kofucli.cli.files import (
    ReaderGoneError,
    UnwrittenError,
    fit_terminal,
    print_message,
    print_text,
)
from kofucli.cli.invocation import Invocation

if TYPE_CHECKING:
    from kofucli.model import Actor, Stamp
    from kofucli.output.documents import Document
    from kofucli.output.tables import Sheet
    from kofucli.rules import Inquiry
    from kofucli.store import Store

_CLOCK_TOLERANCE = timedelta(seconds=60)
_OTHER_NAMES = (".csv", ".html", ".ics", ".json", ".txt")
T = TypeVar("T")


class App(Invocation):
    """One run of the program. Every command gets it as its first argument.

    ``inputs`` are the files that the command reads; ``notes`` are told with its result, and
    ``inquiries`` are the rules it asked, for --explain. ``failures`` say what went wrong after the
    change: they are told last, and the exit status is 7. ``changed`` says that the command has
    changed something, in the store or beside it. ``wraps`` is False where a text is another
    program's, so that its lines stay whole on a terminal too. ``tree`` is the group whose command
    is run, ``interrupted`` what is said where somebody, or the gate, ends it.
    """

    tree: click.Group
    interrupted = Phrase("Interrupted; 'kofucli list' shows whether a change was made.")

    def __init__(self, options: dict[str, Any], environment: Mapping[str, str]) -> None:
        super().__init__(options, environment)
        self.changed = False
        self.wraps = True
        self.listener: Callable[[Document], None] | None = None
        self.inquiries: Sequence[Inquiry] = ()
        self.inputs: list[str] = []
        self.notes: list[Phrase] = []
        self.failures: list[Phrase] = []

    @property
    def stands(self) -> bool:
        """Whether a change is done that nothing which fails later takes back."""
        return not self.dry_run and (self.changed or bool(self.changes))

    @property
    def changes(self) -> list[str]:
        """The numbers and ids of what was changed in the store; this does not open it."""
        store: Store | None = self.__dict__.get("store")
        return list(dict.fromkeys(store.committed)) if store is not None else []

    def run(self, command: Callable[[], T]) -> T:
        """Run a command; once its change stands, a failure is AftermathError with its numbers.

        So no error says that nothing was changed where something was.
        """
        self.check_variables()
        self._refuse_form()
        try:
            result = command()
        except AftermathError as error:
            raise self.aftermath(error.phrase) from None
        except (UnknownOutcomeError, ReaderGoneError, UnwrittenError):
            raise
        except (Exception, KeyboardInterrupt) as error:
            if self._is_final(error):
                raise
            untold = Phrase(
                "The change is done ({changed}), but what follows it failed: {reason}. 'kofucli "
                "show' and 'kofucli list' show it.",
                changed=self.changes or "-",
                reason=self._why(error),
            )
            raise self.aftermath(untold) from error
        if self.failures:
            raise self.aftermath()
        return result

    def tell(self, error: KofuError) -> KofuError:
        """Return an error as it is told."""
        return error

    def _refuse_form(self) -> None:
        path, is_workbook = self.output, self.format == "xlsx"
        if is_workbook and path == "-":
            raise usage_error("A workbook (-f xlsx) needs a file: add -o FILE.")
        if is_workbook and path.lower().endswith(_OTHER_NAMES):
            raise usage_error(
                "{path} is not the name of a workbook: expected NAME.xlsx.", path=path
            )
        if not is_workbook and path.lower().endswith(".xlsx"):
            raise usage_error(
                "{path} is the name of a workbook: add -f xlsx, or name another file.", path=path
            )

    def aftermath(self, *more: Phrase) -> AftermathError:
        """Return the error that tells ``failures`` and ``more`` in one message."""
        first, *others = (*self.failures, *more)
        for other in others:
            first = Phrase("{first} {second}", first=first, second=other)
        return AftermathError(first)

    def note_head(self, path: str | None, head: str) -> None:
        """Note a head, which must outlive a power failure, in a file, if any is named."""
        from kofucli.store.integrity.check import note_head  # only few commands note one

        if path is None or not head:
            return
        try:
            self.store.make_durable()  # a line that is noted must outlive a power failure
            note_head(path, head, self.now)
        except (OSError, KofuError) as error:
            self.failures.append(
                Phrase(
                    "The head {head} could not be noted in {path}: {detail}.",
                    head=head,
                    path=path,
                    detail=self._why(error),
                )
            )

    def attempt(self, step: Callable[[], T], otherwise: T) -> T:
        """Return what ``step`` returns; once a change stands, a failure goes to ``failures``."""
        try:
            return step()
        except AftermathError as error:
            self.failures.append(error.phrase)
        except (Exception, KeyboardInterrupt) as error:
            if self._is_final(error):
                raise
            self.failures.append(
                Phrase(
                    "The change is done, but what follows it failed: {reason}.",
                    reason=self._why(error),
                )
            )
        return otherwise

    def _is_final(self, error: BaseException) -> bool:
        """Whether no change stands, or a listener that runs several commands is interrupted."""
        interrupts = self.listener is not None and isinstance(error, KeyboardInterrupt)
        return interrupts or not self.stands

    def _why(self, error: BaseException) -> Phrase:
        """Return why a step failed; with -v the traceback of a defect is shown."""
        known = isinstance(error, (KofuError, OSError, MemoryError, KeyboardInterrupt))
        if self.options.get("verbose") and not known:
            from traceback import format_exception  # only where something failed

            click.echo(safe_lines("".join(format_exception(error)).rstrip("\n")), err=True)
        return reason_after_change(error)

    def stamp(self, actor: Actor) -> Stamp:
        """Return the stamp of a change. Raises as ``refuse_output``, or for a foreign clock."""
        from kofucli.model import Stamp  # help needs none

        self.refuse_output()
        refuses = self.settings.store.fixed_clock == "refuse" and not self.dry_run
        if refuses and self._clock_is_foreign():
            raise usage_error(
                "--now {now} is away from the machine's clock, and [store] fixed_clock = "
                '"refuse" allows no change then.',
                now=self.now,
            )
        return Stamp(self.now, actor, self.dry_run, by_machine=not self.now_is_given)

    def _clock_is_foreign(self) -> bool:
        return self.now_is_given and abs(self.now - machine_now()) > _CLOCK_TOLERANCE

    def refuse_result(self, path: str) -> None:
        """Raise WrongUsageError where a result would replace the store or a file that is read."""
        self.refuse_in_store(path)
        if not os.path.isfile(path):
            return  # nothing is there to be lost
        read = [*self.inputs, *filter(None, [self.find_configuration()])]
        if os.path.realpath(path) in map(os.path.realpath, read):
            raise usage_error("{path} is read here; results belong in another file.", path=path)

    def refuse_output(self) -> None:
        """Raise what keeps -o from being written, InputError where others could lead it away."""
        self.refuse_result(self.output)
        if not self.is_printed:
            from kofucli.base.results import refuse_place  # standard output needs none

            refuse_place(self.output)

    def confirm(self, question: Phrase) -> None:
        """Ask before a change; an answer takes time, so the clock is read again."""
        if self.dry_run or self.options.get("yes"):
            return
        if sys.stdin is None or not sys.stdin.isatty():
            raise usage_error("This asks first, and there is no terminal: add -y to answer yes.")
        asked = fit_terminal(render(question, self.translate), sys.stderr)
        if not click.confirm(asked, err=True):
            raise AbortedError(Phrase("Aborted; nothing was changed."))
        self.__dict__.pop("now", None)

    def show(
        self,
        result: T,
        document: Callable[[T], Document],
        text: Callable[[T, Translate], str | Iterable[str]],
        sheet: Callable[[T], Sheet] | None = None,
        notes: Iterable[Phrase] = (),
        changed: bool = False,
    ) -> None:
        """Show a result in the form asked for: JSON of ``document``, CSV and XLSX of ``sheet``.

        ``changed`` says whether something was changed, or would be in a dry run. Raises
        AftermathError where the result cannot be written.
        """
        self.changed = changed or self.stands
        said = [render(note, self.translate) for note in self._all_notes(notes, changed)]
        form = self.format
        content: Document = {}
        if form == "json" or self.listener is not None:
            content = self._complete(document(result), said)
        if self.listener is not None:
            from kofucli.output.documents import as_read  # only scenarios listen

            self.listener(as_read(content))
        if form == "json":
            from kofucli.output.documents import encode  # tables need none

            self._write(lambda: map(bytes.decode, encode(content)), lambda: encode(content))
        elif form in ("csv", "xlsx") and sheet is not None:
            self._write_sheet(lambda: sheet(result))
            click.echo(self._explanation(), err=True, nl=False)
        else:
            self._write_text(text(result, self.translate))
        if form != "json":
            self.say(said)

    def _write_text(self, text: str | Iterable[str]) -> None:
        parts = [text] if isinstance(text, str) else text
        is_shown = self.wraps and self.is_printed

        def told() -> Iterable[str]:
            every = chain(parts, [self._explanation()])
            return (fit_terminal(part, sys.stdout) for part in every) if is_shown else every

        self._write(told)

    def _write_sheet(self, sheet: Callable[[], Sheet]) -> None:
        from kofucli.output import tables  # JSON needs none

        raw = bool(self.options.get("raw"))

        def of_file() -> Iterable[bytes]:
            if self.format == "xlsx":
                return [tables.xlsx_file(sheet(), self.now, self.translate)]
            return tables.csv_file(sheet(), raw)

        self._write(lambda: tables.csv_parts(sheet(), raw), of_file)

    def _complete(self, content: Document, said: list[str]) -> Document:
        from kofucli.output.documents import FORMAT  # tables need none

        content = {"format": FORMAT, **content}
        if self.explains:
            from kofucli.output.rulebook import explanation_document

            content["now"] = self.now
            content["explain"] = explanation_document(self.inquiries)
        if self.dry_run:
            content["dry_run"] = True
        content["warnings"] = said
        return content

    def _explanation(self) -> str:
        if not self.explains:
            return ""
        from kofucli.output.rulebook import explanation_text  # only --explain needs it

        return explanation_text(self.inquiries, self.now, self.translate)

    def say(self, notes: Iterable[str]) -> None:
        """Write notes to stderr, unless -q."""
        if not self.options.get("quiet"):
            for note in notes:
                print_message(self.translate("Note: {note}").format(note=note) + "\n")

    def _all_notes(self, notes: Iterable[Phrase], changed: bool) -> Iterable[Phrase]:
        yield from (*self.notes, *notes)
        if self.dry_run and self.format != "json":
            yield Phrase("This was a dry run: nothing was changed.")
        if changed and not self.dry_run:
            yield from self.warnings
            if self._clock_is_foreign():
                yield Phrase(
                    "This change was made with --now {now}, away from the machine's clock.",
                    now=self.now,
                )

    @property
    def warnings(self) -> Sequence[Phrase]:
        """What went along with a change that the store warns of."""
        return self.store.warnings

    def _write(
        self,
        make: Callable[[], Iterable[str]],
        of_file: Callable[[], Iterable[bytes]] | None = None,
    ) -> None:
        """``of_file`` makes the parts of a file, where they are not just the text."""
        path = self.output
        if self.is_printed:
            print_text(make())
            return
        from kofucli.base.results import stream_file  # standard output needs none

        if not self.changed:
            self.refuse_result(path)
        try:
            parts = of_file() if of_file else (part.encode() for part in make())
            stream_file(path, lambda file: file.writelines(parts))
        except OSError as error:
            if self.stands:
                with suppress(UnwrittenError, ReaderGoneError):
                    print_text(make())
            raise AftermathError(self.unwritten(path, error)) from None

    def unwritten(self, path: str, error: OSError) -> Phrase:
        """Return the message that a result cannot be written to ``path`` (``-``: stdout)."""
        place = Phrase("standard output") if path == "-" else path
        if self.stands:
            return Phrase(
                "{path} could not be written ({detail}). The change itself is done ({changed}); "
                "'kofucli show' and 'kofucli list' show it.",
                path=place,
                detail=reason_of(error),
                changed=self.changes or "-",
            )
        return Phrase(
            "{path} could not be written ({detail}).", path=place, detail=reason_of(error)
        )
