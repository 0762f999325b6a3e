from tests.conftest import OfficeInFolder

def test_book(office: OfficeInFolder) -> None:
    r = office.book("+1", "10:00", "X-1", "X-2,kind=change")
    assert r["number"].startswith("Y261125-0001-")
    assert office.refused("book", "+1", "10", "--case", "X-1", "--agent", "A-1") == ["case.duplicate"]
    assert office.json("store", "check")["ok"]
