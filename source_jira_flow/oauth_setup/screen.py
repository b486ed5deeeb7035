"""What a person sees and types. Prose is wrapped between words; values never are, so that they can be copied.

Known secrets are masked, and control characters that a server sent are replaced before anything is shown.
"""

from __future__ import annotations

import io
import os
import sys
import textwrap

from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets
from rich.console import Console
from rich.text import Text

from source_jira_flow.common.text import printable
from source_jira_flow.oauth_setup.keyboard import Keyboard

_WIDEST = 100
# A mark, the one for terminals that can't show it, and its colour.
_MARKS = {"done": ("✓", "+", "green"), "warning": ("!", "!", "yellow"), "failure": ("✗", "x", "red")}


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
        """The heading of a step."""
        self._out.print()
        self._lines(self._out, f"{number} of {total}  {title}", style="bold")

    def say(self, text: str) -> None:
        """A paragraph."""
        self._lines(self._out, text, "  ")

    def item(self, number: int, text: str) -> None:
        """An item of a numbered list."""
        mark = f"  {number}. "
        self._lines(self._out, text, mark, " " * len(mark))

    def done(self, text: str) -> None:
        """Something that is done."""
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
        """A named line of a form."""
        self._lines(self._out, f"{name}:", "  ", style="bold")
        self._lines(self._out, text, "    ")

    def blank(self) -> None:
        """An empty line."""
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
