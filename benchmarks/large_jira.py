"""A Jira Cloud of any number of issues, made as they are asked for: `python -m benchmarks.large_jira --issues 1000000`.

The issues are one document of 8 KB under different ids, created in equal steps over ten years and updated a day later.
Searches and counts are arithmetic, so that a million issues need no memory; everything else is the fake Jira's.
"""

from __future__ import annotations

import argparse
import asyncio
import re
from typing import Any

import orjson

from benchmarks.page_server import Answers, PageServer
from fake_jira import Clock, Request, build_site
from source_jira_flow.common.instants import from_milliseconds

_YEARS_MS = 10 * 365 * 86_400_000
_DAY_MS = 86_400_000
_FIRST_ID = 1_000_000
# In the issue that is repeated.
_COMMENTS = 1
_BOUND = re.compile(r"(created|updated) (>=|<) (\d+)")


class MadeIssues:
    """Issues by number, from 0. `template` is one as the fake Jira gives it."""

    def __init__(self, count: int, now: int, template: dict[str, Any]) -> None:
        self._count = count
        self._start = (now - _YEARS_MS) // 1000 * 1000
        self._step = (_YEARS_MS - 2 * _DAY_MS) // count // 1000 * 1000
        self._template = template

    def matching(self, jql: str) -> range:
        """The numbers of the issues that a query of the connector asks for, in its order."""
        first, end = 0, self._count
        for field, operator, bound in _BOUND.findall(jql):
            number = -(-(int(bound) - self._start - (_DAY_MS if field == "updated" else 0)) // self._step)
            first, end = (max(first, number), end) if operator == ">=" else (first, min(end, number))
        return range(first, max(first, end))

    def document(self, number: int) -> dict[str, Any]:
        """One issue with all fields."""
        created = self._start + number * self._step
        fields = {**self._template["fields"], "created": _as_jira(created), "updated": _as_jira(created + _DAY_MS)}
        identifier = str(_FIRST_ID + number)
        return {**self._template, "id": identifier, "key": f"CORE-{number + 1}", "fields": fields}


class MadeAnswers(Answers):
    """The fake's answers, but for searches and counts."""

    def __init__(self, answers: Answers, issues: MadeIssues) -> None:
        super().__init__(answers.jira)
        self._issues = issues

    def to(self, head: bytes, body: bytes) -> bytes:
        path = head.split(b" ", 2)[1]
        if path.endswith(b"/serverInfo"):
            # Time passes.
            self.calls["other"] += 1
            return self._made(head, body)
        if not path.endswith((b"/search/jql", b"/search/approximate-count")):
            return super().to(head, body)
        asked = orjson.loads(body)
        found = self._issues.matching(asked["jql"])
        if path.endswith(b"/approximate-count"):
            self.calls["count"] += 1
            return _http({"count": len(found)})
        self.calls["search"] += 1
        page = found[: asked["maxResults"]]
        answer: dict[str, Any] = {"issues": [self._issues.document(number) for number in page]}
        if len(page) < len(found):
            answer["nextPageToken"] = f"{found.start}-{len(page)}"
        return _http(answer)


def _as_jira(epoch_milliseconds: int) -> str:
    return from_milliseconds(epoch_milliseconds)[:-1] + "+0000"


def _http(document: dict[str, Any]) -> bytes:
    body = orjson.dumps(document)
    head = "HTTP/1.1 200 -\r\nContent-Type: application/json;charset=UTF-8\r\nX-AACCOUNTID: made\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode("ascii") + body


class LargeJira(PageServer):
    """Serves made issues until the parent closes its end of the pipe."""

    def __init__(self, issues: int) -> None:
        clock = Clock()
        super().__init__(build_site("cloud", issues=40, description_bytes=2_000, comments_per_issue=1, clock=clock))
        self.answers = MadeAnswers(self.answers, MadeIssues(issues, clock.now(), self._issue()))

    def _issue(self) -> dict[str, Any]:
        head = {"Authorization": str(self._description(0)["authorization"]), "Content-Type": "application/json"}
        body = orjson.dumps({"jql": "project = CORE", "fields": ["*all", "-worklog", "-attachment"], "maxResults": 100})
        outcome = self.answers.jira.serve(Request("POST", "/rest/api/2/search/jql", head, body))
        issues: list[dict[str, Any]] = orjson.loads(outcome.response.body)["issues"]
        whole = [issue for issue in issues if len(issue["fields"]["comment"]["comments"]) == _COMMENTS]
        return max(whole, key=lambda issue: len(orjson.dumps(issue)))


def main() -> None:
    """The process, as `benchmarks.page_server`'s."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, required=True)
    asyncio.run(LargeJira(parser.parse_args().issues).run())


if __name__ == "__main__":
    main()
