"""The one table of endpoints."""

from pathlib import Path

import pytest

from source_jira_flow.check.endpoints import ENDPOINTS
from tools.endpoints import main, with_table

PERMISSIONS = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"


def test_the_document_of_permissions_has_the_table_as_it_is() -> None:
    """To fix: python -m tools.endpoints"""
    text = PERMISSIONS.read_text("utf-8")
    assert with_table(text) == text


def test_the_table_is_written_between_its_marks(tmp_path: Path) -> None:
    document = tmp_path / "doc.md"
    before, _, after = PERMISSIONS.read_text("utf-8").partition("| `GET /rest/api/2/myself`")
    document.write_text(before + after.partition("\n")[2], "utf-8")
    assert main(document) == 0
    assert document.read_text("utf-8") == PERMISSIONS.read_text("utf-8")


def test_a_document_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="has no lines"):
        with_table("# Nothing here")


def test_no_endpoint_stands_there_twice() -> None:
    assert len({(endpoint.method, endpoint.path) for endpoint in ENDPOINTS}) == len(ENDPOINTS)


@pytest.mark.parametrize(
    ("method", "path", "is_known"),
    [
        ("GET", "/rest/api/2/project/10000/statuses", True),
        ("GET", "/rest/api/2/project/search", True),
        ("POST", "/rest/api/2/search", True),
        ("GET", "/rest/api/2/search", False),
        ("GET", "/rest/api/2/project/10000/roles", False),
        ("DELETE", "/rest/api/2/project/10000", False),
    ],
)
def test_a_request_is_known_by_method_and_path(method: str, path: str, is_known: bool) -> None:
    assert any(endpoint.matches(method, path) for endpoint in ENDPOINTS) is is_known
