"""What lies in a store's folder against what its ledger says should lie there."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress

import msgspec

from kofucli.errors import Phrase, StoreError, reason_of
from kofucli.store import disk, documents
from kofucli.store.anchor import SNAPSHOT, snapshot_name
from kofucli.store.documents import Codec
from kofucli.store.fold import collect, hash_of
from kofucli.store.header import Header
from kofucli.store.ledger import Ledger, digest
from kofucli.store.replay import Finding, Folded, why
from kofucli.store.seal import BLANK, seal
from kofucli.store.view import personal_files

_NAME_LENGTH = 32
_PERSONAL = re.compile(r"(?P<id>[A-Z0-9][A-Z0-9-]{0,31})-(?P<name>[0-9a-f]{32})\.json")


def examine(root: str, header: Header, ledger: Ledger, folded: Folded) -> list[Finding]:
    """Compare what lies in the store's folder with the folded ledger."""
    problems = list(_compare(root, header, ledger, folded))
    problems += _compare_personal(root, folded)
    problems += _find_strangers(root, header, folded)
    return [*problems, *_find_obstacles(root)]


class _Whole(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document whose records are left as bytes."""

    sum: str
    format: int
    n: int
    records: list[msgspec.Raw]


_whole_decoder = msgspec.json.Decoder(_Whole)


def _read_state(data: bytes, name: str, codec: Codec) -> tuple[int, list[bytes]] | None:
    """Return what a document holds; None where it is not written as this program writes it."""
    try:
        if codec == "toml":
            loaded = documents.decode(data, name, codec)
            hashes = [hash_of(msgspec.json.encode(record)) for record in loaded.records]
            same = documents.encode(loaded.n, loaded.records, codec) == data
            return (loaded.n, hashes) if same else None
        whole = _whole_decoder.decode(data)
    except (ValueError, RecursionError, documents.DocumentError):
        return None
    blank = _Whole(BLANK, documents.FORMAT, whole.n, whole.records)
    same = seal(msgspec.json.encode(blank) + b"\n") == data
    return (whole.n, [hash_of(raw) for raw in whole.records]) if same else None


def _compare(root: str, header: Header, ledger: Ledger, folded: Folded) -> Iterator[Finding]:
    differing: dict[str, bytes] = {}
    for name in folded.names():
        file = documents.path_of(name, header.codec)
        try:
            data = disk.read_bytes(os.path.join(root, file))
        except StoreError as error:
            yield Finding(file, None, Phrase("{detail}", detail=why(error)), "document")
            continue
        if data is None:
            if name not in folded.pending or name in folded.documents:
                yield Finding(file, None, Phrase("it is missing"), "document")
            continue
        found = _read_state(data, name, header.codec)
        if found is not None and found[0] > folded.state_of(name)[0]:
            lost = _tell_lost(data, name, header, folded)
            if lost is not None:
                yield Finding(file, 1, lost)
                continue
        states = [folded.state_of(name)]
        if name in folded.pending and name in folded.documents:
            states.append(folded.documents[name])
        if all(found != (n, list(records.values())) for n, records in states):
            differing[name] = data
    yield from _find_differences(root, header, ledger, differing)


def _tell_lost(data: bytes, name: str, header: Header, folded: Folded) -> Phrase | None:
    """Return what a document knows that the ledger does not: lines were lost, or exchanged.

    Writing it anew would undo what they did. None for one that is older, edited, or another one's
    under a wrong name.
    """
    try:
        loaded = documents.decode(data, name, header.codec)
    except documents.DocumentError:
        return None
    n, start = loaded.n, 0 if header.anchor is None else header.anchor.n
    if n <= max(folded.state_of(name)[0], start) or not _are_own(loaded, name):
        return None
    if n > folded.n:
        return Phrase(
            "it includes line {n}, the ledger ends with {last}: lines are lost",
            n=n,
            last=folded.n,
        )
    return Phrase("it includes line {n}, which does not name it: lines are lost", n=n)


def _are_own(loaded: documents.Loaded, name: str) -> bool:
    """Tell whether a document has records, and none of another document."""
    folder, _, own = name.partition("/")
    field = {"days": "date", "agents": "id"}.get(folder)
    return bool(loaded.records) and all(
        field is None or str(getattr(record, field)) == own for record in loaded.records
    )


def _find_differences(
    root: str, header: Header, ledger: Ledger, differing: dict[str, bytes]
) -> Iterator[Finding]:
    """Name the first line of each document that differs; the ledger is read again for that."""
    message = Phrase("it differs from the ledger")
    try:
        contents = collect(root, ledger, header.anchor, differing) if differing else {}
    except (StoreError, documents.DocumentError, ValueError, RecursionError):
        contents = {}  # the ledger's own damage is said already
    for name, data in differing.items():
        content = contents.get(name)
        line = 1 if content is None else _first_difference(data, content.encode(header.codec))
        yield Finding(documents.path_of(name, header.codec), line, message, "document")


def _first_difference(data: bytes, expected: bytes) -> int:
    ours, theirs = expected.splitlines(), data.splitlines()
    for number, (mine, other) in enumerate(zip(ours, theirs, strict=False), 1):
        if mine != other:
            return number
    return min(len(ours), len(theirs)) + (len(ours) != len(theirs))


def _compare_personal(root: str, folded: Folded) -> Iterator[Finding]:
    for agent_id, name in sorted(folded.personal.items()):
        if name is None:
            yield from _find_unerased(root, agent_id)
            continue
        file = os.path.join("private", f"{agent_id}-{name}.json")
        try:
            data = disk.read_bytes(os.path.join(root, file))
        except StoreError as error:
            yield Finding(file, None, Phrase("{detail}", detail=why(error)), "personal")
            continue
        if data is None:
            yield Finding(file, None, Phrase("it is missing"), "personal")
        elif digest(data)[:_NAME_LENGTH] != name:
            yield Finding(file, 1, Phrase("its content does not fit its name"), "personal")


def _find_unerased(root: str, agent_id: str) -> Iterator[Finding]:
    """Yield files that should be gone: the agent was erased."""
    try:
        found = personal_files(root, agent_id)
    except OSError as error:
        yield Finding("private", None, reason_of(error), "personal")
        return
    message = Phrase("the agent was erased: 'kofucli agent erase {id}' removes it", id=agent_id)
    for path in found:
        yield Finding(os.path.relpath(path, root), None, message, "unerased")


def _find_strangers(root: str, header: Header, folded: Folded) -> Iterator[Finding]:
    """Yield documents that the ledger does not know; temporary files are no documents."""
    known = {documents.path_of(name, header.codec) for name in folded.names()}
    for folder in ("days", "agents"):
        for place, folders, names in os.walk(os.path.join(root, folder)):
            for name in sorted(folders):
                if os.path.islink(os.path.join(place, name)):
                    file = os.path.relpath(os.path.join(place, name), root)
                    yield Finding(file, None, Phrase("it is a symbolic link"), "stranger")
            for name in sorted(names):
                file = os.path.relpath(os.path.join(place, name), root).replace(os.sep, "/")
                unknown = file not in known and not name.endswith(".tmp")
                if unknown and not _is_purged(file, header):
                    yield _judge_unknown(root, file, header, folded)
    office = documents.path_of("office", header.codec)
    if office not in known and os.path.lexists(os.path.join(root, office)):
        yield _judge_unknown(root, office, header, folded)


def _judge_unknown(root: str, file: str, header: Header, folded: Folded) -> Finding:
    """Return a stranger, or lost lines: those that made a document which no other line names."""
    name = documents.name_of(file, header.codec)
    lost = None
    if name is not None:
        with suppress(StoreError):
            data = disk.read_bytes(os.path.join(root, file))
            lost = None if data is None else _tell_lost(data, name, header, folded)
    if lost is not None:
        return Finding(file, 1, lost)
    return Finding(file, None, Phrase("the ledger does not know this file"), "stranger")


def is_odd(path: str) -> bool:
    """Tell whether there is anything but a plain file: a folder, a link, a pipe."""
    return os.path.lexists(path) and not stat.S_ISREG(os.lstat(path).st_mode)


def _find_obstacles(root: str) -> Iterator[Finding]:
    """Yield what lies, and is no plain file, where a change writes before it renames."""
    for place, folders, names in sorted(os.walk(root)):
        folder = os.path.relpath(place, root).replace(os.sep, "/")
        if folder.split("/")[0] in ("outbox", "aside"):
            continue
        for name in sorted((*folders, *names)):
            if name.endswith(".tmp") and is_odd(os.path.join(place, name)):
                file = name if folder == "." else f"{folder}/{name}"
                yield Finding(file, None, Phrase("it is no plain file"), "stranger")


def _is_purged(file: str, header: Header) -> bool:
    """Tell whether an interrupted purge left a day's document."""
    anchor = header.anchor
    if anchor is None or not anchor.unfinished:
        return False
    found = re.fullmatch(r"days/[0-9]{4}/([0-9-]{10})\.(json|toml)", file)
    return found is not None and found[1] < anchor.before.isoformat()


def find_leftovers(root: str, header: Header, folded: Folded) -> Iterator[str]:
    """Yield files that interrupted commands left: temporary ones, values that nothing names."""
    known = {documents.path_of(name, header.codec) for name in folded.names()}
    for place, _, names in sorted(os.walk(root)):
        folder = os.path.relpath(place, root).replace(os.sep, "/")
        for name in sorted(names):
            file = name if folder == "." else f"{folder}/{name}"
            if folder == "outbox" or folder.startswith("aside") or file in known:
                continue
            if name.endswith(".tmp") or _is_purged(file, header):
                if not is_odd(os.path.join(place, name)):
                    yield file
            elif folder == "private":
                found = _PERSONAL.fullmatch(name)
                if found is not None and folded.personal.get(found["id"]) != found["name"]:
                    yield file
            elif folder == "ledger" and SNAPSHOT.fullmatch(name):
                anchor = header.anchor
                if anchor is None or name != snapshot_name(anchor.n, anchor.digest):
                    yield file
