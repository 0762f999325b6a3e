"""Measure bookings a second, in files and on PostgreSQL: ``python -m benchmarks.servers``.

Clients are processes that are running already, as on machines of their own; each booking opens the
store anew, and is an agent's own. Beside them the same clients do the least that a durable booking
takes on a server: a new connection by the same driver, the same lock, the last line and the day,
then the line, the day and COMMIT, in the same two round trips, with nothing else read and nothing
decided. Only ratios of one run count. docs/scaling.md has the figures.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from multiprocessing.synchronize import Barrier
from statistics import median

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # its programs run as files, too

import psycopg2
from offices import NOW, sample_settings, shown_days

from kofucli.model import Actor, Case, Frame, Stamp
from kofucli.operations.booking.book import book
from kofucli.operations.booking.requests import BookRequest, Wish
from kofucli.store.place import open_store
from tests.support.postgres import Server, running_server

HERE = os.path.dirname(os.path.abspath(__file__))
PAGE = os.path.join(os.path.dirname(HERE), "docs", "scaling.md")
CLIENTS = (1, 2, 4, 8, 16)
OFFICES = (1, 8)
AGENTS = 500
KINDS = ("files", "PostgreSQL", "bare limit")
_RESERVATION = (
    '{"number":"Y261125-%04d-B","agent":"R-%d","date":"2026-11-25","start":"09:00",'
    '"cases":[{"number":"N-%d"}],"first_count":1,"booked_at":"2026-11-24T10:00:00+09:00",'
    '"closes":"2026-11-24T12:00:00+09:00","rules":"1","terms":"1"}'
)
"""What a booking adds to its day."""
_LOCK = (
    "BEGIN; SELECT 1 FROM kofu_y.head WHERE office = 'Y' FOR NO KEY UPDATE; "
    "SELECT l.n, l.line, d.content FROM kofu_y.ledger l, kofu_y.documents d WHERE "
    "d.office = 'Y' AND d.name = %s AND l.office = 'Y' ORDER BY l.n DESC LIMIT 1"
)
_PUT = (
    "INSERT INTO kofu_y.ledger (office, n, month, line) VALUES ('Y', %s, '2026-11', %s); "
    "UPDATE kofu_y.documents SET n = %s, content = %s WHERE office = 'Y' AND name = %s; COMMIT"
)
_FILL = f"""
import sys
sys.path.insert(0, sys.argv[1])
import offices
evening = offices.Stamp(offices.NOW, offices.Actor(None, "benchmark"))
offices.put_this_month = lambda store, visits: offices.put_month(store, visits, evening)
offices.write_office = lambda *_: None
offices.make_office(sys.argv[2], int(sys.argv[3]), {{f"R-{{n}}": {{}} for n in range({AGENTS})}})
"""
"""Fills an office as the other benchmarks do, this month as the months before."""

Booking = Callable[[int], None]


def booking_with_kofucli(place: str) -> Booking:
    """Return what books for the n-th agent, who holds nothing yet, each in its frame."""
    settings = sample_settings()
    days, starts = shown_days(settings), settings.frames.starts

    def work(n: int) -> None:
        stamp = Stamp(NOW, Actor(f"R-{n}", "benchmark"))
        frame = Frame(days[n % len(days)], starts[n // len(days) % len(starts)])
        store = open_store(place, "Y", 60)
        wish = Wish(1, f"R-{n}", frame, Case(f"N-{n}"))
        assert book(store, settings, BookRequest((wish,)), stamp).changed
        store.close()

    return work


def booking_barely(place: str) -> Booking:
    """Return what does the least on a server that a durable booking takes."""
    days = [f"days/{day}" for day in shown_days(sample_settings())]

    def work(n: int) -> None:
        name = days[n % len(days)]
        connection = psycopg2.connect(place)
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(_LOCK, (name,))
        row = cursor.fetchone()
        assert row is not None
        last, line, day = row
        longer = bytes(day) + (_RESERVATION % (n, n, n)).encode()
        cursor.execute(_PUT, (last + 1, bytes(line), last + 1, longer, name))
        connection.close()

    return work


def run_client(
    kind: str, places: list[str], numbers: range, ready: Barrier, times: multiprocessing.Queue
) -> None:
    """Book, each time in the next office, once all clients are ready: their first is not timed."""
    gc.disable()  # as the program does
    make = booking_barely if kind == "bare limit" else booking_with_kofucli
    works = [make(place) for place in places]
    for n in numbers:
        works[n % len(works)](n // len(works))
        if n == numbers[0]:
            ready.wait()
            began = time.monotonic()
    times.put((began, time.monotonic()))


def measure(kind: str, places: list[str], clients: int, each: int, number: int) -> float:
    """Return how many bookings clients make a second, in a round."""
    context = multiprocessing.get_context("fork")  # the clients are there already
    ready, times = context.Barrier(clients), context.Queue()
    count = each * len(places) // clients * clients + clients
    processes = [
        context.Process(
            target=run_client,
            args=(kind, places, range(at, (number + 1) * count, clients), ready, times),
        )
        for at in range(number * count, number * count + clients)
    ]
    for process in processes:
        process.start()
    found = [times.get(timeout=600) for _ in processes]
    for process in processes:
        process.join()
    return (count - clients) / (max(end for _, end in found) - min(begin for begin, _ in found))


class Bench:
    """Makes stores in a folder and on a server, and measures there."""

    def __init__(self, folder: str, server: Server) -> None:
        self._folder, self._server = folder, server

    def office(self, count: int) -> tuple[str, str]:
        """Make an office of so many reservations, in files and on the server; return its places."""
        place = os.path.join(self._folder, str(count))
        if not os.path.exists(place):
            subprocess.run([sys.executable, "-c", _FILL, HERE, place, str(count)], check=True)
        url = self._server.make_database()
        store = os.path.join(place, "kofu-store")
        config = ("--config", os.path.join(place, "kofucli.toml"))
        words = ("-m", "kofucli", "store", "copy", store, url, "--keep", *config)
        subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
        return store, url

    @contextmanager
    def copies(self, kind: str, office: tuple[str, str], count: int) -> Iterator[list[str]]:
        """Give copies of an office, for the measurements of a row."""
        if kind == "files":
            with tempfile.TemporaryDirectory(dir=self._folder) as folder:
                yield [shutil.copytree(office[0], f"{folder}/{n}") for n in range(count)]
            return
        made = [self._server.make_database(office[1]) for _ in range(count)]
        self._server.run("CHECKPOINT")
        yield made
        self._server.drop(map(self._server.database_of, made))

    def rates(self, office: tuple[str, str], rounds: int, each: int) -> Iterator[str]:
        """Yield a table of bookings a second; the ratio is the median of those of each round."""
        yield f"| offices | clients | {' | '.join(KINDS)} | PostgreSQL / bare limit |"
        yield "|---:|---:|---:|---:|---:|---:|"
        for offices in OFFICES:
            for clients in CLIENTS:
                found: dict[str, list[float]] = {kind: [] for kind in KINDS}
                with ExitStack() as stack:
                    copies = {
                        kind: stack.enter_context(self.copies(kind, office, offices))
                        for kind in KINDS
                    }
                    for number in range(rounds):
                        for kind in KINDS[:: 1 if number % 2 else -1]:
                            rate = measure(kind, copies[kind], clients, each // offices, number)
                            found[kind].append(rate)
                _, ours, bare = found.values()
                ratio = median(one / other for one, other in zip(ours, bare, strict=True))
                cells = " | ".join(f"{median(rates):.0f}" for rates in found.values())
                yield f"| {offices} | {clients} | {cells} | {ratio:.2f} |"

    def growth(self, sizes: list[int], rounds: int, each: int) -> Iterator[str]:
        """Yield a table of bookings a second of one client, by how many reservations there are."""
        offices = {size: self.office(size) for size in sizes}
        yield f"| bookings a second of one client | {' | '.join(f'{n:,}' for n in sizes)} |"
        yield f"|---|{'---:|' * len(sizes)}"
        for kind in KINDS[:2]:
            found: dict[int, list[float]] = {size: [] for size in sizes}
            with ExitStack() as stack:
                copies = {
                    size: stack.enter_context(self.copies(kind, offices[size], 1)) for size in sizes
                }
                for number in range(rounds):
                    for size in sizes[:: 1 if number % 2 else -1]:
                        found[size].append(measure(kind, copies[size], 1, each, number))
            yield f"| {kind} | {' | '.join(f'{median(found[size]):.0f}' for size in sizes)} |"


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.servers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="measured rounds (5)")
    parser.add_argument("--each", type=int, default=64, help="bookings of a measurement (64)")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 1_000_000], metavar="N")
    parser.add_argument("--folder", help="where to work, on a disk; offices stay there")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="kofucli-benchmarks-", dir=given.folder) as folder,
        running_server(given.folder, fsync="on") as server,
    ):
        bench = Bench(given.folder or folder, server)
        begun = os.getloadavg()[0]
        tables = []
        for line in chain(
            bench.rates(bench.office(given.sizes[0]), given.rounds, given.each),
            [""],
            bench.growth(given.sizes, given.rounds, given.each // 4),
        ):
            print(line, flush=True)
            tables.append(line)
        ((version,),) = server.run("SHOW server_version")
        machine = (
            f"{os.cpu_count()} cores, PostgreSQL {version}, `fsync` on, {given.rounds} rounds of "
            f"{given.each} bookings; load {begun:.1f} at the beginning, "
            f"{os.getloadavg()[0]:.1f} at the end.\n"
        )
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    begin, end = "<!-- measured -->\n", "<!-- end -->"
    text = "\n".join([machine, *tables])
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(page[: page.index(begin)] + begin + text + "\n" + page[page.index(end) :])


if __name__ == "__main__":
    main()
