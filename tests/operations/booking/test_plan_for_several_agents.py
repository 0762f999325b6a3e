"""Planning for several agents: the collector of each case, and its papers (notice 1, 3)."""

from __future__ import annotations

import pytest
from msgspec import structs

from kofucli.operations.booking import placement
from tests.conftest import OfficeInFolder
from tests.operations.support import (
    A1,
    D25,
    D26,
    D27,
    HOST,
    POOL,
    STAFF,
    codes,
    codes_of,
    collectors,
    count_frames,
    fill_frames,
    number_rows,
    outcomes,
    places,
    plan_rows,
    write_rows,
)

HOSTED = "number,agent,host"


def pool(*agents: str) -> tuple[str, ...]:
    return tuple(part for agent in agents for part in ("--agent", agent))


@pytest.fixture
def firm(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office with scriveners A-1, C-3, staff B-2, B-3 of one firm, B-4 of another."""
    office.add_agent("B-2", **STAFF)
    office.add_agent("B-3", **STAFF)
    office.add_agent("B-4", occupation="host-organization", organization="石和工業")
    office.add_agent("C-3")
    return office


def received(firm: OfficeInFolder, row: str, *agents: str, head: str = HOSTED) -> tuple[str, str]:
    """Return who of a pool collects a row's case, and how it is received."""
    (found,) = plan_rows(firm, row, head=head, options=pool(*agents))["rows"]
    return found["agent"], found["recipient"]


def test_what_is_too_much_for_one_is_collected_by_the_other_too(firm: OfficeInFolder) -> None:
    document = plan_rows(firm, *number_rows(31, f",{HOST}"), head="number,host", options=POOL)
    assert ["placed"] * 31 == outcomes(document)
    assert ({"A-1", "B-2"}, 4) == (set(collectors(document)), document["visits"])
    # Twenty at nine, by both of them, and eleven at ten: nobody need wait until eleven.
    assert {(D25, "09:00"): 20, (D25, "10:00"): 11} == count_frames(document)
    # Two come only where one is not enough.
    document = plan_rows(firm, *number_rows(8, f",{HOST}"), head="number,host", options=POOL)
    assert 1 == document["visits"] == len(set(collectors(document)))


@pytest.mark.parametrize(("count", "more"), [(8, False), (61, True)])
def test_a_plan_that_is_not_proven_says_what_may_be_better(
    firm: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, count: int, more: bool
) -> None:
    """Where every case has a place no plan can place more."""
    make = placement.make_plan
    monkeypatch.setattr(
        placement, "make_plan", lambda *task: structs.replace(make(*task), proven=False)
    )
    rows = number_rows(count, f",{HOST}")
    notes = plan_rows(firm, *rows, head="number,host", options=POOL)["warnings"]
    (note,) = (note for note in notes if "too many ways" in note)
    assert ("fewer or earlier visits" in note, "more cases" in note) == (True, more)


@pytest.mark.parametrize("filer", ["A-1", "B-2"])
def test_who_filed_collects_where_nobody_comes_anyway(firm: OfficeInFolder, filer: str) -> None:
    """No letter of request is needed then."""
    assert (filer, "self") == received(firm, f"X-1,{filer},", "A-1", "B-2")


def test_an_agent_named_twice_is_one_agent(firm: OfficeInFolder) -> None:
    """Rows of another are bad input, as for any single agent."""
    path = write_rows(firm, "X-1,B-2", head="number,agent")
    assert 5 == firm.run("plan", path, *A1, *A1).status


@pytest.mark.parametrize("host", ["", "石和工業", "甲府"])
@pytest.mark.parametrize("filer", ["A-1", "B-4", "N-5"])
def test_a_plan_hands_no_case_to_strangers(firm: OfficeInFolder, filer: str, host: str) -> None:
    """1 ウ: staff get no case of others by plan, unless the row names their organisation."""
    firm.add_agent("N-5", occupation="public-interest")
    firm.book(D26, "10", "H-1", agent="B-2")  # comes then anyway
    head = "number,agent,受入れ機関"
    assert (filer, "self") == received(firm, f"X-1,{filer},{host}", filer, "B-2", head=head)
    row = f"X-1,{filer},　甲府 商事"
    assert ("B-2", "staff") == received(firm, row, filer, "B-2", head=head)


def test_it_is_said_whose_organisation_is_not_named(firm: OfficeInFolder) -> None:
    document = plan_rows(firm, "X-1,A-1", head="number,agent", options=pool("B-2", "B-4"))
    refusals = document["rows"][0]["refusals"]
    told = [(each["code"], each["details"]["agent"]) for each in refusals]
    assert [("case.recipient", "B-2"), ("case.recipient", "B-4")] == told
    assert all("受入れ機関" in each["message"] for each in refusals)


@pytest.mark.parametrize(("host", "outcome"), [("", "refused"), (HOST, "placed")])
def test_a_row_tied_to_another_agents_frame_is_handed_to_no_stranger(
    firm: OfficeInFolder, host: str, outcome: str
) -> None:
    rows = [f"X-1,B-2,{D26},10:00,,", f"X-2,A-1,,,X-1,{host}"]
    head = "number,agent,date,hour,with,host"
    assert [outcome] * 2 == outcomes(plan_rows(firm, *rows, head=head, options=POOL))


@pytest.mark.parametrize("recipient", ["staff", "colleague"])
def test_within_an_organisation_nothing_need_be_named(firm: OfficeInFolder, recipient: str) -> None:
    """1 イ, ウ: what staff of an organisation collect, others of its staff may collect too."""
    firm.book(D26, "10", "H-1", agent="B-2")
    row = f"X-1,B-3,{recipient}"
    assert ("B-2", recipient) == received(firm, row, "B-3", "B-2", head="number,agent,recipient")


def test_who_books_for_itself_needs_no_organisation(firm: OfficeInFolder) -> None:
    b2 = ("--agent", "B-2")
    case = firm.json("book", "+1", "10", "--case", "X-1,recipient=staff", *b2)["reservation"]
    assert "staff" == case["cases"][0]["recipient"]
    assert ["placed"] == outcomes(plan_rows(firm, "X-2,staff", head="number,recipient", options=b2))


def test_a_plan_tells_which_papers_its_collectors_bring(firm: OfficeInFolder) -> None:
    """1 イ-エ: rows name filer, recipient and papers; notes name the rows that need more papers."""
    firm.book(D26, "10", "H-1", agent="B-3")
    firm.book(D26, "10", "H-2", agent="B-4")
    path = write_rows(firm, "X-1,B-2,", f"X-2,A-1,{HOST}", "X-3,B-3,", head=HOSTED)
    agents = pool("B-3", "B-4")
    document = firm.json("plan", path, *agents)
    assert [
        ("B-3", "B-2", "colleague", ["acknowledgement", "postcard"]),
        ("B-3", "A-1", "staff", ["letter-of-request", "postcard"]),
        ("B-3", None, "self", ["postcard"]),
    ] == [
        (row["agent"], row["filed_by"], row["recipient"], row["papers"]) for row in document["rows"]
    ]
    table = firm.run("plan", path, *agents)
    for note, number in (("signed by the applicant", 3), ("acknowledgement of receipt", 2)):
        (said,) = (each for each in document["warnings"] if note in each)
        assert said.endswith(f"rows: {number}")
        assert f"Note: {said}" in table.err
    share = firm.folder / "plan.csv"
    share.write_text(firm.run("plan", path, *agents, "-f", "csv").out, "utf-8")
    booked = firm.json("book", "--from", str(share), "--agent", "B-3")
    assert [None] * 3 == [row["filed_by"] for row in booked["rows"]]
    assert any("signed by the applicant" in each for each in booked["warnings"])
    # What is booked already has the way of receiving of its reservation, whatever the file says.
    again = firm.json("plan", path, *agents)
    assert [("B-2", "colleague"), ("A-1", "staff"), (None, "self")] == [
        (row["filed_by"], row["recipient"]) for row in again["rows"]
    ]
    assert not any("signed by the applicant" in each for each in again["warnings"])


def test_of_many_rows_that_need_papers_the_first_are_named(office: OfficeInFolder) -> None:
    document = plan_rows(office, *number_rows(20, ",professional"), head="number,recipient")
    (note,) = (each for each in document["warnings"] if "signed by the applicant" in each)
    assert note.endswith("rows: 2, 3, 4, 5, 6, 7, 8, 9 and 12 more")


@pytest.mark.parametrize(
    ("agents", "recipient"), [(("A-1", "B-2"), "staff"), (("B-2", "A-1"), "self")]
)
def test_the_first_agent_named_filed_rows_without_agent(
    firm: OfficeInFolder, agents: tuple[str, str], recipient: str
) -> None:
    firm.book(D26, "10", "H-1", agent="B-2")
    assert ("B-2", recipient) == received(firm, f"X-1,,{HOST}", *agents)


@pytest.mark.parametrize(
    ("reading", "rows", "expected"),
    [
        ("any", ["X-1,activity,"], "C-3"),
        ("cards", ["X-1,activity,"], "A-1"),
        ("cards", ["X-1,change,"], "C-3"),
        ("cards", ["X-1,change,", "R-1,reentry,X-1"], "A-1"),  # one agent collects tied cases
    ],
)
def test_collect_only_cards_leaves_other_permissions_to_the_filer(
    firm: OfficeInFolder, reading: str, rows: list[str], expected: str
) -> None:
    firm.set("cases", "collect_only", f'"{reading}"')
    firm.book(D26, "10", "H-1", agent="C-3")
    document = plan_rows(firm, *rows, head="number,kind,with", options=pool("A-1", "C-3"))
    assert [expected] * len(rows) == collectors(document)


def test_others_collect_for_an_agent_who_may_not_book(firm: OfficeInFolder) -> None:
    firm.add_agent("E-9", occupation="educational")
    firm.add_agent("U-8", verify=False)
    row = f"X-1,E-9,{HOST}"
    document = plan_rows(firm, row, head=HOSTED, options=pool("E-9", "B-2"))
    assert (["B-2"], [(D25, "09:00")]) == (collectors(document), places(document))
    document = plan_rows(firm, row, head=HOSTED, options=pool("E-9", "U-8"))
    assert ["refused"] == outcomes(document)
    assert {"agent.educational", "agent.unverified"} == set(codes_of(document["rows"][0]))


def test_a_refused_way_of_receiving_names_the_agent(firm: OfficeInFolder) -> None:
    firm.set("cases", "collect_only", '"cards"')
    path = write_rows(firm, "X-1,B-2,activity", head="number,agent,kind")
    agents = pool("B-3", "C-3")
    refusals = firm.json("plan", path, *agents)["rows"][0]["refusals"]
    table = firm.run("plan", path, *agents).out
    found = {each["details"]["agent"]: each for each in refusals}
    for agent, recipient in {"B-3": "colleague", "C-3": "professional"}.items():
        assert recipient == found[agent]["details"]["recipient"]
        assert agent in found[agent]["message"]
        assert f"[case.recipient] {agent}: Case X-1" in table


def test_what_is_wrong_with_a_case_is_told_once_in_a_pool(firm: OfficeInFolder) -> None:
    (row,) = plan_rows(firm, f"X-1,coe,{HOST}", head="number,kind,host", options=POOL)["rows"]
    (refusal,) = row["refusals"]
    assert ("case.kind", False) == (refusal["code"], "agent" in refusal["details"])


def test_cases_booked_by_any_agent_of_the_pool_are_there_already(firm: OfficeInFolder) -> None:
    first = firm.book(D26, "10", "X-1", agent="B-2")["number"]
    firm.book(D26, "10", "X-2", agent="B-4")
    rows = [f"X-{n},{HOST}" for n in (1, 2, 3)]
    document = plan_rows(firm, *rows, head="number,host", options=POOL)
    assert ["already", "refused", "placed"] == outcomes(document)
    assert (first, "B-2") == (document["rows"][0]["reservation"], document["rows"][0]["agent"])
    assert ["case.duplicate"] == codes(document)[1]


def test_where_no_agent_of_the_pool_has_a_frame_left_each_is_named(firm: OfficeInFolder) -> None:
    firm.set("quota", "frames", "1")
    fill_frames(firm, (D25, "9"))
    firm.book(D26, "10", *(f"H-{n}" for n in range(10)), agent="B-2")
    (row,) = plan_rows(firm, f"X-1,{HOST}", head="number,host", options=POOL)["rows"]
    told = [each["subject"] for each in row["refusals"] if each["code"] == "quota.frames"]
    assert ["A-1", "B-2"] == told


def test_each_certificate_counts_for_its_own_agent(firm: OfficeInFolder) -> None:
    firm.json("agent", "edit", "A-1", "--valid-until", D25)
    document = plan_rows(firm, f"X-1,{D27},{HOST}", head="number,date,host", options=POOL)
    assert (["B-2"], [(D27, "09:00")]) == (collectors(document), places(document))
