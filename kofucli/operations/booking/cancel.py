"""Cancelling a reservation before its deadline."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from kofucli.base.errors import Phrase
from kofucli.model.numbers import normalise_number
from kofucli.model.records import Reservation, Stamp
from kofucli.operations.booking.amend import Changed
from kofucli.operations.context import Context, changing, refuse_if_any
from kofucli.operations.lookup import find_reservation, refuse_part
from kofucli.rules.change import check_not_ended
from kofucli.rules.refusal import Verdict
from kofucli.settings import Settings
from kofucli.store import Store


class CancelRequest(Struct, frozen=True):
    """What is to be cancelled: the number of a reservation or of a case in it."""

    number: str


def cancel(store: Store, settings: Settings, number: str, stamp: Stamp) -> Changed:
    """Cancel a reservation: its frame and quota are free at once, and there is no mark.

    If it is cancelled already nothing changes. Raises RefusedError, NotFoundError, and
    WrongUsageError where ``number`` is that of one of several cases.
    """
    with changing(store, settings, "cancel", stamp) as (transaction, context):
        before = find_reservation(context, number, stamp.actor)
        ways = Phrase(
            "'kofucli amend {number} --drop {case}' drops this case alone, 'kofucli cancel "
            "{number}' cancels all.",
            number=before.number,
            case=normalise_number(number),
        )
        refuse_part(before, number, ways)
        if before.status in ("cancelled", "late-cancelled"):
            return Changed(before, False, (), stamp.dry_run)
        after, asked = cancel_visit(context, before, stamp)
        transaction.put_reservation(after)
    return Changed(after, True, tuple(context.notes), stamp.dry_run, asked)


def cancel_visit(
    context: Context, before: Reservation, stamp: Stamp
) -> tuple[Reservation, tuple[Verdict, ...]]:
    """Return a reservation as it is when cancelled, and every verdict. Raises RefusedError."""
    asked = [check_not_ended(before)]
    refuse_if_any(asked)
    asked += [*context.check_service(stamp), context.check_deadline(before)]
    refuse_if_any(asked)
    return replace(before, status="cancelled", ended_at=context.now), tuple(asked)
