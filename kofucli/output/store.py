"""The results of ``store``: findings, repairs, purges, copies, the journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from kofucli.base.language import Translate, render
from kofucli.base.text import N_, abbreviate, safe, show
from kofucli.output.documents import FORMAT, Document, fields_of
from kofucli.output.tables import Cell, Sheet, count_rest, sheet_of, table_text

if TYPE_CHECKING:
    from kofucli.operations.history import Entry
    from kofucli.store.copies.backup import Backup, Migrated
    from kofucli.store.copies.purge import PurgeResult
    from kofucli.store.copies.restore import Copied, StoreCopy
    from kofucli.store.integrity.check import CheckResult
    from kofucli.store.integrity.repair import RepairResult

_ACTIONS = {
    "made": N_("made"),
    "written": N_("written from the ledger"),
    "set aside": N_("set aside"),
    "removed": N_("removed"),
    "cut off": N_("an unfinished line cut off"),
    "completed": N_("completed"),
}
_MOST_DAYS = 8  # how many days a text names; the rest is counted

_COLUMNS = {
    "n": N_("Line"),
    "at": N_("Instant"),
    "clock": N_("Machine's clock"),
    "op": N_("What was done"),
    "agent": N_("Acting"),
    "by": N_("By"),
    "account": N_("Account"),
    "via": N_("Came by"),
    "key": N_("Key"),
    "reservations": N_("Reservations"),
    "agents": N_("Agents concerned"),
    "days": N_("Days"),
    "office": N_("Office's records"),
}
_RECORDS = {
    "maintenance": N_("maintenance"),
    "settings": N_("settings"),
    "sequences": N_("sequences"),
    "purged": N_("purge"),
    "moved": N_("move"),
}
"""The office's records by their keys; those of days have the day."""
_SHOWN = ("n", "at", "op", "agent", "by", "account", "reservations", "agents", "office")
_KEY = 20  # how many characters a table shows of a key's fingerprint
_MOST_NAMES = 3  # how many names a cell of a table holds; the rest is counted


def _text(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


def check_document(found: CheckResult, _: Translate) -> Document:
    """Return what a check found as a document."""
    return {
        "ok": found.ok,
        "head": found.head,
        "problems": [
            {"file": p.file, "line": p.line, "message": render(p.message, _)}
            for p in found.problems
        ],
        "leftovers": found.leftovers,
    }


def check_text(found: CheckResult, _: Translate) -> str:
    """Return what a check found for people."""
    state = N_("The store is damaged.")
    if found.ok:
        state = N_("The store is whole.")
    elif all(problem.part == "head" for problem in found.problems):
        state = N_("The store is whole in itself, but not known to be the one that was noted.")
    lines = [_(state), _("Head: {head}").format(head=found.head)]
    for p in found.problems:
        lines.append(f"  {safe(p.file)}{f':{p.line}' if p.line else ''}: {render(p.message, _)}")
    if _has_lost_lines(found):
        lines.append(
            _(
                "What the ledger has lost is in a backup only: 'kofucli store restore'. Nothing "
                "else is repaired before that."
            )
        )
    if found.leftovers:
        text = _(
            "Left behind by interrupted commands ('store check --repair' clears it away): {files}"
        )
        lines.append(text.format(files=show(found.leftovers)))
    if found.ok:
        lines.append(
            _("Keep the head elsewhere: only --expect with it shows that all was rewritten.")
        )
    return _text(*lines)


def _has_lost_lines(found: CheckResult) -> bool:
    return any(problem.part == "ledger" for problem in found.problems)


def repair_document(result: RepairResult, _: Translate) -> Document:
    """Return what a repair did, and what the check finds after it, as a document."""
    return check_document(result.found, _) | {
        "repaired": [{"file": r.file, "action": r.action.replace(" ", "-")} for r in result.done],
        "aside": result.aside,
        "changed": bool(result.done) and not result.dry_run,
    }


def repair_text(result: RepairResult, _: Translate) -> str:
    """Return what a repair did, and what the check finds after it, for people."""
    headline = N_("This would be repaired:") if result.dry_run else N_("Repaired:")
    if not result.done:
        nothing = N_("There was nothing to repair.")
        headline = nothing if result.found.ok else N_("Nothing could be repaired.")
    lines = [_(headline), *(f"  {safe(r.file)}: {_(_ACTIONS[r.action])}" for r in result.done)]
    if result.aside is not None:
        text = _("Set aside means moved to {folder} in the store: look at it, then delete it.")
        lines.append(text.format(folder=safe(result.aside)))
    text = _text(*lines) + check_text(result.found, _)
    if not result.found.ok and not result.dry_run and not _has_lost_lines(result.found):
        text += _text(
            _(
                "What is still named here is in a backup only: 'kofucli store restore'. An agent "
                "whose personal values are lost can be erased, and registered anew."
            )
        )
    return text


def purge_document(result: PurgeResult) -> Document:
    """Return what was purged as a document."""
    return fields_of(result) | {"changed": result.changed and not result.dry_run}


def purge_text(result: PurgeResult, _: Translate) -> str:
    """Return what was purged for people."""
    if not result.changed:
        lines = [_("There is nothing before {day} to purge.").format(day=result.before)]
    else:
        said = N_("Purged. Days: {days}; reservations: {reservations}; ledger lines: {lines}.")
        if result.dry_run:
            said = N_(
                "This would be purged. Days: {days}; reservations: {reservations}; ledger lines: "
                "{lines}."
            )
        counts = {"reservations": result.reservations, "lines": result.lines}
        lines = [_(said).format(days=len(result.days), **counts)]
        if days := result.days:
            lines.append(_("From {first} to {last}").format(first=days[0], last=days[-1]))
    for kept in result.kept[:_MOST_DAYS]:
        text = N_("{day} stays: something was changed on it later.")
        if kept.standing:
            text = N_("{day} stays: reservations without an outcome: {count} ('desk close-day').")
        lines.append(_(text).format(day=kept.date, count=kept.standing))
    lines += count_rest(result.kept, _MOST_DAYS, _("More days that stay: {count}."))
    if result.changed and not result.dry_run:
        lines.append(_("Anchor: {anchor}").format(anchor=result.anchor))
        lines.append(_("Heads noted for lines before it cannot be compared any more."))
    return _text(*lines)


def backup_text(made: Backup, _: Translate) -> str:
    """Return a backup that was made for people."""
    said = _("Backup: {file} ({size} bytes, read back and verified)")
    return _text(
        said.format(file=safe(made.path), size=made.size),
        _("Head: {head}").format(head=made.head),
        _("It holds personal values: keep it where nobody else reads it, and on another disk."),
    )


def copied_document(made: Copied) -> Document:
    """Return a store that was made of an archive as a document."""
    return {
        "store": made.path,
        "office": made.office,
        "codec": made.codec,
        "head": made.head,
        "at": made.at,
        "changed": not made.dry_run,
    }


def restored_document(made: Copied) -> Document:
    """Return a store that was restored as a document."""
    return copied_document(made) | {"lost_after": made.at, "numbers_above": made.floor}


def copied_text(made: Copied, _: Translate) -> str:
    """Return a store that was imported for people."""
    said = N_("Verified; a store would be made at {path}.") if made.dry_run else N_("Store: {path}")
    head = _("Head: {head}").format(head=made.head)
    return _text(_(said).format(path=safe(made.path)), head)


def restored_text(made: Copied, _: Translate) -> str:
    """Return a store that was restored for people: what is lost, and what to do."""
    said = _("It is as of {at} (line {head}): everything done later is lost.")
    lines = [said.format(at=show(made.at), head=made.head.partition(":")[0])]
    if made.floor is not None:
        text = _("New reservation numbers continue above {floor}, so none is given twice.")
        lines.append(text.format(floor=made.floor))
    lines += [
        _("Agents erased later have their values again: erase them again."),
        _("Links and mails that waited are gone: 'verify send' makes new links."),
    ]
    return copied_text(made, _) + _text(*lines)


def store_copy_document(made: StoreCopy) -> Document:
    """Return a copied store as a document."""
    return fields_of(made) | {"changed": not made.dry_run}


def store_copy_text(made: StoreCopy, _: Translate) -> str:
    """Return a copied store for people: what is to be done now."""
    source, target = safe(made.source), safe(made.target)
    if made.dry_run:
        said = _("Verified; {source} would be copied to {target}.")
        return _text(said.format(source=source, target=target))
    lines = [_("Store: {path}").format(path=target), _("Head: {head}").format(head=made.head)]
    if made.closed:
        lines += [
            _("{source} is closed and takes no changes any more.").format(source=source),
            _("Mails moved: {count}").format(count=made.mails),
            _("Next: name the other store in the configuration, [store] path or url."),
        ]
    else:
        lines.append(_("{source} stays open: use the copy for a trial only.").format(source=source))
    return _text(*lines)


def migrated_document(done: Migrated, dry_run: bool) -> Document:
    """Return what a migration did as a document."""
    # Shown as by `store backup`, therefore with a format of its own.
    backup = None if done.backup is None else {"format": FORMAT, **fields_of(done.backup)}
    return {
        "before": done.before,
        "after": done.after,
        "backup": backup,
        "changed": done.changed and not dry_run,
    }


def migrated_text(done: Migrated, dry_run: bool, _: Translate) -> str:
    """Return what a migration did for people."""
    if not done.changed:
        said = N_("The store has format {after} already.")
    elif done.before == done.after:
        said = N_("The tables are those of an earlier kofucli, and would be brought up to date.")
        if not dry_run:
            said = N_("The tables were those of an earlier kofucli, and are up to date now.")
    elif dry_run:
        said = N_("The store has format {before}; it would be backed up and get format {after}.")
    else:
        said = N_("The store had format {before}, and has format {after} now.")
    text = _text(_(said).format(before=done.before, after=done.after))
    return text if done.backup is None else backup_text(done.backup, _) + text


def log_sheet(entries: Sequence[Entry]) -> Sheet:
    """Return the entries for a spreadsheet; several values in a cell are separated by a space."""
    return sheet_of(tuple(_COLUMNS), map(msgspec.to_builtins, entries))


def log_text(entries: Sequence[Entry], _: Translate) -> str:
    """Return the entries for people."""
    if not entries:
        return _("No line of the ledger fits.") + "\n"
    rows: list[list[Cell]] = [
        [
            *(e.n, show(e.at), e.op, e.actor or _("office"), e.by),
            " ".join(filter(None, (e.account, e.via, abbreviate(e.key or "", _KEY)))),
            *(_shorten(names, _) for names in (e.reservations, e.agents)),
            _shorten([_(_RECORDS.get(key, key)) for key in e.office], _),
        ]
        for e in entries
    ]
    return table_text([_(_COLUMNS[name]) for name in _SHOWN], rows)


def _shorten(names: Sequence[str], _: Translate) -> str:
    shown, rest = " ".join(names[:_MOST_NAMES]), len(names) - _MOST_NAMES
    return _("{names} and {count} more").format(names=shown, count=rest) if rest > 0 else shown
