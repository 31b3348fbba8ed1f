"""`mlflow models serve` for the tests that ask it: a free port, a server that answers, and none at the end."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from riskml.export.mlflow import OFFLINE

PATIENCE = 120.0
"""Seconds that the server may take to start."""


def free_port() -> int:
    """A port of this machine that nobody uses."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@contextmanager
def serving(words: Sequence[str], port: int, log: Path, variables: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of the server that a command starts on a port; it is shut down at the end and must go by itself.

    Args:
        words: the command, with the programs of this Python first on its path.
        port: on which it is told to listen.
        log: file for what it says.
        variables: of its environment, besides those of this process.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, **OFFLINE, "PATH": path, **(variables or {})}
    with log.open("w") as said:
        process = subprocess.Popen(
            words, env=environment, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        _wait(process, f"http://127.0.0.1:{port}/ping", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)
    _gone(port)


def _wait(process: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own address
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(log.read_text())


def _gone(port: int) -> None:
    """The workers that the command started leave a moment after it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            return
        time.sleep(0.1)
    pytest.fail(f"port {port} is still served")
