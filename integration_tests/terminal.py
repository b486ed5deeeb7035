"""A pseudo-terminal with a program in it, as a person has it: what is shown is read, what is typed is written.

The program is a function of ours, run in a process that is forked from a server which has imported the connector
already: importing it takes seconds, and each of these tests needs a process of its own.
"""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Mapping
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from types import TracebackType

PATIENCE_SECONDS = 15.0
CONTROL_C = "\x03"
CONTROL_D = "\x04"
ESCAPE_CODE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")

Program = Callable[[list[str]], int]


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["source_jira_flow.oauth_setup.command_line"])
    return context


class Terminal:
    """`with Terminal(main, ["--flag"], directory=tmp_path) as terminal: terminal.wait_for("Password:")`.

    `screen` is everything that was shown so far, line ends as `\\n`, escape codes included.
    """

    def __init__(
        self,
        program: Program,
        arguments: list[str],
        *,
        directory: Path,
        columns: int = 100,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
        wanted = {"TERM": "xterm-256color", "LANG": "C.UTF-8", **inherited, **(environment or {})}
        self._process: ForkServerProcess = _context().Process(
            target=_run, args=(program, arguments, os.ttyname(slave), str(directory), wanted), daemon=True
        )
        self._process.start()
        self._slave = slave
        self._bytes = b""
        self._seen = 0

    @property
    def screen(self) -> str:
        """All that was shown so far."""
        return self._bytes.decode("utf-8", "replace").replace("\r\n", "\n")

    @property
    def plain(self) -> str:
        """The same without escape codes."""
        return ESCAPE_CODE.sub("", self.screen)

    def wait_for(self, text: str) -> str:
        """Read until the text is shown, after what was waited for before; returns what was shown since then."""
        end = time.monotonic() + PATIENCE_SECONDS
        while text not in self.plain[self._seen :]:
            if time.monotonic() > end or not self._read():
                raise AssertionError(f"{text!r} was not shown. The screen:\n{self.plain}")
        found = self.plain.index(text, self._seen) + len(text)
        shown, self._seen = self.plain[self._seen : found], found
        return shown

    def enter(self, text: str = "") -> None:
        """A line and Enter, or a control character as it is."""
        os.write(self._master, (text if text in (CONTROL_C, CONTROL_D) else f"{text}\n").encode())

    def end(self) -> int:
        """The exit code, once the program ends by itself."""
        end = time.monotonic() + PATIENCE_SECONDS
        while self._read() and time.monotonic() < end:
            pass
        self._process.join(1)
        code = self._process.exitcode
        if code is None:
            raise AssertionError(f"The program did not end. The screen:\n{self.plain}")
        return code

    def kill(self) -> None:
        """As `kill -9` does."""
        self._process.kill()
        self._process.join(PATIENCE_SECONDS)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.is_alive():
            self.kill()
        os.close(self._slave)
        os.close(self._master)

    def _read(self) -> bool:
        """Whether something came within a moment, or the program still runs."""
        if select.select([self._master], [], [], 0.05)[0]:
            self._bytes += os.read(self._master, 65536)
            return True
        return self._process.is_alive()


def _run(program: Program, arguments: list[str], terminal: str, directory: str, environment: dict[str, str]) -> None:
    # A new session takes the first terminal that it opens as its own: Ctrl-C then comes as a signal.
    os.setsid()
    descriptor = os.open(terminal, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(descriptor, standard)
    os.environ.clear()
    os.environ.update(environment)
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    sys.stdin = open(0, encoding=encoding)  # noqa: SIM115  # open to the end of the process
    sys.stdout = open(1, "w", encoding=encoding)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding=encoding)  # noqa: SIM115
    os.chdir(directory)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    code = program(arguments)
    sys.stdout.flush()
    sys.exit(code)
