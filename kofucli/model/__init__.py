"""The records that the office keeps; reservation numbers and national holidays beside them.

    Reservation(
        number="Y261125-0001-7", agent="A-1", date=date(2026, 11, 25), start="10:00",
        cases=(Case("X-1"),), first_count=1, closes=<2026-11-24 12:00>, ...
    )

is one agent's visit in one frame, to collect the result of case X-1. Until ``closes`` it can be
changed; ``status`` tells how it ended.

Records are frozen, and know neither rules nor clock. A field with its default is left out when a
record is written. Dates and instants are written in ISO form, instants with their offset.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import date, datetime, timedelta
from typing import Any, Literal, NamedTuple

from msgspec import Struct, field

Predicate = Callable[[date], bool]
Occupation = Literal[
    "host-organization",
    "support-organization",
    "public-interest",
    "scrivener",
    "attorney",
    "educational",
]
CertificateKind = Literal["application-agent", "proxy-notification"]
EligibleKind = Literal[
    "change", "extension", "permanent", "acquisition", "activity", "work-certificate"
]
"""The kinds of application whose result is handed over at this counter (notice 1)."""
Kind = Literal[
    EligibleKind, "reentry", "coe", "card-change", "card-renewal", "card-reissue", "other"
]
Recipient = Literal["self", "colleague", "staff", "professional"]
StepName = Literal["arrive", "late", "collect", "late-notice", "late-cancel", "no-show"]
MarkKind = Literal["no-show", "late-cancel"]
NotHanded = Literal["papers", "period", "other"]
"""Why a case was not handed over: papers missing, not the time to collect it, something else."""
CaseStatus = Literal["active", "dropped", "collected", "not-handed"]
Status = Literal[
    "active",
    "arrived",
    "collected",
    "not-handed",
    "late",
    "no-show",
    "cancelled",
    "late-cancelled",
    "office-closed",
]

ACTIVE: frozenset[str] = frozenset({"active", "arrived"})
"""The statuses of a reservation that has not ended."""
HOLDING: frozenset[str] = ACTIVE | {"collected", "not-handed", "late", "no-show"}
"""The statuses of a reservation that keeps its frame and its room (notice 3(2), 6(4))."""

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


class Frame(NamedTuple):
    """One hour of one open day (枠), named by its date and its start, ``HH:MM``."""

    date: date
    start: str

    def __str__(self) -> str:
        return f"{self.date.isoformat()} {self.start}"

    @property
    def starts_at(self) -> datetime:
        """The first instant of the frame."""
        return datetime.fromisoformat(f"{self.date.isoformat()}T{self.start}:00+09:00")


class FrameException(Struct, frozen=True, forbid_unknown_fields=True):
    """Another capacity, in cases: on a ``date``, at a ``start``, or in the one frame of both."""

    capacity: int
    date: "date | None" = None  # the default hides the type while the class is made
    start: str | None = None


class Case(Struct, frozen=True, gc=False, omit_defaults=True):
    """One application whose result is to be collected (件).

    ``main`` is the number of the case that this one is tied to (``with``). ``office`` and
    ``counter`` are None for this office and its counter.
    """

    number: str
    kind: Kind = "extension"
    recipient: Recipient = "self"
    birth: bool = False
    main: str | None = field(default=None, name="with")
    filed: Literal["window", "online"] = "window"
    office: str | None = None
    review: Literal["done", "pending"] = "done"
    counter: str | None = None
    collect_by: date | None = None
    status: CaseStatus = "active"
    not_handed: NotHanded | None = None


class Step(Struct, frozen=True, gc=False, omit_defaults=True):
    """One step at the desk, ``op`` at ``at``, and what reservation and cases were before."""

    op: StepName
    at: datetime
    status: Status
    cases: tuple[CaseStatus, ...] = ()
    arrived_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str | None = None
    late_notice: datetime | None = None


class Reservation(Struct, frozen=True, omit_defaults=True):
    """One agent, one frame, one to ten cases (予約).

    - ``first_count``: the number of cases when first booked.
    - ``closes``: the first instant at which it can no longer be changed or cancelled.
    - ``rules``, ``terms``: the versions under which it was made.
    - ``late_notice``: when the agent called to say that it will be late.
    - ``steps``: the steps at the desk in order, so that the last one can be undone.
    - ``former``: the numbers that its cases had before they were corrected.
    """

    number: str
    agent: str
    date: date
    start: str
    cases: tuple[Case, ...]
    first_count: int
    booked_at: datetime
    closes: datetime
    rules: str
    terms: str | None = None
    status: Status = "active"
    arrived_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str | None = None
    late_notice: datetime | None = None
    steps: tuple[Step, ...] = ()
    former: tuple[str, ...] = ()

    @property
    def frame(self) -> Frame:
        """The frame of the visit."""
        return Frame(self.date, self.start)

    @property
    def deadline(self) -> datetime:
        """The last minute in which the reservation can be changed or cancelled (notice 4(1))."""
        return self.closes - MINUTE

    @property
    def active_cases(self) -> tuple[Case, ...]:
        """The cases that are still to be collected, in the order given."""
        return tuple(case for case in self.cases if case.status == "active")

    @property
    def kept_cases(self) -> tuple[Case, ...]:
        """The cases that were not dropped, in the order given."""
        return tuple([case for case in self.cases if case.status != "dropped"])

    @property
    def taken(self) -> int:
        """How many cases take up room in the frame."""
        return len(self.kept_cases)

    def status_of(self, case: Case) -> CaseStatus | Literal["cancelled"]:
        """Return a case's status as it is told: cancelled with its reservation, as no record is."""
        is_cancelled = self.status in ("cancelled", "late-cancelled")
        return "cancelled" if is_cancelled and case.status == "active" else case.status

    @property
    def hours(self) -> str:
        """The hour of the visit as people read it, ``10:00-11:00``."""
        return f"{self.start}-{self.ends_at:%H:%M}"

    @property
    def starts_at(self) -> datetime:
        """The first instant of the frame."""
        return self.frame.starts_at

    @property
    def ends_at(self) -> datetime:
        """The first instant after the frame."""
        return self.starts_at + HOUR

    @property
    def order(self) -> tuple[Any, str, str]:
        """The key by which lists are sorted: day, hour, number."""
        return self.date, self.start, self.number


class Link(Struct, frozen=True, gc=False, omit_defaults=True):
    """A verification link that nobody has redeemed yet; it works in ``[sent_at, expires)``."""

    token_hash: str
    sent_at: datetime
    expires: datetime


class Suspension(Struct, frozen=True, gc=False, omit_defaults=True):
    """Days on which an agent may not book (停止): ``since <= day < until``."""

    since: date
    until: date
    reason: str
    author: str


class Mark(Struct, frozen=True, gc=False, omit_defaults=True):
    """A mark of an agent (notice 6(4)); ``date`` is the day of the visit."""

    kind: MarkKind
    date: date
    reservation: str


class Agent(Struct, frozen=True, omit_defaults=True):
    """What the rules need to know of an agent, without its personal values.

    - ``valid_until``: the last day of the certificate.
    - ``personal``: the name of the file with the personal values, "" once they are erased.
    - ``verified_by``: the hash of the token that verified the address.
    - ``terms``: the version of the terms last accepted.
    - ``rules``: the version of the notice that the agent was last told of.
    - ``reinstated``, ``erased``: the reasons for ending the last suspension, and for the erasure.
    """

    id: str
    occupation: Occupation
    valid_until: date
    personal: str
    registered_at: datetime
    verified: bool = False
    verified_by: str | None = None
    link: Link | None = None
    terms: str | None = None
    rules: str | None = None
    suspension: Suspension | None = None
    reinstated: str | None = None
    language: Literal["ja", "en"] = "ja"
    marks: tuple[Mark, ...] = ()
    erased: str | None = None


class Personal(Struct, frozen=True, omit_defaults=True):
    """An agent's personal values, in a file of their own, never in the ledger.

    The ledger names that file by its hash; ``salt`` keeps the hash from betraying the values.
    """

    salt: str
    name: str
    certificate: str
    email: str
    phone: str = ""
    organization: str = ""


class DayNotice(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="day"):
    """An announcement about a day: closed, opened against the calendar, or single hours closed."""

    key: str
    state: Literal["closed", "open", "calendar"] = "calendar"
    closed_hours: tuple[str, ...] = ()
    reason: str = ""


class Maintenance(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="maintenance"):
    """A time in which agents change nothing: ``[since, end)``, without end while it is unknown."""

    key: Literal["maintenance"]
    since: datetime
    end: datetime | None = None
    reason: str = ""


class RecordedSettings(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="settings"):
    """The rule settings in force, recorded so that decisions can be replayed."""

    key: Literal["settings"]
    tables: dict[str, dict[str, object]]


class Sequences(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="sequences"):
    """The sequence above which new numbers begin, after the restore of an older backup.

    Numbers given after that backup must not be given again.
    """

    key: Literal["sequences"]
    floor: int


class Purged(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="purged"):
    """The last purge, which removed the days before ``before``, and ledger lines up to ``n``.

    ``hash`` is the hash of line ``n``, ``digest`` the SHA-256 of the documents as of that line.
    ``highest`` is the highest sequence of any number ever purged: none is given again.
    """

    key: Literal["purged"]
    before: date
    n: int
    hash: str
    digest: str
    highest: int = 0


class Moved(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="moved"):
    """The place to which the store was moved: it takes no changes any more; "" where it does."""

    key: Literal["moved"]
    to: str


OfficeRecord = DayNotice | Maintenance | RecordedSettings | Sequences | Purged | Moved


class Actor(Struct, frozen=True, omit_defaults=True):
    """The agent who acts, None for the office; ``by`` is the name given, which nobody checks.

    ``via`` is ``ssh`` where the gate let the agent in, ``key`` the fingerprint of its key if known.
    """

    agent: str | None
    by: str
    via: str = ""
    key: str = ""

    @property
    def is_office(self) -> bool:
        """Whether the office acts."""
        return self.agent is None


class Stamp(Struct, frozen=True):
    """The instant at which a command acts (the clock is read once), and its actor.

    ``observe`` is called with the context of a change before any rule is asked, for recording.
    ``by_machine`` says that the instant is what the machine's clock says, and not given.
    ``bounds`` is entered while the change is decided, when others wait for the store.
    """

    now: datetime
    actor: Actor
    dry_run: bool = False
    observe: Callable[[Any], None] | None = None
    by_machine: bool = False
    bounds: Callable[[], AbstractContextManager[None]] = nullcontext
