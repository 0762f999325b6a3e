"""The same bytes on a server as in files; checks, repairs, purges, roles, mails, erasure."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kofucli.base import LockedError
from kofucli.store.postgres import connection
from tests.conftest import OfficeInFolder, read_token
from tests.docs.pages import read_page, read_section
from tests.store.support import booking, export_of, kept_files
from tests.support.postgres import Server

BOOK = booking("11:00", "X-5")
PAGE = read_section(read_page("operations"), "A store on PostgreSQL")


@pytest.mark.parametrize("purged", [False, True])
def test_bytes_are_the_same_in_files_and_tables(
    busy: OfficeInFolder, postgres: Server, purged: bool
) -> None:
    """From files into tables and back: export, documents, values, lines and header are the same."""
    office = busy
    if purged:
        office.now = "2026-12-10T10:00:00"
        assert office.run("desk", "close-day", "--all-no-show", "-y").status in (0, 7)
        office.json("store", "purge", "--before", "2026-12-01", "-y")
    first = export_of(office, office.place)
    (office.folder / "first.jsonl").write_bytes(first)
    url = postgres.make_database()
    office.json("store", "import", str(office.folder / "first.jsonl"), url)
    assert export_of(office, url) == first
    assert postgres.read_files(url) == kept_files(office.store)
    assert office.json("store", "check", "--store", url)["ok"]
    office.json("store", "import", str(office.folder / "export.jsonl"), str(office.folder / "back"))
    assert kept_files(office.folder / "back") == kept_files(office.store)


HARM = {
    "lost": "DELETE FROM kofu_y.documents WHERE name = 'days/2026-11-25'",
    "changed": "UPDATE kofu_y.documents SET content = overlay(content PLACING 'Z' FROM 90)"
    " WHERE name = 'days/2026-11-25'",
    "row": "UPDATE kofu_y.documents SET n = n - 1 WHERE name = 'agents/A-1'",
    "agent": "DELETE FROM kofu_y.documents WHERE name = 'agents/A-1'",
    "stranger": "INSERT INTO kofu_y.documents SELECT office, 'days/2027-01-05', NULL, n, content"
    " FROM kofu_y.documents WHERE name = 'days/2026-11-25'",
    "personal": "INSERT INTO kofu_y.personal VALUES ('Y', 'A-1', 'x', 'y')",
    "header": "UPDATE kofu_y.head SET header = '{'",
    "head": "DELETE FROM kofu_y.head",
}


@pytest.mark.parametrize("kind", HARM)
def test_damage_is_named_and_repaired(there: OfficeInFolder, postgres: Server, kind: str) -> None:
    """A reader goes on by what is right: a document that lacks the last line, a row's number."""
    database = postgres.database_of(there.place)
    there.book("+2", "10:00", "X-2")
    before = there.bytes()
    postgres.run(HARM[kind], database=database)
    found = there.run("store", "check", "-f", "json")
    assert found.status == (0 if kind == "personal" else 6), found
    if kind in ("lost", "changed", "header", "head"):
        assert there.run("list", "--all").status == 6
    if kind == "agent":
        assert there.run("agent", "list").status == 6
    planned = there.run("store", "check", "--repair", "--dry-run", "-f", "json").json
    done = there.run("store", "check", "--repair", "-f", "json").json
    assert planned["repaired"] == done["repaired"]
    there.json("store", "check", "--repair")
    left = {k: v for k, v in there.bytes().items() if not k.startswith("aside/")}
    assert left == before or kind == "personal"
    assert there.json("store", "check")["ok"]
    assert there.run("list", "--all").status == 0


@pytest.mark.parametrize("kind", ["header", "head"])
def test_a_head_after_a_purge(there: OfficeInFolder, postgres: Server, kind: str) -> None:
    """It follows from the ledger with the snapshot beside it, and is gone with that."""
    there.now = "2026-12-30T10:00:00"
    there.run("desk", "close-day", "--all-no-show", "-y")
    there.json("store", "purge", "--before", "2026-12-29", "-y")
    before = there.bytes()
    postgres.run(HARM[kind], database=postgres.database_of(there.place))
    done = there.run("store", "check", "--repair", "-f", "json")
    if kind == "header":
        assert (done.json["ok"], there.bytes()) == (True, before)
    else:
        assert (done.status, done.error["reason"]) == (6, "damaged")
        assert "anchor-" in done.error["message"]


@pytest.mark.parametrize("n", ["3", "(SELECT max(n) FROM kofu_y.ledger)"], ids=["old", "last"])
def test_a_changed_line_is_found_and_nothing_else_touched(
    there: OfficeInFolder, postgres: Server, n: str
) -> None:
    there.run("cancel", "X-1", "--agent", "A-1")
    lines_before = there.ledger()
    sql = "UPDATE kofu_y.ledger SET line = overlay(line PLACING 'Z' FROM 150) WHERE n = "
    postgres.run(sql + n, database=postgres.database_of(there.place))
    before = there.bytes()
    for options in ((), ("--repair",)):
        found = there.run("store", "check", "-f", "json", *options)
        assert (found.status, found.json["ok"]) == (6, False)
        lines = [p["line"] for p in found.json["problems"] if p["file"] == "ledger/2026-11.jsonl"]
        assert lines[0] == (3 if n == "3" else len(lines_before))
    assert there.run("list").status == (0 if n == "3" else 6)
    assert there.run("store", "backup", str(there.folder / "safe")).status == 6
    assert there.bytes() == before


def sql_of(page: str) -> list[str]:
    """Return the statements of a page, one each."""
    blocks = re.findall(r"(?ms)^```sql\n(.*?)^```$", page)
    return [line.strip() for block in blocks for line in block.split(";") if line.strip()]


DAILY = """
agent add --id D-1 --name 山手 --occupation scrivener --certificate 1 --valid-until 2030-01-01
 --email d@example.jp --accept-terms
verify send D-1
verify redeem {token}
slots --agent D-1
book +1 10 --case D-1-1 --case D-1-2 --agent D-1
amend D-1-1 --drop D-1-2 --agent D-1
confirmation D-1-1 --agent D-1 --send
book +2 10 --case D-2-1 --agent D-1
cancel D-2-1 --agent D-1
list --all
status
agent edit D-1 --phone 055-000-0000
office close 2026-11-27 --reason r -y
office reopen 2026-11-27
report load
report nightly -o {folder}/night
store check
store log
store backup {folder}/safe
store export -o {folder}/all.jsonl
terms accept --agent D-1 --office
notice
"""


@pytest.mark.deep
def test_everything_daily_as_desk(tmp_path: Path, postgres: Server) -> None:
    """The owner makes the store, the desk works with it, and neither needs more than the page says.

    What is the owner's is denied to the desk (exit 6).
    """
    made = sql_of(PAGE)
    url = postgres.make_database()
    database = postgres.database_of(url)
    for role in ("kofu_owner", "kofu_desk"):
        postgres.run(f"DROP ROLE IF EXISTS {role}")
    owner, desk = (url.replace("//postgres@", f"//{role}@") for role in ("kofu_owner", "kofu_desk"))
    grants = [line for line in made if line.startswith("GRANT")]
    for line in made:
        if line.startswith("CREATE ROLE"):
            postgres.run(line)
    postgres.run(f"ALTER DATABASE {database} OWNER TO kofu_owner")
    office = OfficeInFolder(tmp_path / "office", server=postgres)
    office.set("store", "url", f'"{owner}"')
    assert office.run("init", str(office.folder)).status == 0
    for line in grants:
        postgres.run(line, database=database, user="kofu_owner")
    office.set("store", "url", f'"{desk}"')
    values = {"folder": str(tmp_path), "token": ""}
    for line in DAILY.strip().replace("\n ", " ").splitlines():
        form = () if "export" in line or "nightly" in line else ("-f", "json")
        done = office.run(*line.format(**values).split(), *form, now="2026-11-24T10:00")
        assert done.status == 0, (line, done)
        if line.startswith("verify send"):
            values["token"] = read_token(done.json["outbox"])
    for line in ("store purge --before 2026-11-24 -y", "store check --repair"):
        assert office.run(*line.split(), now="2026-11-24T10:00").status == 0, line
    office.now = "2026-12-30T10:00:00"
    purge = ("store", "purge", "--before", "2026-12-29", "-y", "-f", "json")
    office.run("desk", "close-day", "--all-no-show", "-y")
    done = office.run(*purge)
    assert (done.status, done.error["reason"]) == (6, "denied")
    office.set("store", "url", f'"{owner}"')
    assert office.run(*purge).status == 0
    postgres.drop([database])
    for role in ("kofu_owner", "kofu_desk"):
        postgres.run(f"DROP ROLE {role}")


def test_a_mail_is_claimed_by_one(there: OfficeInFolder) -> None:
    first, second = there.open(0.2), there.open(0.2)
    (name, *_) = first.mails()
    with first.claim_mail(name) as content:
        assert content
        with pytest.raises(LockedError, match="sending"), second.claim_mail(name):
            raise AssertionError
        first.remove_mail(name)
    with second.claim_mail(name) as content:
        assert content is None


def test_erasing_removes_rows_and_says_what_stays(there: OfficeInFolder) -> None:
    there.now = "2026-12-10T10:00:00"
    there.run("desk", "close-day", "--all-no-show", "-y")
    done = there.json("agent", "erase", "A-1", "-y")
    assert "replicas" in " ".join(done["warnings"])
    assert [k for k, v in there.bytes().items() if "代理 A-1".encode() in v] == []
    assert there.json("store", "check")["ok"]


NEXT = "ALTER TABLE {s}.ledger ADD COLUMN extra int; CREATE INDEX extra ON {s}.ledger (extra)"
COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = 'kofu_y' ORDER BY 1, 2
"""


def test_tables_of_an_earlier_program_are_migrated(
    there: OfficeInFolder, postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The migrations in their order make what ``init`` makes, and change no byte of the store."""
    before = there.bytes()
    assert there.json("store", "migrate")["changed"] is False
    with monkeypatch.context() as patch:
        patch.setattr(connection, "MIGRATIONS", (*connection.MIGRATIONS, NEXT))
        done = there.run(*BOOK, "-f", "json")
        assert (done.status, done.error["reason"]) == (6, "older")
        assert "store migrate" in done.error["message"]
        assert there.json("store", "migrate", "--dry-run")["changed"] is False
        assert there.run("slots").status == 6
        for where, status in ((), 2), (("--backup", str(there.config)), 6):  # no backup, no change
            assert there.run("store", "migrate", *where).status == status
            assert there.run("slots").status == 6
        done = there.json("store", "migrate", "--backup", str(tmp_path / "kept"))
        assert done["changed"] is True
        assert there.json("store", "migrate")["changed"] is False
        there.json("store", "restore", done["backup"]["file"], str(tmp_path / "restored"), "-y")
        assert there.bytes() == before
        assert there.run(*BOOK).status == 0
        new = OfficeInFolder(tmp_path / "new", server=postgres)
        bases = (postgres.database_of(office.place) for office in (there, new))
        old_columns, new_columns = (postgres.run(COLUMNS, database=base) for base in bases)
        assert old_columns == new_columns
    done = there.run("slots", "-f", "json")
    assert (done.status, done.error["reason"]) == (6, "newer")
