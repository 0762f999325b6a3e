"""The fuzzer itself: it passes over what is bad input, and stops at what is a defect."""

from __future__ import annotations

import pytest

from tests.reliability.hostile import fuzzing


@pytest.mark.parametrize("name", fuzzing.READERS)
def test_readers_survive_a_short_run(name: str) -> None:
    """A hundred inputs of each kind: some are read, some refused, none is a defect."""
    assert 0 < fuzzing.fuzz(name, 100, 7) < 100


def test_a_defect_stops_the_fuzzer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that crashes on one byte is found, with the input that does it."""

    def reader(data: bytes) -> None:
        if b"\x00" in data:
            raise ValueError("a defect")

    monkeypatch.setitem(fuzzing.READERS, "planted", (reader, [b"sample"]))
    with pytest.raises(ValueError, match="a defect"):
        fuzzing.fuzz("planted", 500, 7)
