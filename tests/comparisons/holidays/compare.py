"""Compare the holidays of 2020 to 2050 with those of the package ``holidays``, day by day.

``python -m tests.comparisons.holidays.compare`` installs that package into an environment of its
own, for it asks for an older python-dateutil than this program may have. Days that differ are
printed, and the exit status is 1 then.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from kofucli.model.holidays import national_holidays

FIRST, LAST = date(2020, 1, 1), date(2050, 12, 31)

_CHILD = """
import json, sys
import holidays
years = range(int(sys.argv[1]), int(sys.argv[2]) + 1)
found = holidays.country_holidays("JP", years=years)
days = {day.isoformat(): name for day, name in found.items()}
print(json.dumps({"version": holidays.__version__, "days": days}))
"""


def fetch_holidays(folder: str) -> tuple[str, dict[date, str]]:
    """Return the version of the other package and its holidays, installed below ``folder``."""
    venv.create(folder, with_pip=True)
    python = str(Path(folder) / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "holidays"]
    subprocess.run(install, check=True)
    command = [python, "-I", "-c", _CHILD, str(FIRST.year), str(LAST.year)]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    days = {date.fromisoformat(day): name for day, name in answer["days"].items()}
    return answer["version"], days


def find_differences(theirs: dict[date, str]) -> Iterator[str]:
    """Yield a line for each day that is a holiday on one side only."""
    is_holiday = national_holidays()
    for n in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=n)
        if is_holiday(day) and day not in theirs:
            yield f"{day}: a holiday here only"
        elif not is_holiday(day) and day in theirs:
            yield f"{day}: a holiday there only ({theirs[day]})"


def main() -> int:
    """Compare, print what differs, and return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        version, theirs = fetch_holidays(folder)
    differences = list(find_differences(theirs))
    sys.stdout.write("".join(f"{line}\n" for line in differences))
    sys.stdout.write(
        f"{FIRST} to {LAST}: {len(theirs)} holidays in holidays {version}, "
        f"{len(differences)} days differ\n"
    )
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
