"""What the office keeps: agents, cases, reservations, closures. Frozen, no rules, no clock.

Fields that hold their default are left out when a record is written, so a record says only what
differs. Dates and instants are written in ISO form, instants with their offset.
"""

from __future__ import annotations

from collections.abc import Callable
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
Kind = Literal[
    "change",
    "extension",
    "permanent",
    "acquisition",
    "activity",
    "work-certificate",
    "reentry",
    "coe",
    "card-change",
    "card-renewal",
    "card-reissue",
    "other",
]
Recipient = Literal["self", "colleague", "staff", "professional"]
StepName = Literal["arrive", "late", "collect", "late-notice", "late-cancel", "no-show"]
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
"""Statuses of a reservation that has not ended."""
HOLDING: frozenset[str] = ACTIVE | {"collected", "not-handed", "late", "no-show"}
"""Statuses that keep their frame and their capacity (notice 3(2), 6(4))."""

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


class Frame(NamedTuple):
    """One hour of one open day (枠), named by its date and its start, ``HH:MM``."""

    date: date
    start: str

    def __str__(self) -> str:
        return f"{self.date.isoformat()} {self.start}"


class FrameException(Struct, frozen=True, forbid_unknown_fields=True):
    """A capacity in cases that differs on a day, at an hour, or in one frame."""

    capacity: int
    date: date | None = None
    start: str | None = None


class Case(Struct, frozen=True, gc=False, omit_defaults=True):
    """One application whose result is to be collected (件), and what the rules ask about it.

    ``office`` and ``counter`` are None where they are this office's own.
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
    not_handed: Literal["papers", "period", "other"] | None = None


class Step(Struct, frozen=True, gc=False, omit_defaults=True):
    """One step at the desk, and what it changed: the reservation as it was before.

    ``cases`` are the statuses of its cases before the step, in their order.
    """

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

    ``closes`` is the first instant at which change and cancellation are over; ``first_count`` the
    number of cases when first booked; ``rules`` and ``terms`` the versions it was made under;
    ``late_notice`` when the agent said that it comes late; ``steps`` what the desk did, in order,
    so that each can be undone.
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

    @property
    def frame(self) -> Frame:
        """The frame it stands in."""
        return Frame(self.date, self.start)

    @property
    def deadline(self) -> datetime:
        """The last minute in which it can be changed or cancelled (notice 4(1))."""
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
        """How many cases take up room in its frame."""
        return len(self.kept_cases)

    @property
    def hours(self) -> str:
        """Its frame's hour as people read it, ``10:00-11:00``."""
        return f"{self.start}-{self.ends_at:%H:%M}"

    @property
    def starts_at(self) -> datetime:
        """The first instant of its frame."""
        return datetime.fromisoformat(f"{self.date.isoformat()}T{self.start}:00+09:00")

    @property
    def ends_at(self) -> datetime:
        """The first instant after its frame."""
        return self.starts_at + HOUR

    @property
    def order(self) -> tuple[Any, str, str]:
        """Where it stands in a list: by day, hour, number."""
        return self.date, self.start, self.number


class Link(Struct, frozen=True, gc=False, omit_defaults=True):
    """A verification link under way: the hash of its token, and its interval [sent, expires)."""

    token_hash: str
    sent_at: datetime
    expires: datetime


class Suspension(Struct, frozen=True, gc=False, omit_defaults=True):
    """Days on which an agent may not book (停止): ``since <= day < until``, why, and by whom."""

    since: date
    until: date
    reason: str
    author: str


class Mark(Struct, frozen=True, gc=False, omit_defaults=True):
    """A mark of an agent (notice 6(4)): what it is for, the day of the visit, the reservation."""

    kind: Literal["no-show", "late-cancel"]
    date: date
    reservation: str


class Agent(Struct, frozen=True, omit_defaults=True):
    """What the rules need to know of an agent; the personal values lie apart (``personal``).

    ``verified_by`` is the hash of the token that verified the address, ``terms`` the version last
    accepted, ``reinstated`` the reason why its last suspension was ended, ``erased`` the reason why
    its personal values were erased (``personal`` is empty then), None while they are kept.
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
    suspension: Suspension | None = None
    reinstated: str | None = None
    language: Literal["ja", "en"] = "ja"
    marks: tuple[Mark, ...] = ()
    erased: str | None = None


class Personal(Struct, frozen=True, omit_defaults=True):
    """An agent's personal values; kept in a file of their own, never in the ledger.

    ``salt`` makes the file's hash, by which the ledger names it, say nothing about them.
    """

    salt: str
    name: str
    certificate: str
    email: str
    phone: str = ""
    organization: str = ""


class DayNotice(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="day"):
    """What the office has decided about a day: closed, opened, or single hours closed."""

    key: str
    state: Literal["closed", "open", "calendar"] = "calendar"
    closed_hours: tuple[str, ...] = ()
    reason: str = ""


class Maintenance(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="maintenance"):
    """A time in which agents change nothing: ``[since, end)``, open where the end is unknown."""

    key: Literal["maintenance"]
    since: datetime
    end: datetime | None = None
    reason: str = ""


class RecordedSettings(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="settings"):
    """The rule settings that decisions are made under, kept so that they can be replayed."""

    key: Literal["settings"]
    tables: dict[str, dict[str, object]]


class Sequences(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="sequences"):
    """What new reservation numbers begin above: a backup that was restored knows no later ones."""

    key: Literal["sequences"]
    floor: int


class Purged(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="purged"):
    """The last purge: days before ``before`` went, and the ledger's lines up to ``n``.

    ``hash`` is that line's, ``digest`` the SHA-256 of what the documents held then. ``highest`` is
    the highest sequence in a number that went, now or before: none of them is given again.
    """

    key: Literal["purged"]
    before: date
    n: int
    hash: str
    digest: str
    highest: int = 0


OfficeRecord = DayNotice | Maintenance | RecordedSettings | Sequences | Purged


class Actor(Struct, frozen=True, omit_defaults=True):
    """Who acts: an agent, or the office (``agent`` None); ``by`` is the name given, a claim."""

    agent: str | None
    by: str

    @property
    def is_office(self) -> bool:
        """Whether the office itself acts."""
        return self.agent is None


class Stamp(Struct, frozen=True):
    """When a command acts (``now``, read once) and who acts.

    ``observe`` is shown the state in which a change is decided, before anything is asked; it keeps
    what it needs, and changes nothing.
    """

    now: datetime
    actor: Actor
    dry_run: bool = False
    observe: Callable[[Any], None] | None = None
