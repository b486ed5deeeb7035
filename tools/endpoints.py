"""`python -m tools.endpoints`: bring the table of endpoints in docs/permissions.md up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from source_jira_flow.check.endpoints import COLUMNS, ENDPOINTS, row

DOCUMENT = Path(__file__).parents[1] / "docs" / "permissions.md"
BEGIN, END = "<!-- endpoints: made by tools/endpoints.py -->", "<!-- end of endpoints -->"


def markdown_table() -> str:
    """The table as Markdown."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    for endpoint in ENDPOINTS:
        name, *others = row(endpoint)
        lines.append(f"| `{name}` | " + " | ".join(others) + " |")
    return "\n".join(lines)


def with_table(document: str) -> str:
    """The document with the current table between its two marks. Raises ValueError without them."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"The document has no lines {BEGIN} and {END}.")
    return f"{before}{BEGIN}\n{markdown_table()}\n{END}{after}"


def main(path: Path = DOCUMENT) -> int:
    """Write the table into the document."""
    path.write_text(with_table(path.read_text("utf-8")), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
