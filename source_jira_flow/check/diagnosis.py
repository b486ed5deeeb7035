"""What an examination found, and what it comes to in words."""

from __future__ import annotations

from dataclasses import dataclass, field

from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets

from source_jira_flow.check.findings import Finding, verdict
from source_jira_flow.check.permissions import ProjectRow
from source_jira_flow.common.text import counted


@dataclass
class Diagnosis:
    """`connection` says which account is connected to which Jira, and is empty without a sign-in.

    `kind` is that Jira's (`cloud`, `self_hosted`), `rows` are the visible projects.
    """

    findings: list[Finding] = field(default_factory=list)
    rows: list[ProjectRow] = field(default_factory=list)
    connection: str = ""
    kind: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether the source can be used."""
        return bool(self.connection) and not any(finding.failed for finding in self.findings)

    @property
    def message(self) -> str:
        """The verdict as one text, with known secrets masked."""
        introduction = f"{self.connection} {self.outlook}" if self.succeeded else ""
        return filter_secrets(verdict(introduction, self.findings))

    @property
    def outlook(self) -> str:
        """How many projects will be imported."""
        return f"{counted(sum(row.imported for row in self.rows), 'project')} will be imported."
