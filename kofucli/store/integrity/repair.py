"""Making a store whole again from its ledger.

Nothing is lost: the documents that are replaced, and the files that the ledger does not know, are
set aside. What the ledger cannot make again stays a finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

import msgspec

from kofucli.base import Phrase, StoreError
from kofucli.model import OfficeRecord, Purged, Stamp
from kofucli.model.numbers import NUMBER
from kofucli.store import Store, documents
from kofucli.store.disk import Stages, unseen
from kofucli.store.documents import PERSONAL_FILE, Codec, damaged
from kofucli.store.header import FORMAT, Anchor, Header, Kept
from kofucli.store.integrity import Finding, Mending, Repaired
from kofucli.store.integrity.check import CheckResult, Examination, Heads
from kofucli.store.ledger import Line, RawLine, decode_line, sum_up


class RepairResult(msgspec.Struct, frozen=True):
    """What was done, or in a dry run would be, and what a check finds now.

    ``aside`` is the folder in the store to which files were moved.
    """

    done: tuple[Repaired, ...]
    found: CheckResult
    aside: str | None = None
    dry_run: bool = False


def repair(
    store: Store, stamp: Stamp, heads: Heads | None = None, stages: Stages = unseen
) -> RepairResult:
    """Make again what can be made from the ledger. The ledger is read once.

    1. A last line that lost only its line feed gets it back.
    2. Where the ledger is damaged, or documents include lines that it has lost, nothing else is
       touched.
    3. An unfinished last line is cut off. Files that the ledger does not know, and personal values
       that no record names, are set aside. Documents that are missing, differ or are older are
       written anew; a copy of what lay there is set aside. What interrupted commands left is
       removed.
    4. All is checked again. Changes of an older copy and lost personal values are still found: only
       a backup has what is gone. A second repair finds nothing to do.

    A dry run only tells that. What is found is compared with ``heads``, which were noted elsewhere.
    Raises LockedError, StoreError.
    """
    with store.locked("store check"):
        with suppress(StoreError):  # a dry run meets a damaged header
            store.refresh()
        upkeep = store.upkeep()
        with upkeep.repair(stamp) as mending:
            mending.complete_last_line()
            examination = Examination(store, None, heads, stages)
            found = examination.compare()
            # What a dry run has not completed is not in the ledger as it was read.
            completed = [step for step in mending.done if step.action == "completed"]
            is_whole = all(problem.part != "ledger" for problem in found.problems)
            if is_whole and not (stamp.dry_run and completed):
                mending.cut_off()
                anchor = store.header.anchor
                if anchor and anchor.unfinished and mending.note("store.json", "completed"):
                    upkeep.finish_purge()
                    found = examination.compare()
                _mend(store, mending, examination, found, stamp.dry_run)
            if mending.done and not stamp.dry_run:
                found = examination.compare()
    return RepairResult(tuple(mending.done), found, mending.moved_to, stamp.dry_run)


def _mend(
    store: Store, mending: Mending, examination: Examination, found: CheckResult, dry_run: bool
) -> None:
    strangers = [problem.file for problem in _of(found, "stranger")]
    for file in strangers:
        mending.set_aside(file)
    if strangers and not dry_run:
        found = examination.compare()  # with a linked folder its documents went
    for problem in _of(found, "unerased"):
        mending.remove(problem.file)
    if any(_of(found, "header")):
        mending.write_header()
    folded, codec = examination.folded, store.header.codec
    names = {documents.path_of(name, codec): name for name in folded.names()}
    for problem in _of(found, "document"):
        mending.replace(problem.file, folded.read(names[problem.file]).encode(codec))
    for file in found.leftovers:
        if re.fullmatch(PERSONAL_FILE, file):  # no other file has these values
            mending.set_aside(file)
        else:
            mending.remove(file)


def _of(found: CheckResult, part: str) -> Iterator[Finding]:
    return (problem for problem in found.problems if problem.part == part)


def derive_header(
    lines: Iterable[RawLine],
    office: str,
    codec: Codec,
    read_kept: Callable[[Header], Iterable[Kept]],
) -> Header:
    """Make the header again: a purge's line holds the anchor, reservation numbers name the office.

    ``office`` is the office where no number does; ``read_kept`` reads the snapshot that a header
    names. Raises StoreError where that is damaged, and where the ledger's beginning is missing and
    no line tells of a purge.
    """
    first: tuple[str, int] | None = None
    last: Line | None = None
    purged: Purged | None = None
    days: list[msgspec.Raw] = []
    lasts: dict[str, int] = {}
    for path, number, raw in lines:
        last = decode_line(raw, path, number)
        first = first or (path, last.n)
        lasts.update(dict.fromkeys(last.put, last.n))
        for record in last.put.get("office", ()):
            read = msgspec.json.decode(record, type=OfficeRecord)
            if isinstance(read, Purged) and read.n + 1 == first[1]:
                purged = read
        if not days:
            days = [
                raw for name, raws in last.put.items() if name.startswith("days/") for raw in raws
            ]
    header = Header(FORMAT, office, codec)
    if purged is not None:
        anchor = Anchor(purged.n, purged.hash, purged.digest, purged.before)
        header = msgspec.structs.replace(header, anchor=anchor)
        kept = list(read_kept(header))
        days += [raw for each in kept if each.name.startswith("days/") for raw in each.records]
        if last is not None and last.sums is not msgspec.UNSET:
            lasts = {each.name: each.n for each in kept} | lasts
            left = sum_up(lasts, last.live, last.sums.before).days
            anchor = msgspec.structs.replace(anchor, gone=last.sums.days - left)
            header = msgspec.structs.replace(header, anchor=anchor)
    elif first is not None and first[1] > 1:
        raise damaged(first[0], Phrase("its beginning is missing"))
    numbers = (NUMBER.fullmatch(msgspec.json.decode(raw)["number"]) for raw in days)
    found = next(filter(None, numbers), None)
    return header if found is None else msgspec.structs.replace(header, office=found[1])
