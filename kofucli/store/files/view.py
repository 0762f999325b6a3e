"""A view of a store of files, read without a lock."""

from __future__ import annotations

from contextlib import suppress

from kofucli.store import documents
from kofucli.store.files.ledger import FileTail
from kofucli.store.files.source import FileSource
from kofucli.store.view import StoredView


class FileView(StoredView):
    """A view of files; ``tail`` says where the ledger ends."""

    tail: FileTail
    _source: FileSource

    def is_finished(self) -> bool:
        """Tell whether all documents include the last line: then it is durable."""
        line = self.tail.line
        return all(self._source.head(name) >= line.n for name in line.put)

    def refuse_lost_lines(self) -> None:
        """Raise MovedError where any document includes a line that the ledger does not have.

        This reads every document, so only what changes or copies the ledger as a whole asks it.
        A document that is not readable is passed over.
        """
        names = ("office", *self._source.names("agents"), *self._source.names("days"))
        for name in filter(documents.is_name, names):
            data = self._source.document(name)
            with suppress(documents.DocumentError):
                if data is not None:
                    self._refuse_newer(name, documents.included(data, name, self._codec))
