"""``office show``: closures, openings, hours, maintenance, versions, settings since when."""

from __future__ import annotations

from typing import Any

from tests.conftest import OfficeInFolder


def since_of(document: Any, name: str) -> Any:
    """Return since when a setting is in force."""
    (found,) = [each for each in document["settings"] if each["name"] == name]
    return found["since"]


def test_closures_and_openings_say_who_decided_and_why(office: OfficeInFolder) -> None:
    office.set("calendar", "closures", "[{date = 2026-12-25, reason = 'move'}]")
    office.set("calendar", "openings", "[{date = 2026-12-05}, {date = 2026-10-03}]")
    office.json("office", "close", "2026-11-26", "9", "--reason", "drill", "-y")
    office.json("office", "close", "2026-11-27", "--reason", "flood", "-y")
    office.json("office", "reopen", "2026-11-28")
    document = office.json("office", "show")
    assert [
        {"date": "2026-11-26", "hours": ["09:00"], "reason": "drill", "by": "office"},
        {"date": "2026-11-27", "hours": [], "reason": "flood", "by": "office"},
        {"date": "2026-12-25", "hours": [], "reason": "move", "by": "settings"},
    ] == document["closures"]
    openings = [("2026-11-28", "office"), ("2026-12-05", "settings")]
    assert openings == [(day["date"], day["by"]) for day in document["openings"]]
    shown = ["2026-11-25", "2026-11-26", "2026-11-28", "2026-11-30", "2026-12-01"]
    assert shown == document["shown"]
    later = office.json("office", "show", now="2026-11-28T10:00")
    assert ["2026-12-25"] == [day["date"] for day in later["closures"]]
    text = office.run("office", "show").out
    assert [] == [word for word in ("drill", "flood", "move", "2026-12-05") if word not in text]


def test_the_maintenance_that_runs_hours_and_versions_are_shown(office: OfficeInFolder) -> None:
    assert office.json("office", "show")["maintenance"] is None
    office.json("office", "maintenance", "--reason", "disks", "--end", "2026-11-24T18:00")
    office.set("rules", "version", '"3"')
    document = office.json("office", "show")
    assert "2026-11-24T18:00:00+09:00" == document["maintenance"]["end"]
    assert ("3", "1") == (document["rules_version"], document["terms_version"])
    assert "09:00" == document["hours"][0]
    assert office.json("office", "show", now="2026-11-24T18:00")["maintenance"] is None


def test_a_setting_is_in_force_since_the_first_change_under_it(office: OfficeInFolder) -> None:
    """Notice 6(5): before, since never; what is older than a purge has no instant."""
    begun = since_of(office.json("office", "show"), "quota.frames")
    office.set("quota", "frames", "2")
    assert since_of(office.json("office", "show"), "quota.frames") is None
    assert "-: no change" in office.run("office", "show").out
    now = "2026-12-24T10:00:00"
    office.json("office", "close", "2026-12-25", "--reason", "r", "-y", now=now)
    document = office.json("office", "show", now=now)
    assert f"{now}+09:00" == since_of(document, "quota.frames")
    assert begun == since_of(document, "quota.cases")
    office.json("store", "purge", "--before", "2026-12-24", "-y", now=now)
    document = office.json("office", "show", now=now)
    assert f"{now}+09:00" == since_of(document, "quota.frames")
    assert since_of(document, "quota.cases") is None


def test_the_office_alone_is_shown_it(office: OfficeInFolder) -> None:
    assert 2 == office.run("office", "show", KOFUCLI_AGENT="A-1").status
    assert 0 == office.run("office", "show", "--office", KOFUCLI_AGENT="A-1").status
