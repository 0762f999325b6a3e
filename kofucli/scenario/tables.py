"""The tables of a scenario file, as they are written."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from kofucli.model import CaseStatus, Status, StepName

_Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}\Z")]
_FileName = Annotated[str, Meta(pattern=r"^[^/\\.\x00-\x1f][^/\\\x00-\x1f]{0,59}\Z")]


class _Table(Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the file; an unknown key is an error. Instants and dates are text still."""


class SuspensionTable(_Table, frozen=True, forbid_unknown_fields=True):
    """``suspension`` of an agent: days on which it may not book."""

    since: str
    until: str
    reason: str = "-"
    author: str = "scenario"


class MarkTable(_Table, frozen=True, forbid_unknown_fields=True):
    """One of an agent's ``marks``; ``reservation`` is the name of one of the scenario."""

    kind: Literal["no-show", "late-cancel"]
    date: str
    reservation: str = ""


class AgentTable(_Table, frozen=True, forbid_unknown_fields=True):
    """``[[agent]]``: registered and verified before the first step, unless told otherwise.

    ``terms`` is the version last accepted, "" for none; without it the one in force. ``erased``
    agents are known by their visits only.
    """

    id: str
    name: str | None = None
    occupation: str = "scrivener"
    certificate: str | None = None
    valid_until: str = "2099-12-31"
    email: str | None = None
    phone: str = ""
    organization: str = ""
    language: str = "ja"
    accept_terms: bool = True
    verified: bool = True
    terms: str | None = None
    suspension: SuspensionTable | None = None
    marks: tuple[MarkTable, ...] = ()
    erased: bool = False


class DeskStepTable(_Table, frozen=True, forbid_unknown_fields=True):
    """One of a reservation's ``steps``: what was done at the desk, and how it stood before."""

    op: StepName
    at: str
    status: Status = "active"
    cases: tuple[CaseStatus, ...] = ()
    arrived_at: str | None = None
    ended_at: str | None = None
    late_notice: str | None = None


class ReservationTable(_Table, frozen=True, forbid_unknown_fields=True):
    """``[[reservation]]``: one that is there before the first step, whatever the rules say."""

    agent: str
    date: str
    hour: str
    cases: Annotated[tuple[str, ...], Meta(min_length=1)]
    status: Status = "active"
    first_count: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    booked_at: str | None = None
    closes: str | None = None
    arrived_at: str | None = None
    ended_at: str | None = None
    late_notice: str | None = None
    steps: tuple[DeskStepTable, ...] = ()
    sequence: Annotated[int, Meta(ge=1, le=999_999)] | None = None
    save: _Name | None = None


class NoticeTable(_Table, frozen=True, forbid_unknown_fields=True):
    """``[[notice]]``: what the office announced about a day: closed, opened, or hours closed."""

    date: str
    state: Literal["closed", "open", "calendar"] | None = None
    hours: tuple[str, ...] = ()
    reason: str = ""


class MaintenanceTable(_Table, frozen=True, forbid_unknown_fields=True):
    """``[maintenance]``: in force from ``since`` (else from the beginning) to ``end``, if known."""

    since: str | None = None
    end: str | None = None
    reason: str = ""


class FileTable(_Table, frozen=True, forbid_unknown_fields=True):
    """``[[file]]``: a file for the steps, in the folder where they run."""

    name: _FileName
    text: str


class Expectation(_Table, frozen=True, forbid_unknown_fields=True):
    """``expect`` of a step: what must hold of it; what is left out is not asked.

    ``json`` is a part of the document, as a table or as text in JSON.
    """

    exit: Annotated[int, Meta(ge=0, le=255)] | None = None
    codes: tuple[str, ...] | None = None
    stdout_contains: str | tuple[str, ...] | None = None
    json: Any = None

    @property
    def status(self) -> int:
        """The exit status that must be found: 3 where there are codes only, else 0."""
        if self.exit is not None:
            return self.exit
        return 3 if self.codes else 0

    @property
    def printed(self) -> tuple[str, ...]:
        """The texts that standard output must contain."""
        if isinstance(self.stdout_contains, str):
            return (self.stdout_contains,)
        return self.stdout_contains or ()


class StepTable(_Table, frozen=True, forbid_unknown_fields=True):
    """``[[step]]``: a command, without the program's name, and what is expected of it.

    ``at`` moves the clock, ``settings`` changes tables of the configuration, both for this step and
    those that follow. ``input`` is the command's standard input. ``save`` names the reservation.
    """

    run: str
    at: str | None = None
    settings: dict[str, dict[str, Any]] = {}
    input: str = ""
    expect: Expectation = Expectation()
    save: _Name | None = None


class Head(_Table, frozen=True, forbid_unknown_fields=True):
    """What stands in a file beside the tables of the configuration."""

    now: str
    title: str = ""
    lang: Literal["en", "ja"] = "en"
    maintenance: MaintenanceTable | None = None
    agents: tuple[AgentTable, ...] = field(default=(), name="agent")
    reservations: tuple[ReservationTable, ...] = field(default=(), name="reservation")
    notices: tuple[NoticeTable, ...] = field(default=(), name="notice")
    files: tuple[FileTable, ...] = field(default=(), name="file")
    steps: tuple[StepTable, ...] = field(default=(), name="step")


LISTS: dict[str, type[Struct]] = {
    "agent": AgentTable,
    "reservation": ReservationTable,
    "notice": NoticeTable,
    "file": FileTable,
    "step": StepTable,
}
"""The tables of which there may be several."""
