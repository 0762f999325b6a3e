"""Making a store whole again from its ledger.

Nothing is lost: the documents that are replaced, and the files that the ledger does not know, are
set aside. What the ledger cannot make again stays a finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

import msgspec

from kofucli.base.errors import StoreError
from kofucli.base.stages import Stages, unseen
from kofucli.model.records import Stamp
from kofucli.store import Mending, Store, documents
from kofucli.store.documents import PERSONAL_FILE
from kofucli.store.integrity.check import CheckResult, Examination
from kofucli.store.integrity.heads import Heads
from kofucli.store.integrity.replay import Finding, Repaired


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
    """Make again from the ledger what follows from it. The ledger is read once.

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
            if _may_go_on(mending, found, stamp.dry_run):
                mending.cut_off()
                anchor = store.header.anchor
                if anchor and anchor.unfinished and mending.note("store.json", "completed"):
                    upkeep.finish_purge()
                    found = examination.compare()
                _mend(store, mending, examination, found, stamp.dry_run)
            if mending.done and not stamp.dry_run:
                found = examination.compare()
    return RepairResult(tuple(mending.done), found, mending.moved_to, stamp.dry_run)


def _may_go_on(mending: Mending, found: CheckResult, dry_run: bool) -> bool:
    """Tell whether the ledger says what documents should hold.

    It does not where it is damaged, nor in a dry run that did not complete its last line.
    """
    return all(p.part != "ledger" for p in found.problems) and not any(
        dry_run and r.action == "completed" for r in mending.done
    )


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
