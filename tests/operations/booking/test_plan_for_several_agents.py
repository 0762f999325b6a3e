"""Planning for several agents: the collector of each case, and its papers (notice 1, 3)."""

from __future__ import annotations

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.booking.plans import (
    A1,
    D25,
    D26,
    D27,
    HOST,
    POOL,
    STAFF,
    codes,
    count_frames,
    fill_frames,
    number_rows,
    places,
    plan_rows,
    read_plan,
    run_plan,
)
from tests.operations.support import outcomes, write_rows


@pytest.fixture
def firm(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office with a scrivener A-1, staff B-2 and B-3 of one firm, B-4 of another."""
    office.add_agent("B-2", **STAFF)
    office.add_agent("B-3", **STAFF)
    office.add_agent("B-4", occupation="host-organization", organization="石和工業")
    return office


def test_two_agents_share_what_is_too_much_for_one(firm: OfficeInFolder) -> None:
    """Several --agent are a pool: what is too much for one is collected by the other too."""
    document = plan_rows(firm, *number_rows(31, f",{HOST}"), head="number,host", options=POOL)
    assert ["placed"] * 31 == outcomes(document)
    assert ({"A-1", "B-2"}, 4) == ({row["agent"] for row in document["rows"]}, document["visits"])
    # Twenty at nine, by both of them, and eleven at ten: nobody need wait until eleven.
    assert {(D25, "09:00"): 20, (D25, "10:00"): 11} == count_frames(document)


@pytest.mark.parametrize("filer", ["A-1", "B-2"])
def test_the_agent_who_filed_collects_where_either_could(firm: OfficeInFolder, filer: str) -> None:
    """Where nobody comes anyway, who filed the case collects it: no letter of request is needed."""
    path = write_rows(firm, f"X-1,{filer}", head="number,agent")
    assert [(filer, "self")] == [
        (row["agent"], row["recipient"]) for row in read_plan(firm, path, *POOL)
    ]


def test_one_agent_of_two_is_enough(firm: OfficeInFolder) -> None:
    """Two come only where one is not enough: the fewest visits over all of the pool."""
    document = plan_rows(firm, *number_rows(8, f",{HOST}"), head="number,host", options=POOL)
    assert 1 == document["visits"] == len(set(places(document)))


def test_an_agent_named_twice_is_one_agent(firm: OfficeInFolder) -> None:
    """The same --agent twice is one agent, and rows of another are bad input."""
    options = (*A1, *A1)
    assert 5 == run_plan(firm, "X-1,B-2", head="number,agent", options=options).status


@pytest.mark.parametrize(
    ("filer", "collector", "recipient", "papers"),
    [
        ("B-2", "B-2", "self", ["postcard"]),
        ("B-2", "B-3", "colleague", ["acknowledgement", "postcard"]),
        ("B-2", "B-4", "staff", ["letter-of-request", "postcard"]),
        ("A-1", "B-2", "staff", ["letter-of-request", "postcard"]),
        ("B-2", "A-1", "professional", ["letter-of-request", "postcard"]),
        ("N-5", "N-6", "staff", ["letter-of-request", "postcard"]),
        ("B-2", "S-7", "staff", ["letter-of-request", "postcard"]),
    ],
)
def test_papers_follow_from_who_filed_and_who_collects(
    firm: OfficeInFolder, filer: str, collector: str, recipient: str, papers: list[str]
) -> None:
    """1 ア-エ: who collects what another filed brings the papers of its way of receiving.

    Staff of the same organisation are colleagues; no name of an organisation is no such name. Other
    staff collect what the row says they receive the applicant of.
    """
    firm.add_agent("N-5", occupation="public-interest")
    firm.add_agent("N-6", occupation="public-interest", organization="国際協会")
    firm.add_agent("S-7", occupation="support-organization", organization="甲府商事")
    firm.book(D26, "10", "H-1", agent=collector)  # comes then anyway
    pool = [part for name in {filer: 0, collector: 0} for part in ("--agent", name)]
    options = tuple(pool) if filer != collector else ("--agent", filer, *A1)
    host = {"B-2": "甲府商事", "B-4": " 石和 工業", "N-6": "国際協会"}.get(collector, "")
    row = f"X-1,{filer},{host}"
    document = plan_rows(firm, row, head="number,agent,host", options=options)
    assert [(collector, D26, "10:00")] == places(document)
    (row,) = document["rows"]
    assert (recipient, papers) == (row["recipient"], row["papers"])


@pytest.mark.parametrize("host", ["", "石和工業", "甲府"])
@pytest.mark.parametrize("filer", ["A-1", "B-4", "N-5"])
def test_a_plan_hands_no_case_to_strangers(firm: OfficeInFolder, filer: str, host: str) -> None:
    """1 ウ: staff get no case of others by plan, unless the row names their organisation."""
    firm.add_agent("N-5", occupation="public-interest")
    firm.book(D26, "10", "H-1", agent="B-2")  # comes then anyway
    pool = ("--agent", filer, "--agent", "B-2")
    document = plan_rows(firm, f"X-1,{filer},{host}", head="number,agent,受入れ機関", options=pool)
    assert [(filer, "self")] == [(r["agent"], r["recipient"]) for r in document["rows"]]
    row = f"X-1,{filer},　甲府 商事"
    document = plan_rows(firm, row, head="number,agent,受入れ機関", options=pool)
    assert [("B-2", "staff")] == [(r["agent"], r["recipient"]) for r in document["rows"]]


def test_it_is_said_whose_organisation_is_not_named(firm: OfficeInFolder) -> None:
    """1 ウ: where nobody of the pool may be given a case, the refusal says which column decides."""
    pool = ("--agent", "B-2", "--agent", "B-4")
    path = write_rows(firm, "X-1,A-1", head="number,agent")
    (row,) = firm.json("plan", path, *pool)["rows"]
    told = [(each["code"], each["details"]["agent"]) for each in row["refusals"]]
    assert [("case.recipient", "B-2"), ("case.recipient", "B-4")] == told
    assert all("受入れ機関" in each["message"] for each in row["refusals"])


def test_a_row_tied_to_another_agents_frame_is_handed_to_no_stranger(firm: OfficeInFolder) -> None:
    """1 ウ: a case that follows another one to its frame and agent is asked the same."""
    pool = ("--agent", "A-1", "--agent", "B-2")
    head = "number,agent,date,hour,with,host"
    for host, expected in (("", ["refused", "refused"]), (HOST, ["placed", "placed"])):
        rows = [f"X-1,B-2,{D26},10:00,,", f"X-2,A-1,,,X-1,{host}"]
        assert expected == outcomes(plan_rows(firm, *rows, head=head, options=pool))


@pytest.mark.parametrize("recipient", ["staff", "colleague"])
def test_within_an_organisation_nothing_need_be_named(firm: OfficeInFolder, recipient: str) -> None:
    """1 イ, ウ: what staff of an organisation collect, others of its staff may collect too."""
    firm.book(D26, "10", "H-1", agent="B-2")
    pool = ("--agent", "B-3", "--agent", "B-2")
    document = plan_rows(firm, f"X-1,B-3,{recipient}", head="number,agent,recipient", options=pool)
    assert [("B-2", recipient)] == [(r["agent"], r["recipient"]) for r in document["rows"]]


def test_booking_oneself_asks_for_no_organisation(firm: OfficeInFolder) -> None:
    """1 ウ: who books for itself says how it receives the case; no column is needed."""
    book = ("book", "+1", "10", "--case", "X-1,recipient=staff", "--agent", "B-2")
    assert "staff" == firm.json(*book)["reservation"]["cases"][0]["recipient"]
    document = plan_rows(firm, "X-2,staff", head="number,recipient", options=("--agent", "B-2"))
    assert ["placed"] == outcomes(document)


def test_a_plan_tells_which_papers_its_collectors_bring(firm: OfficeInFolder) -> None:
    """1 イ-エ: rows name filer, recipient and papers; notes name the rows that need more papers."""
    firm.book(D26, "10", "H-1", agent="B-3")
    firm.book(D26, "10", "H-2", agent="B-4")
    rows = ["X-1,B-2,", f"X-2,A-1,{HOST}", "X-3,B-3,"]
    pool = ("--agent", "B-3", "--agent", "B-4")
    path = write_rows(firm, *rows, head="number,agent,host")
    document = firm.json("plan", path, *pool)
    letter = ["letter-of-request", "postcard"]
    assert [
        ("B-3", "B-2", "colleague", ["acknowledgement", "postcard"]),
        ("B-3", "A-1", "staff", letter),
        ("B-3", None, "self", ["postcard"]),
    ] == [
        (row["agent"], row["filed_by"], row["recipient"], row["papers"]) for row in document["rows"]
    ]
    table = firm.run("plan", path, *pool)
    for note, number in (("signed by the applicant", 3), ("acknowledgement of receipt", 2)):
        (said,) = (each for each in document["warnings"] if note in each)
        assert said.endswith(f"rows: {number}")
        assert f"Note: {said}" in table.err
    share = firm.folder / "plan.csv"
    share.write_text(firm.run("plan", path, *pool, "-f", "csv").out, "utf-8")
    booked = firm.json("book", "--from", str(share), "--agent", "B-3")
    assert [None] * 3 == [row["filed_by"] for row in booked["rows"]]
    assert any("signed by the applicant" in each for each in booked["warnings"])
    # What is booked already has the way of receiving of its reservation, whatever the file says.
    again = firm.json("plan", path, *pool)
    assert [("B-2", "colleague"), ("A-1", "staff"), (None, "self")] == [
        (row["filed_by"], row["recipient"]) for row in again["rows"]
    ]
    assert not any("signed by the applicant" in each for each in again["warnings"])


def test_papers_of_many_rows_are_told_in_a_line(office: OfficeInFolder) -> None:
    """1 ウ: of very many rows the first are named and the others counted."""
    rows = number_rows(20, ",professional")
    document = plan_rows(office, *rows, head="number,recipient")
    (note,) = (each for each in document["warnings"] if "signed by the applicant" in each)
    assert note.endswith("rows: 2, 3, 4, 5, 6, 7, 8, 9 and 12 more")


def test_the_first_agent_named_filed_rows_without_agent(firm: OfficeInFolder) -> None:
    """A row without an agent was filed by the first one named."""
    firm.book(D26, "10", "H-1", agent="B-2")
    path = write_rows(firm, f"X-1,{HOST}", head="number,host")
    for first, second, recipient in (("A-1", "B-2", "staff"), ("B-2", "A-1", "self")):
        (row,) = read_plan(firm, path, "--agent", first, "--agent", second)
        assert ("B-2", recipient) == (row["agent"], row["recipient"])


@pytest.mark.parametrize(
    ("reading", "kind", "expected"),
    [("any", "activity", "C-3"), ("cards", "activity", "A-1"), ("cards", "change", "C-3")],
)
def test_collect_only_cards_leaves_other_permissions_to_the_filer(
    firm: OfficeInFolder, reading: str, kind: str, expected: str
) -> None:
    """collect_only = cards: エ is for cards only, so the filer collects another permission."""
    firm.add_agent("C-3")
    firm.set("cases", "collect_only", f'"{reading}"')
    firm.book(D26, "10", "H-1", agent="C-3")
    path = write_rows(firm, f"X-1,{kind}", head="number,kind")
    assert [expected] == [row["agent"] for row in read_plan(firm, path, *A1, "--agent", "C-3")]


def test_others_collect_for_an_agent_who_may_not_book(firm: OfficeInFolder) -> None:
    """Where one of the pool may not book, others take its cases; where none may, all reasons."""
    firm.add_agent("E-9", occupation="educational")
    firm.add_agent("U-8", verify=False)
    head = "number,agent,host"
    document = plan_rows(
        firm, f"X-1,E-9,{HOST}", head=head, options=("--agent", "E-9", "--agent", "B-2")
    )
    assert [("B-2", D25, "09:00")] == places(document)
    document = plan_rows(
        firm, f"X-1,E-9,{HOST}", head=head, options=("--agent", "E-9", "--agent", "U-8")
    )
    (row,) = document["rows"]
    assert ("refused", {"agent.educational", "agent.unverified"}) == (
        row["outcome"],
        set(codes(row)),
    )


def test_a_refused_way_of_receiving_names_the_agent(firm: OfficeInFolder) -> None:
    """1 ア-エ: in a pool a recipient that no row names is told with the agent who would have it."""
    firm.add_agent("C-3")
    firm.set("cases", "collect_only", '"cards"')
    rows = ["X-1,B-2,activity"]
    pool = ("--agent", "B-3", "--agent", "C-3")
    path = write_rows(firm, *rows, head="number,agent,kind")
    refused = {
        each["details"]["agent"]: each
        for each in firm.json("plan", path, *pool)["rows"][0]["refusals"]
    }
    assert {"B-3": "colleague", "C-3": "professional"} == {
        agent: each["details"]["recipient"] for agent, each in refused.items()
    }
    assert all(agent in each["message"] for agent, each in refused.items())
    table = firm.run("plan", path, *pool).out
    assert all(f"[case.recipient] {agent}: Case X-1" in table for agent in refused)


def test_what_is_wrong_with_a_case_is_told_once_in_a_pool(firm: OfficeInFolder) -> None:
    """What does not depend on who collects is one refusal, and names nobody."""
    (row,) = plan_rows(firm, f"X-1,coe,{HOST}", head="number,kind,host", options=POOL)["rows"]
    (refusal,) = row["refusals"]
    assert ("case.kind", False) == (refusal["code"], "agent" in refusal["details"])


def test_one_agent_collects_all_tied_cases(firm: OfficeInFolder) -> None:
    """with=: one agent collects all of them, and it must be one who may collect each."""
    firm.set("cases", "collect_only", '"cards"')
    firm.add_agent("C-3")
    firm.book(D26, "10", "H-1", agent="C-3")
    rows = ["X-1,activity,", "R-1,reentry,X-1"]
    path = write_rows(firm, *rows, head="number,kind,with")
    assert ["A-1", "A-1"] == [row["agent"] for row in read_plan(firm, path, *A1, "--agent", "C-3")]


def test_cases_booked_by_any_agent_of_the_pool_are_there_already(firm: OfficeInFolder) -> None:
    """What any agent of the pool has booked is there already; another one's is a duplicate."""
    first = firm.book(D26, "10", "X-1", agent="B-2")["number"]
    firm.book(D26, "10", "X-2", agent="B-4")
    document = plan_rows(
        firm, f"X-1,{HOST}", f"X-2,{HOST}", f"X-3,{HOST}", head="number,host", options=POOL
    )
    assert ["already", "refused", "placed"] == outcomes(document)
    assert (first, "B-2") == (
        document["rows"][0]["reservation"],
        document["rows"][0]["agent"],
    )
    assert ["case.duplicate"] == codes(document["rows"][1])


def test_the_quota_of_every_agent_is_told(firm: OfficeInFolder) -> None:
    """3(2): where no agent of the pool has a frame left, each of them is named."""
    firm.set("quota", "frames", "1")
    fill_frames(firm, (D25, "9"))
    firm.book(D26, "10", *(f"H-{n}" for n in range(10)), agent="B-2")
    (row,) = plan_rows(firm, f"X-1,{HOST}", head="number,host", options=POOL)["rows"]
    told = [each["subject"] for each in row["refusals"] if each["code"] == "quota.frames"]
    assert ["A-1", "B-2"] == told


def test_each_certificate_counts_for_its_own_agent(firm: OfficeInFolder) -> None:
    """1: a case goes to an agent whose certificate is valid on the day of the visit."""
    firm.json("agent", "edit", "A-1", "--valid-until", D25)
    document = plan_rows(firm, f"X-1,{D27},{HOST}", head="number,date,host", options=POOL)
    assert [("B-2", D27, "09:00")] == places(document)


def test_without_a_pool_each_agent_collects_its_own(firm: OfficeInFolder) -> None:
    """Without an agent, or with --office, each agent collects its own: its quota, its frames."""
    firm.book(D27, "10", "H-1", agent="B-2")
    rows = ["X-1,A-1", "X-2,B-2", "X-3,B-3"]
    expected = [("A-1", D25, "09:00"), ("B-2", D27, "10:00"), ("B-3", D25, "09:00")]
    for options in ((), ("--office",), ("--office", *A1)):
        document = plan_rows(firm, *rows, head="number,agent", options=options)
        assert (expected, 3) == (places(document), document["visits"])


@pytest.mark.parametrize(
    ("row", "options", "status"),
    [
        ("X-1,B-2", A1, 5),  # another agent's row
        ("X-1,", (), 5),  # nobody's
        ("X-1,Z-9", ("--office",), 5),  # an unknown agent's
        ("X-1,Z-9", POOL, 5),
        ("X-1,", (*A1, "--agent", "Z-9"), 4),
        ("X-1,", ("--agent", "Z-9"), 4),
        ("X-1,", (*A1, "--agent", "z 9"), 2),
    ],
)
def test_rows_of_unknown_or_foreign_agents_end_with_their_status(
    firm: OfficeInFolder, row: str, options: tuple[str, ...], status: int
) -> None:
    """Rows of somebody else or of nobody are bad input (5), unknown agents not found (4)."""
    outcome = run_plan(firm, row, head="number,agent", options=options)
    assert (status, "") == (outcome.status, outcome.out)


def test_counts_add_up(firm: OfficeInFolder) -> None:
    """The counts are those of the rows; visits are the reservations that booking would make."""
    number = firm.book(D26, "10", "X-1", "X-2")["number"]
    firm.json("amend", number, "--drop", "X-2", *A1)
    rows = [
        *("X-1,,,", "X-2,,,", "X-3,pending,,", "X-4,,coe,", f"X-5,,,{D25}"),
        *(f"X-6,,,{D26}", "X-7,,,2026-11-28"),
    ]
    document = plan_rows(firm, *rows, head="number,review,kind,date")
    expected = {"placed": 2, "already": 1, "ended": 1, "not_ready": 1, "refused": 1}
    assert {**expected, "not_placed": 1} == document["counts"]
    assert len(rows) == len(document["rows"]) == sum(document["counts"].values())
    assert (2, list(range(1, 8))) == (document["visits"], [r["row"] for r in document["rows"]])
