"""Processes that redeem one link at the same time: one of them verifies the address."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from kofucli.operations.agents import personal_data
from kofucli.store.ledger import decode_lines
from tests.conftest import OfficeInFolder, read_token
from tests.store.support import is_whole, run_process


@pytest.fixture
def token(office: OfficeInFolder) -> str:
    """Return the token of a link that was sent to an agent, B-2, whose address is not verified."""
    office.add_agent("B-2", verify=False)
    return read_token(office.json("verify", "send", "B-2")["outbox"])


def _put_of_last_line(office: OfficeInFolder) -> tuple[str, Any]:
    *_, last = decode_lines(office.open().lines())
    return last.op, {name: json.loads(bytes(raws[0])) for name, raws in last.put.items()}


def test_a_token_is_32_random_bytes(office: OfficeInFolder, token: str) -> None:
    """2: a link carries 32 bytes that nobody guesses, different each time."""
    tokens = {token}
    for _ in range(20):
        tokens.add(read_token(office.json("verify", "send", "B-2")["outbox"]))
    assert len(tokens) == 21
    assert {len(base64.urlsafe_b64decode(each + "=")) for each in tokens} == {32}


@pytest.mark.xdist_group("contention")
@pytest.mark.parametrize("racers", [3, pytest.param(8, marks=pytest.mark.deep)])
def test_racing_redemptions_give_one_success(
    office: OfficeInFolder, token: str, racers: int
) -> None:
    """2: the others say that it is verified already, and the ledger has one line of it.

    That line verifies the address and takes the link away: there is no state in between.
    """
    assert "link" in _put_of_last_line(office)[1]["agents/B-2"]
    redeem = ("verify", "redeem", token, "-f", "json")
    with ThreadPoolExecutor(racers) as pool:
        outcomes = list(pool.map(lambda _: run_process(office, *redeem), range(racers)))
    assert [outcome.status for outcome in outcomes] == [0] * racers
    assert sum(outcome.json["changed"] for outcome in outcomes) == 1
    lines = [line.op for line in decode_lines(office.open().lines())]
    assert lines.count("verify redeem") == 2  # A-1's, when the office was made, and this one
    op, put = _put_of_last_line(office)
    assert (op, put["agents/B-2"]["verified"]) == ("verify redeem", True)
    assert "link" not in put["agents/B-2"]
    assert is_whole(office)


def test_tokens_are_compared_in_constant_time(
    office: OfficeInFolder, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2: each stored hash is compared in a time that says nothing of how much of it fits."""
    compared = []
    real = personal_data.compare_digest

    def watched(one: str, other: str) -> bool:
        compared.append((one, other))
        return real(one, other)

    monkeypatch.setattr(personal_data, "compare_digest", watched)
    wrong = token[:-4] + ("AAAA" if not token.endswith("AAAA") else "BBBB")
    assert office.refused("verify", "redeem", wrong) == ["link.unknown"]
    stored = {one for one, _ in compared}
    assert len(stored) == 2  # both agents' hashes, whatever the first comparison said
    assert {len(other) for _, other in compared} == {64}
