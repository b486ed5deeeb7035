"""`source-jira-flow split`: the projects of a large Jira in parts of about the same size, one for each connection."""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from source_jira_flow.cdk import masking
from source_jira_flow.commands.running import run_verb
from source_jira_flow.common.files import read_json_object, write_private
from source_jira_flow.common.parallel import in_parallel
from source_jira_flow.common.text import counted, printable
from source_jira_flow.config import Config
from source_jira_flow.errors import ConfigurationError
from source_jira_flow.jira.base import Jira
from source_jira_flow.jira.connection import client_for, connect
from source_jira_flow.jira.jql import in_projects
from source_jira_flow.jira.missing_permissions import no_project, unknown_projects
from source_jira_flow.jira.projects import Project, select
from source_jira_flow.settings import Settings


@dataclass
class Part:
    """Projects for one connection; `takes_new_projects` is the last part of an automatic import."""

    projects: list[Project] = field(default_factory=list)
    issues: int = 0
    takes_new_projects: bool = False

    def options(self, others: Sequence[Part], excluded: Sequence[str] = ()) -> dict[str, list[str]]:
        """The fields of the configuration. All parts together import what one connection would, each project once."""
        if self.takes_new_projects:
            elsewhere = {key for part in others for key in part.keys}
            return {"projects": [], "excluded_projects": sorted({*excluded, *elsewhere})}
        return {"projects": sorted(self.keys), "excluded_projects": []}

    @property
    def keys(self) -> list[str]:
        """The keys of the projects."""
        return [project.key for project in self.projects]


def split_main(arguments: list[str], settings: Settings) -> int:
    """Returns 0 if the lists were printed, 1 if not."""
    parser = argparse.ArgumentParser(
        prog="source-jira-flow split",
        description="Split the projects of a large Jira into lists for several connections, balanced by their issues.",
    )
    parser.add_argument("--config", required=True, type=Path, metavar="FILE", help="the configuration, as for read")
    parser.add_argument(
        "--parts", required=True, type=_several, metavar="NUMBER", help="how many connections, 2 or more"
    )
    parser.add_argument("--json", action="store_true", help="print the lists as one JSON document")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="also write a configuration for each part there")
    return run_verb(parser, arguments, lambda options: _split(options, settings))


def _several(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 2 or more")
    return number


def _split(options: argparse.Namespace, settings: Settings) -> None:
    raw = read_json_object(options.config, "a configuration")
    masking.register(raw)
    config = Config.parse(raw)
    logger = logging.getLogger(__name__)
    jira = connect(config, client_for(config, settings=settings, logger=logger)).jira
    parts = balanced(issue_counts(jira, _projects(jira, config)), options.parts)
    parts[-1].takes_new_projects = not config.projects
    lists = [part.options(parts[:-1], config.excluded) for part in parts]
    print(json.dumps(lists, indent=2) if options.json else "\n\n".join(_told(parts, lists)))
    if options.output is not None:
        _write(options.output, raw, lists)


def _projects(jira: Jira, config: Config) -> list[Project]:
    """The projects that one connection would import."""
    visible = [Project.of(document) for document in jira.projects()]
    selection = select(visible, config.projects, config.excluded)
    if selection.unknown:
        raise ConfigurationError(unknown_projects(selection.unknown, visible, jira.kind))
    if not selection.imported:
        raise ConfigurationError(no_project(jira.kind))
    return list(selection.imported)


def issue_counts(jira: Jira, projects: Sequence[Project]) -> Mapping[Project, int]:
    """How many issues each project has, by Jira's own count."""
    return dict(in_parallel(lambda project: jira.count(in_projects([project.id])).number, projects, jira.workers))


def balanced(counts: Mapping[Project, int], number: int) -> list[Part]:
    """So many parts of about as many issues: the largest projects first, each into the smallest part so far.

    The smallest part comes last: it takes the new projects. Raises ConfigurationError for fewer projects than parts.
    """
    if len(counts) < number:
        raise ConfigurationError(
            f"There are only {counted(len(counts), 'project')} to import: ask for {len(counts)} parts at most."
        )
    parts = [Part() for _ in range(number)]
    for project, issues in sorted(counts.items(), key=lambda item: (-item[1], item[0].key)):
        part = min(parts, key=lambda part: (part.issues, len(part.projects)))
        part.projects.append(project)
        part.issues += issues
    return sorted(parts, key=lambda part: -part.issues)


def _told(parts: Sequence[Part], lists: Sequence[Mapping[str, list[str]]]) -> list[str]:
    told = []
    for number, (part, fields) in enumerate(zip(parts, lists, strict=True), 1):
        new = ", and every new project" if part.takes_new_projects else ""
        told.append(
            f"Part {number} of {len(parts)}: {counted(len(part.projects), 'project')} with"
            f" {counted(part.issues, 'issue')}{new}\n"
            + "\n".join(f"  {name}: {printable(json.dumps(keys))}" for name, keys in fields.items() if keys)
        )
    return told


def _write(folder: Path, raw: Mapping[str, Any], lists: Sequence[Mapping[str, list[str]]]) -> None:
    for number, fields in enumerate(lists, 1):
        place = folder / f"part-{number}.json"
        write_private(place, json.dumps({**raw, **fields}, indent=2, ensure_ascii=False) + "\n", overwrite=True)
    print(f"\nSaved {len(lists)} configurations to {folder} (readable only by you).")
