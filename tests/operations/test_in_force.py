"""``office show``: closures, openings, hours, maintenance, versions, settings since when."""

from __future__ import annotations

from typing import Any

from tests.conftest import OfficeInFolder


def since_of(document: Any, name: str) -> Any:
    """Return since when a setting is in force."""
    (found,) = [each for each in document["settings"] if each["name"] == name]
    return found["since"]


def test_what_the_office_and_its_settings_decided_about_days(office: OfficeInFolder) -> None:
    """Own: closures and openings from today on are shown, with the reason and who decided."""
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
    assert [("2026-11-28", "office"), ("2026-12-05", "settings")] == [
        (day["date"], day["by"]) for day in document["openings"]
    ]
    assert ["2026-11-25", "2026-11-26", "2026-11-28", "2026-11-30", "2026-12-01"] == document[
        "shown"
    ]
    later = office.json("office", "show", now="2026-11-28T10:00")
    assert ["2026-12-25"] == [day["date"] for day in later["closures"]]
    text = office.run("office", "show").out
    assert [] == [word for word in ("drill", "flood", "move", "2026-12-05") if word not in text]


def test_maintenance_hours_and_versions(office: OfficeInFolder) -> None:
    """Terms 1, notice 6(5): the maintenance that runs, and the versions of notice and terms."""
    assert office.json("office", "show")["maintenance"] is None
    office.json("office", "maintenance", "--reason", "disks", "--end", "2026-11-24T18:00")
    office.set("rules", "version", '"3"')
    document = office.json("office", "show")
    assert "2026-11-24T18:00:00+09:00" == document["maintenance"]["end"]
    assert ("3", "1") == (document["rules_version"], document["terms_version"])
    assert "09:00" == document["hours"][0]
    assert office.json("office", "show", now="2026-11-24T18:00")["maintenance"] is None


def test_since_when_a_setting_is_in_force(office: OfficeInFolder) -> None:
    """Notice 6(5): since the first change that was made under its value; before, since never."""
    begun = since_of(office.json("office", "show"), "quota.frames")
    office.set("quota", "frames", "2")
    assert since_of(office.json("office", "show"), "quota.frames") is None
    assert "-: no change" in office.run("office", "show").out
    office.book("+1", "10", "X-1")
    document = office.json("office", "show")
    assert "2026-11-24T10:00:00+09:00" == since_of(document, "quota.frames")
    assert begun == since_of(document, "quota.cases")


def test_what_a_purge_removed_is_not_dated(office: OfficeInFolder) -> None:
    """A setting that is older than the ledger has no instant; a newer one keeps its own."""
    now = "2026-12-24T10:00:00"
    office.set("quota", "frames", "2")
    office.json("office", "close", "2026-12-25", "--reason", "r", "-y", now=now)
    office.json("store", "purge", "--before", "2026-12-24", "-y", now=now)
    document = office.json("office", "show", now=now)
    assert "2026-12-24T10:00:00+09:00" == since_of(document, "quota.frames")
    assert since_of(document, "quota.cases") is None


def test_the_office_alone_is_shown_it(office: OfficeInFolder) -> None:
    """Contract: the command is the office's."""
    assert 2 == office.run("office", "show", KOFUCLI_AGENT="A-1").status
    assert 0 == office.run("office", "show", "--office", KOFUCLI_AGENT="A-1").status
