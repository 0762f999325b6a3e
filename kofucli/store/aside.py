"""Where a repair puts what it takes out of the store: nothing that was there is lost by it."""

from __future__ import annotations

import os
from datetime import datetime

from kofucli.errors import StoreError
from kofucli.store import disk


class Aside:
    """A folder within the store ``root``, named by the instant of the repair."""

    def __init__(self, root: str, now: datetime) -> None:
        self._root = root
        self.folder = f"aside/{now:%Y%m%dT%H%M%S}"

    def move(self, file: str) -> None:
        """Move a file, a link or a folder of the store there. Raises OSError, StoreError."""
        target = self._make_place(file)
        os.rename(os.path.join(self._root, file), target)
        disk.sync_folder(os.path.dirname(target))

    def copy(self, file: str) -> None:
        """Keep what lies at ``file``, which is going to be replaced in one step.

        So a reader, or a process killed in between, never finds it missing. What cannot be read
        is moved. Raises OSError, StoreError.
        """
        try:
            data = disk.read_bytes(os.path.join(self._root, file))
        except StoreError:
            self.move(file)
        else:
            disk.replace_file(self._make_place(file), data or b"")

    def _make_place(self, file: str) -> str:
        """Return a path there that is not taken, its folders made."""
        target = os.path.join(self._root, self.folder, file)
        folder = self._root
        for part in os.path.relpath(os.path.dirname(target), folder).split(os.sep):
            folder = os.path.join(folder, part)
            disk.make_folder(folder)
        taken = 0
        while os.path.lexists(f"{target}.{taken}" if taken else target):
            taken += 1
        return f"{target}.{taken}" if taken else target
