"""Answers of another form than Jira's are told from Jira's."""

from __future__ import annotations

from typing import Any

import pytest

from source_jira_flow.errors import BrokenPromise
from source_jira_flow.jira.shape import a_list, a_list_of_fields, an_object

PATH = "/rest/api/2/something"
PAGE = {"issues": [], "total": 3}
FIELDS = [{"id": "summary"}, {"id": "customfield_10010"}]


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (an_object(PATH, issues=list, total=int), PAGE, PAGE | {"issues": None}),
        (an_object(PATH, issues=list, total=int), PAGE, {"total": 3}),
        (an_object(PATH, issues=list, total=int), PAGE, PAGE | {"total": "3"}),
        (an_object(PATH, issues=list, total=int), PAGE, PAGE | {"total": True}),
        (an_object(PATH, issues=list), PAGE, [PAGE]),
        (an_object(PATH), {}, None),
        (an_object(PATH), {}, "text"),
        (a_list(PATH), [{}], {}),
        (a_list(PATH), [], None),
        (a_list(PATH), [], [None]),
        (a_list_of_fields(PATH), FIELDS, []),
        (a_list_of_fields(PATH), FIELDS, FIELDS[1:]),
        (a_list_of_fields(PATH), FIELDS, [*FIELDS, {}]),
        (a_list_of_fields(PATH), FIELDS, [*FIELDS, {"id": "a", "schema": ["text"]}]),
        (a_list_of_fields(PATH), FIELDS, [*FIELDS, {"id": "a", "schema": {"custom": ["text"]}}]),
    ],
)
def test_another_form_is_refused_with_the_path(check: Any, good: Any, bad: Any) -> None:
    check(good)
    with pytest.raises(BrokenPromise, match=f"{PATH} in a form that is not known"):
        check(bad)
