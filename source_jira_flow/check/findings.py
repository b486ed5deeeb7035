"""A finding says one thing about a setup. The verdict sums up all findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from source_jira_flow.common.text import LONGEST_SENTENCE, clipped, counted

LONGEST_VERDICT = 999
_HOW_TO_SEE_ALL = "see the log, or run source-jira-flow diagnose."


class Severity(Enum):
    """In the order in which findings are shown."""

    FAILED = "failed"
    WARNING = "warning"
    INFO = "info"


class FixedBy(Enum):
    """Who can fix what was found, in the order in which they are asked."""

    YOU = "you"
    NETWORK_TEAM = "network team"
    JIRA_ADMINISTRATOR = "Jira administrator"
    PROJECT_ADMINISTRATOR = "project administrator"


@dataclass(frozen=True)
class Finding:
    """`code` is a stable word for the rule, `text` one or two sentences that say what is wrong and what to do."""

    code: str
    severity: Severity
    fixed_by: FixedBy
    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", clipped(self.text, LONGEST_SENTENCE))

    @property
    def failed(self) -> bool:
        """Whether this finding alone fails the check."""
        return self.severity is Severity.FAILED


def failed(code: str, fixed_by: FixedBy, text: str) -> Finding:
    """A finding that fails the check."""
    return Finding(code, Severity.FAILED, fixed_by, text)


def warning(code: str, fixed_by: FixedBy, text: str) -> Finding:
    """A finding that does not fail the check."""
    return Finding(code, Severity.WARNING, fixed_by, text)


def info(code: str, text: str) -> Finding:
    """Something to know, shown in the report only."""
    return Finding(code, Severity.INFO, FixedBy.YOU, text)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """By severity, then by who can fix it; each sentence once."""
    severities, who = list(Severity), list(FixedBy)
    unique = {finding.text: finding for finding in findings}
    return sorted(unique.values(), key=lambda found: (severities.index(found.severity), who.index(found.fixed_by)))


def verdict(introduction: str, findings: Sequence[Finding]) -> str:
    """All findings in one text of fewer than 1,000 characters, grouped by who can fix them.

    A single failure stands alone, without a heading.
    """
    shown = [finding for finding in in_order(findings) if finding.severity is not Severity.INFO]
    if not introduction and len(shown) == 1:
        return shown[0].text
    failures = sum(finding.failed for finding in shown)
    pieces = [introduction or f"{counted(failures, 'problem')} must be fixed before Jira can be read."]
    last_heading = ""
    for place, finding in enumerate(shown):
        this_heading = heading(finding)
        piece = finding.text if this_heading == last_heading else f"{this_heading}: {finding.text}"
        rest = len(shown) - place - 1
        reserve = len(f" And {rest} more: {_HOW_TO_SEE_ALL}") if rest else 0
        if len(" ".join([*pieces, piece])) + reserve > LONGEST_VERDICT:
            pieces.append(f"And {len(shown) - place} more: {_HOW_TO_SEE_ALL}")
            break
        pieces.append(piece)
        last_heading = this_heading
    return clipped(" ".join(pieces), LONGEST_VERDICT)


def heading(finding: Finding) -> str:
    """Whom the finding addresses, and how urgently."""
    who = "You" if finding.fixed_by is FixedBy.YOU else f"Your {finding.fixed_by.value}"
    if finding.failed:
        return who
    return "Good to know" if finding.severity is Severity.INFO else f"Warning ({who[0].lower()}{who[1:]})"
