"""What is received of one answer, and when the reader is asked to wait."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest
import requests

from source_jira_flow.http.receiving import Received, TooLarge

_MEGABYTE = 1_000_000


class Body(requests.Response):
    """An answer whose body comes in parts of 100 KB; `given` is how many bytes were taken of it."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.raw = BytesIO()
        self._size = size
        self.given = 0

    def iter_content(self, chunk_size: int | None = 1, decode_unicode: bool = False) -> Iterator[bytes]:
        while self.given < self._size:
            part = b"x" * min(100_000, self._size - self.given)
            self.given += len(part)
            yield part


@pytest.mark.parametrize(("size", "calls"), [(0, 0), (400_000, 0), (2_000_000, 1)])
def test_the_bulk_of_a_large_answer_waits_for_the_reader_once(size: int, calls: int) -> None:
    body = Body(size)
    given_before: list[int] = []
    whole = Received(10 * _MEGABYTE, lambda: given_before.append(body.given)).whole(body)
    assert whole.content == b"x" * size
    assert len(given_before) == calls
    assert all(given < _MEGABYTE for given in given_before)


def test_what_is_larger_than_allowed_is_not_received() -> None:
    body = Body(10 * _MEGABYTE)
    with pytest.raises(TooLarge):
        Received(_MEGABYTE, lambda: None).whole(body)
    assert body.given <= 2 * _MEGABYTE
