"""``kofucli.toml`` as typed settings, with the defaults.

Each table of the file is a struct, each key a field:

    [quota]
    frames = 3

is ``settings.quota.frames``. ``read`` reads the file; ``faults`` finds its mistakes, and is loaded
only where there are any. docs/contract.md, Configuration, lists the keys; a test compares the two.
"""

from datetime import date
from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct, field, json

from kofucli.base.text import AGENT_ID
from kofucli.model import EligibleKind, FrameException, Kind

_AtLeastZero = Annotated[int, Meta(ge=0, le=1_000_000)]
_AtLeastOne = Annotated[int, Meta(ge=1, le=1_000_000)]
_Few = Annotated[int, Meta(ge=1, le=60)]
_Hour = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-2]):[0-5][0-9]\Z")]
_Minute = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]


class _Table(Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the configuration; an unknown key is an error, here and in every subclass."""


class DatedReason(_Table, frozen=True):
    """A closure or an opening: its day, and why."""

    date: date
    reason: str = ""


class Office(_Table, frozen=True):
    """``[office]``: the office whose counter this is; ``forms_url`` has the forms to bring."""

    id: Annotated[str, Meta(pattern=r"^[A-Z]{1,4}\Z")] = "Y"
    name: str = ""
    phone: str = ""
    room: str = ""
    place: str = ""
    forms_url: Annotated[str, Meta(pattern=r"^(https?://[!-~]+)?\Z")] = ""
    official: bool = False


class Calendar(_Table, frozen=True):
    """``[calendar]``: which open days can be booked, which days close or open (notice 3(1))."""

    shown_days: _Few = 5
    first_open_day: Annotated[int, Meta(ge=0, le=60)] = 1
    closures: tuple[DatedReason, ...] = ()
    openings: tuple[DatedReason, ...] = ()


class Frames(_Table, frozen=True):
    """``[frames]``: the hours, and how many cases each takes; capacity None is no limit."""

    starts: Annotated[tuple[_Hour, ...], Meta(min_length=1, max_length=24)] = (
        *("09:00", "10:00", "11:00"),
        *("13:00", "14:00", "15:00"),
    )
    capacity: _AtLeastZero | None = None
    exceptions: tuple[FrameException, ...] = ()


class Quota(_Table, frozen=True):
    """``[quota]``: frames and cases an agent may hold (notice 3(2))."""

    frames: _AtLeastOne = 3
    cases: _AtLeastOne = 10
    reading: Literal["main", "note"] = "main"


class Deadline(_Table, frozen=True):
    """``[deadline]``: until when a reservation may change (notice 4(1)), or be made."""

    last_minute: _Minute = "11:59"
    open_days_before: _Few = 1
    booking_after: Literal["allow", "refuse"] = "allow"


class Amend(_Table, frozen=True):
    """``[amend]``: what an amendment may do (notice 4(3))."""

    reading: Literal["listed", "cap"] = "listed"


class Cases(_Table, frozen=True):
    """``[cases]``: what can be collected here (notice 1)."""

    kinds: Annotated[tuple[Kind, ...], Meta(min_length=1)] = get_args(EligibleKind)
    default_kind: Kind = "extension"
    counter: str = "3"
    collect_only: Literal["any", "cards"] = "any"
    pattern: str = ""
    # A table comes last: a store in TOML writes it behind the other keys, wherever it stands.
    kind_marks: dict[str, Kind] = {}


class Conduct(_Table, frozen=True):
    """``[conduct]``: how many marks lead to a suspension (notice 6(4))."""

    mode: Literal["advise", "auto"] = "advise"
    no_shows: _AtLeastOne = 1
    late_cancels: _AtLeastOne = 3
    months_back: _Few = 6
    suspend_months: _Few = 3


class Verification(_Table, frozen=True):
    """``[verification]``: the link that verifies an address (notice 2)."""

    required: bool = True
    valid_minutes: Annotated[int, Meta(ge=1, le=10_080)] = 60
    link: Annotated[str, Meta(pattern=r"^[!-~]*[=/]\Z")] = "https://pickup.example.jp/verify/"


class Mail(_Table, frozen=True):
    """``[mail]``: ``outbox`` keeps mails as files, ``smtp`` sends them, ``none`` makes none.

    ``password_env`` names the environment variable with the password. ``encryption`` is what
    ``tls``, or ``starttls`` of earlier configurations, asks for.
    """

    transport: Literal["outbox", "smtp", "none"] = "outbox"
    sender: str = "pickup@pickup.example.jp"
    host: str = ""
    port: Annotated[int, Meta(ge=1, le=65_535)] = 587
    tls: Literal["starttls", "implicit", "none"] | None = None
    starttls: bool | None = None
    user: str = ""
    password_env: str = ""

    @property
    def encryption(self) -> Literal["starttls", "implicit", "none"]:
        """How the connection to the server is encrypted."""
        return self.tls or ("none" if self.starttls is False else "starttls")


class OwnText(_Table, frozen=True):
    """``[terms]``, ``[rules]``: the version in force, and the file of the office's own text."""

    version: str = "1"
    path: str = ""


class StoreSettings(_Table, frozen=True):
    """``[store]``: its path, the format of new documents, how long to wait for its lock.

    ``url`` is a server's database in place of ``path``, ``heads`` the file to which heads are
    noted; "" for none.
    """

    path: str = "kofu-store"
    url: Annotated[str, Meta(pattern=r"^(postgres(ql)?://[!-~]*)?\Z")] = ""
    format: Literal["json", "toml"] = "json"
    lock_seconds: Annotated[float, Meta(ge=0, le=3600)] = 10
    fixed_clock: Literal["warn", "refuse"] = "warn"
    heads: str = ""


class Retention(_Table, frozen=True):
    """``[retention]``: for how many months past reservations are kept."""

    months: Annotated[int, Meta(ge=1, le=1200)] = 12


class Files(_Table, frozen=True):
    """``[files]``: a firm's own column headings in case files, ``{heading = column}``."""

    columns: dict[str, str] = {}


class User(_Table, frozen=True):
    """``[user]``: defaults of the person whose file this is."""

    agent: Annotated[str, Meta(pattern=rf"^{AGENT_ID.replace('A-Z', 'A-Za-z')}\Z")] | None = None
    lang: Literal["ja", "en"] | None = None
    format: Literal["table", "json", "csv"] | None = None


class Settings(_Table, frozen=True):
    """The whole configuration; every table and key has a default."""

    office: Office = field(default_factory=Office)
    calendar: Calendar = field(default_factory=Calendar)
    frames: Frames = field(default_factory=Frames)
    quota: Quota = field(default_factory=Quota)
    deadline: Deadline = field(default_factory=Deadline)
    amend: Amend = field(default_factory=Amend)
    cases: Cases = field(default_factory=Cases)
    conduct: Conduct = field(default_factory=Conduct)
    verification: Verification = field(default_factory=Verification)
    mail: Mail = field(default_factory=Mail)
    terms: OwnText = field(default_factory=OwnText)
    rules: OwnText = field(default_factory=OwnText)
    store: StoreSettings = field(default_factory=StoreSettings)
    retention: Retention = field(default_factory=Retention)
    files: Files = field(default_factory=Files)
    user: User = field(default_factory=User)


_RULE_TABLES = (
    *("calendar", "frames", "quota", "deadline", "amend", "cases", "conduct", "verification"),
    *("terms", "rules"),
)


def rule_tables(settings: Settings) -> dict[str, dict[str, object]]:
    """Return the settings that decisions depend on, as plain data without None and empty tables.

    A store that was made before such a key is the same as one without it.
    """
    tables = {name: json.decode(json.encode(getattr(settings, name))) for name in _RULE_TABLES}
    return {
        name: {key: value for key, value in table.items() if value not in (None, {})}
        for name, table in tables.items()
    }
