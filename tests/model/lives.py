"""An office at work: what it does next is drawn, and the model goes along with what comes of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from tests.conftest import OfficeInFolder, Outcome
from tests.model.bulk import Model
from tests.model.draw_bookings import DRAWN, draw_book
from tests.model.draw_office import draw_next_visit, draw_wait
from tests.model.naive import Refused
from tests.model.offices import AGENTS
from tests.model.spelling import read_places, spell

_OCCASIONS = (*DRAWN, "book", "book", "change", "change", "counter", "counter")


class Life:
    """What an office with these settings may do from an instant on, by the choices of a Random."""

    def __init__(
        self, office: OfficeInFolder, settings: dict[str, Any], choice: Random, begins: str
    ) -> None:
        self._office, self._choice = office, choice
        self._model = Model(settings, AGENTS, datetime.fromisoformat(begins))
        self._command: dict[str, Any] = {}
        office.now = begins

    def draw(self, folder: Path) -> list[str]:
        """Let time pass, mostly; return the next command line, whose rows are in the folder."""
        choice, model = self._choice, self._model
        if choice.random() < 0.4:
            model.now = choice.choice([draw_wait, draw_next_visit])(choice, model)
            self._office.now = model.now.isoformat()
        draw = choice.choice(DRAWN[choice.choice(_OCCASIONS)])
        self._command = draw(choice, model) or draw_book(choice, model)
        return spell(self._command, folder)

    def follow(self, told: Outcome) -> None:
        """Let the model do what was done."""
        do = self._command["do"]
        if told.status == 0 or do == "book_rows":
            try:
                getattr(self._model, do)(self._command | {"placed": read_places(told)})
            except Refused:
                assert told.status == 5
