"""docs/operations.md: the lines for cron and the units of systemd, run as they are written."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from shlex import quote

import pytest

from tests.conftest import OfficeInFolder
from tests.docs.pages import read_page, read_section
from tests.support.needs import lacking, linux_only, posix_only

PAGE = read_page("operations")
ALERT = read_section(PAGE, "An alert that reaches somebody")
UNITS: dict[str, str] = dict(
    re.findall(r"(?ms)^`/etc/systemd/system/([^`]+)`:\n\n```ini\n(.*?)^```$", PAGE)
)


def run_in(office: OfficeInFolder, line: str) -> subprocess.CompletedProcess[str]:
    program = f"{quote(sys.executable)} -m kofucli"
    line = line.replace("/srv/kofu/.venv/bin/kofucli", program)
    line = line.replace("/srv/kofu", quote(str(office.folder)))
    return subprocess.run(
        ["/usr/bin/env", "-i", "PATH=/usr/bin:/bin", "/bin/sh", "-c", line],
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@posix_only
def test_cron_mails_what_a_check_found_and_a_failed_unit_calls_the_alert(
    office: OfficeInFolder,
) -> None:
    """Nothing is printed of a whole store, and every place of a damaged one."""
    (block,) = re.findall(r"(?ms)^```cron\n(.*?)^```$", ALERT)
    address, line = block.splitlines()
    assert re.fullmatch(r"MAILTO=\S+@\S+", address)
    *when, command = line.split(None, 5)
    assert 5 == len(when)
    assert "%" not in command  # cron takes it for the end of the line
    for name in ("kofucli-check.service", "kofucli-night.service"):
        assert "OnFailure=kofucli-alert@%n.service\n" in UNITS[name]
    (unit,) = re.findall(r"(?m)^ExecStart=(.*)$", UNITS["kofucli-check.service"])
    for _ in range(2):
        done = run_in(office, command)
        assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
    assert 0 == run_in(office, unit).returncode
    # Nothing else reads this document every day.
    (office.store / "agents" / "A-1.json").write_text("{}", "utf-8")
    done = run_in(office, unit)
    assert (6, True) == (done.returncode, "agents/A-1.json" in done.stdout)
    assert "agents/A-1.json" in run_in(office, command).stdout
    shutil.rmtree(office.store)
    assert str(office.store) in run_in(office, command).stdout


@posix_only
@pytest.mark.parametrize("at", [0, 1])
def test_the_lines_of_the_nightly_page(office: OfficeInFolder, at: int) -> None:
    """For cron and systemd: with no environment, no terminal and no home they write the page."""
    done = run_in(office, re.findall(r"(?m)^(?:30 18 \* \* \* +|ExecStart=)(/srv/.*)$", PAGE)[at])
    assert (0, "") == (done.returncode, done.stderr)
    page = office.folder / "night" / "index.html"
    assert '<html lang="ja">' in page.read_text("utf-8")


@posix_only
def test_the_alert_is_a_mail(tmp_path: Path) -> None:
    """What the alert hands to sendmail: who gets it, which unit failed, what that said."""
    (line,) = re.findall(r"(?m)^ExecStart=(.*)$", UNITS["kofucli-alert@.service"])
    for name, text in (("systemctl", 'echo "$@"; exit 3'), ("sendmail", f"cat >{tmp_path}/mail")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n", "utf-8")
        (tmp_path / name).chmod(0o700)
    line = line.replace("%i", "kofucli-check.service").replace("%H", "counter")
    line = line.replace("/usr/sbin/sendmail", f"{tmp_path}/sendmail")
    subprocess.run(["/bin/sh", "-c", line], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, check=True)
    head, _, body = (tmp_path / "mail").read_text("utf-8").partition("\n\n")
    assert re.search(r"(?m)^To: \S+@\S+$", head)
    assert "Subject: kofucli-check.service failed on counter" in head
    assert "charset=UTF-8" in head
    assert body.startswith("status ")
    assert "kofucli-check.service" in body


@linux_only
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """systemd finds nothing wrong in any unit of the page, and those that run daily are safe."""
    program = shutil.which("systemd-analyze")
    if program is None:
        lacking("systemd-analyze is missing: install systemd")
    assert 5 == len(UNITS)
    for name, text in UNITS.items():
        here = text.replace("/srv/kofu/.venv/bin/kofucli", sys.executable)
        here = here.replace("/srv/kofu", str(tmp_path)).replace("/usr/sbin/sendmail", "/bin/cat")
        (tmp_path / name).write_text(re.sub(r"(?m)^User=.*\n", "", here), "utf-8")
    alert = tmp_path / "kofucli-alert@.service"
    shutil.copy(alert, tmp_path / "kofucli-alert@kofucli-check.service.service")
    units = sorted(str(path) for path in tmp_path.iterdir() if path != alert)
    done = subprocess.run(
        [program, "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    assert (0, "") == (done.returncode, done.stderr)
    hardened = [unit for unit in units if unit.endswith(("night.service", "check.service"))]
    subprocess.run(
        [program, "security", "--offline=yes", "--threshold=10", *hardened],
        stdout=subprocess.DEVNULL,
        check=True,
    )
