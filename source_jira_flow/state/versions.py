"""The versions of issues (id, updated) that went out lately, packed: the look-back does not send them again."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator, Mapping

# Over this the oldest are forgotten: those may go out twice, none is left out.
MOST_BYTES = 32_000
_MOST_VERSIONS = 20_000


def pack_versions(versions: Mapping[str, int], most_bytes: int = MOST_BYTES) -> str:
    """Base64 of a compressed list of issue id and `updated` (epoch ms), the newest as far as they fit."""
    newest = sorted(versions.items(), key=lambda version: version[1], reverse=True)[:_MOST_VERSIONS]
    while newest:
        packed = _pack(newest)
        if len(packed) <= most_bytes:
            return packed
        newest = newest[: int(len(newest) * most_bytes / len(packed) * 0.95)]
    return ""


def unpack_versions(packed: str) -> dict[str, int]:
    """The inverse of `pack_versions`. Raises ValueError for anything else."""
    if not packed:
        return {}
    try:
        numbers = _numbers(zlib.decompress(base64.b64decode(packed, validate=True)))
        base = next(numbers)
        versions: dict[str, int] = {}
        issue_id = 0
        for gap in numbers:
            issue_id += gap
            versions[str(issue_id)] = base + next(numbers)
    except (zlib.error, StopIteration) as error:
        raise ValueError("These are no packed versions.") from error
    return versions


def _pack(versions: list[tuple[str, int]]) -> str:
    base = min(updated for _, updated in versions)
    data = bytearray()
    _append(data, base)
    last = 0
    for issue_id, updated in sorted((int(issue_id), updated) for issue_id, updated in versions):
        _append(data, issue_id - last)
        _append(data, updated - base)
        last = issue_id
    return base64.b64encode(zlib.compress(bytes(data), 9)).decode("ascii")


def _append(data: bytearray, number: int) -> None:
    while number >= 0x80:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    data.append(number)


def _numbers(data: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield number
            number = shift = 0
