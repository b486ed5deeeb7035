"""The findings, the projects and the endpoints as tables in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from source_jira_flow.check.checkup import Diagnosis
from source_jira_flow.check.endpoints import BOTH, CLOUD, COLUMNS, ENDPOINTS, SELF_HOSTED, row
from source_jira_flow.check.findings import Finding, Severity, in_order
from source_jira_flow.check.permissions import ProjectRow
from source_jira_flow.common.text import counted

_STYLES = {Severity.FAILED: "bold red", Severity.WARNING: "yellow", Severity.INFO: "dim"}


def show(diagnosis: Diagnosis, console: Console) -> None:
    """Print the whole report."""
    for part in _parts(diagnosis):
        console.print(part)
        console.print()


def _parts(diagnosis: Diagnosis) -> list[RenderableType]:
    parts: list[RenderableType] = []
    if diagnosis.connection:
        parts.append(Text(filter_secrets(diagnosis.connection), style="green"))
    if diagnosis.findings:
        parts.append(_findings_table(in_order(diagnosis.findings)))
    if diagnosis.rows:
        parts.append(_projects_table(diagnosis.rows))
    if diagnosis.instance is not None:
        parts.append(_endpoints_table(SELF_HOSTED if diagnosis.instance.jira.kind == "self_hosted" else CLOUD))
    parts.append(_outcome(diagnosis))
    return parts


def _findings_table(findings: Sequence[Finding]) -> RenderableType:
    table = Table(title="Findings", title_justify="left", show_lines=True)
    table.add_column("")
    table.add_column("Who can fix it")
    table.add_column("What is wrong, and what to do", overflow="fold")
    for finding in findings:
        table.add_row(
            Text(finding.severity.value, style=_STYLES[finding.severity]),
            Text(finding.fixed_by.value),
            Text(filter_secrets(finding.text)),
        )
    return table


def _projects_table(rows: Sequence[ProjectRow]) -> RenderableType:
    table = Table(title="Projects", title_justify="left")
    for title in ("Key", "Name", "Type", "Importable", "Browse", "Create issues", "Team-managed"):
        table.add_column(title, overflow="fold")
    for one in rows:
        project = one.project
        table.add_row(
            Text(project.key, style="bold" if one.imported else ""),
            Text(project.name + (" (archived)" if project.archived else "")),
            Text(project.type),
            _answer(project.is_live),
            _answer(one.browse),
            _answer(one.create),
            _answer(project.is_team_managed, neutral=True),
        )
    imported = sum(one.imported for one in rows)
    caption = (
        f"{imported:,} of {counted(len(rows), 'project')} will be imported (in bold). ? means that Jira did not say."
    )
    return Group(table, Text(caption, style="dim"))


def _answer(said: bool | None, *, neutral: bool = False) -> Text:
    if said is None:
        return Text("?", style="dim")
    return Text("yes" if said else "no", style="" if neutral else "green" if said else "red")


def _endpoints_table(kind: str) -> RenderableType:
    table = Table(title="Endpoints that the connector uses", title_justify="left")
    endpoint, _, used_for, permission, _ = COLUMNS
    for title in (endpoint, used_for, permission):
        table.add_column(title, overflow="fold")
    for one in ENDPOINTS:
        if one.kind in (BOTH, kind):
            name, _, purpose, needs, _ = row(one)
            table.add_row(Text(name), Text(purpose), Text(needs))
    return table


def _outcome(diagnosis: Diagnosis) -> Text:
    failures = sum(finding.failed for finding in diagnosis.findings)
    if diagnosis.succeeded:
        return Text(f"The check succeeds. {diagnosis.outlook}", style="bold green")
    return Text(f"The check fails: {counted(failures, 'problem')} must be fixed first.", style="bold red")
