"""The pages of docs/ as a site in dist/site, built by mkdocs-material as locked in requirements/docs.txt.

    python benchmarks/site_build.py [--to FOLDER]

What builds it is put once into .venv-docs, apart from everything else; building itself needs no network, and neither
do the pages.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
LOCK: Final = ROOT / "requirements" / "docs.txt"
TOOLS: Final = ROOT / ".venv-docs"
"""Holds mkdocs-material; its stamp is the lock that is in it."""


def installed() -> Path:
    """The folder that holds mkdocs-material as locked.

    Raises:
        RuntimeError: if it cannot be installed, with what the installer said.
    """
    stamp = TOOLS / LOCK.name
    if not stamp.is_file() or stamp.read_bytes() != LOCK.read_bytes():
        shutil.rmtree(TOOLS, ignore_errors=True)
        uv = shutil.which("uv")
        tool = [uv, "pip", "install", "--python", sys.executable] if uv else [sys.executable, "-m", "pip", "install"]
        asked = [*tool, "-q", "--require-hashes", "--no-deps", "--target", str(TOOLS), "-r", str(LOCK)]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 - our own lock
        if done.returncode:
            raise RuntimeError(f"{LOCK.relative_to(ROOT)} could not be installed: {done.stderr.strip()}")
        shutil.copy(LOCK, stamp)
    return TOOLS


def build(target: Path, settings: Path = ROOT / "mkdocs.yml") -> "subprocess.CompletedProcess[str]":
    """Build the site; every warning is an error.

    Args:
        target: folder of the site, made anew.
        settings: mkdocs.yml of the project.

    Raises:
        RuntimeError: as `installed`.
    """
    environment = {**os.environ, "PYTHONPATH": str(installed()), "NO_MKDOCS_2_WARNING": "1"}
    asked = ["build", "--strict", "--config-file", str(settings), "--site-dir", str(target.resolve())]
    command = [sys.executable, "-m", "mkdocs", *asked]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603 - as above


def main(argv: Sequence[str] | None = None) -> int:
    """Build the site, and say where it is or what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, default=ROOT / "dist" / "site", help="folder of the site")
    target = parser.parse_args(argv).to
    done = build(target)
    sys.stdout.write(f"{target}/index.html\n" if done.returncode == 0 else done.stdout + done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
