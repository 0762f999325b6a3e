"""One complete command line for every command, with a value for every text it takes."""

from __future__ import annotations

import shlex

LINES = """
status --agent A-1
slots --agent A-1
book +1 10:00 --case X-9,kind=change,with=X-1 --agent A-1 --by someone
book --from cases.csv --sheet s --best-effort --agent A-1 --confirmations made
plan cases.csv --agent A-1 --day +1 --hour 10 --sheet s --split shares
amend X-1 --drop X-1 --replace X-2=X-3,kind=change --add X-4 --agent A-1
cancel X-1 --agent A-1 --by someone
amend --from cases.csv --sheet s --office
cancel --from cases.csv --sheet s --agent A-1
show X-1 --agent A-1
list --agent A-1 --since today --until +5 --status active --case X-1 -o made.txt
confirmation X-1 --agent A-1 -o made.txt
verify send A-1 --by someone
verify redeem TOKEN --by someone
notice -o made.txt
terms show -o made.txt
terms accept --agent A-1
desk sheet +1 -o made.txt --office
desk arrive X-1 --at 2026-11-25T10:30 --office
desk collect X-1 --not-handed X-1=papers --office
desk late-notice X-1 --at 2026-11-25T09:30 --office
desk late-cancel X-1 --reason because --at 2026-11-25T09:30 --office
desk close-day +1 --office -y
desk undo X-1 --reason because --office
agent add --id Z-1 --name n --occupation attorney --certificate c --valid-until 2030-01-01 \
 --email z@example.jp --phone 1 --organization o --accept-terms --office
agent edit A-1 --from values.csv --name n --certificate c --valid-until 2030-01-01 \
 --email z@example.jp --phone 1 --organization o --office
agent show A-1
agent list -o made.txt
agent import cases.csv --sheet s --accept-terms --update --office
agent suspend A-1 --since today --until 2030-01-01 --reason because --office
agent reinstate A-1 --reason because --office
agent export A-1 -o made.txt --office
agent erase Z-9 --reason because -y --office
office show -o made.txt --office
office close +2 10:00 --until +3 --reason because -y --office
office reopen +2 --restore --office
office maintenance --end 2030-01-01T00:00 --reason because --office
office clock --office
mail send --office
gate A-1
report load --since today --until +5 -o made.txt --office
report quota --since today --until +5 -o made.txt --office
report conduct --since today --until +5 -o made.txt --office
report nightly -o night --since today --office
rules list -o made.txt
rules show quota.frames -o made.txt
scenario run cases.csv
scenario record X-1 -o made.txt --office
store check --expect 1:00
store log --since today --until +1 --agent A-1 --by someone --op book --reservation X-1 --office
store purge --before 2026-01-01 -y --office
store backup copies --office
store restore cases.csv restored -y --office
store export -o made.txt --office
store import cases.csv imported --office
store copy kofu-store copied --keep --office
store migrate --office
init made
demo --store made
help book
completion bash
"""


def list_lines() -> list[list[str]]:
    return [shlex.split(line) for line in LINES.replace("\\\n", "").splitlines() if line]
