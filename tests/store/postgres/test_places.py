"""Where a store on a server is: a URL says it, without a password, and no variable does."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg2
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from psycopg2 import extensions

from kofucli.base import WrongUsageError
from kofucli.store.place import parse_place
from tests.cli.test_imports import load
from tests.conftest import NOW, OfficeInFolder, run_command
from tests.store.support import run_process
from tests.support.postgres import Server

SECRET = "hunter2"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://kofu:{SECRET}@/kofu",
        f"postgres://kofu@/kofu?password={SECRET}",
        f"postgresql:///kofu?sslpassword={SECRET}&sslmode=require",
        f"postgresql://kofu:{SECRET}@@@/?x=1",
        f"postgresql://kofu:a?{SECRET}@/kofu",
        f"postgresql:///kofu?pass%77ord={SECRET}",
        f"postgresql://kofu?a=b@/kofu?password={SECRET}",
        f"postgresql://kofu:7/{SECRET}@localhost/kofu",
    ],
)
@pytest.mark.parametrize("way", ["--store", "KOFUCLI_STORE", "KOFUCLI_STORE_URL", "url"])
def test_password_is_refused_and_never_shown(tmp_path: Path, url: str, way: str) -> None:
    config, env, more = tmp_path / "kofucli.toml", {}, ()
    config.write_text(f'[store]\nurl = "{url}"\n' if way == "url" else "", "utf-8")
    if way == "--store":
        more = (way, url)
    elif way.startswith("KOFUCLI"):
        env = {way: url}
    for command in (("status",), ("init",), ("store", "check", "-v", "-f", "json")):
        done = run_command(*command, "--config", str(config), "--now", NOW, *more, env=env)
        assert done.status in (2, 5), done
        assert SECRET not in done.out + done.err
        assert ".pgpass" in done.err or "PostgreSQL" in done.err


def test_the_place_is_said_by_status_and_init(there: OfficeInFolder, postgres: Server) -> None:
    assert there.json("status")["store"] == there.place
    assert there.json("status")["disk_free"] is None
    again = there.run("init", str(there.folder), "-f", "json")
    assert (again.status, again.error["reason"]) == (6, "exists")
    assert there.place in again.error["message"]
    missing = postgres.url("nowhere")
    for command in (("slots",), ("store", "check"), ("cancel", "X-1", "--office")):
        done = there.run(*command, "--store", missing, "-f", "json", KOFUCLI_LANG="en")
        assert (done.status, done.error.get("reason")) == (6, "missing"), done


def test_another_office_is_bad_input(there: OfficeInFolder, postgres: Server) -> None:
    """As in a folder (5); a database without any office is a missing store (6)."""
    there.set("office", "id", '"N"')
    lines = ("slots", "store check", "store check --repair", "store migrate", "agent list")
    for line in (*lines, "book +1 11 --case X-2 --agent A-1"):
        done = there.run(*line.split(), "-f", "json")
        assert (done.status, done.error["kind"]) == (5, "input"), (line, done)
        assert "office Y" in done.error["message"]
    done = there.run("slots", "-f", "json", "--store", postgres.make_database())
    assert (done.status, done.error["reason"]) == (6, "missing")


def test_variables_lead_nowhere_else(
    there: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A PG variable redirects nothing, and is there for others afterwards."""
    wrong = {
        **dict.fromkeys(("PGHOST", "PGHOSTADDR"), "192.0.2.1"),
        **dict.fromkeys(("PGUSER", "PGSERVICE"), "nowhere"),
        "PGPORT": "1",
        "PGDATABASE": "template1",
        "PGOPTIONS": "-c search_path=nowhere -c default_transaction_read_only=on",
        "PGTARGETSESSIONATTRS": "standby",
        "PGCLIENTENCODING": "EUC_JP",
        "PGDATESTYLE": "German",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    there.book("+1", "11:00", "X-2")
    assert wrong.items() <= os.environ.items()


def test_a_service_file_names_the_server(
    there: OfficeInFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: Server
) -> None:
    database = postgres.database_of(there.place)
    parts = f"[kofu]\nhost={postgres.folder}\nuser=postgres\ndbname={database}\n"
    (tmp_path / "services").write_text(parts, "utf-8")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    done = there.run("list", "--all", "-f", "json", "--store", "postgresql:///?service=kofu")
    assert len(done.json["reservations"]) == 1


def test_results_may_go_anywhere(there: OfficeInFolder) -> None:
    """No file lies in a store on a server, whose URL is no folder."""
    place = there.folder / "kofu-store"
    place.mkdir()
    assert there.run("slots", "-f", "json", "-o", str(place / "slots.json")).status == 0
    assert there.run("store", "backup", f"{there.place}/copies").status == 2
    assert not Path("postgresql:").exists()


def test_a_path_and_a_url_contradict_each_other(there: OfficeInFolder) -> None:
    there.set("store", "path", '"elsewhere"')
    done = there.run("status", "-f", "json")
    assert (done.status, done.error["kind"]) == (5, "input")
    assert "url" in done.err


_PARTS = st.lists(
    st.sampled_from(["a", ":", "/", "@", "%3A", "5", "password", "?", "="]), max_size=5
)
_KEYS = st.sampled_from(["passfile", "password", "sslpassword", "pass%77ord", "service"])


@given(_PARTS.map("".join), _KEYS, st.sampled_from(["", "password", "x%26password%3D", "x&"]))
def test_a_password_is_seen_where_libpq_reads_one(part: str, key: str, value: str) -> None:
    """Without libpq, whose driver may be missing; more only where "/" in one misleads libpq."""
    url = f"postgresql://{part}?{key}={value}"
    try:
        parts = extensions.parse_dsn(url)
    except psycopg2.Error:
        assume(False)
    given = any("password" in key for key in parts)
    cut = "port" in parts and "@" in parts.get("dbname", "")
    try:
        parse_place(url)
    except WrongUsageError:
        assert given or cut
    else:
        assert not given
        assert not cut


def test_without_the_driver_the_message_names_it(there: OfficeInFolder, tmp_path: Path) -> None:
    """A password is refused first: nobody is to keep it there until a driver comes."""
    (tmp_path / "psycopg2.py").write_text("raise ImportError('not here')", "utf-8")
    slots, missing = ("slots", "-f", "json"), {"PYTHONPATH": str(tmp_path)}
    done = run_process(there, *slots, **missing)
    assert (done.status, done.error["reason"]) == (6, "unreachable")
    assert "pip install '.[postgres]' in the clone" in done.error["message"]
    done = run_process(there, *slots, "--store", f"postgresql://kofu:{SECRET}@/kofu", **missing)
    assert (done.status, done.error["kind"]) == (2, "usage")
    assert SECRET not in done.out + done.err


@pytest.mark.files
def test_files_load_nothing_of_a_server(office: OfficeInFolder) -> None:
    loaded = load("slots", "--config", str(office.config), "--now", NOW).modules
    assert not [name for name in loaded if "psycopg2" in name or "postgres" in name]
