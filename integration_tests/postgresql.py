"""A PostgreSQL of its own for a test run, from the programs of this machine."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/local/opt/postgresql*/bin", "/opt/homebrew/opt/postgresql*/bin")
_USER = "postgres"


class NoPostgreSQL(Exception):  # noqa: N818
    """It can't be started here, for the reason given."""


@dataclass(frozen=True)
class PostgreSQL:
    """A running server that trusts everybody on loopback."""

    port: int
    host: str = "127.0.0.1"
    user: str = _USER
    database: str = "postgres"


@contextmanager
def running_postgresql() -> Iterator[PostgreSQL]:
    """Starts a server in a temporary folder. Raises NoPostgreSQL where there is none to start."""
    programs = _programs()
    owner = _owner()
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    server = PostgreSQL(_free_port())
    data = folder / "data"
    options = f"-p {server.port} -k {folder} -c listen_addresses={server.host} -c fsync=off"
    try:
        if owner is not None:
            shutil.chown(folder, owner)
        _run(owner, programs / "initdb", "-D", data, "-A", "trust", "-U", _USER, "-E", "UTF8", "--no-sync")
        _run(owner, programs / "pg_ctl", "-D", data, "-l", folder / "log", "-o", options, "-w", "start")
        try:
            yield server
        finally:
            _run(owner, programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    on_path = shutil.which("pg_ctl")
    if on_path is not None and shutil.which("initdb") is not None:
        return Path(on_path).parent
    for pattern in _PLACES:
        for folder in sorted(Path("/").glob(pattern.lstrip("/")), reverse=True):
            if (folder / "pg_ctl").exists() and (folder / "initdb").exists():
                return folder
    raise NoPostgreSQL("PostgreSQL's programs (initdb, pg_ctl) are not on this machine")


def _owner() -> str | None:
    """The server refuses to run as root; None means the user of this process."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(_USER).pw_name
    except KeyError:
        raise NoPostgreSQL(f"tests run as root, PostgreSQL does not, and there is no user {_USER}") from None


def _run(owner: str | None, *command: str | Path) -> None:
    finished = subprocess.run(
        [str(part) for part in command],
        user=owner,
        cwd="/tmp",
        # The server inherits these: a pipe that it keeps open would be waited for.
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if finished.returncode != 0:
        raise NoPostgreSQL(f"{Path(str(command[0])).name} failed with exit code {finished.returncode}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
