"""Files that results go to: written whole or not at all, and never where others lead them.

Whoever can write into a folder can put a link or a file there first. So no link in such a folder is
followed, and no file of another account is written or replaced (``_check_place``).
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import BinaryIO

from kofucli.base import InputError, Phrase, UnusableError, reason_of

if sys.platform != "win32":
    import fcntl

_PREFIX = ".kofucli-"
_MOST_LINKS = 40
_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_SAFE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)

Writer = Callable[[BinaryIO], object]


def find_place(path: str) -> str:
    """Return an absolute path without links. Parts that are missing stay as they are.

    Raises UnusableError where a link stands in a folder that other accounts can write, OSError.
    """
    if os.name == "nt":
        return os.path.realpath(path)
    found, links = "/", 0
    whole = path if os.path.isabs(path) else os.path.join(os.getcwd(), path)
    pending = whole.split("/")[::-1]
    while pending:
        part = pending.pop()
        here = os.path.dirname(found) if part == ".." else os.path.join(found, part)
        if part in ("", "."):
            continue
        if not os.path.islink(here):
            found = here
            continue
        links += 1
        if links > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if _is_shared(found):
            raise UnusableError(
                Phrase(
                    "{link} is a symbolic link in a folder that other accounts can write to; "
                    "name what it leads to, or a place in a folder of your own",
                    link=here,
                )
            )
        target = os.readlink(here)
        found = "/" if target.startswith("/") else found
        pending += target.split("/")[::-1]
    return found


def _is_shared(folder: str) -> bool:
    """Tell whether another account can write into a folder; the superuser always can."""
    found = os.stat(folder)
    return bool(found.st_mode & _OTHERS) or found.st_uid not in (0, os.geteuid())


def _check_place(path: str) -> str:
    """Return a place as ``find_place`` does; a file of another account there is unusable, too."""
    place = find_place(path)
    with suppress(FileNotFoundError, NotADirectoryError):
        there = os.lstat(place)
        harmless = any(kind(there.st_mode) for kind in (stat.S_ISDIR, stat.S_ISCHR, stat.S_ISBLK))
        if not _is_mine(there) and not harmless:
            raise UnusableError(
                Phrase(
                    "{path} belongs to another account; name a file that is not there yet",
                    path=place,
                )
            )
    return place


def refuse_place(path: str) -> None:
    """Raise InputError where a result may not go to ``path``: before a change is made."""
    try:
        _check_place(path)
    except OSError as error:
        raise InputError(
            Phrase("{path} could not be written: {detail}.", path=path, detail=reason_of(error))
        ) from None


def lies_in(path: str, place: str) -> bool:
    """Tell whether a path leads to a place, or to something in that folder."""
    found, held = (os.path.normcase(os.path.join(os.path.realpath(p), "")) for p in (path, place))
    return found.startswith(held)


def _write_files(
    files: Mapping[str, Writer],
    mode: int = 0o600,
    keeps_mode: bool = True,
    sync: Callable[[int], None] | None = None,
) -> None:
    """Let each writer fill the file at its path: all of them are written, then renamed in order.

    A new file has ``mode``; one that is replaced keeps its own where ``keeps_mode``, unless it has
    more names. ``sync`` makes a file durable in place of ``os.fsync``. Raises UnusableError,
    OSError.
    """
    with ExitStack() as stack:
        ready: list[tuple[str, BinaryIO, str]] = []
        for path, write in files.items():
            place = _check_place(path)
            temporary, file = stack.enter_context(_temporary(os.path.dirname(place), mode))
            own = _find_own(place)
            # A second name may be the work of others, who chose a file that they can read.
            if keeps_mode and own is not None and own.st_nlink == 1:
                kept = stat.S_IMODE(own.st_mode)
                os.chmod(file.fileno() if os.chmod in os.supports_fd else temporary, kept)
            write(file)
            file.flush()
            (sync or os.fsync)(file.fileno())
            ready.append((temporary, file, place))
        for temporary, file, place in ready:
            if os.name == "nt":
                file.close()  # nothing that is open is renamed there
            os.replace(temporary, place)


def write_file(path: str, data: bytes) -> None:
    """Write a file (a new one: 0600) whole or not at all, or into a device. Raises OSError."""
    stream_file(path, _put(data))


def _put(data: bytes) -> Writer:
    return lambda file: file.write(data)


def stream_file(
    path: str, write: Writer, keeps_mode: bool = True, sync: Callable[[int], None] | None = None
) -> None:
    """Let ``write`` fill a file as ``write_file`` does."""
    if os.path.exists(path) and not os.path.isfile(path):
        place = _check_place(path)
        is_there = os.path.lexists(place)  # /dev/stdout links to a pipe, which has no real path
        flags = os.O_WRONLY | (_SAFE if is_there else 0)
        with open(os.open(place if is_there else path, flags), "wb") as special:
            write(special)
        return
    _write_files({path: write}, keeps_mode=keeps_mode, sync=sync)


def write_set(folder: str, files: Mapping[str, bytes]) -> None:
    """Write files that belong together, given by name, into a folder, which is made if missing.

    All are written first, then renamed in the order given. The umask decides on the mode of new
    ones. Raises UnusableError, OSError.
    """
    os.makedirs(find_place(folder), exist_ok=True)
    _write_files({os.path.join(folder, name): _put(data) for name, data in files.items()}, 0o666)


def write_into(folder: str, name: str, data: bytes) -> str:
    """Write a file of personal data into a folder (a new one: 0700). Raises OSError."""
    os.makedirs(find_place(folder), mode=0o700, exist_ok=True)
    path = os.path.join(folder, name)
    write_file(path, data)
    return path


def check_folder(path: str) -> None:
    """Raise InputError if files cannot be written into a folder, or it cannot be made."""
    place = os.path.abspath(path)
    try:
        find_place(path)
        while not _is_there(place):
            place = os.path.dirname(place)
        if not os.path.isdir(place):
            raise OSError(errno.ENOTDIR, "")
        if not os.access(place, os.R_OK | os.W_OK | os.X_OK):
            raise OSError(errno.EACCES, "")
    except OSError as error:
        detail = reason_of(error)
        raise InputError(
            Phrase("{path} cannot be used as a folder: {detail}.", path=path, detail=detail)
        ) from None


def _is_there(path: str) -> bool:
    """Tell whether something has this name, a dangling link too. Raises OSError."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


@contextmanager
def _temporary(folder: str, mode: int) -> Iterator[tuple[str, BinaryIO]]:
    """Give a new file in a folder while the block runs; it goes, unless it was renamed."""
    path, descriptor = open_temporary(folder, mode)
    with open(descriptor, "wb") as file:
        try:
            yield path, file
        finally:
            with suppress(FileNotFoundError):
                os.unlink(path)


def open_temporary(folder: str, mode: int = 0o600) -> tuple[str, int]:
    """Open a new file in a folder, and remove those that killed processes left there.

    Returns its path and descriptor. It is locked while it is open, so others know that it is in
    use. Raises OSError.
    """
    _remove_left(folder)
    while True:
        path = os.path.join(folder, _PREFIX + os.urandom(8).hex())
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFE, mode)
        if sys.platform != "win32":
            with suppress(OSError):  # a file system may know no locks
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.path.exists(path):  # else another process took it for left before it was locked
            return path, descriptor
        os.close(descriptor)


def _remove_left(folder: str) -> None:
    """Remove this account's temporary files that no process has open, as far as that works."""
    if sys.platform == "win32":
        return
    with suppress(OSError):
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            if name.startswith(_PREFIX) and _find_own(path) is not None:
                descriptor = os.open(path, os.O_RDONLY | _SAFE)
                try:
                    with suppress(BlockingIOError):
                        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        os.unlink(path)
                finally:
                    os.close(descriptor)


def _find_own(path: str) -> os.stat_result | None:
    """Return what a plain file of this account is, None where there is none. Raises OSError."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    return found if stat.S_ISREG(found.st_mode) and _is_mine(found) else None


def _is_mine(found: os.stat_result) -> bool:
    """Tell whether a file belongs to this account; Windows does not say."""
    return os.name == "nt" or found.st_uid == os.geteuid()
