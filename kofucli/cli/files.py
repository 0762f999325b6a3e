"""Files that users name: read whole within a limit, written whole or not at all."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping

from kofucli.base.errors import InputError, Phrase, reason_of


def print_text(text: str) -> None:
    """Print to standard output. Raises UnwrittenError, ReaderGoneError."""
    sys.stdout.write(text)
    sys.stdout.flush()


def write_file(path: str, data: bytes) -> None:
    """Write a file whole or not at all: a temporary file is written beside it, then renamed.

    A device or a pipe is written directly, and a link is followed. A new file has mode 0600, since
    results may be personal; a replaced one keeps its mode. Raises OSError.
    """
    if os.path.exists(path) and not os.path.isfile(path):  # /dev/stdout links to no real path
        with open(path, "wb") as special:
            special.write(data)
        return
    path = os.path.realpath(path)
    from stat import S_IMODE  # only files need them
    from tempfile import mkstemp

    descriptor, temporary = mkstemp(dir=os.path.dirname(os.path.abspath(path)), prefix=".kofucli-")
    try:
        with open(descriptor, "wb") as file:
            if os.path.exists(path):
                os.chmod(temporary, S_IMODE(os.stat(path).st_mode))
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def write_set(folder: str, files: Mapping[str, bytes]) -> None:
    """Write files that belong together, given by name, into a folder, which is made if missing.

    All are written into a temporary folder first; then they are renamed in the order given. Their
    mode is what the umask leaves. Raises OSError.
    """
    import shutil
    from tempfile import mkdtemp  # only this needs them

    os.makedirs(folder, exist_ok=True)
    beside = mkdtemp(dir=folder, prefix=".kofucli-")
    try:
        for name, data in files.items():
            with open(os.path.join(beside, name), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for name in files:
            os.replace(os.path.join(beside, name), os.path.join(folder, name))
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def read_text(path: str) -> str:
    """Return a configuration's text. Raises InputError; for a missing file it names ``init``."""
    try:
        with open(path, "rb") as file:
            return file.read().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(
            Phrase(
                "There is no configuration at {path}. Run 'kofucli init' to make one.", path=path
            )
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        broken = Phrase("its bytes are no UTF-8")
        detail = reason_of(error) if isinstance(error, OSError) else broken
        raise InputError(
            Phrase("The configuration {path} is not readable: {detail}.", path=path, detail=detail)
        ) from None


def read_input(path: str, most: int) -> bytes:
    """Return the bytes of a file; ``-`` is standard input.

    Raises InputError if it cannot be read or has more than ``most`` bytes; no more are read.
    """
    try:
        if path == "-":
            if sys.stdin is None:
                raise OSError("standard input is closed")
            data = sys.stdin.buffer.read(most + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(most + 1)
    except OSError as error:
        raise InputError(
            Phrase("{path} is not readable: {detail}.", path=path, detail=reason_of(error))
        ) from None
    if len(data) > most:
        raise InputError(
            Phrase(
                "{path} has more than {limit} bytes, the most that is read.", path=path, limit=most
            )
        )
    return data


def check_folder(path: str) -> None:
    """Raise InputError if files cannot be written into a folder, or the folder cannot be made.

    Nothing is made.
    """
    place = os.path.abspath(path)
    try:
        while not _is_there(place):
            place = os.path.dirname(place)
        if not os.path.isdir(place):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        allowed = os.access(place, os.R_OK | os.W_OK | os.X_OK)
        reason = None if allowed else Phrase("access is not allowed")
    except OSError as error:
        reason = reason_of(error)
    if reason is not None:
        raise InputError(
            Phrase("{path} cannot be used as a folder: {detail}.", path=path, detail=reason)
        )


def _is_there(path: str) -> bool:
    """Tell whether something has this name, a dangling link too. Raises OSError."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def write_into(folder: str, name: str, data: bytes) -> str:
    """Write a file that holds personal data into a folder, and return its path. Raises OSError.

    A missing folder is made with mode 0700.
    """
    os.makedirs(folder, mode=0o700, exist_ok=True)
    path = os.path.join(folder, name)
    write_file(path, data)
    return path
