"""What a check, a repair, an export and a purge cannot do without knowing the store's files."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import BinaryIO, cast

import msgspec

from kofucli.base import Phrase, StoreError, UnknownOutcomeError, reason_of
from kofucli.model import Stamp
from kofucli.store import disk, documents
from kofucli.store.documents import PERSONAL_FILE
from kofucli.store.files.ledger import Ledger, find_whole, read_raw, write_end
from kofucli.store.files.view import FOLDERS, FileSource, FileView, read_header, write_header
from kofucli.store.header import Anchor, encode_header, last_lines, snapshot_file
from kofucli.store.integrity import Finding, Folded, Mending
from kofucli.store.integrity.check import judge_unknown
from kofucli.store.ledger import Held, RawLine, decode_lines, number_of

_SNAPSHOT = re.compile(r"ledger/anchor-[0-9]{1,12}-[0-9a-f]{8}\.jsonl")
_DAY_FILE = re.compile(r"days/[0-9]{4}/(?P<day>[0-9-]{10})\.(json|toml)")


class FileUpkeep:
    """What looks after a store of files."""

    def __init__(self, store: FileSource) -> None:
        self._store = store
        self._root = store.root

    def find_unfinished(self) -> Iterator[Finding]:
        """Yield a last line that has lost its line feed; an unfinished line is no finding."""
        rest = _find_rest(self._store.ledger)
        if rest is not None and (rest.foreign or rest.line is not None):
            file = os.path.relpath(rest.path, self._root)
            message = Phrase("its last line has lost its line feed")
            yield Finding(file, rest.number, message, "ledger" if rest.foreign else "tail")

    def find_strays(self, folded: Folded) -> Iterator[Finding]:
        """Yield files and folders that are not as a store has them."""
        yield from self._find_strangers(folded)
        for file in self._files():  # in the place of a temporary one: no change can write
            if file.endswith(".tmp") and is_odd(os.path.join(self._root, file)):
                yield Finding(file, None, Phrase("it is not a plain file"), "stranger")
        header = None
        with suppress(StoreError):
            header = disk.read_bytes(os.path.join(self._root, "store.json"))
        if header != encode_header(self._store.header):
            message = Phrase("it is not written as this program writes it")
            yield Finding("store.json", 1, message, "header")
        for name in FOLDERS:  # only in a dry run can one be missing here
            if not os.path.isdir(os.path.join(self._root, name)):
                yield Finding(name, None, Phrase("a folder is missing"), "folder")
        if is_odd(os.path.join(self._root, ".lock")):  # a repair holds it, and cannot replace it
            message = Phrase("it is not a plain file: nothing can be changed; remove it")
            yield Finding(".lock", None, message, "lock")

    def _find_strangers(self, folded: Folded) -> Iterator[Finding]:
        """Yield documents that the ledger does not know; temporary files are no documents."""
        codec = self._store.header.codec
        known = {documents.path_of(name, codec) for name in folded.names()}
        for folder in ("days", "agents"):
            for place, folders, names in os.walk(os.path.join(self._root, folder)):
                for name in sorted(folders):
                    if os.path.islink(os.path.join(place, name)):
                        file = os.path.relpath(os.path.join(place, name), self._root)
                        yield Finding(file, None, Phrase("it is a symbolic link"), "stranger")
                for name in sorted(names):
                    file = self._file(place, name)
                    unknown = file not in known and not name.endswith(".tmp")
                    if unknown and not self._is_purged(file):
                        yield self._judge_unknown(file, folded)
        office = documents.path_of("office", codec)
        if office not in known and os.path.lexists(os.path.join(self._root, office)):
            yield self._judge_unknown(office, folded)

    def _judge_unknown(self, file: str, folded: Folded) -> Finding:
        data = None
        with suppress(StoreError):
            data = disk.read_bytes(os.path.join(self._root, file))
        header = self._store.header
        return judge_unknown(file, documents.name_of(file, header.codec), data, header, folded)

    def _files(self) -> Iterator[str]:
        """Yield what lies in the store, folders too, but not mails, nor what was set aside."""
        for place, folders, names in sorted(os.walk(self._root)):
            folder = self._file(place)
            if folder.split("/")[0] not in ("outbox", "aside"):
                start = "" if folder == "." else f"{folder}/"
                yield from (start + name for name in sorted((*folders, *names)))

    def find_leftovers(self, folded: Folded) -> Iterator[str]:
        """Yield files that interrupted commands left: temporary ones, and those nothing names."""
        header = self._store.header
        known = {documents.path_of(name, header.codec) for name in folded.names()}
        own = "" if header.anchor is None else snapshot_file(header.anchor)
        for file in self._files():
            path = os.path.join(self._root, file)
            if file in known or os.path.isdir(path):
                continue
            if file.endswith(".tmp") or self._is_purged(file):
                is_left = not is_odd(path)
            elif found := re.fullmatch(PERSONAL_FILE, file):
                is_left = folded.personal.get(found["id"]) != found["name"]
            else:
                is_left = _SNAPSHOT.fullmatch(file) is not None and file != own
            if is_left:
                yield file

    def _is_purged(self, file: str) -> bool:
        """Tell whether a file is the document of a day that an interrupted purge left."""
        anchor = self._store.header.anchor
        if anchor is None or not anchor.unfinished:
            return False
        found = _DAY_FILE.fullmatch(file)
        return found is not None and found["day"] < anchor.before.isoformat()

    def _file(self, *path: str) -> str:
        """Return a path relative to the store, with slashes."""
        return os.path.relpath(os.path.join(*path), self._root).replace(os.sep, "/")

    def migrate(self, dry_run: bool, keep: Callable[[], None]) -> bool:
        """Do nothing: files are as this program needs them."""
        return False

    @contextmanager
    def repair(self, stamp: Stamp) -> Iterator[FileMending]:
        """Give the single steps of a repair. Raises StoreError."""
        with disk.errors_at(self._root):
            yield FileMending(self._store, stamp)

    def hold(self, view: object, stack: ExitStack) -> Held:
        """Open the ledger's files as of a view: what is open, no purge can remove."""
        mine = cast("FileView", view)
        mine.refuse_lost_lines()  # a copy without them would look whole
        tail, ledger = mine.tail, self._store.ledger
        paths = [path for path in ledger.files() if path <= tail.path]
        months = [(path, stack.enter_context(_open(path))) for path in paths]
        anchor = self._store.header.anchor
        snapshot: Iterable[tuple[int, bytes, bool]] = ()
        if anchor is not None:
            path = os.path.join(self._root, snapshot_file(anchor))
            snapshot = read_raw(stack.enter_context(_open(path)))

        def read() -> Iterator[RawLine]:
            return ledger.select(_read(*month) for month in months)

        return Held(tail.line, tail.raw, read, (raw for _, raw, _ in snapshot))

    def keep(self, anchor: Anchor, snapshot: bytes) -> None:
        """Write the snapshot of a purge. Raises StoreError."""
        with disk.errors_at(self._root):
            disk.replace_file(os.path.join(self._root, snapshot_file(anchor)), snapshot)

    def switch(self, anchor: Anchor) -> None:
        """Put the anchor into ``store.json``. Raises StoreError, UnknownOutcomeError."""
        header = msgspec.structs.replace(self._store.header, anchor=anchor)
        try:
            write_header(self._root, header)
        except OSError as error:
            if read_header(self._root).anchor != anchor:
                raise disk.failure(error, self._root) from None
            raise UnknownOutcomeError(
                Phrase(
                    "The disk failed while the purge was made durable ({detail} at {path}): it may "
                    "be kept or lost. Run 'kofucli store purge' again.",
                    detail=reason_of(error),
                    path=self._root,
                )
            ) from None
        self._store.use_header(header)

    def finish_purge(self) -> None:
        """Remove what is older than the anchor, and note that in it; under the lock."""
        header = read_header(self._root)
        anchor = header.anchor
        assert anchor is not None
        self._store.use_header(header)
        with disk.errors_at(self._root):
            self._remove_lines(anchor)
            self._remove_days(anchor)
            finished = msgspec.structs.replace(anchor, unfinished=False)
            header = msgspec.structs.replace(header, anchor=finished)
            write_header(self._root, header)
        self._store.use_header(header)

    def _remove_lines(self, anchor: Anchor) -> None:
        """Remove ledger files up to the anchor, and the beginning of the one that goes on."""
        folder = os.path.join(self._root, "ledger")
        for path in self._store.ledger.files():
            data = disk.read_bytes(path) or b""
            lines = data.splitlines(keepends=True)
            old = next((at for at, x in enumerate(lines) if number_of(x) > anchor.n), len(lines))
            if old == len(lines):
                disk.remove(path)
                continue
            if old:
                disk.replace_file(path, b"".join(lines[old:]))
            break
        for name in os.listdir(folder):
            file = f"ledger/{name}"
            if _SNAPSHOT.fullmatch(file) and file != snapshot_file(anchor):
                disk.remove(os.path.join(folder, name))
        disk.sync_folder(folder)

    def _remove_days(self, anchor: Anchor) -> None:
        """Remove the documents of old days that neither the snapshot nor a later line knows."""
        known = last_lines(self._store.kept(), decode_lines(self._store.ledger.lines()))
        folder = os.path.join(self._root, "days")
        ending = f".{self._store.header.codec}"
        for year in sorted(y for y in os.listdir(folder) if re.fullmatch("[0-9]{4}", y)):
            place = os.path.join(folder, year)
            for name in os.listdir(place):
                day = name.removesuffix(ending)
                is_old = name.endswith(ending) and day < str(anchor.before)
                if is_old and f"days/{day}" not in known:
                    disk.remove(os.path.join(place, name))
            if year < f"{anchor.before.year}":
                with suppress(OSError):  # it is not empty where a day of it was kept
                    os.rmdir(place)
            else:
                disk.sync_folder(place)
        disk.sync_folder(folder)


def _read(path: str, file: BinaryIO) -> Iterator[RawLine]:
    file.seek(0)
    for number, raw, _ in read_raw(file):
        yield path, number, raw


def _open(path: str) -> BinaryIO:
    with disk.errors_at(path):
        return open(disk.open_file(path, os.O_RDONLY), "rb")


def is_odd(path: str) -> bool:
    """Tell whether anything but a plain file is at ``path``: a folder, a link, a pipe."""
    return os.path.lexists(path) and not stat.S_ISREG(os.lstat(path).st_mode)


class _Rest(msgspec.Struct, frozen=True):
    """What follows the last line feed of the newest ledger file, from offset ``start`` on.

    ``line`` is a whole line that lost only its line feed: it may have been acknowledged. It is None
    for a line that was never finished, and for a ``foreign`` one, which does not continue the
    ledger.
    """

    path: str
    number: int
    start: int
    line: bytes | None = None
    foreign: bool = False


def _find_rest(ledger: Ledger) -> _Rest | None:
    """Return what follows the ledger's last line feed, None for nothing. Raises StoreError."""
    files = ledger.files()
    data = (disk.read_bytes(files[-1]) or b"") if files else b""
    start, number = data.rfind(b"\n") + 1, data.count(b"\n") + 1
    if start == len(data):
        return None
    try:
        found = find_whole(data[start:], "", ledger.read_tail())
    except StoreError:
        return _Rest(files[-1], number, start, foreign=True)
    return _Rest(files[-1], number, start, None if found is None else found.raw)


class FileMending(Mending):
    """The steps of a repair of files."""

    def __init__(self, store: FileSource, stamp: Stamp) -> None:
        super().__init__(stamp)
        self._store = store
        self._unfinished: _Rest | None = None
        self._is_durable = False

    def _path(self, file: str) -> str:
        return os.path.join(self._store.root, file)

    def complete_last_line(self) -> None:
        """Give a last line that lost only its line feed that back.

        An unfinished line is only noted here. ``cut_off`` removes it after the check, which finds
        out whether documents include that line: then it was finished once.
        """
        rest = _find_rest(self._store.ledger)
        if rest is None or rest.foreign:
            return
        if rest.line is None:
            self._unfinished = rest
        elif self.note(os.path.relpath(rest.path, self._store.root), "completed"):
            write_end(rest.path, rest.start + len(rest.line), b"\n")

    def cut_off(self) -> None:
        """Remove a last line that was never finished."""
        rest = self._unfinished
        if rest is not None and self.note(os.path.relpath(rest.path, self._store.root), "cut off"):
            write_end(rest.path, rest.start, b"")

    def make_folder(self, name: str) -> None:
        """Make a folder that is missing."""
        if self.note(name, "made"):
            disk.make_folder(self._path(name))

    def set_aside(self, file: str) -> None:
        """Move a file, a link or a folder out of the way, if it is there."""
        if os.path.lexists(self._path(file)) and self.note(file, "set aside"):
            self._move(file)
            disk.sync_folder(os.path.dirname(self._path(file)))

    def replace(self, file: str, data: bytes) -> None:
        """Put a document in its place in one step; what lies there is set aside."""
        if os.path.lexists(self._path(file)) and self.note(file, "set aside"):
            self._copy(file)
        if self.note(file, "written"):
            if not self._is_durable:  # the last line is, before a document includes it
                self._store.ledger.write_again(self._store.ledger.read_tail())
                self._is_durable = True
            disk.make_folder(os.path.dirname(self._path(file)))
            disk.replace_file(self._path(file), data)

    def _move(self, file: str) -> None:
        target = self._make_place(file)
        os.rename(self._path(file), target)
        disk.sync_folder(os.path.dirname(target))

    def _copy(self, file: str) -> None:
        """Set a copy aside, so that no reader finds the file missing; move what is not readable."""
        try:
            data = disk.read_bytes(self._path(file))
        except StoreError:
            self._move(file)
        else:
            disk.replace_file(self._make_place(file), data or b"")

    def _make_place(self, file: str) -> str:
        """Return a path to set a file aside that is not taken; make its folders."""
        target = self.find_place_aside(file, lambda name: os.path.lexists(self._path(name)))
        folder = self._store.root
        for part in os.path.normpath(os.path.dirname(target)).split(os.sep):
            folder = os.path.join(folder, part)
            disk.make_folder(folder)
        return self._path(target)

    def write_header(self) -> None:
        """Write ``store.json``."""
        if self.note("store.json", "written"):
            write_header(self._store.root, self._store.header)

    def remove(self, file: str) -> None:
        """Remove a file that is of no use, if it is there."""
        if os.path.lexists(self._path(file)) and self.note(file, "removed"):
            disk.remove(self._path(file))
            disk.sync_folder(os.path.dirname(self._path(file)))
