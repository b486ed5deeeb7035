"""Text for people: shortened names, lists that end, numbers with their noun."""

from __future__ import annotations

import re
from collections.abc import Sequence

# The only place: the packaging, the manifest and the docs repeat it, and a test compares them.
REPOSITORY = "https://github.com/source-jira-flow/source-jira-flow"
REPORT_IT = f"report it with the log ({REPOSITORY}/issues)."
# What fits on a screen together with others.
LONGEST_SENTENCE = 299
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
# Control characters (C0, DEL, C1) and marks that turn the direction of writing: a terminal would obey them. Tabs and
# line ends stay.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """Text that a terminal shows as it is: no escape sequences, nothing that hides or reorders characters."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def page_title(page: str) -> str:
    """The title of an HTML page in one line, empty without one."""
    found = _TITLE.search(page)
    return " ".join(found.group(1).split()) if found else ""


def clipped(text: str, longest: int) -> str:
    """One line of at most `longest` characters."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def listed(names: Sequence[str], most: int = 10, longest: int = 110) -> str:
    """`A, B, C and 4 more`: at most `most` names, fewer where they would be longer than `longest` characters."""
    shown: list[str] = []
    for name in names[:most]:
        if shown and len(", ".join([*shown, name])) > longest:
            break
        shown.append(clipped(name, longest))
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest:,} more" if rest else "")


def naming(sentence: str, names: Sequence[str], longest: int = LONGEST_SENTENCE) -> str:
    """A sentence with as many names in the place of `{names}` as fit into `longest` characters, at most ten."""
    before, after = sentence.split("{names}")
    room = longest - len(before) - len(after)
    shown = (listed(names, most) for most in range(10, 0, -1))
    return before + next((text for text in shown if len(text) <= room), clipped(listed(names, 1), room)) + after


def suggesting(name: str, near: str | None) -> str:
    """A mistyped name with the one that was probably meant, if there is one."""
    return f"{name} (did you mean {near}?)" if near else name


def counted(number: int, noun: str) -> str:
    """`1 project`, `2,000 projects`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """A length of time in its two greatest units: `2 h 5 min`, `45 s`."""
    whole = round(abs(seconds))
    if whole >= 3_600:
        whole = round(whole / 60) * 60
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    parts: list[str] = []
    for name, size in units:
        amount, whole = divmod(whole, size)
        if amount:
            parts.append(f"{amount} {name}")
    return " ".join(parts[:2]) or "0 s"
