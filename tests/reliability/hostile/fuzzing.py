"""A fuzzer: a reader must read any bytes or refuse them as bad input.

Run as a script: ``python -m tests.reliability.hostile.fuzzing [--cases 10000] [--seed 1]``. Each
reader is given so many inputs: samples of what it reads, changed at random, and plain noise. What
is neither read nor refused as bad input ends the run, with the shortest input that was found for
it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from datetime import date

from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st

from kofucli.base import InputError, StoreError, WrongUsageError
from kofucli.base.clock import parse_instant
from kofucli.base.language import render
from kofucli.base.written_times import find_day, parse_date, parse_hour, read_day, read_hour
from kofucli.casefile import build_case, parse_spec
from kofucli.model import Actor
from kofucli.model.numbers import make_number, parse_number
from kofucli.operations.booking.bulk import CaseFile, Claim, read_wishes
from kofucli.scenario.reading import read_script
from kofucli.settings import Settings
from kofucli.settings.read import parse_settings
from kofucli.store import documents
from kofucli.store.documents import BLANK, seal
from kofucli.store.ledger import decode_line

SETTINGS = Settings()
BAD = (InputError, StoreError, WrongUsageError, documents.DocumentError)
CSV = '申請番号,申請種別,予約日,時刻,取次者,備考\nX-1,更新,2026/11/25,10:00,A-1,"a\nb"\nX-2,,,,,\n'
JSON = '[{"number":"X-1","date":"2026-11-25","hour":10,"note":null},{"number":"X-2"}]'
CONFIGURATION = '[quota]\nframes = 3\n[frames]\nstarts = ["09:00"]\n[cases]\npattern = "[A-Z]+"\n'
SCENARIO = (
    'title = "t"\nnow = "2026-11-24T10:00"\n[[agent]]\nid = "A-1"\n'
    '[[step]]\nrun = "book +1 10:00 --agent A-1 --case X1"\nexpect = {exit = 3, codes = ["x"]}\n'
)
LINE = (
    b'{"sum":"' + BLANK.encode() + b'","n":2,"at":"2026-11-24T10:00:00+09:00",'
    b'"clock":"2026-11-24T10:00:00+09:00","op":"book","actor":{"by":"x"},"account":"x",'
    b'"prev":"' + b"0" * 64 + b'","live":{},"put":{"office":[]},"base":{}}'
)
DOCUMENT = b'{"sum":"' + BLANK.encode() + b'","format":1,"n":2,"records":[]}\n'


NUMBER = make_number("Y", date(2026, 11, 25), 41)


def _read_file(data: bytes) -> None:
    claim = Claim(Actor(None, ""), "A-1", lambda _: True, date(2026, 11, 24))
    read_wishes([CaseFile(data)], SETTINGS, claim)


def _read_words(text: str) -> None:
    for read in (*(parse_date, read_day, read_hour, find_day), parse_hour, parse_number):
        read(text)
    parse_instant(text)


def _text(reader: Callable[[str], object], errors: str = "replace") -> Callable[[bytes], object]:
    return lambda data: reader(data.decode("utf-8", errors))


_DAY = "days/2026-11-25"
READERS: dict[str, tuple[Callable[[bytes], object], list[bytes]]] = {
    "case file": (
        _read_file,
        [CSV.encode(), CSV.encode("cp932"), CSV.encode("utf-16"), JSON.encode(), b"PK\x03\x04"],
    ),
    "case": (
        _text(lambda text: build_case(parse_spec(text), SETTINGS), "surrogateescape"),
        [b"X-1,kind=change,with=X-2,collect_by=2026-11-30"],
    ),
    "date, hour, instant, number": (
        _text(_read_words, "surrogateescape"),
        [
            *(b"2026-11-25", b"10:00", b"2026-11-24T11:59:00+09:00", NUMBER.encode()),
            "２０２６年１１月２５日".encode(),
        ],
    ),
    "configuration": (_text(lambda x: parse_settings(x, "x.toml")), [CONFIGURATION.encode()]),
    "scenario": (_text(lambda x: read_script(x, "x.toml")), [SCENARIO.encode()]),
    "line of the ledger": (lambda data: decode_line(seal(data), "x"), [LINE]),
    "document": (lambda data: documents.decode(seal(data), _DAY, "json"), [DOCUMENT]),
    "TOML document": (
        lambda data: documents.decode(seal(data), _DAY, "toml"),
        [b'sum = "00000000"\nformat = 1\nn = 2\nrecords = []'],
    ),
}

_edits = st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=8), st.integers(0, 12)), max_size=6)


def change(data: bytes, edits: list[tuple[float, bytes, int]]) -> bytes:
    """Return bytes with some places overwritten, put in or taken out."""
    for where, new, gone in edits:
        at = int(where * len(data))
        data = data[:at] + new + data[at + gone :]
    return data


def fuzz(name: str, cases: int, start: int) -> int:
    """Give a reader so many inputs; return how many of them were refused as bad."""
    reader, samples = READERS[name]
    refused = 0

    @seed(start)
    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(settings.default.suppress_health_check),
    )
    @given(st.sampled_from(samples), _edits, st.binary(max_size=40), st.booleans())
    def run(sample: bytes, edits: list[tuple[float, bytes, int]], noise: bytes, pure: bool) -> None:
        nonlocal refused
        try:
            reader(noise if pure and not edits else change(sample, edits) + noise * pure)
        except BAD as error:
            refused += 1
            for problem in getattr(error, "problems", ()):
                render(problem.where, str).encode()
                render(problem.message, str).encode()

    run()
    return refused


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    for name in READERS:
        start = time.monotonic()
        refused = fuzz(name, asked.cases, asked.seed)
        seconds = time.monotonic() - start
        sys.stdout.write(f"{name}: {asked.cases} inputs, {refused} refused, {seconds:.0f} s\n")


if __name__ == "__main__":
    main(sys.argv[1:])
