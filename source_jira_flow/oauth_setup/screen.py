"""What a person sees and types. Prose is wrapped between words; values never are, so that they can be copied.

Known secrets are masked, and control characters that a server sent are replaced before anything is shown.
"""

from __future__ import annotations

import contextlib
import io
import os
import select
import sys
import termios
import textwrap
import time
from collections.abc import Callable

from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets
from rich.console import Console
from rich.text import Text

from source_jira_flow.common.text import printable

_POLL = 0.1
_WIDEST = 100
# A mark, the one for terminals that can't show it, and its colour.
_MARKS = {"done": ("✓", "+", "green"), "warning": ("!", "!", "yellow"), "failure": ("✗", "x", "red")}


class EndOfInput(Exception):  # noqa: N818  # not an error
    """The person closed the input (Ctrl-D)."""


class Keyboard:
    """Reads whole lines from standard input, without Python's buffer, so that waiting can be abandoned."""

    def __init__(self) -> None:
        self._pending = b""

    def line(self) -> str:
        """The next line, without its end. Raises EndOfInput."""
        return self.line_until(lambda: False) or ""

    def line_until(self, awaited: Callable[[], bool], seconds: float | None = None) -> str | None:
        """The next line; None as soon as `awaited()` is true, or when the time is up. Raises EndOfInput."""
        end = None if seconds is None else time.monotonic() + seconds
        while b"\n" not in self._pending:
            if awaited() or (end is not None and time.monotonic() >= end):
                return None
            if select.select([sys.stdin.fileno()], [], [], _POLL)[0]:
                read = os.read(sys.stdin.fileno(), 4096)
                if not read:
                    raise EndOfInput
                self._pending += read
        line, _, self._pending = self._pending.partition(b"\n")
        return line.decode("utf-8", "replace").rstrip("\r")

    def forget_typed(self) -> None:
        self._pending = b""
        with contextlib.suppress(termios.error, OSError):
            termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


class Screen:
    """The terminal, or a file in its place.

    `person` is whether somebody is there to answer, with `keyboard`. `assume_yes` answers questions in their stead.
    """

    def __init__(self, *, assume_yes: bool = False) -> None:
        self.person = sys.stdin.isatty() and sys.stdout.isatty()
        self._assume_yes = assume_yes
        self.keyboard = Keyboard()
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                # A name in Jira that the terminal can't show must not stop the setup.
                stream.reconfigure(errors="replace")
        # rich keeps bold under NO_COLOR; without a colour system it writes no escape codes at all.
        plain = {"color_system": None} if os.environ.get("NO_COLOR") else {}
        self._out = Console(highlight=False, emoji=False, **plain)  # type: ignore[arg-type]
        self._err = Console(highlight=False, emoji=False, stderr=True, **plain)  # type: ignore[arg-type]

    def step(self, number: int, total: int, title: str) -> None:
        self._out.print()
        self._lines(self._out, f"{number} of {total}  {title}", style="bold")

    def say(self, text: str) -> None:
        self._lines(self._out, text, "  ")

    def item(self, number: int, text: str) -> None:
        mark = f"  {number}. "
        self._lines(self._out, text, mark, " " * len(mark))

    def done(self, text: str) -> None:
        self._marked(self._out, "done", text)

    def warn(self, text: str) -> None:
        """Something to know that does not stop the setup."""
        self._marked(self._out, "warning", text)

    def fail(self, text: str) -> None:
        """Something that went wrong, on standard error."""
        self._marked(self._err, "failure", text)

    def value(self, text: str) -> None:
        """Something to copy, in lines of its own, unbroken and without indentation."""
        self.secret(_safe(text))

    def secret(self, text: str) -> None:
        """A secret to copy, shown because the person asked for it."""
        for line in printable(text).rstrip("\n").split("\n"):
            self._out.print(Text(line, style="cyan"), soft_wrap=True)

    def field(self, name: str, text: str) -> None:
        self._lines(self._out, f"{name}:", "  ", style="bold")
        self._lines(self._out, text, "    ")

    def blank(self) -> None:
        self._out.print()

    def yes(self, question: str, *, default: bool) -> bool:
        """The answer to a question; the default if nobody is there to answer. Raises EndOfInput."""
        if self._assume_yes:
            return True
        if not self.person:
            return default
        while True:
            answer = self.ask(f"{question} [{'Y/n' if default else 'y/N'}]").strip().lower()
            if answer in ("", "y", "yes", "n", "no"):
                return answer.startswith("y") if answer else default

    def ask(self, question: str) -> str:
        """A line typed by the person. Raises EndOfInput."""
        wrapped = self._wrapped(self._out, question, "  ", "  ")
        self._out.print(Text("\n".join(wrapped) + " ", style="bold"), end="", soft_wrap=True)
        sys.stdout.flush()
        return self.keyboard.line()

    def _marked(self, console: Console, kind: str, text: str) -> None:
        modern, plain, style = _MARKS[kind]
        mark = modern if "utf" in console.encoding.lower() else plain
        first, *others = map(Text, self._wrapped(console, text, f"  {mark} ", "    "))
        first.stylize(style, 2, 2 + len(mark))
        for line in (first, *others):
            console.print(line, soft_wrap=True)

    def _lines(
        self, console: Console, text: str, first: str = "", following: str | None = None, *, style: str = ""
    ) -> None:
        for line in self._wrapped(console, text, first, first if following is None else following):
            console.print(Text(line, style=style), soft_wrap=True)

    def _wrapped(self, console: Console, text: str, first: str, following: str) -> list[str]:
        return textwrap.wrap(
            _safe(text),
            min(console.width, _WIDEST),
            initial_indent=first,
            subsequent_indent=following,
            # An address or a path inside prose stays whole; the terminal folds it, and copies it as one.
            break_long_words=False,
            break_on_hyphens=False,
        ) or [first.rstrip()]


def _safe(text: str) -> str:
    return printable(filter_secrets(text))
