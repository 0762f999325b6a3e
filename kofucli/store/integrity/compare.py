"""The documents and personal values of a store against what its ledger says they should be."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from kofucli.base.errors import Phrase, StoreError, reason_of
from kofucli.store import Store, documents
from kofucli.store.documents import BLANK, Codec, personal_file, personal_name, seal
from kofucli.store.integrity.replay import Finding, Folded, collect, hash_of, tell_lost, why


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


def compare_documents(store: Store, folded: Folded) -> Iterator[Finding]:
    """Yield the documents that are not, byte for byte, what the ledger makes of them.

    Those of the last line may be as they were before it: every reader completes them.
    """
    codec = store.header.codec
    differing: dict[str, bytes] = {}
    for name in folded.names():
        file = documents.path_of(name, codec)
        try:
            data = store.document(name)
        except StoreError as error:
            yield Finding(file, None, why(error), "document")
            continue
        if data is None:
            if name not in folded.pending or name in folded.documents:
                yield Finding(file, None, Phrase("it is missing"), "document")
            continue
        found = _read_state(data, name, codec)
        if found is not None and found[0] > folded.state_of(name)[0]:
            lost = tell_lost(data, name, store.header, folded)
            if lost is not None:
                yield Finding(file, 1, lost)
                continue
        states = [folded.state_of(name)]
        if name in folded.pending and name in folded.documents:
            states.append(folded.documents[name])
        if all(found != (n, list(records.values())) for n, records in states):
            differing[name] = data
    yield from _find_differences(store, differing)


def _find_differences(store: Store, differing: dict[str, bytes]) -> Iterator[Finding]:
    """Name the first line of each document that differs; the ledger is read again for that."""
    message = Phrase("it differs from the ledger")
    codec = store.header.codec
    try:
        contents = collect(store.lines(), store.kept(), differing) if differing else {}
    except (StoreError, documents.DocumentError, ValueError, RecursionError):
        contents = {}  # the ledger's own damage is said already
    for name, data in differing.items():
        content = contents.get(name)
        line = 1 if content is None else _first_difference(data, content.encode(codec))
        yield Finding(documents.path_of(name, codec), line, message, "document")


def _first_difference(data: bytes, expected: bytes) -> int:
    ours, theirs = expected.splitlines(), data.splitlines()
    for number, (mine, other) in enumerate(zip(ours, theirs, strict=False), 1):
        if mine != other:
            return number
    return min(len(ours), len(theirs)) + (len(ours) != len(theirs))


def compare_personal(store: Store, folded: Folded) -> Iterator[Finding]:
    """Yield personal values that are lost or changed, and those that should be gone."""
    for agent_id, name in sorted(folded.personal.items()):
        if name is None:
            yield from _find_unerased(store, agent_id)
            continue
        file = personal_file(agent_id, name)
        try:
            data = store.personal_bytes(agent_id, name)
        except StoreError as error:
            yield Finding(file, None, why(error), "personal")
            continue
        if data is None:
            yield Finding(file, None, Phrase("it is missing"), "personal")
        elif personal_name(data) != name:
            yield Finding(file, 1, Phrase("its content does not fit its name"), "personal")


def _find_unerased(store: Store, agent_id: str) -> Iterator[Finding]:
    try:
        found = store.personal_files(agent_id)
    except OSError as error:
        yield Finding("private", None, reason_of(error), "personal")
        return
    message = Phrase("the agent was erased: 'kofucli agent erase {id}' removes it", id=agent_id)
    for file in found:
        yield Finding(file, None, message, "unerased")
