"""Packages that a few tests need, put once into a folder of their own beside the environment of the others."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def locked_packages(name: str, package: str) -> Path:
    """The folder .venv-<name> that holds the packages of requirements/<name>.txt; its stamp is the lock that is in it.

    A machine that cannot install them skips, saying so.
    """
    lock, folder = ROOT / "requirements" / f"{name}.txt", ROOT / f".venv-{name}"
    stamp = folder / lock.name
    if not stamp.is_file() or stamp.read_bytes() != lock.read_bytes():
        shutil.rmtree(folder, ignore_errors=True)
        asked = ["--require-hashes", "--no-deps", "--target", str(folder), "-r", str(lock)]
        uv = shutil.which("uv")
        tool = [uv, "pip", "install", "--python", sys.executable] if uv else [sys.executable, "-m", "pip", "install"]
        done = subprocess.run([*tool, "-q", *asked], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"{package} could not be installed from requirements/{name}.txt")
        shutil.copy(lock, stamp)
    return folder
