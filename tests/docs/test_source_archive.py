"""The source archive: whoever has it alone can build the program and run its tests."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.deep
def test_the_tests_run_from_the_source_archive(tmp_path: Path) -> None:
    """It holds what tests of files need: pages, examples, requirements, the extraction's map."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    tests = ("tests/docs", "tests/cli/test_readme.py", "tests/cli/test_catalog.py")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    (folder,) = filter(Path.is_dir, tmp_path.iterdir())
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
