"""What must never be printed, in every shape in which it could come out.

The CDK masks exact strings, and so do we: a secret that a server escapes for JSON, HTML or an address, or that was
encoded for a header, is another string.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import quote, quote_plus

from airbyte_cdk.utils.airbyte_secrets_utils import update_secrets

MASK = "****"
_SHORTEST = 4
# A secret that was cut is still told by a beginning as long as this.
_SHORTEST_PREFIX = 8
# Longer than this, no secret is a word of ours.
_LONGEST_WORD = 24

_configured: tuple[str, ...] = ()
_shapes: dict[str, None] = {}
_in_order: tuple[str, ...] = ()


def configure(*secrets: str) -> None:
    """The secrets of the configuration. What was hidden for another configuration is forgotten."""
    global _configured
    if secrets != _configured:
        _shapes.clear()
    _configured = secrets
    hide(*secrets)


def hide(*secrets: str) -> None:
    """Mask these from now on: in what servers say, and in everything that the CDK prints.

    A password such as "admin" is also a word of our own sentences. Masking it there would garble them, and reveal it by
    the gap: so it is masked only in what servers say.
    """
    global _in_order
    for secret in secrets:
        _shapes.update(dict.fromkeys(shape for shape in shapes_of(secret) if len(shape) >= _SHORTEST))
    # The longest first: a secret within another must not leave the rest of it.
    _in_order = tuple(sorted(_shapes, key=len, reverse=True))
    update_secrets([shape for shape in _in_order if not _is_our_word(shape)])


def masked(text: str) -> str:
    """What a server said, without secrets, and without the beginning of one that was cut off at the end.

    To be called before a text is shortened.
    """
    for shape in _in_order:
        text = text.replace(shape, MASK)
    return _without_cut_secret(text)


def shapes_of(secret: str) -> Iterator[str]:
    """The secret as it is, and as JSON, HTML, addresses, forms and base64 have it. Some come twice."""
    for text in (secret, secret.strip()):
        once = quote(text, safe="", errors="replace")
        yield from (text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1])
        yield from (html.escape(text), html.escape(text, quote=False))
        yield from (once, quote(text, errors="replace"), quote(once, safe=""), quote_plus(text, errors="replace"))
        for encoding in ("utf-8", "latin-1"):
            yield from _in_base64(text.encode(encoding, "replace"))


def _in_base64(content: bytes) -> Iterator[str]:
    """In the three alphabets that are in use, with and without padding, alone and in the middle of something longer."""
    for encoded in (base64.b64encode(content).decode("ascii"), *_in_the_middle(content)):
        for other in (encoded, encoded.replace("+", "-").replace("/", "_"), encoded.replace("/", ",")):
            yield other
            yield other.rstrip("=")


def _in_the_middle(content: bytes) -> Iterator[str]:
    """The characters that the content alone decides, at each of the three places where it can begin."""
    for before, shared in ((0, 0), (1, 2), (2, 3)):
        whole = (before + len(content)) * 8 // 6
        yield base64.b64encode(bytes(before) + content).decode("ascii")[shared:whole]


def _without_cut_secret(text: str) -> str:
    for shape in _in_order:
        begins = text.rfind(shape[:_SHORTEST_PREFIX]) if len(shape) > _SHORTEST_PREFIX else -1
        if begins >= 0 and shape.startswith(text[begins:]):
            return text[:begins] + MASK
    return text


def _is_our_word(text: str) -> bool:
    return len(text) <= _LONGEST_WORD and text.isascii() and text.isalnum() and text in _our_words()


@cache
def _our_words() -> str:
    """Everything that this package could say."""
    return "".join(path.read_text("utf-8") for path in Path(__file__).parent.parent.rglob("*.py"))
