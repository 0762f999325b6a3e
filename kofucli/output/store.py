"""The results of ``store``: findings, repairs, purges, copies, the journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kofucli.base.language import Translate, render
from kofucli.base.text import N_, abbreviate, safe, show
from kofucli.output.documents import FORMAT, Document, instant
from kofucli.output.tables import Cell, Sheet, count_rest, table_text

if TYPE_CHECKING:
    from kofucli.store.copies.backup import Backup, Migrated
    from kofucli.store.copies.purge import PurgeResult
    from kofucli.store.copies.restore import Copied, StoreCopy
    from kofucli.store.integrity.check import CheckResult
    from kofucli.store.integrity.repair import RepairResult
    from kofucli.store.log import Entry

_ACTIONS = {
    "made": N_("made"),
    "written": N_("written from the ledger"),
    "set aside": N_("set aside"),
    "removed": N_("removed"),
    "cut off": N_("an unfinished line cut off"),
    "completed": N_("completed"),
}
_MOST_DAYS = 8
"""How many days a text names; the rest is counted."""

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
_KEY = 20
"""How many characters a table shows of a key's fingerprint."""
_MOST_NAMES = 3
"""How many names a cell of a table holds; the rest is counted."""


def check_document(found: CheckResult, _: Translate) -> Document:
    """Return what a check found as a document."""
    return {
        "ok": found.ok,
        "head": found.head,
        "problems": [
            {"file": p.file, "line": p.line, "message": render(p.message, _)}
            for p in found.problems
        ],
        "leftovers": list(found.leftovers),
    }


def check_text(found: CheckResult, _: Translate) -> str:
    """Return what a check found for people."""
    lines = [_(_state_of(found))]
    lines.append(_("Head: {head}").format(head=found.head))
    for problem in found.problems:
        place = safe(problem.file) + (f":{problem.line}" if problem.line else "")
        lines.append(f"  {place}: {render(problem.message, _)}")
    if _has_lost_lines(found):
        lines.append(
            _(
                "What the ledger has lost only a backup has: 'kofucli store restore'. Nothing else "
                "is repaired before that."
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
    return "\n".join(lines) + "\n"


def _has_lost_lines(found: CheckResult) -> bool:
    return any(problem.part == "ledger" for problem in found.problems)


def _state_of(found: CheckResult) -> str:
    if found.ok:
        return N_("The store is whole.")
    if all(problem.part == "head" for problem in found.problems):
        return N_("The store is whole in itself, but not known to be the one that was noted.")
    return N_("The store is damaged.")


def repair_document(result: RepairResult, _: Translate) -> Document:
    """Return what a repair did, and what the check finds after it, as a document."""
    return check_document(result.found, _) | {
        "repaired": [{"file": r.file, "action": r.action.replace(" ", "-")} for r in result.done],
        "aside": result.aside,
        "changed": bool(result.done) and not result.dry_run,
    }


def repair_text(result: RepairResult, _: Translate) -> str:
    """Return what a repair did, and what the check finds after it, for people."""
    if not result.done:
        nothing = N_("There was nothing to repair.")
        lines = [_(nothing if result.found.ok else N_("Nothing could be repaired."))]
    else:
        lines = [_("This would be repaired:") if result.dry_run else _("Repaired:")]
        lines += [f"  {safe(r.file)}: {_(_ACTIONS[r.action])}" for r in result.done]
    if result.aside is not None:
        text = _("Set aside means moved to {folder} in the store: look at it, then delete it.")
        lines.append(text.format(folder=safe(result.aside)))
    text = "\n".join(lines) + "\n" + check_text(result.found, _)
    if not result.found.ok and not result.dry_run and not _has_lost_lines(result.found):
        text += (
            _(
                "What is still named here only a backup has: 'kofucli store restore'. An agent "
                "whose personal values are lost can be erased, and registered anew."
            )
            + "\n"
        )
    return text


def purge_document(result: PurgeResult) -> Document:
    """Return what was purged as a document."""
    return {
        "before": result.before.isoformat(),
        "days": [day.isoformat() for day in result.days],
        "reservations": result.reservations,
        "lines": result.lines,
        "kept": [{"date": k.date.isoformat(), "standing": k.standing} for k in result.kept],
        "anchor": result.anchor,
        "changed": result.changed and not result.dry_run,
    }


def purge_text(result: PurgeResult, _: Translate) -> str:
    """Return what was purged for people."""
    if not result.changed:
        lines = [_("There is nothing before {day} to purge.").format(day=result.before)]
    else:
        said = N_("Purged: {days} days with {reservations} reservations, {lines} ledger lines.")
        if result.dry_run:
            said = N_(
                "This would be purged: {days} days with {reservations} reservations, {lines} "
                "ledger lines."
            )
        lines = [
            _(said).format(
                days=len(result.days), reservations=result.reservations, lines=result.lines
            )
        ]
        if result.days:
            span = _("From {first} to {last}").format(first=result.days[0], last=result.days[-1])
            lines.append(span)
    for kept in result.kept[:_MOST_DAYS]:
        text = N_("{day} stays: something was changed on it later.")
        if kept.standing:
            text = N_("{day} stays: {count} reservations have no outcome ('desk close-day').")
        lines.append(_(text).format(day=kept.date, count=kept.standing))
    lines += count_rest(result.kept, _MOST_DAYS, _("{count} more days stay."))
    if result.changed and not result.dry_run:
        lines.append(_("Anchor: {anchor}").format(anchor=result.anchor))
        lines.append(_("Heads noted for lines before it cannot be compared any more."))
    return "\n".join(lines) + "\n"


def backup_document(made: Backup) -> Document:
    """Return a backup that was made as a document."""
    return {
        "file": made.path,
        "size": made.size,
        "head": made.head,
        "n": made.n,
        "at": instant(made.at),
    }


def backup_text(made: Backup, _: Translate) -> str:
    """Return a backup that was made for people."""
    lines = [
        _("Backup: {file} ({size} bytes, read back and verified)").format(
            file=safe(made.path), size=made.size
        ),
        _("Head: {head}").format(head=made.head),
        _("It holds personal values: keep it where nobody else reads it, and on another disk."),
    ]
    return "\n".join(lines) + "\n"


def copied_document(made: Copied) -> Document:
    """Return a store that was made of an archive as a document."""
    return {
        "store": made.path,
        "office": made.office,
        "codec": made.codec,
        "head": made.head,
        "at": instant(made.at),
        "changed": not made.dry_run,
    }


def restored_document(made: Copied) -> Document:
    """Return a store that was restored as a document."""
    return copied_document(made) | {"lost_after": instant(made.at), "numbers_above": made.floor}


def copied_text(made: Copied, _: Translate) -> str:
    """Return a store that was imported for people."""
    path = safe(made.path)
    said = N_("Verified; a store would be made at {path}.") if made.dry_run else N_("Store: {path}")
    lines = [_(said).format(path=path), _("Head: {head}").format(head=made.head)]
    return "\n".join(lines) + "\n"


def restored_text(made: Copied, _: Translate) -> str:
    """Return a store that was restored for people: what is lost, and what to do."""
    lines = [
        _("It is as of {at} (line {head}): everything done later is lost.").format(
            at=show(made.at), head=made.head.partition(":")[0]
        )
    ]
    if made.floor is not None:
        text = _("New reservation numbers continue above {floor}, so none is given twice.")
        lines.append(text.format(floor=made.floor))
    lines += [
        _("Agents erased later have their values again: erase them again."),
        _("Links and mails that waited are gone: 'verify send' makes new links."),
    ]
    return copied_text(made, _) + "\n".join(lines) + "\n"


def store_copy_document(made: StoreCopy) -> Document:
    """Return a copied store as a document."""
    return {
        "from": made.source,
        "to": made.target,
        "head": made.head,
        "at": instant(made.at),
        "closed": made.closed,
        "mails": made.mails,
        "changed": not made.dry_run,
    }


def store_copy_text(made: StoreCopy, _: Translate) -> str:
    """Return a copied store for people: what is to be done now."""
    source, target = safe(made.source), safe(made.target)
    if made.dry_run:
        return (
            _("Verified; {source} would be copied to {target}.").format(
                source=source, target=target
            )
            + "\n"
        )
    lines = [_("Store: {path}").format(path=target), _("Head: {head}").format(head=made.head)]
    if made.closed:
        lines += [
            _("{source} is closed and takes no changes any more.").format(source=source),
            _("Mails moved: {count}").format(count=made.mails),
            _("Next: name the other store in the configuration, [store] path or url."),
        ]
    else:
        lines.append(_("{source} stays open: use the copy for a trial only.").format(source=source))
    return "\n".join(lines) + "\n"


def migrated_document(done: Migrated, dry_run: bool) -> Document:
    """Return what a migration did as a document."""
    # Shown as by `store backup`, therefore with a format of its own.
    backup = None if done.backup is None else {"format": FORMAT, **backup_document(done.backup)}
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
    text = _(said).format(before=done.before, after=done.after) + "\n"
    return text if done.backup is None else backup_text(done.backup, _) + text


def log_document(entries: Sequence[Entry]) -> Document:
    """Return the entries as a document."""
    return {
        "entries": [
            {
                "n": e.n,
                "at": instant(e.at),
                "clock": instant(e.clock),
                "op": e.op,
                "agent": e.actor,
                "by": e.by,
                "account": e.account,
                "via": e.via or None,
                "key": e.key or None,
                "reservations": list(e.reservations),
                "agents": list(e.agents),
                "days": list(e.days),
                "office": list(e.office),
            }
            for e in entries
        ],
    }


def log_sheet(entries: Sequence[Entry]) -> Sheet:
    """Return the entries for a spreadsheet; several values in a cell are separated by a space."""
    rows = [
        [
            *(e.n, instant(e.at), instant(e.clock), e.op, e.actor, e.by, e.account, e.via, e.key),
            *(" ".join(names) for names in (e.reservations, e.agents, e.days, e.office)),
        ]
        for e in entries
    ]
    return Sheet(tuple(_COLUMNS), rows)


def log_text(entries: Sequence[Entry], _: Translate) -> str:
    """Return the entries for people."""
    if not entries:
        return _("No line of the ledger fits.") + "\n"
    rows: list[list[Cell]] = [
        [
            *(e.n, show(e.at), e.op, e.actor or _("office"), e.by),
            " ".join(filter(None, (e.account, e.via, abbreviate(e.key, _KEY)))),
            *(_shorten(names, _) for names in (e.reservations, e.agents)),
            _shorten([_(_RECORDS.get(key, key)) for key in e.office], _),
        ]
        for e in entries
    ]
    return table_text([_(_COLUMNS[name]) for name in _SHOWN], rows)


def _shorten(names: Sequence[str], _: Translate) -> str:
    shown = " ".join(names[:_MOST_NAMES])
    if len(names) <= _MOST_NAMES:
        return shown
    return _("{names} and {count} more").format(names=shown, count=len(names) - _MOST_NAMES)
