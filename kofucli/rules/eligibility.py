"""Who may collect what: the agent and its address, kinds, recipients (notice 1, 2, 7)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache

from msgspec import Struct

from kofucli.base import Phrase
from kofucli.base.text import fault_of_unseen, looks_like_my_number
from kofucli.model import Agent, Case, CertificateKind, Kind, Link, Occupation, Recipient
from kofucli.model.numbers import NUMBER, find_marks
from kofucli.rules import Verdict, ask
from kofucli.rules.conduct import check_suspension

CARD_KINDS = frozenset({"change", "extension", "permanent", "acquisition"})
"""The kinds whose result is a residence card."""
_STAFF = frozenset({"host-organization", "support-organization", "public-interest"})
_PROFESSIONALS = frozenset({"scrivener", "attorney"})
_MAY_RECEIVE = {
    "self": _STAFF | _PROFESSIONALS | {"educational"},
    "colleague": _STAFF,
    "staff": _STAFF,
    "professional": _PROFESSIONALS,
}
CARD_ONLY = frozenset({"colleague", "professional"})
"""The ways of receiving of which the notice says "residence card" (1 イ, エ)."""
_PAPERS = {
    "self": ("postcard",),
    "colleague": ("acknowledgement", "postcard"),
    "staff": ("letter-of-request", "postcard"),
    "professional": ("letter-of-request", "postcard"),
}
_LONGEST_NUMBER = 32
_NO_LETTERS = {
    **dict.fromkeys(map(ord, "0123456789-〇")),
    **dict.fromkeys(map(ord, "\u115f\u1160\u3164\uffa0"), " "),
}
"""Characters of a case number that are no letters, to be deleted; fillers, which are none."""
_ALIKE = dict.fromkeys(map(ord, "123456789"), "0")
_COUNTED = "[0-9]+[件名人枚通年月日]?|-"
"""A count or a day that stands beside a total or a remark."""
WITHDRAWN = "取り?消し?|取り?下げ?|取り?止め|取り?やめ|キャンセル|中止|辞退|削除"
OFF = f"{WITHDRAWN}|不要|無効|除外|対象外|欠番?"
"""Words, as a pattern, that say of a case or a row that it is not meant any more.

Those of ``WITHDRAWN`` say so wherever they stand, the others only beside a number or in a note.
"""
_COUNT_OR_REMARK = (
    "[0-9](?:(?:[件名人枚通月日時頁]|ページ)[分度目台枠頃]?(?:の部)?(?:現在|作成|です)?"
    "|日[月火水木金土](?:曜日?)?|日日(?:曜日?)?|年度?"
    f"|[件名人枚通月日]?(?:{OFF}|不可|保留|未定|未着|なし|審査中|受領|完了)?(?:済み?|予定)?)$(?<![0-9])"
    f"|^(?:{OFF}|作成)|^(?:TEL|FAX|電話)[0-9]"
    "|[0-9](?:から|と|や|及び|および|又は|または|ないし|乃至|OR|AND)[0-9]"
)
"""What a count, a day, an hour, a remark, a telephone number, a range or a list has."""
_HINTS = frozenset("取キ中削不無辞除対欠作電かとや及お又まな乃ORAXE")
"""One of these is in each that ends with a digit."""
TOTALS = frozenset(
    {
        *("合計", "小計", "総計", "累計", "総合計", "集計", "計", "総数", "件数", "総件数"),
        *("合計件数", "TOTAL", "SUBTOTAL", "GRANDTOTAL", "SUM", "COUNT"),
    }
)
"""Words for a total, in NFKC, in upper case and without blanks."""
_REMARKS = TOTALS | frozenset(
    {
        *("全", "残", "残り", "以上", "以下余白", "同上", "なし", "無し", "未定", "未着", "保留"),
        *("完了", "別紙", "注", "備考", "例", "記入例", "サンプル"),
    }
)
"""Words in the column of numbers that name no case, even with digits beside them."""


class CasePolicy(Struct, frozen=True):
    """Which cases this office accepts; ``office`` is its id, ``collect_only`` any or cards.

    ``marks`` are what case numbers have for a kind, ``name`` is what the office is called.
    """

    kinds: tuple[str, ...]
    office: str
    counter: str
    collect_only: str
    marks: dict[str, Kind] = {}
    name: str = ""


def fault_of_spelling(number: str) -> Phrase | None:
    """Return why a normalised number cannot name a case; None where it can.

    1. It has 1 to 32 characters: letters of any script, digits 0-9 and ``-``.
    """
    fault = None
    if not number:
        fault = Phrase("it is empty")
    elif len(number) > _LONGEST_NUMBER:
        count = len(number)
        fault = Phrase("it has {count} characters, at most 32 are allowed", count=count)
    elif (rest := number.translate(_NO_LETTERS)) and not rest.isalpha():
        fault = fault_of_unseen(number)
        fault = fault or Phrase("only letters, digits and hyphens are allowed")
    return fault


def fault_of_number(number: str, pattern: str) -> Phrase | None:
    """Return what is wrong with the normalised number of a new case; None where it is right.

    1. It is spelt like a case number.
    2. It has a digit, and is no total or remark with a count or a day.
    3. It does not have the form of a reservation number.
    4. It may be mentioned (``fault_of_mention``).
    """
    fault = fault_of_spelling(number) or _fault_of_meaning(number.translate(_ALIKE))
    return fault or _fault_of_form(number, pattern)


def fault_of_mention(number: str, pattern: str) -> Phrase | None:
    """Return what is wrong with the normalised number of another case (``with``), or None.

    1. It is spelt like a case number.
    2. It fits the office's ``pattern`` as a whole, where there is one.
    3. It does not look like a My Number; this is not asked where there is a pattern.
    """
    return fault_of_spelling(number) or _fault_of_form(number, pattern)


def _fault_of_form(number: str, pattern: str) -> Phrase | None:
    if pattern and re.fullmatch(pattern, number) is None:
        return Phrase("this office's numbers have the form {pattern}", pattern=pattern)
    if not pattern and looks_like_my_number(number):
        return Phrase("it looks like a My Number (個人番号), which is never collected here")
    return None


@lru_cache
def _fault_of_meaning(number: str) -> Phrase | None:
    """Return why a number that is spelt well stands for no case; None where it may.

    That is a matter of where its digits are. All are 0 here, so a file has few different ones.
    """
    # Nearly all end with a digit, and have no sign of a remark, a range or a list.
    ends_well = number[-1] in "0123456789"
    if not ends_well and re.search("[0-9]", number) is None:
        return Phrase("it has no digit")
    rest = re.sub(_COUNTED, "", number)
    is_remark = rest in _REMARKS or not (rest or number.isascii())
    if not is_remark and not (ends_well and _HINTS.isdisjoint(number)):
        is_remark = re.search(_COUNT_OR_REMARK, number) is not None
    if is_remark:
        return Phrase("it is a total or a remark")
    if "-" in number and NUMBER.fullmatch(number) is not None:
        return Phrase("it has the form of a reservation number")
    return None


def papers_for(case: Case) -> tuple[str, ...]:
    """Return the papers to bring for a case (notice 1 イ-エ, ※2), the special ones first."""
    return _PAPERS[case.recipient]


def certificate_kind(occupation: Occupation) -> CertificateKind:
    """Return which certificate an agent shows (notice 1): scriveners and attorneys their own."""
    return "proxy-notification" if occupation in _PROFESSIONALS else "application-agent"


def check_certificate(agent: Agent, visit: date) -> Verdict:
    """Ask whether the agent's certificate is valid on the day of the visit (notice 1).

    1. ``valid_until`` is that day or later.
    """
    holds = agent.valid_until >= visit
    return ask("agent.certificate", holds, agent.id, limit=agent.valid_until, visit=visit)


def check_agent_on(agent: Agent, visit: date) -> list[Verdict]:
    """Ask every rule about an agent that depends on the day of the visit.

    Booking, planning, amending and reopening a day all ask here, so a new rule is added only here.

    1. Its certificate is valid on that day.
    """
    return [check_certificate(agent, visit)]


def check_agent(
    agent: Agent, visit: date | None, today: date, verification_required: bool
) -> Iterator[Verdict]:
    """Ask whether an agent may book today (notice 1, 2, 6(4); terms 6).

    Without a day of the ``visit`` the rules that depend on it are not asked.

    1. It does not belong to an educational institution.
    2. The rules that depend on the day of the visit hold (``check_agent_on``).
    3. Its e-mail address is verified, where the office requires it.
    4. It is not suspended today.
    5. It accepted the terms of use once.
    """
    occupation, terms = agent.occupation, agent.terms
    yield ask("agent.educational", occupation != "educational", agent.id, occupation=occupation)
    if visit is not None:
        yield from check_agent_on(agent, visit)
    if verification_required:
        yield ask("agent.unverified", agent.verified, agent.id, verified=agent.verified)
    yield check_suspension(agent, today)
    yield ask("agent.terms", terms is not None, agent.id, accepted=terms)


def find_mains(cases: Iterable[Case], policy: CasePolicy) -> set[str]:
    """Return the numbers of the cases that a re-entry permit may go with, of the office's kinds."""
    return {case.number for case in cases if case.kind in policy.kinds}


def likeness(case: Case, agent: Agent, mains: Collection[str]) -> tuple[object, ...]:
    """Return all that ``check_case`` asks about: of cases with the same, the same rules hold."""
    what = agent.occupation, case.kind, case.recipient, case.birth, case.main in mains
    return what, case.filed, case.office, case.review, case.counter


def check_case(
    case: Case, agent: Agent, mains: Collection[str], policy: CasePolicy
) -> Iterator[Verdict]:
    """Ask whether the result of one application can be collected here by this agent (notice 1).

    ``mains`` are what ``find_mains`` finds among the cases of the same reservation.

    1. Its kind is one of the office's, or a re-entry permit.
    2. Acquisition is by birth.
    3. A re-entry permit names a case of an eligible kind in the same reservation.
    4. It was filed at the window, 5. of this office; 6. its review is done.
    7. It is handed over at the counter of this system.
    8. The agent's occupation fits the way of receiving, and the way fits the kind.
    """
    number, kind = case.number, case.kind
    is_reentry = kind == "reentry"
    eligible = is_reentry or kind in policy.kinds
    # The office's kinds do not name re-entry permits; a rule of their own decides about them.
    also = {"also": kind} if is_reentry else {}
    yield ask("case.kind", eligible, number, kind=kind, limit=list(policy.kinds), **also)
    if kind == "acquisition" and eligible:
        yield ask("case.birth-only", case.birth, number, birth=case.birth)
    if is_reentry:
        yield ask("case.reentry-alone", case.main in mains, number, **{"with": case.main})
    yield ask("case.filed-online", case.filed != "online", number, filed=case.filed)
    office = case.office or policy.office
    yield ask(
        "case.filed-elsewhere",
        office == policy.office,
        number,
        office=office,
        limit=policy.office,
        **({"name": policy.name} if policy.name else {}),
    )
    yield ask("case.under-review", case.review == "done", number, review=case.review)
    counter = case.counter or policy.counter
    yield ask(
        "case.counter", counter == policy.counter, number, counter=counter, limit=policy.counter
    )
    yield _check_recipient(case, agent, policy)


def _check_recipient(case: Case, agent: Agent, policy: CasePolicy) -> Verdict:
    fits = agent.occupation in _MAY_RECEIVE[case.recipient]
    if policy.collect_only == "cards" and case.recipient in CARD_ONLY:
        fits = fits and case.kind in CARD_KINDS
    return ask(
        "case.recipient",
        fits,
        case.number,
        recipient=case.recipient,
        occupation=agent.occupation,
        kind=case.kind,
        collect_only=policy.collect_only,
    )


def recipient_for(case: Case, filer: Agent, collector: Agent, same_organization: bool) -> Recipient:
    """Return how ``collector`` receives a case that ``filer`` has in its file (notice 1 ア-エ).

    1. The filer receives it as the case says.
    2. A scrivener or attorney receives it as エ ``professional``: with a letter of request.
    3. Staff of the filer's organisation receive it as イ ``colleague``, with the acknowledgement of
       receipt, if the filer receives it as ``self`` or ``colleague``.
    4. All other staff receive it as ウ ``staff``: with a letter of request.
    """
    if collector.id == filer.id:
        return case.recipient
    if collector.occupation in _PROFESSIONALS:
        return "professional"
    inside = same_organization and filer.occupation == collector.occupation
    return "colleague" if inside and case.recipient in ("self", "colleague") else "staff"


def knows_applicant(filer: Agent, collector: Agent, same_organization: bool, named: bool) -> bool:
    """Tell whether a planner may hand a case of ``filer`` to ``collector`` (notice 1 ウ).

    ``named`` is whether the row names the collector's organisation as the applicant's.

    1. The filer keeps it, and a scrivener or attorney may have it (エ).
    2. Staff may have it from staff of the same organisation, else only if ``named``: the
       organisation receives the applicant, and nothing else tells that.
    """
    if collector.id == filer.id or collector.occupation not in _STAFF:
        return True
    return named or (same_organization and filer.occupation in _STAFF)


def check_host(case: Case, agent: Agent) -> Verdict:
    """Return the refusal to hand a case to staff of a stranger to the applicant (notice 1 ウ)."""
    return ask(
        "case.recipient",
        False,
        case.number,
        recipient=case.recipient,
        occupation=agent.occupation,
        kind=case.kind,
        host=None,
    )


def check_together(case: Case, refused: str | None) -> Verdict:
    """Ask whether the cases that are tied to one (``with``) can be collected too (own rule).

    1. None of them is ``refused``.
    """
    return ask("case.together", refused is None, case.number, **{"with": refused})


def check_collect_by(case: Case, visit: date) -> Verdict:
    """Ask whether the visit is in time for a case; a warning where it is not (own rule).

    1. The visit is on ``collect_by`` or before.
    """
    holds = case.collect_by is None or visit <= case.collect_by
    return ask("case.collect-by", holds, case.number, limit=case.collect_by, visit=visit)


def check_kind_mark(case: Case, policy: CasePolicy) -> Iterator[Verdict]:
    """Ask whether a case has the kind that its number tells; a warning where not (own rule).

    It is asked only of a number with marks.

    1. Each mark is one of the case's kind.
    """
    marks = find_marks(case.number, policy.marks)
    if marks:
        told = [f"{mark}={kind}" for mark, kind in marks.items()]
        yield ask("case.kind-mark", _agree(marks, case), case.number, kind=case.kind, marks=told)


def has_its_mark(case: Case, policy: CasePolicy) -> bool:
    """Tell whether ``check_kind_mark`` has nothing to warn of."""
    return {*find_marks(case.number, policy.marks).values()} <= {case.kind}


def _agree(marks: Mapping[str, Kind], case: Case) -> bool:
    return all(kind == case.kind for kind in marks.values())


def expiry(sent: datetime, valid_minutes: int) -> datetime:
    """Return the first instant at which a link no longer works (notice 2(1))."""
    return sent + timedelta(minutes=valid_minutes)


def check_link(link: Link | None, now: datetime) -> Iterator[Verdict]:
    """Ask whether a link verifies an address now (notice 2(1)).

    1. It is the one that was sent last, and was not used; ``link`` is None for any other.
    2. ``now`` is before the end of ``[sent, expires)``. It may be before ``sent``: a clock that is
       slow refuses nothing.
    """
    yield ask("link.unknown", link is not None, "link")
    if link is not None:
        limit, sent = link.expires, link.sent_at
        yield ask("link.expired", now < limit, "link", limit=limit, sent=sent)
