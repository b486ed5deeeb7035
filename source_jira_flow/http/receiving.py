"""The body of one answer: read whole, within a size and at a speed that are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import requests

# Bytes a second. A connection that is slower for long gives no page of issues in a reasonable time.
_SLOWEST = 1000
_READ_AT_ONCE = 256 * 1024
# Of an answer that is larger, so much comes before `Received` asks to be let on.
_SMALL = 512 * 1024


class TooLarge(Exception):
    """More bytes than an answer may have."""


@dataclass
class Received:
    """What has come of one answer so far. `most` is how many bytes may come.

    `before_bulk` is called once half a megabyte has come, and may take its time.
    """

    most: int
    before_bulk: Callable[[], None]
    size: int = 0

    def deadline(self, patience: float) -> float:
        """Until when to wait for the rest: `patience`, and longer while bytes come at a fair rate."""
        return patience + self.size / _SLOWEST

    def whole(self, response: requests.Response) -> requests.Response:
        """The answer with its body read, in large steps.

        `requests` reads in steps of 10 KB, at each of which the thread lets go of the interpreter and queues for it
        again.
        """
        parts = []
        for part in response.iter_content(_READ_AT_ONCE):
            parts.append(part)
            self.size += len(part)
            if self.size > self.most:
                response.close()
                raise TooLarge
            if self.size > _SMALL >= self.size - len(part):
                self.before_bulk()
        response._content = b"".join(parts)
        return response
