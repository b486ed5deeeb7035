"""A finding is one thing to say about a set-up; the verdict is what all of them come to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from source_jira_flow.common.text import clipped, counted

LONGEST_FINDING = 299
LONGEST_VERDICT = 999
_HOW_TO_SEE_ALL = "see the log, or run source-jira-flow diagnose."


class Severity(Enum):
    """In the order in which findings are told."""

    FAILED = "failed"
    WARNING = "warning"
    INFO = "info"


class FixedBy(Enum):
    """Who can mend what was found, in the order in which they are asked."""

    YOU = "you"
    NETWORK_TEAM = "network team"
    JIRA_ADMINISTRATOR = "Jira administrator"
    PROJECT_ADMINISTRATOR = "project administrator"


@dataclass(frozen=True)
class Finding:
    """`code` is a stable word for the rule that found it, `text` one or two sentences that say what to do."""

    code: str
    severity: Severity
    fixed_by: FixedBy
    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", clipped(self.text, LONGEST_FINDING))

    @property
    def failed(self) -> bool:
        """Whether this alone keeps the source from being used."""
        return self.severity is Severity.FAILED


def failed(code: str, fixed_by: FixedBy, text: str) -> Finding:
    """A finding that fails the check."""
    return Finding(code, Severity.FAILED, fixed_by, text)


def warning(code: str, fixed_by: FixedBy, text: str) -> Finding:
    """A finding that the check succeeds with."""
    return Finding(code, Severity.WARNING, fixed_by, text)


def info(code: str, text: str) -> Finding:
    """Something good to know, for the report."""
    return Finding(code, Severity.INFO, FixedBy.YOU, text)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The gravest first, and within that by who can mend it; each sentence once."""
    severities, who = list(Severity), list(FixedBy)
    unique = {finding.text: finding for finding in findings}
    return sorted(unique.values(), key=lambda found: (severities.index(found.severity), who.index(found.fixed_by)))


def verdict(introduction: str, findings: Sequence[Finding]) -> str:
    """One text under 1,000 characters for all findings, each group named by who can mend it.

    A single failure stands alone: the person who reads it needs no headings.
    """
    told = [finding for finding in in_order(findings) if finding.severity is not Severity.INFO]
    if not introduction and len(told) == 1:
        return told[0].text
    failures = sum(finding.failed for finding in told)
    pieces = [introduction or f"{counted(failures, 'thing')} must be mended before Jira can be read."]
    last_heading = ""
    for place, finding in enumerate(told):
        this_heading = heading(finding)
        piece = finding.text if this_heading == last_heading else f"{this_heading}: {finding.text}"
        rest = len(told) - place - 1
        reserve = len(f" And {rest} more: {_HOW_TO_SEE_ALL}") if rest else 0
        if len(" ".join([*pieces, piece])) + reserve > LONGEST_VERDICT:
            pieces.append(f"And {len(told) - place} more: {_HOW_TO_SEE_ALL}")
            break
        pieces.append(piece)
        last_heading = this_heading
    return clipped(" ".join(pieces), LONGEST_VERDICT)


def heading(finding: Finding) -> str:
    """Who is spoken to, and how urgently."""
    who = "You" if finding.fixed_by is FixedBy.YOU else f"Your {finding.fixed_by.value}"
    if finding.failed:
        return who
    return "Good to know" if finding.severity is Severity.INFO else f"Warning ({who[0].lower()}{who[1:]})"
