"""The least that a Python program can do: ask for a page, parse it, write its issues. No columns, no state."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import requests

FIELDS = ["*all", "-worklog", "-attachment"]
PAGE_SIZE = 100


def read(config: Mapping[str, Any], streams: Sequence[str] = ("issues",)) -> None:
    """All issues of the projects, page after page by Jira's token, as messages on standard output.

    With more streams than `issues`, what belongs to the issues follows each page, as it stands in Jira's answer.
    """
    session = requests.Session()
    credentials = config["credentials"]
    session.auth = (credentials["email"], credentials["access_token"])
    url = f"{config['base_url']}/rest/api/2/search/jql"
    jql = f"project in ({', '.join(config['project_ids'])}) ORDER BY created ASC"
    body: dict[str, Any] = {"jql": jql, "fields": FIELDS, "maxResults": PAGE_SIZE}
    if len(streams) > 1:
        body |= {"fields": ["*all"], "expand": "changelog"}
    while True:
        response = session.post(url, json=body, timeout=60)
        response.raise_for_status()
        page = orjson.loads(response.content)
        for issue in page["issues"]:
            for stream, data in _parts(issue) if len(streams) > 1 else ():
                _write(stream, data)
            _write("issues", issue)
        if "nextPageToken" not in page:
            break
        body["nextPageToken"] = page["nextPageToken"]
    sys.stdout.buffer.flush()


def _write(stream: str, data: Any) -> None:
    record = {"stream": stream, "data": data, "emitted_at": time.time_ns() // 1_000_000}
    sys.stdout.buffer.write(orjson.dumps({"type": "RECORD", "record": record}))
    sys.stdout.buffer.write(b"\n")


def _parts(issue: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What belongs to an issue, which then no longer holds it."""
    fields = issue["fields"]
    for history in issue.pop("changelog")["histories"]:
        for item in history["items"]:
            yield "issue_changes", {**history, "items": item}
    for name, rows, stream in (("comment", "comments", "comments"), ("worklog", "worklogs", "worklogs")):
        for row in fields.pop(name)[rows]:
            yield stream, row
    for name, stream in (("issuelinks", "issue_links"), ("attachment", "attachments")):
        for row in fields.pop(name):
            yield stream, row


def _given(name: str) -> Any:
    return json.loads(Path(sys.argv[sys.argv.index(name) + 1]).read_text())


if __name__ == "__main__":
    read(_given("--config"), [each["stream"]["name"] for each in _given("--catalog")["streams"]])
