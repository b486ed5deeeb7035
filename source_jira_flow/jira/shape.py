"""The form of Jira's answers: looked at before anything is concluded from one.

Each function makes a check for `JiraClient.ask`, which asks again where it raises BrokenPromise.
"""

from __future__ import annotations

from typing import Any, NoReturn

from source_jira_flow.common.json import Accept
from source_jira_flow.common.text import REPORT_IT
from source_jira_flow.errors import BrokenPromise


def an_object(path: str, **parts: type | tuple[type, ...]) -> Accept:
    """For an object in which each of `parts` is of its type. A list is one of objects or texts."""

    def check(answer: Any) -> None:
        if not isinstance(answer, dict):
            _refuse(path, "not an object")
        for name, kind in parts.items():
            value = answer.get(name)
            if not isinstance(value, kind) or isinstance(value, bool):
                _refuse(path, f"no '{name}'" if value is None else f"'{name}' is of another kind")

    return check


def a_list(path: str) -> Accept:
    """For a bare list of objects."""

    def check(answer: Any) -> None:
        if not isinstance(answer, list):
            _refuse(path, "not a list")
        if not all(isinstance(row, dict) for row in answer):
            _refuse(path, "a row that is not an object")

    return check


def projects(path: str, name: str = "") -> Accept:
    """For a list of projects, bare or by its name in an object: each has a number for an id, and a key."""

    def check(answer: Any) -> None:
        (an_object(path, **{name: list}) if name else a_list(path))(answer)
        for row in answer[name] if name else answer:
            if not isinstance(row, dict) or not str(row.get("id")).isdecimal() or not isinstance(row.get("key"), str):
                _refuse(path, "a project without id or key")

    return check


def a_list_of_issues(path: str) -> Accept:
    """For issues that were asked for by id, each with its id and fields, and errors about others."""

    def check(answer: Any) -> None:
        an_object(path, issues=list)(answer)
        a_list(path)(answer.get("issueErrors") or [])
        for issue in answer["issues"]:
            if not isinstance(issue, dict) or not isinstance(issue.get("id"), str):
                _refuse(path, "an issue without an id")
            if not isinstance(issue.get("fields"), dict):
                _refuse(path, "an issue without fields")

    return check


def a_list_of_fields(path: str) -> Accept:
    """For the list of all fields of issues, among which the summary always is."""

    def check(answer: Any) -> None:
        a_list(path)(answer)
        if not any(field.get("id") == "summary" for field in answer):
            _refuse(path, "a list of fields without the summary")
        if not all(isinstance(field.get("id"), str) for field in answer):
            _refuse(path, "a field without an id")
        if not all(map(_is_described, answer)):
            _refuse(path, "a field of an unknown kind")

    return check


def _is_described(field: Any) -> bool:
    """Whether the kind of a field, where it is told, is in the form that is known."""
    schema = field.get("schema") or {}
    return isinstance(schema, dict) and isinstance(schema.get("custom"), (str, type(None)))


def _refuse(path: str, what: str) -> NoReturn:
    raise BrokenPromise(
        f"Jira answered {path} in a form that is not known: {what}. A proxy may alter its responses: ask your network"
        f" team. If none does, {REPORT_IT}"
    )
