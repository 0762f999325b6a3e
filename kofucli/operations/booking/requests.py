"""What is asked for, and what became of it: wishes, requests, rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct

from kofucli.base.errors import Phrase
from kofucli.model.records import Case, Frame
from kofucli.rules.eligibility import check_collect_by
from kofucli.rules.refusal import Inquiry, RefusedError, Verdict, refusals


class FileRow(int):
    """A row of one of several files: it counts on through all of them, ``number`` is its own.

    Where it is told to somebody it names its file: ``b.csv:2``.
    """

    file: str
    number: int

    def __new__(cls, place: int, file: str, number: int) -> FileRow:
        """Make the row that is at ``place`` among those of all files, from 1."""
        row = super().__new__(cls, place)
        row.file, row.number = file, number
        return row

    def __str__(self) -> str:
        return f"{self.file}:{self.number}"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


class Wish(Struct, frozen=True):
    """One case that an agent wants to collect in a frame; rows count from 1 (see FileRow).

    ``filer`` is the agent that the row names, where it is another one.
    """

    row: int
    agent: str
    frame: Frame
    case: Case
    note: str = ""
    filer: str | None = None

    @property
    def day(self) -> date:
        """The day of its frame."""
        return self.frame.date

    @property
    def start(self) -> str:
        """The hour of its frame."""
        return self.frame.start


class OpenWish(Struct, frozen=True):
    """One case that an agent wants to collect, on any day or hour that is not named."""

    row: int
    agent: str
    case: Case
    day: date | None = None
    start: str | None = None
    note: str = ""

    def suits(self, frame: Frame) -> bool:
        """Tell whether a frame is on the day and at the hour named."""
        return self.day in (None, frame.date) and self.start in (None, frame.start)

    def at(self, frame: Frame, agent: str, case: Case) -> Wish:
        """Return the wish for a frame, an agent who collects, and the case as that one has it."""
        filer = self.agent if agent != self.agent else None
        return Wish(self.row, agent, frame, case, self.note, filer)


class BookRequest(Struct, frozen=True):
    """What is to be booked.

    ``from_file`` tells rows already booked apart from refused ones; ``best_effort`` books what the
    rules allow; ``again`` books what was dropped or cancelled before; ``explain`` keeps every rule
    that was asked, not only what refused; ``notes`` on its reading are told with a refusal too.
    """

    wishes: tuple[Wish | OpenWish, ...]
    from_file: bool = False
    best_effort: bool = False
    again: bool = False
    explain: bool = False
    notes: tuple[Phrase, ...] = ()


class Preferences(Struct, frozen=True):
    """How open wishes may be placed: on which days, at which hours (None: on any), and by whom.

    What a wish names itself comes first. ``pool`` are agents of whom any may collect; without them
    each collects its own.
    """

    pool: tuple[str, ...] = ()
    days: frozenset[date] | None = None
    hours: frozenset[str] | None = None

    def share(self, agent: str) -> str:
        """Return whose cases are planned together with an agent's: its own, or the pool's ("")."""
        return "" if self.pool else agent


NO_PREFERENCES = Preferences()


class Row(Struct, frozen=True):
    """What became of one wish.

    ``booked``, ``already``, ``ended``, ``not-ready``, ``refused``, ``not-placed``; ``not-booked``
    where the rules allow it, and another row's refusal kept everything from being booked; in a plan
    ``placed``. ``frame`` is where it is booked, or would be; ``bookable_from`` is the first instant
    at which what was not placed may find room, None where that is not in sight; ``asked`` is every
    verdict on it, where the request explains itself.
    """

    wish: Wish | OpenWish
    outcome: str
    frame: Frame | None = None
    reservation: str | None = None
    refusals: tuple[Verdict, ...] = ()
    bookable_from: datetime | None = None
    asked: tuple[Verdict, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the row keeps its request from being booked as a whole."""
        return self.outcome in ("refused", "not-placed")

    @property
    def filer(self) -> str | None:
        """The agent that the row names, where another one collects its case."""
        return self.wish.filer if isinstance(self.wish, Wish) else None

    @property
    def day(self) -> date | None:
        """The day of its frame, or the one it asks for."""
        return self.wish.day if self.frame is None else self.frame.date

    @property
    def start(self) -> str | None:
        """The hour of its frame, or the one it asks for."""
        return self.wish.start if self.frame is None else self.frame.start


class BookRefusedError(RefusedError):
    """A file was refused as a whole; ``rows`` says what became of each, ``notes`` what else."""

    def __init__(
        self,
        found: Sequence[Verdict],
        rows: tuple[Row, ...],
        notes: tuple[Phrase, ...] = (),
        inquiries: tuple[Inquiry, ...] = (),
    ) -> None:
        super().__init__(found, inquiries)
        self.rows = rows
        self.notes = notes
        if any(row.outcome == "not-booked" for row in rows):
            self.phrase = Phrase(
                "Refused; nothing was booked. With --best-effort the rows that the rules allow are "
                "booked, without the others."
            )


def make_row(wish: Wish, verdicts: Sequence[Verdict], explain: bool) -> Row:
    """Return the row of a wish that was judged; what was asked goes along to ``explain`` it.

    That includes the warning for a visit that is too late for the case, which refuses nothing.
    """
    refused = tuple(refusals(verdicts))
    asked = (*verdicts, check_collect_by(wish.case, wish.frame.date)) if explain else ()
    outcome = "refused" if refused else "booked"
    return Row(wish, outcome, wish.frame, None, refused, asked=asked)


def list_inquiries(request: BookRequest, rows: Sequence[Row]) -> tuple[Inquiry, ...]:
    """Return what was asked about a request: row by row of a file, else at once."""
    if not request.explain:
        return ()
    if not request.from_file:
        return (Inquiry(tuple(verdict for row in rows for verdict in row.asked)),)
    return tuple(
        Inquiry(row.asked, row.wish.row, row.wish.agent, row.outcome == "not-placed")
        for row in rows
        if row.asked
    )
