"""What is asked for (wishes, requests), and what became of it (rows)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct

from kofucli.base import Phrase
from kofucli.model import Case, Frame, Reservation
from kofucli.rules import Inquiry, RefusedError, Verdict, refusals
from kofucli.rules.eligibility import CasePolicy, check_collect_by, check_kind_mark


class Wish(Struct, frozen=True):
    """One case that an agent wants to collect in a frame; a row of a file is a FileRow.

    ``filer`` is the agent that the row names, where another agent collects, and ``is_stranger``
    whether that one is not known to receive the applicant (see Collectors). ``ended`` is the
    reservation in which the case has ended, if the row is one of the CSV of ``list`` and says so.
    """

    row: int
    agent: str
    frame: Frame
    case: Case
    note: str = ""
    filer: str | None = None
    ended: str | None = None
    is_stranger: bool = False

    @property
    def day(self) -> date:
        """The day of its frame."""
        return self.frame.date

    @property
    def start(self) -> str:
        """The hour of its frame."""
        return self.frame.start


class OpenWish(Struct, frozen=True):
    """One case to collect, on any day and at any hour that is None; ``host`` has the applicant."""

    row: int
    agent: str
    case: Case
    day: date | None = None
    start: str | None = None
    note: str = ""
    host: str = ""

    def at(self, frame: Frame, agent: str, case: Case) -> Wish:
        """Return the wish for a frame; ``case`` is as ``agent`` collects it."""
        filer = self.agent if agent != self.agent else None
        return Wish(self.row, agent, frame, case, self.note, filer)


class BookRequest(Struct, frozen=True):
    """What is to be booked.

    With ``from_file`` a case that is booked already is no duplicate but ``already``. With
    ``best_effort`` the rows that the rules allow are booked without the others; with ``again`` so
    is what was dropped or cancelled before. ``explain`` asks for all verdicts, not only refusals.
    ``notes`` on the reading of the file are told with a refusal.
    """

    wishes: tuple[Wish | OpenWish, ...]
    from_file: bool = False
    best_effort: bool = False
    again: bool = False
    explain: bool = False
    notes: tuple[Phrase, ...] = ()


class Preferences(Struct, frozen=True):
    """On which days and at which hours open wishes may be placed (None: any), and by whom.

    A day or an hour that a wish names itself comes first. Any agent of the ``pool`` may collect any
    case; without a pool each agent collects its own. ``reader`` is the agent who acts, to whom no
    number of another one's reservation is shown; None: all are.
    """

    pool: tuple[str, ...] = ()
    days: frozenset[date] | None = None
    hours: frozenset[str] | None = None
    reader: str | None = None

    def shows(self, agent: str) -> bool:
        """Tell whether the numbers of an agent's reservations are shown."""
        return self.reader in (None, agent)

    def share(self, agent: str) -> str:
        """Return a key of the cases that are planned together: the agent, or "" for the pool."""
        return "" if self.pool else agent


NO_PREFERENCES = Preferences()


class Row(Struct, frozen=True):
    """What became of one wish: its ``outcome``, and in which ``frame`` it is or would be booked.

    An outcome is ``booked``, ``already``, ``ended``, ``not-ready``, ``refused`` or ``not-placed``;
    ``placed`` in a plan; ``not-booked`` where only the refusal of another row kept it from being
    booked. ``bookable_from`` is the first instant at which there may be room for what was not
    placed, None where none is in sight. ``asked`` is every verdict, if the request is explained.
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
        """The agent that the row names, where another agent collects."""
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
    """A file was refused as a whole; ``rows`` says what became of each."""

    def __init__(
        self,
        found: Sequence[Verdict],
        rows: tuple[Row, ...],
        notes: tuple[Phrase, ...] = (),
        inquiries: tuple[Inquiry, ...] = (),
    ) -> None:
        super().__init__(found, inquiries, notes)
        self.rows = rows
        if any(row.outcome == "not-booked" for row in rows):
            self.phrase = Phrase(
                "Refused; nothing was booked. With --best-effort the rows that the rules allow are "
                "booked, without the others."
            )


class ChangeRow(Struct, frozen=True):
    """What became of a row of ``cancel --from`` or ``amend --from``.

    Its ``outcome`` is ``cancelled``, ``corrected``, ``dropped``, ``already`` or ``refused``;
    ``not-changed`` where only the refusal of another row kept it from being changed. ``new`` is the
    number afterwards, "" where the case is dropped, None where its visit is cancelled.
    ``reservation`` is the visit as it is afterwards.
    """

    row: int
    case: str
    new: str | None
    outcome: str
    reservation: Reservation
    refusals: tuple[Verdict, ...] = ()


class ChangesRefusedError(RefusedError):
    """A file of changes was refused as a whole; ``rows`` as in BookRefusedError."""

    def __init__(
        self,
        found: Sequence[Verdict],
        rows: tuple[ChangeRow, ...],
        notes: tuple[Phrase, ...] = (),
        inquiries: Sequence[Inquiry] = (),
    ) -> None:
        super().__init__(refusals(found), inquiries, notes)
        self.rows = rows


def make_row(wish: Wish, verdicts: Sequence[Verdict], policy: CasePolicy, explain: bool) -> Row:
    """Return the row of a judged wish; to ``explain`` it, with all verdicts and the warnings."""
    refused = tuple(refusals(verdicts)) if verdicts else ()
    asked: tuple[Verdict, ...] = ()
    if explain:
        in_time = check_collect_by(wish.case, wish.frame.date)
        asked = (*verdicts, *check_kind_mark(wish.case, policy), in_time)
    return Row(wish, "refused" if refused else "booked", wish.frame, None, refused, asked=asked)


def list_inquiries(request: BookRequest, rows: Sequence[Row]) -> tuple[Inquiry, ...]:
    """Return what was asked about a request: an inquiry a row of a file, else one for all."""
    if not request.explain:
        return ()
    if not request.from_file:
        return (Inquiry(tuple(verdict for row in rows for verdict in row.asked)),)
    return tuple(
        Inquiry(row.asked, row.wish.row, row.wish.agent, row.outcome == "not-placed")
        for row in rows
        if row.asked
    )
