"""HTTP Basic, which two ways to sign in are made of."""

from __future__ import annotations

import base64


def basic_header(user: str, secret: str, encoding: str) -> str:
    """The `Authorization` header. Self-hosted Jira decodes ISO-8859-1 (JRASERVER-59828), Cloud UTF-8."""
    return f"Basic {encoded_pair(user, secret, encoding)}"


def encoded_pair(user: str, secret: str, encoding: str) -> str:
    """The part of it that must never be printed."""
    return base64.b64encode(f"{user}:{secret}".encode(encoding, "replace")).decode("ascii")


def looks_like_personal_access_token(text: str) -> bool:
    """Whether it is of the form that self-hosted Jira makes: the base64 of a number, a colon and random bytes."""
    try:
        content = base64.b64decode(text, validate=True)
    except ValueError:
        return False
    number, colon, rest = content.partition(b":")
    return len(text) == 44 and bool(colon and rest) and number.isdigit()


def looks_like_api_token(text: str) -> bool:
    """Whether it is of the form in which Atlassian makes tokens of accounts for its cloud products."""
    return text.startswith(("ATATT3", "ATSTT3"))
