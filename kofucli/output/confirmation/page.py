"""The confirmation as a page: for a telephone, or printed on one sheet."""

from __future__ import annotations

from kofucli.model import Reservation
from kofucli.output.confirmation.code import draw_svg
from kofucli.output.confirmation.facts import Bearer, find_facts
from kofucli.output.pages import fill_page
from kofucli.settings import Settings


def confirmation_page(reservation: Reservation, bearer: Bearer, settings: Settings) -> str:
    """Return the confirmation as one HTML page that asks for nothing from outside.

    What has ended has no QR code: there is nothing to scan any more.
    """
    from markupsafe import Markup  # only pages need it

    facts = find_facts(reservation, bearer, settings)
    # The only value that is no text: segno draws it from a number of the store's own making.
    code = Markup(draw_svg(facts.number)) if facts.valid else None
    return fill_page("confirmation.html", facts=facts, code=code)
