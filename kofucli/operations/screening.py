"""Screening open wishes: what the rules say whatever the frame, and who goes together."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from kofucli.model import Agent, Case
from kofucli.operations.judging import Judge
from kofucli.operations.unplaced import Party, ask_named, find_wanted
from kofucli.operations.wishes import BookRequest, OpenWish, Preferences, Row
from kofucli.rules.eligibility import check_certificate, recipient_for
from kofucli.rules.refusal import Verdict, refusals


class Screening(Struct, frozen=True):
    """Open wishes before they are placed.

    ``parties`` are those that some agent may collect, those that stay together in one; ``refused``
    the rows of the others. ``mains`` are main cases that were refused, by the rows that go with
    them: where all or nothing is booked they are there all the same. ``asked`` is everything that
    was asked, by row, where the request explains itself.
    """

    parties: list[Party]
    refused: list[Row]
    mains: dict[int, OpenWish]
    asked: dict[int, list[Verdict]]


def screen(
    judge: Judge, wishes: Sequence[OpenWish], request: BookRequest, preferences: Preferences
) -> Screening:
    """Return open wishes as the rules see them whatever the frame.

    With ``best_effort`` a case whose companion is refused is asked again, alone. A re-entry permit
    that cannot be where its main case is goes alone, which is asked before anything is placed: it
    takes no room from others.
    """
    return _Screener(judge, request, preferences).screen(wishes)


class _Screened(Struct, frozen=True):
    """What the rules say of an open wish, whatever the frame.

    ``cases`` is the case as each agent would collect it who may, ``verdicts`` why the others may
    not; ``asked`` is everything that was asked, where the request explains itself.
    """

    cases: dict[str, Case]
    verdicts: list[Verdict]
    asked: list[Verdict]


class _Screener:
    """Asks the rules about open wishes, for each agent who might collect."""

    def __init__(self, judge: Judge, request: BookRequest, preferences: Preferences) -> None:
        self._judge = judge
        self._preferences = preferences
        self._best_effort = request.best_effort
        self._explain = request.explain
        self._organizations: dict[str, str] = {}
        self._places: dict[object, list[Verdict]] = {}

    def screen(self, wishes: Sequence[OpenWish]) -> Screening:
        """Ask until it is clear who goes together; see ``screen``."""
        asked, apart = list(wishes), set[int]()
        while True:
            mains = self._find_mains(asked, apart)
            found = self._ask(wishes, mains)
            fit = [wish for wish in wishes if found[wish.row].cases]
            groups = _group_together(fit, mains)
            torn = _find_torn(groups, mains)
            lost = {wish.row for wish in asked if not found[wish.row].cases}
            if not torn and not (lost and self._best_effort):
                break
            apart |= torn
            if self._best_effort:
                asked = [wish for wish in asked if wish.row not in lost]
        return Screening(
            [_make_party(group, [found[wish.row] for wish in group]) for group in groups],
            [self._refuse(w, found[w.row]) for w in wishes if not found[w.row].cases],
            {row: main for row, main in mains.items() if not found[main.row].cases},
            {row: screened.asked for row, screened in found.items()},
        )

    def _find_mains(self, wishes: Sequence[OpenWish], apart: set[int]) -> dict[int, OpenWish]:
        """Return, by row, the wish with which each one goes (``with``), but for those ``apart``.

        It is the same agent's, or of the pool, and names no other day or hour.
        """
        found = {}
        share = self._preferences.share
        by_number = {(share(wish.agent), wish.case.number): wish for wish in reversed(wishes)}
        for wish in wishes:
            main = by_number.get((share(wish.agent), wish.case.main or ""))
            goes = main is not None and main is not wish and wish.row not in apart
            if goes and main is not None and _agree(main, wish):
                found[wish.row] = main
        return found

    def _ask(
        self, wishes: Sequence[OpenWish], mains: Mapping[int, OpenWish]
    ) -> dict[int, _Screened]:
        named: set[str] = set()
        found = {}
        for wish in wishes:
            main = mains.get(wish.row)
            cases: dict[str, Case] = {}
            failed: list[Verdict] = []
            asked: list[Verdict] = []
            for agent in self._list_collectors(wish):
                case = self._hand_to(wish, agent)
                repeated = wish.case.number in named
                together = [] if main is None else [main.case]
                verdicts = self._judge.ask_case(case, agent, wish.agent, together, repeated)
                if all(verdict.holds for verdict in verdicts):
                    cases[agent.id] = case
                failed += self._name_recipient(verdicts, agent)
                asked += self._name_agent(verdicts, agent) if self._explain else ()
            if cases or not self._best_effort:
                named.add(wish.case.number)
            found[wish.row] = _Screened(cases, failed, asked)
        return found

    def _refuse(self, wish: OpenWish, screened: _Screened) -> Row:
        """Return the row of a wish that nobody may collect; of its place is told what is known."""
        place = self._ask_place(wish)
        told = tuple(refusals([*screened.verdicts, *place]))
        asked = (*screened.asked, *place) if self._explain else ()
        return Row(wish, "refused", None, None, told, asked=asked)

    def _ask_place(self, wish: OpenWish) -> list[Verdict]:
        """Ask about a day and an hour that are named, for that day of the certificates too."""
        key = wish.agent, wish.day, wish.start
        if key not in self._places:
            party, context = Party((wish,), {}), self._judge.context
            found: list[Verdict] = []
            if not find_wanted(party, context, self._preferences):
                found += ask_named(party, context, self._preferences)
            if wish.day is not None:
                found += [check_certificate(a, wish.day) for a in self._list_collectors(wish)]
            self._places[key] = found
        return self._places[key]

    def _name_agent(self, verdicts: Sequence[Verdict], agent: Agent) -> Iterator[Verdict]:
        """Yield verdicts that say of which agent of the pool they were asked."""
        for verdict in verdicts:
            details = {**verdict.details, "agent": agent.id}
            yield replace(verdict, details=details) if self._preferences.pool else verdict

    def _name_recipient(self, verdicts: Sequence[Verdict], agent: Agent) -> Iterator[Verdict]:
        """Yield what does not hold; the way of receiving, which is each agent's, says whose it is.

        What is wrong with the case itself is the same for all of a pool, and told once.
        """
        for verdict in verdicts:
            if not verdict.holds:
                own = verdict.code == "case.recipient"
                yield from self._name_agent([verdict], agent) if own else [verdict]

    def _list_collectors(self, wish: OpenWish) -> list[Agent]:
        """Return the agents who might collect: of the pool the one who filed first."""
        pool = sorted(self._preferences.pool, key=lambda name: name != wish.agent)
        return [self._judge.agents[name] for name in pool or [wish.agent]]

    def _hand_to(self, wish: OpenWish, agent: Agent) -> Case:
        """Return the case as ``agent`` would collect it."""
        if agent.id == wish.agent:
            return wish.case
        filer = self._judge.agents[wish.agent]
        same = self._organization(agent) == self._organization(filer) != ""
        return replace(wish.case, recipient=recipient_for(wish.case, filer, agent, same))

    def _organization(self, agent: Agent) -> str:
        if agent.id not in self._organizations:
            personal = self._judge.context.view.personal(agent)
            folded = unicodedata.normalize("NFKC", personal.organization).casefold()
            self._organizations[agent.id] = "".join(folded.split())
        return self._organizations[agent.id]


def _make_party(wishes: Sequence[OpenWish], screened: Sequence[_Screened]) -> Party:
    """Return the party of wishes: only those may collect it who may collect every case of it."""
    agents = [
        agent for agent in screened[0].cases if all(agent in other.cases for other in screened)
    ]
    cases = {agent: tuple(other.cases[agent] for other in screened) for agent in agents}
    failed = [] if agents else [verdict for other in screened for verdict in other.verdicts]
    return Party(tuple(wishes), cases, tuple(failed))


def _group_together(
    wishes: Sequence[OpenWish], mains: Mapping[int, OpenWish]
) -> list[list[OpenWish]]:
    """Return the wishes in groups that stay together, by their first rows.

    Re-entry permits join their main case first: without it they are nothing, others can go alone.
    """
    groups = {wish.row: [wish] for wish in wishes}
    for wish in sorted(wishes, key=lambda one: one.case.kind != "reentry"):
        main = mains.get(wish.row)
        if main is None or main.row not in groups or groups[main.row] is groups[wish.row]:
            continue
        if not all(_agree(a, b) for a in groups[main.row] for b in groups[wish.row]):
            continue  # this one must go alone
        joined = sorted(groups[main.row] + groups[wish.row], key=lambda one: one.row)
        for member in joined:
            groups[member.row] = joined
    return list({id(group): group for group in groups.values()}.values())


def _find_torn(groups: Sequence[Sequence[OpenWish]], mains: Mapping[int, OpenWish]) -> set[int]:
    """Return the rows of re-entry permits whose main case is in another group."""
    together = {wish.row: number for number, group in enumerate(groups) for wish in group}
    return {
        row
        for row, main in mains.items()
        if row in together
        and main.row in together
        and together[row] != together[main.row]
        and any(w.row == row and w.case.kind == "reentry" for w in groups[together[row]])
    }


def _agree(one: OpenWish, other: OpenWish) -> bool:
    """Tell whether two wishes name no different days or hours."""
    return (one.day is None or other.day is None or one.day == other.day) and (
        one.start is None or other.start is None or one.start == other.start
    )
