"""The documents of the store (a day, an agent, the office) and their bytes, as JSON or TOML.

A document is the ledger, folded: the records that lines have put there, each as it was put last, in
the order of their first appearance; and ``n``, the number of the last line that it includes::

    {"sum":"5d0c9a4f","format":1,"n":17,"records":[{"number":"Y-100001-7",…},…]}

``sum`` is a checksum, which ledger lines have too: the CRC-32 (ISO-HDLC, as in RFC 1952) of all
bytes with zeros in its own place, as eight hexadecimal digits. It finds accidents. Against forgery
there are the ledger's hash chain and a head that is kept elsewhere.

Personal values stand in no document. They are files of their own, named by their hash, so that they
can be erased.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from typing import Any, Generic, Literal, TypeVar
from zlib import crc32

import msgspec

from kofucli.base import Phrase, StoreError
from kofucli.base.text import AGENT_ID, N_
from kofucli.model import Agent, OfficeRecord, Reservation

Codec = Literal["json", "toml"]
R = TypeVar("R")
FORMAT = 1
BLANK = "00000000"
PERSONAL_LENGTH = 32
"""How many hexadecimal digits of their hash name personal values."""
PERSONAL_FILE = rf"private/(?P<id>{AGENT_ID})-(?P<name>[0-9a-f]{{{PERSONAL_LENGTH}}})\.json"
_HEADS: dict[Codec, bytes] = {
    "json": rb'\{"sum":"([0-9a-f]{8})","format":1,"n":([0-9]{1,12}),',
    "toml": rb'sum = "([0-9a-f]{8})"\nformat = 1\nn = ([0-9]{1,12})\n',
}
HEAD = 64
"""In so many bytes a document says which line it includes."""


def seal(data: bytes) -> bytes:
    """Put the checksum of the bytes in the place of the first BLANK."""
    return data.replace(BLANK.encode(), f"{crc32(data):08x}".encode(), 1)


def is_sealed(data: bytes, checksum: str) -> bool:
    """Tell whether the bytes fit the checksum that stands in them."""
    blank = data.replace(checksum.encode(), BLANK.encode(), 1)
    return len(checksum) == len(BLANK) and f"{crc32(blank):08x}" == checksum


def digest(data: bytes) -> str:
    """Return the SHA-256 in hexadecimal. A ledger line is given without its line feed."""
    import hashlib  # costs start-up, and reading needs no hash

    return hashlib.sha256(data).hexdigest()


def personal_name(data: bytes) -> str:
    """Return the name that an agent's record gives its personal values."""
    return digest(data)[:PERSONAL_LENGTH]


def personal_file(agent_id: str, name: str) -> str:
    """Return where an agent's personal values lie in the store's folder."""
    return f"private/{agent_id}-{name}.json"


def damaged(path: str, what: Phrase | Exception) -> StoreError:
    """Return the error for a part of the store that is not as this program leaves it."""
    if isinstance(what, Exception):
        what = Phrase("{detail}", detail=str(what))
    return StoreError(
        "damaged",
        Phrase(
            "The store is damaged: {path}: {what}. Nothing was changed; "
            "'kofucli store check' shows everything.",
            path=path,
            what=what,
        ),
    )


TOLD = {
    "full": N_("The disk is full at {path}. Nothing was changed."),
    "read-only": N_("{path} cannot be opened or written ({detail}). Nothing was changed."),
    "missing": N_(
        "There is no store at {path}. Run 'kofucli init' to make one, or name another with --store."
    ),
    "exists": N_(
        "There is something at {path} already; it was not touched. Use it with --store, "
        "or name another folder."
    ),
    "newer": N_(
        "The store {path} has format {version}; this program knows formats up to "
        "{known}. Install a newer kofucli."
    ),
    "older": N_(
        "The store {path} has format {version}; this program reads format {known} only. "
        "Nothing was changed."
    ),
}


def refusal(reason: str, path: str, **values: object) -> StoreError:
    """Return the error for a reason of ``TOLD``, for which a store or its place is of no use."""
    return StoreError(reason, Phrase(TOLD[reason], path=path, **values))


class DocumentError(Exception):
    """A document is not what this program writes; the text says why."""


class Document(msgspec.Struct, Generic[R], frozen=True, forbid_unknown_fields=True):
    """A document as it is written: its checksum, the last line that it includes, its records."""

    sum: str
    format: Literal[1]
    n: int
    records: tuple[R, ...]


class Kind(msgspec.Struct, frozen=True):
    """A kind of document: its type, that of its records, and the field that is a record's key."""

    document: type[Document[Any]]
    record: object
    key: str


_KINDS = {
    "days": Kind(Document[Reservation], Reservation, "number"),
    "agents": Kind(Document[Agent], Agent, "id"),
    "office": Kind(Document[OfficeRecord], OfficeRecord, "key"),
}


def kind_of(name: str) -> Kind:
    """Return the kind of a document by its name: ``days/2026-11-25``, ``agents/A-1``, ``office``.

    Raises DocumentError where no document can have that name: no path is ever made of it then.
    """
    folder, _, rest = name.partition("/")
    if name == "office" or (folder == "agents" and re.fullmatch(AGENT_ID, rest)):
        return _KINDS[folder]
    with suppress(ValueError):  # a date may be written in other forms, too
        if folder == "days" and date.fromisoformat(rest).isoformat() == rest:
            return _KINDS[folder]
    raise DocumentError("no document has this name")


def is_name(name: str) -> bool:
    """Tell whether a document can have this name."""
    try:
        kind_of(name)
    except DocumentError:
        return False
    return True


def path_of(name: str, codec: Codec) -> str:
    """Return where a document lies in the store's folder. Each year of days has a folder."""
    folder, _, rest = name.partition("/")
    if folder == "days":
        return f"days/{rest[:4]}/{rest}.{codec}"
    return f"{name}.{codec}"


def name_of(file: str, codec: Codec) -> str | None:
    """Return the name of the document that lies at ``file`` in the store's folder, if any does."""
    folder, _, last = file.removesuffix(f".{codec}").rpartition("/")
    name = f"days/{last}" if folder.startswith("days/") else f"{folder}/{last}".lstrip("/")
    return name if is_name(name) and path_of(name, codec) == file else None


def day_name(day: date) -> str:
    """Return the name of the document of a day."""
    return f"days/{day.isoformat()}"


def encode(n: int, records: Iterable[object], codec: Codec) -> bytes:
    """Return the bytes of a document. The same records always give the same bytes."""
    whole = {"sum": BLANK, "format": FORMAT, "n": n, "records": list(records)}
    if codec == "json":
        return seal(msgspec.json.encode(whole) + b"\n")
    import tomli_w

    return seal(tomli_w.dumps(msgspec.to_builtins(whole)).encode())


def decode(data: bytes, name: str, codec: Codec) -> Document[Any]:
    """Read a document. Raises DocumentError where it is damaged."""
    kind = kind_of(name).document
    try:
        if codec == "json":
            found: Document[Any] = msgspec.json.decode(data, type=kind)
        else:
            import tomli

            found = msgspec.convert(tomli.loads(data.decode()), kind)
    except (ValueError, RecursionError) as error:
        raise DocumentError(str(error)) from None
    if not is_sealed(data, found.sum):
        raise DocumentError("its checksum does not fit")
    return found


def peek(head: bytes, codec: Codec) -> int:
    """Return the last line that a document includes, as its first bytes say; 0 if they do not."""
    found = re.match(_HEADS[codec], head)
    return 0 if found is None else int(found[2])


def are_own(name: str, records: Iterable[Any]) -> bool:
    """Tell whether all records belong to a document: those of a day, or of an agent."""
    folder, _, own = name.partition("/")
    if folder == "days":
        day = date.fromisoformat(own)
        return all(record.date == day for record in records)
    return folder != "agents" or all(record.id == own for record in records)


def included(data: bytes, name: str, codec: Codec) -> int:
    """Return the last line that a document includes. Raises DocumentError where it is damaged."""
    head = re.match(_HEADS[codec], data)  # decoding all of it takes many times longer
    if head is not None and is_sealed(data, head[1].decode()):
        return int(head[2])
    return decode(data, name, codec).n
