"""The least that a Python program can do: ask for a page, parse it, write its issues. No columns, no state."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import requests

FIELDS = ["*all", "-worklog", "-attachment"]
PAGE_SIZE = 100


def read(config: Mapping[str, Any]) -> None:
    """All issues of the projects, page after page by Jira's token, as messages on standard output."""
    session = requests.Session()
    credentials = config["credentials"]
    session.auth = (credentials["email"], credentials["access_token"])
    url = f"{config['base_url']}/rest/api/2/search/jql"
    jql = f"project in ({', '.join(config['project_ids'])}) ORDER BY created ASC"
    body: dict[str, Any] = {"jql": jql, "fields": FIELDS, "maxResults": PAGE_SIZE}
    write = sys.stdout.buffer.write
    while True:
        response = session.post(url, json=body, timeout=60)
        response.raise_for_status()
        page = orjson.loads(response.content)
        for issue in page["issues"]:
            record = {"stream": "issues", "data": issue, "emitted_at": time.time_ns() // 1_000_000}
            write(orjson.dumps({"type": "RECORD", "record": record}))
            write(b"\n")
        if "nextPageToken" not in page:
            break
        body["nextPageToken"] = page["nextPageToken"]
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    read(json.loads(Path(sys.argv[sys.argv.index("--config") + 1]).read_text()))
