"""The findings, the projects and, on demand, the endpoints as tables in the terminal, within 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets
from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from source_jira_flow.check.diagnosis import Diagnosis
from source_jira_flow.check.endpoints import BOTH, CLOUD, COLUMNS, ENDPOINTS, SELF_HOSTED, row
from source_jira_flow.check.findings import Finding, Severity, in_order
from source_jira_flow.check.permissions import ProjectRow
from source_jira_flow.common.text import counted, printable
from source_jira_flow.jira.missing_permissions import page_about

_STYLES = {Severity.FAILED: "bold red", Severity.WARNING: "yellow", Severity.INFO: "dim"}


def show(diagnosis: Diagnosis, console: Console, *, endpoints: bool) -> None:
    """Print the report, with the table of endpoints if wanted."""
    for part in _parts(diagnosis, endpoints=endpoints):
        # Lines of their own stay whole, so that addresses in them can be copied.
        console.print(part, soft_wrap=isinstance(part, str), markup=False, highlight=False)
        console.print()


def _parts(diagnosis: Diagnosis, *, endpoints: bool) -> Iterator[RenderableType]:
    if diagnosis.connection:
        yield _text(diagnosis.connection, "green")
    if diagnosis.findings:
        findings = in_order(diagnosis.findings)
        yield _findings_table(findings)
        pages = dict.fromkeys(page_about(finding.code, diagnosis.kind) for finding in findings)
        yield from (f"See {page}" for page in pages if page)
    if diagnosis.rows:
        yield _projects_table(diagnosis.rows)
    if endpoints and diagnosis.kind:
        yield _endpoints_table(SELF_HOSTED if diagnosis.kind == "self_hosted" else CLOUD)
    yield _outcome(diagnosis)


def _findings_table(findings: Sequence[Finding]) -> RenderableType:
    table = Table(title="Findings", title_justify="left", box=box.SIMPLE_HEAD, show_lines=True)
    table.add_column("")
    table.add_column("Who can fix it")
    table.add_column("What is wrong, and what to do", overflow="fold")
    for finding in findings:
        table.add_row(
            _text(finding.severity.value, _STYLES[finding.severity]), _text(finding.fixed_by.value), _text(finding.text)
        )
    return table


def _projects_table(rows: Sequence[ProjectRow]) -> RenderableType:
    table = Table(title="Projects", title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for title in ("Key", "Name", "Type"):
        table.add_column(title, overflow="fold", min_width=min(len(title), 4))
    for title in ("Import", "Browse", "Create", "Team-\nmanaged"):
        table.add_column(title)
    for one in rows:
        project = one.project
        table.add_row(
            _text(project.key, "bold" if one.imported else ""),
            _text(project.name + (" (archived)" if project.archived else "")),
            _text(project.type),
            _answer(project.is_live),
            _answer(one.browse),
            _answer(one.create),
            _answer(project.is_team_managed, neutral=True),
        )
    imported = sum(one.imported for one in rows)
    caption = (
        f"{imported:,} of {counted(len(rows), 'project')} will be imported (in bold). ? means that Jira did not say."
    )
    return Group(table, _text(caption, "dim"))


def _answer(said: bool | None, *, neutral: bool = False) -> Text:
    if said is None:
        return Text("?", style="dim")
    return Text("yes" if said else "no", style="" if neutral else "green" if said else "red")


def _endpoints_table(kind: str) -> RenderableType:
    table = Table(title="Endpoints that the connector uses", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    endpoint, _, used_for, permission, _ = COLUMNS
    table.add_column(endpoint, overflow="fold", width=38)
    for title in (used_for, permission):
        table.add_column(title, overflow="fold")
    for one in ENDPOINTS:
        if one.kind in (BOTH, kind):
            name, _, purpose, needs, _ = row(one)
            table.add_row(Text(name), Text(purpose), Text(needs))
    return table


def _outcome(diagnosis: Diagnosis) -> Text:
    if diagnosis.succeeded:
        return Text(f"The check succeeds. {diagnosis.outlook}", style="bold green")
    failures = sum(finding.failed for finding in diagnosis.findings)
    return Text(f"The check fails: {counted(failures, 'problem')} must be fixed first.", style="bold red")


def _text(text: str, style: str = "") -> Text:
    """Text from Jira as it is: secrets masked, without anything that a terminal would obey."""
    return Text(printable(filter_secrets(text)), style=style)
